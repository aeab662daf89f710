"""A canary password through every path that a VM's password takes: it is found nowhere."""

from __future__ import annotations

import base64
import contextlib
import io
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

import azjobs
from azjobs import Context, Credential, get_job, new_vm, receive_job, start_job, wait_job

CANARY = "Canary-9f27ab-Passw0rd"
FORMS = [
    CANARY.encode(),
    CANARY.encode("utf-16-le"),
    base64.b64encode(CANARY.encode()).rstrip(b"="),
    CANARY.encode().hex().encode(),
]


def files_with_the_canary(folder: Path) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            data = path.read_bytes() if path.is_file() else b""
            found += [str(path) for form in FORMS if form in data]
    return found


def processes_with_the_canary() -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        for part in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                if process.name.isdigit() and CANARY.encode() in (process / part).read_bytes():
                    found.append(f"{process.name}/{part}")
    return found


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def credential() -> Credential:
    return Credential("azureuser", CANARY)


def create(context: Context, credential: Credential) -> str:
    return str(new_vm("InJob", context=context, credential=credential).name)


def fail_with_it(credential: Credential) -> NoReturn:
    raise RuntimeError(f"no luck with {credential}")


def return_it(credential: Credential) -> Credential:
    return credential


def described(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def test_the_password_is_found_in_no_file_process_table_log_or_traceback(
    emulated: Path, credential: Credential, log: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    context = azjobs.connect(environment="Emulator")
    plain = new_vm("Plain", credential=credential, as_job=True)
    inside = start_job(create, [context, credential])
    failing: list[Callable[[Credential], Any]] = [fail_with_it, return_it]
    others = [start_job(function, [credential]) for function in failing]
    if sys.platform == "linux":
        assert processes_with_the_canary() == []
    assert receive_job(wait_job(plain)).name == "Plain"
    assert receive_job(wait_job(inside)) == "InJob"
    for job in wait_job(others):
        with pytest.raises(Exception) as caught:
            receive_job(job)
        said.append(described(caught.value))
    weak_password = CANARY.lower().replace("-", "")
    with pytest.raises(azjobs.InvalidArgument) as weak:
        new_vm("Weak", credential=Credential("azureuser", weak_password))
    said += [
        described(weak.value),
        repr(get_job(all_sessions=True)),
        repr(credential),
        str(credential),
        f"{credential}",
    ]
    said += [str(record.value) for job in get_job(all_sessions=True) for record in job.records]
    assert files_with_the_canary(emulated) == []
    printed = capfd.readouterr()
    for text in [*said, log.getvalue(), printed.out, printed.err]:
        assert CANARY not in text
        assert weak_password not in text


def test_the_password_of_the_command_line_is_found_nowhere(
    emulated: Path, tmp_path: Path, azjobs_command: Callable[..., Any]
) -> None:
    secret = tmp_path / "password"
    secret.write_text(f"{CANARY}\n")
    said = [azjobs_command("connect", "--environment", "Emulator")]
    create = ["vm", "create", "-n", "MyVm", "-u", "azureuser", "--password-file", str(secret), "--debug"]
    said += [
        azjobs_command(*create, "--as-job"),
        azjobs_command("list"),
        azjobs_command("wait", "--all"),
        azjobs_command("receive", "1", "-o", "json", "--debug"),
        azjobs_command("vm", "list", "--debug"),
    ]
    assert os.path.exists(emulated / "journal.sqlite3")
    assert files_with_the_canary(emulated) == []
    for done in said:
        assert CANARY not in done.stdout + done.stderr
