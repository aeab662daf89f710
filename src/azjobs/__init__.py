"""PowerShell-style jobs for Azure, in Python.

Any long-running Azure operation, and any Python function or command line, runs as a job: the call returns at once, the
job runs in the background, outlives the process that started it, and gives back exactly what the plain call would give.

    import azjobs
    azjobs.connect(environment="Emulator")
    job = azjobs.new_vm("MyVm", credential=azjobs.get_credential(), as_job=True)
    vm = azjobs.receive_job(azjobs.wait_job(job))

Names are resolved when they are first used: `import azjobs` loads no Azure SDK.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from azjobs.wiring import wire

if TYPE_CHECKING:
    from azjobs.accounts import Context as Context
    from azjobs.accounts import Credential as Credential
    from azjobs.accounts import connect as connect
    from azjobs.accounts import disable_context_autosave as disable_context_autosave
    from azjobs.accounts import enable_context_autosave as enable_context_autosave
    from azjobs.accounts import get_context as get_context
    from azjobs.accounts import get_credential as get_credential
    from azjobs.accounts import set_context as set_context
    from azjobs.accounts.environments import Environment as Environment
    from azjobs.commands import ResourceGroup as ResourceGroup
    from azjobs.commands import VirtualMachine as VirtualMachine
    from azjobs.commands import VirtualMachineList as VirtualMachineList
    from azjobs.commands import get_resource_group as get_resource_group
    from azjobs.commands import get_vm as get_vm
    from azjobs.commands import new_resource_group as new_resource_group
    from azjobs.commands import new_vm as new_vm
    from azjobs.commands import remove_resource_group as remove_resource_group
    from azjobs.commands import remove_vm as remove_vm
    from azjobs.commands import restart_vm as restart_vm
    from azjobs.commands import start_vm as start_vm
    from azjobs.commands import stop_vm as stop_vm
    from azjobs.errors import AccountError as AccountError
    from azjobs.errors import AzJobsError as AzJobsError
    from azjobs.errors import AzureError as AzureError
    from azjobs.errors import EmulatorUnavailable as EmulatorUnavailable
    from azjobs.errors import IllegalTransition as IllegalTransition
    from azjobs.errors import InvalidArgument as InvalidArgument
    from azjobs.errors import JobError as JobError
    from azjobs.errors import JobFailed as JobFailed
    from azjobs.errors import JobNotFinished as JobNotFinished
    from azjobs.errors import JobNotFound as JobNotFound
    from azjobs.errors import JobStopped as JobStopped
    from azjobs.errors import JobTimeout as JobTimeout
    from azjobs.errors import JobUnwatched as JobUnwatched
    from azjobs.errors import JournalError as JournalError
    from azjobs.errors import JournalForeign as JournalForeign
    from azjobs.errors import JournalUnreadable as JournalUnreadable
    from azjobs.errors import LoginFailed as LoginFailed
    from azjobs.errors import NeverSent as NeverSent
    from azjobs.errors import NoTerminal as NoTerminal
    from azjobs.errors import NothingToReceive as NothingToReceive
    from azjobs.errors import NotLoggedIn as NotLoggedIn
    from azjobs.errors import OperationFailed as OperationFailed
    from azjobs.errors import OutcomeUnknown as OutcomeUnknown
    from azjobs.errors import OwnerGone as OwnerGone
    from azjobs.errors import RequestRefused as RequestRefused
    from azjobs.errors import ServiceUnreachable as ServiceUnreachable
    from azjobs.errors import SubscriptionNotFound as SubscriptionNotFound
    from azjobs.errors import UsageError as UsageError
    from azjobs.jobs.job import Job as Job
    from azjobs.jobs.job import JobList as JobList
    from azjobs.jobs.reasons import Reason as Reason
    from azjobs.jobs.receiving import JobWarning as JobWarning
    from azjobs.jobs.records import Progress as Progress
    from azjobs.jobs.records import Record as Record
    from azjobs.jobs.records import Stream as Stream
    from azjobs.jobs.states import JobState as JobState
    from azjobs.jobs.verbs import get_job as get_job
    from azjobs.jobs.verbs import receive_job as receive_job
    from azjobs.jobs.verbs import remove_job as remove_job
    from azjobs.jobs.verbs import start_job as start_job
    from azjobs.jobs.verbs import stop_job as stop_job
    from azjobs.jobs.verbs import wait_job as wait_job
    from azjobs.operations.sdk import client as client
    from azjobs.operations.submit import submit as submit

__version__: Final = "0.1.0"

# Where each public name lives; a test holds it against the imports above, which type-checkers read.
_HOMES: Final[dict[str, tuple[str, ...]]] = {
    "azjobs.accounts": (
        "Context",
        "Credential",
        "connect",
        "disable_context_autosave",
        "enable_context_autosave",
        "get_context",
        "get_credential",
        "set_context",
    ),
    "azjobs.accounts.environments": ("Environment",),
    "azjobs.commands": (
        "ResourceGroup",
        "VirtualMachine",
        "VirtualMachineList",
        "get_resource_group",
        "get_vm",
        "new_resource_group",
        "new_vm",
        "remove_resource_group",
        "remove_vm",
        "restart_vm",
        "start_vm",
        "stop_vm",
    ),
    "azjobs.errors": (
        "AccountError",
        "AzJobsError",
        "AzureError",
        "EmulatorUnavailable",
        "IllegalTransition",
        "InvalidArgument",
        "JobError",
        "JobFailed",
        "JobNotFinished",
        "JobNotFound",
        "JobStopped",
        "JobTimeout",
        "JobUnwatched",
        "JournalError",
        "JournalForeign",
        "JournalUnreadable",
        "LoginFailed",
        "NeverSent",
        "NothingToReceive",
        "NoTerminal",
        "NotLoggedIn",
        "OperationFailed",
        "OutcomeUnknown",
        "OwnerGone",
        "RequestRefused",
        "ServiceUnreachable",
        "SubscriptionNotFound",
        "UsageError",
    ),
    "azjobs.jobs.job": ("Job", "JobList"),
    "azjobs.jobs.reasons": ("Reason",),
    "azjobs.jobs.receiving": ("JobWarning",),
    "azjobs.jobs.records": ("Progress", "Record", "Stream"),
    "azjobs.jobs.states": ("JobState",),
    "azjobs.jobs.verbs": ("get_job", "receive_job", "remove_job", "start_job", "stop_job", "wait_job"),
    "azjobs.operations.sdk": ("client",),
    "azjobs.operations.submit": ("submit",),
}
_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [*sorted(_HOME_OF), "__version__"]

wire()


def __getattr__(name: str) -> Any:
    module = _HOME_OF.get(name)
    if module is None:
        raise AttributeError(f"module 'azjobs' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(module), name)
    return value


def __dir__() -> list[str]:
    return __all__
