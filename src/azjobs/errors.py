"""The errors of azjobs: one small tree, each with a stable code and the next step in its text.

AzJobsError
├── UsageError                 what was asked cannot be done as asked (exit code 2 on the command line)
│   ├── InvalidArgument        an argument breaks a rule of ours or of Azure's
│   └── NoTerminal             a question had to be asked and nobody is there to answer
├── JobError                   about one job; carries it
│   ├── JobNotFound
│   ├── NothingToReceive
│   ├── JobNotFinished
│   ├── IllegalTransition
│   ├── JobTimeout             also a TimeoutError; the job goes on
│   ├── JobUnwatched           nobody here can look after the job: another login or another version is needed
│   ├── JobStopped
│   └── JobFailed              carries the reason
│       ├── OperationFailed    Azure ended the operation with an error
│       ├── NeverSent          the first request did not leave this machine
│       ├── OutcomeUnknown     whether Azure took the request cannot be told
│       └── OwnerGone          the process that ran the job ended
├── AccountError
│   ├── NotLoggedIn
│   ├── LoginFailed
│   └── SubscriptionNotFound
├── AzureError
│   ├── RequestRefused         Azure answered with an error
│   └── ServiceUnreachable     no answer at all
├── JournalError
│   ├── JournalUnreadable
│   └── JournalForeign
└── EmulatorUnavailable
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azjobs.jobs.reasons import Reason


class AzJobsError(Exception):
    """Root of every error that azjobs raises on purpose."""

    code: ClassVar[str] = "AzJobsError"

    @property
    def message(self) -> str:
        """The sentence that says what was wrong and what to do."""
        return str(self.args[0]) if self.args else (type(self).__doc__ or "").strip()

    def __str__(self) -> str:
        return self.message


class UsageError(AzJobsError):
    """What was asked cannot be done as asked."""

    code = "UsageError"


class InvalidArgument(UsageError):
    """An argument breaks a rule of azjobs or of Azure."""

    code = "InvalidArgument"


class NoTerminal(UsageError):
    """A question had to be asked and no terminal is there to answer it."""

    code = "NoTerminal"


class JobError(AzJobsError):
    """An error about one job, whose id it carries."""

    code = "JobError"

    def __init__(self, message: str, *, job_id: int | None = None) -> None:
        super().__init__(message)
        self.job_id = job_id

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.args, self.__dict__


class JobNotFound(JobError):
    """No such job."""

    code = "JobNotFound"


class NothingToReceive(JobError):
    """The job has nothing new to receive."""

    code = "NothingToReceive"


class JobNotFinished(JobError):
    """The job is not finished."""

    code = "JobNotFinished"


class IllegalTransition(JobError):
    """A job cannot go from its state to the one asked for."""

    code = "IllegalTransition"


class JobTimeout(JobError, TimeoutError):
    """The time ran out before the job ended; the job goes on."""

    code = "JobTimeout"


class JobUnwatched(JobError):
    """Nobody here can look after the job; its status message says who can."""

    code = "JobUnwatched"


class JobStopped(JobError):
    """The job was stopped before it had a result."""

    code = "JobStopped"


class JobFailed(JobError):
    """The job failed; `reason` says why."""

    code = "JobFailed"

    def __init__(self, message: str, *, job_id: int | None = None, reason: Reason | None = None) -> None:
        super().__init__(message, job_id=job_id)
        self.reason = reason

    @property
    def error_code(self) -> str | None:
        """Azure's error code (`AllocationFailed`, …) or the code of the reason."""
        return self.reason.code if self.reason else None


class OperationFailed(JobFailed):
    """Azure ended the operation with an error."""

    code = "OperationFailed"


class NeverSent(JobFailed):
    """The first request did not leave this machine: nothing was created."""

    code = "NeverSent"


class OutcomeUnknown(JobFailed):
    """Whether Azure took the request cannot be told."""

    code = "OutcomeUnknown"


class OwnerGone(JobFailed):
    """The process that ran the job ended before the job did."""

    code = "OwnerGone"


class AccountError(AzJobsError):
    """An error about who you are in Azure."""

    code = "AccountError"


class NotLoggedIn(AccountError):
    """Nobody is logged in to Azure; call connect() or run `azjobs connect`."""

    code = "NotLoggedIn"


class LoginFailed(AccountError):
    """Azure refused the login."""

    code = "LoginFailed"


class SubscriptionNotFound(AccountError):
    """The account has no such subscription."""

    code = "SubscriptionNotFound"


class AzureError(AzJobsError):
    """An error from talking to Azure."""

    code = "AzureError"


class RequestRefused(AzureError):
    """Azure answered with an error; `error_code` is Azure's own code."""

    code = "RequestRefused"

    def __init__(
        self, message: str, *, status: int, error_code: str | None, error: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code
        self.error = dict(error or {})

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_refused, (self.message, self.status, self.error_code, self.error)


def _rebuild_refused(message: str, status: int, error_code: str | None, error: dict[str, Any]) -> RequestRefused:
    return RequestRefused(message, status=status, error_code=error_code, error=error)


class ServiceUnreachable(AzureError):
    """Azure could not be reached."""

    code = "ServiceUnreachable"


class JournalError(AzJobsError):
    """An error about the journal, the file that keeps the jobs."""

    code = "JournalError"


class JournalUnreadable(JournalError):
    """The journal cannot be read or written."""

    code = "JournalUnreadable"


class JournalForeign(JournalError):
    """The file in the journal's place is not a journal of this version of azjobs."""

    code = "JournalForeign"


class EmulatorUnavailable(AzJobsError):
    """The emulator cannot be started, reached or stopped."""

    code = "EmulatorUnavailable"
