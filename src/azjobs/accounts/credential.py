"""A user name and a password that hides: what a virtual machine's administrator is made with."""

from __future__ import annotations

import getpass
import hmac
import sys
import warnings
from typing import Any, NoReturn

from azjobs.errors import InvalidArgument, NoTerminal
from azjobs.jobs import private


class Credential:
    """A user name and a password (PowerShell: `PSCredential`).

    It hides the password in whatever is printed, and refuses to be stored: only a job's private pipe takes it along.

    Args:
        user: the user's name.
        password: the password, in clear.

    Raises:
        InvalidArgument: either is empty or not text.

    Example:
        >>> Credential("azureuser", "Pa55word-Pa55word")
        Credential(user='azureuser', password=***)
    """

    __slots__ = ("__password", "__user")
    __password: str
    __user: str

    def __init__(self, user: str, password: str) -> None:
        if not isinstance(user, str) or not user.strip():
            raise InvalidArgument("A credential needs a user name: Credential(user, password).")
        if not isinstance(password, str) or not password:
            raise InvalidArgument("A credential needs a password: Credential(user, password).")
        object.__setattr__(self, "_Credential__user", user)
        object.__setattr__(self, "_Credential__password", password)

    @property
    def user(self) -> str:
        """The user's name."""
        return self.__user

    @property
    def password(self) -> str:
        """The password, in clear."""
        return self.__password

    def __repr__(self) -> str:
        return f"Credential(user={self.user!r}, password=***)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credential):
            return NotImplemented
        same_password = hmac.compare_digest(_bytes(self.password), _bytes(other.password))
        return self.user == other.user and same_password

    def __hash__(self) -> int:
        return hash((Credential, self.user))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("A credential does not change: make a new one.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("A credential does not change: make a new one.")

    def __copy__(self) -> Credential:
        return self

    def __deepcopy__(self, memo: object) -> Credential:
        return self

    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        if not private.is_private():
            raise InvalidArgument(
                "A Credential is not written anywhere, so it cannot be pickled: pass it as an argument of the job, "
                "which hands it over in memory."
            )
        return Credential, (self.user, self.password)


def get_credential(message: str | None = None, user: str | None = None) -> Credential:
    """Ask for a user name and a password, without showing what is typed (PowerShell: `Get-Credential`).

    Args:
        message: what to say before asking.
        user: the user's name, when only the password is to be asked for.

    Raises:
        NoTerminal: nobody can be asked.
        InvalidArgument: nothing was typed.

    Example:
        >>> credential = get_credential("The administrator of MyVm")  # doctest: +SKIP
    """
    notebook = _in_notebook()
    if not notebook and not _is_terminal(sys.stdin):
        raise _no_terminal()
    if message:
        _say(f"{message}\n")
    try:
        name = user if user is not None else _ask_name(notebook)
        with warnings.catch_warnings():
            # getpass only warns when it is about to show what is typed.
            warnings.simplefilter("error", getpass.GetPassWarning)
            password = getpass.getpass(f"Password for {name}: ")
    except (EOFError, getpass.GetPassWarning, NotImplementedError):
        failure = _no_terminal()
    else:
        return Credential(name, password)
    raise failure


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _ask_name(notebook: bool) -> str:
    if notebook:
        return input("User: ")
    _say("User: ")  # input(prompt) would write to a redirected standard output
    return input()


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _in_notebook() -> bool:
    """Whether a notebook's kernel answers `getpass`: it replaces the function by its own."""
    return getpass.getpass.__module__ != getpass.__name__


def _is_terminal(stream: Any) -> bool:
    try:
        return bool(stream.isatty())
    except (AttributeError, ValueError):
        return False


def _no_terminal() -> NoTerminal:
    return NoTerminal(
        "There is no terminal to ask for a user and a password on: "
        "make the credential in the code with Credential(user, password)."
    )
