"""How operations of Microsoft.Compute behave."""

from __future__ import annotations

from dataclasses import replace

from azjobs.emulator.behaviour import Behaviour, Concurrency, PollUrl

_NAMESPACE = "microsoft.compute/"
_CREATE = Behaviour(
    state="Creating", headers="A", poll_url=PollUrl.COMPUTE, retry_after=10, seconds=104, timestamps=True
)
_UPDATE = Behaviour(status=200, state="Updating", headers="A", poll_url=PollUrl.COMPUTE, seconds=10, timestamps=True)
_ACTION = Behaviour(status=202, state="Updating", headers="AL", poll_url=PollUrl.COMPUTE, seconds=10, timestamps=True)
_DELETE = replace(_ACTION, state="Deleting")
_DISK_WRITE = Behaviour(
    status=202, state="Updating", headers="AL", poll_url=PollUrl.DISK, result=True, seconds=0.2, timestamps=True
)
_DISK_DELETE = replace(_DISK_WRITE, state="Deleting", result=False)
_DISK_ACCESS = replace(_DISK_WRITE, state="Succeeded", seconds=1)
_GALLERY_CREATE = replace(_CREATE, poll_url=PollUrl.GALLERY, retry_after=None, seconds=30)
_GALLERY_UPDATE = replace(_UPDATE, poll_url=PollUrl.GALLERY, seconds=30)
_GALLERY_DELETE = replace(_DELETE, poll_url=PollUrl.GALLERY, seconds=30)

_MACHINE = f"{_NAMESPACE}virtualmachines"
_EXTENSION = f"{_MACHINE}/extensions"
_SCALE_SET = f"{_NAMESPACE}virtualmachinescalesets"
_INSTANCE = f"{_SCALE_SET}/virtualmachines"

_MACHINES: dict[str, Behaviour] = {
    f"{_MACHINE}/create": replace(_CREATE, first_poll_retry_after=30, notification=True),
    f"{_MACHINE}/update": replace(_UPDATE, notification=True),
    f"{_MACHINE}/patch": replace(_UPDATE, seconds=3.8, notification=True),
    f"{_MACHINE}/delete": replace(
        _DELETE,
        seconds=51,
        retry_after=10,
        first_poll_retry_after=30,
        notification=True,
        concurrency=Concurrency.PREEMPT,
    ),
    f"{_MACHINE}/start": replace(_ACTION, retry_after=10, first_poll_retry_after=9),
    f"{_MACHINE}/deallocate": replace(_ACTION, seconds=41, retry_after=10, first_poll_retry_after=36),
    f"{_MACHINE}/poweroff": _ACTION,
    f"{_MACHINE}/restart": replace(_ACTION, seconds=8),
    f"{_MACHINE}/redeploy": replace(_ACTION, seconds=105),
    f"{_MACHINE}/reapply": replace(_ACTION, seconds=1.6),
    f"{_MACHINE}/reimage": replace(_ACTION, seconds=139),
    f"{_MACHINE}/runcommand": replace(_ACTION, seconds=30.5, result=True),
    f"{_MACHINE}/capture": replace(_ACTION, seconds=0.5, result=True),
    f"{_EXTENSION}/create": replace(_CREATE, seconds=69, retry_after=None, notification=True),
    f"{_EXTENSION}/update": replace(_UPDATE, seconds=69),
    f"{_EXTENSION}/patch": replace(_UPDATE, seconds=30),
    f"{_EXTENSION}/delete": replace(_DELETE, seconds=40, notification=True),
}
_SCALE_SETS: dict[str, Behaviour] = {
    f"{_SCALE_SET}/create": replace(_CREATE, first_poll_retry_after=61, notification=True),
    f"{_SCALE_SET}/update": replace(_UPDATE, seconds=85, retry_after=10, first_poll_retry_after=37, notification=True),
    f"{_SCALE_SET}/patch": replace(_UPDATE, seconds=85, retry_after=10, first_poll_retry_after=37, notification=True),
    f"{_SCALE_SET}/delete": replace(_DELETE, seconds=36, notification=True),
    f"{_SCALE_SET}/extensions/create": replace(_CREATE, state="Succeeded", retry_after=None, seconds=36),
    f"{_SCALE_SET}/extensions/update": replace(_CREATE, state="Succeeded", status=200, retry_after=None, seconds=36),
    # A PATCH of an extension answers 201, although it makes nothing.
    f"{_SCALE_SET}/extensions/patch": replace(_UPDATE, state="Succeeded", status=201),
    f"{_SCALE_SET}/extensions/delete": replace(_DELETE, seconds=11),
    f"{_INSTANCE}/update": replace(_UPDATE, seconds=30),
    f"{_INSTANCE}/delete": replace(_DELETE, seconds=30),
    f"{_INSTANCE}/runcommand": replace(_ACTION, seconds=30.5, result=True),
}
_DISKS: dict[str, Behaviour] = {
    f"{_NAMESPACE}{name}/{verb}": row
    for name in ("disks", "snapshots", "diskencryptionsets", "diskaccesses")
    for verb, row in (
        ("create", replace(_DISK_WRITE, retry_after=2)),
        ("update", replace(_DISK_WRITE, retry_after=2)),
        ("patch", replace(_DISK_WRITE, seconds=0.5)),
        ("delete", _DISK_DELETE),
        ("begingetaccess", _DISK_ACCESS),
        ("endgetaccess", replace(_DISK_ACCESS, result=False)),
    )
}
_GALLERIES: dict[str, Behaviour] = {
    f"{_NAMESPACE}galleries{name}/{verb}": row
    for name in ("", "/images", "/images/versions", "/applications/versions")
    for verb, row in (
        ("create", _GALLERY_CREATE),
        ("update", _GALLERY_UPDATE),
        ("patch", _GALLERY_UPDATE if name else replace(_GALLERY_UPDATE, state="Succeeded")),
        ("delete", _GALLERY_DELETE),
    )
}

TABLE: dict[str, Behaviour] = {
    **_MACHINES,
    **_SCALE_SETS,
    **_DISKS,
    **_GALLERIES,
    f"{_NAMESPACE}images/create": replace(_CREATE, seconds=7.7, retry_after=None, notification=True),
    f"{_NAMESPACE}images/patch": replace(_UPDATE, notification=True),
    f"{_NAMESPACE}images/delete": replace(_DELETE, seconds=5.1, notification=True),
    f"{_NAMESPACE}hostgroups/hosts/create": replace(_CREATE, seconds=60, retry_after=None, notification=True),
    f"{_NAMESPACE}hostgroups/hosts/patch": replace(_UPDATE, notification=True),
    f"{_NAMESPACE}hostgroups/hosts/delete": replace(_DELETE, notification=True),
    # An availability set is never new: its creation answers 200.
    f"{_NAMESPACE}availabilitysets/create": Behaviour(status=200),
}
_WRITES = frozenset({"create", "update", "patch", "delete"})
_WITH_ACTIONS = frozenset({_MACHINE, _SCALE_SET, _INSTANCE, f"{_NAMESPACE}locations/loganalytics"})


def default(type_and_verb: str) -> Behaviour | None:
    """The row of an operation of this provider that has none of its own: actions are alike.

    Args:
        type_and_verb: The key of the row, in lower case.
    """
    resource_type, _, verb = type_and_verb.rpartition("/")
    if resource_type not in _WITH_ACTIONS or verb in _WRITES:
        return None
    return replace(_ACTION, concurrency=Concurrency.ALLOW) if resource_type == _SCALE_SET else _ACTION
