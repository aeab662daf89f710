"""The administrator of a VM: user name, password and SSH key, by Azure's rules.

Source: the descriptions of `osProfile.adminUsername` and `adminPassword` of Microsoft.Compute/virtualMachines, and the
"username and password requirements when creating a VM" (at least 12 characters).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azjobs.commands.rules.names import OperatingSystem, check_text
from azjobs.errors import InvalidArgument

if TYPE_CHECKING:
    from azjobs.accounts.credential import Credential

DEFAULT_USER = "azureuser"
"""The user of a VM that is made with an SSH key alone, as with `az vm create`."""

# fmt: off
_FORBIDDEN_USERS = frozenset((
    "1", "123", "a", "actuser", "adm", "admin", "admin1", "admin2", "administrator", "aspnet", "backup", "console",
    "david", "guest", "john", "owner", "root", "server", "sql", "support", "support_388945a0", "sys", "test", "test1",
    "test2", "test3", "user", "user1", "user2", "user3", "user4", "user5",
))
_FORBIDDEN_PASSWORDS = frozenset((
    "abc@123", "iloveyou!", "p@$$w0rd", "p@ssw0rd", "p@ssword123", "pa$$word", "pass@word1", "password!", "password1",
    "password22",
))
# fmt: on
_WINDOWS_USER_FORBIDDEN = re.compile(r'["/\\\[\]:;|=,+*?<>@]')
_LINUX_USER = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_USER_LENGTH = {"Windows": 20, "Linux": 64}
_PASSWORD_LENGTH = {"Windows": 123, "Linux": 72}
_SHORTEST_PASSWORD = 12
_CLASSES = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"\d"), re.compile(r"[\W_]"))
_CLASSES_NEEDED = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """Who may log in to a new VM, and how.

    Attributes:
        user: the administrator's name.
        password: the password, in clear, or None; it never shows in a repr.
        ssh_key: the public key's text, or None.
    """

    user: str
    password: str | None = field(default=None, repr=False)
    ssh_key: str | None = None


def make_login(credential: Credential | None, admin_username: str | None, ssh_key: str | None) -> Login:
    """Return the login that the arguments of `new_vm` give.

    Args:
        credential: user and password.
        admin_username: the user of a VM with an SSH key alone.
        ssh_key: the public key's text.

    Raises:
        InvalidArgument: neither password nor key was given, or two user names.
    """
    if credential is None and ssh_key is None:
        raise InvalidArgument(
            "A VM needs somebody who may log in: give Credential(user, password), or for Linux "
            "ssh_key='~/.ssh/id_ed25519.pub'."
        )
    if credential is not None:
        _check_is_credential(credential)
        if admin_username is not None and admin_username != credential.user:
            raise InvalidArgument(
                f"The credential is of '{credential.user}' and admin_username is '{admin_username}'; give only "
                "one of them."
            )
        return Login(user=credential.user, password=credential.password, ssh_key=ssh_key)
    return Login(user=DEFAULT_USER if admin_username is None else admin_username, ssh_key=ssh_key)


def check_login(login: Login, system: OperatingSystem) -> None:
    """Check the login against the rules of the VM's operating system.

    Raises:
        InvalidArgument: the first breach. The password is never part of the text.
    """
    if system == "Windows":
        if login.password is None:
            raise InvalidArgument("A Windows VM needs a user and a password; give Credential(user, password).")
        if login.ssh_key is not None:
            raise InvalidArgument(
                "A Windows VM takes no SSH key; leave out ssh_key, or choose a Linux image such as 'Ubuntu2404'."
            )
    check_user(login.user, system)
    if login.password is not None:
        check_password(login.password, login.user, system)


def check_user(user: str, system: OperatingSystem) -> str:
    """Return the user name when Azure takes it for the administrator of a VM."""
    check_text(user, "The user name")
    if user.lower() in _FORBIDDEN_USERS:
        raise InvalidArgument(
            f"Azure does not allow the user name '{user}' for a VM; choose another, such as '{DEFAULT_USER}'."
        )
    longest = _USER_LENGTH[system]
    if len(user) > longest:
        raise InvalidArgument(
            f"The user name '{user}' has {len(user)} characters, but on {system} it may have at most {longest}; "
            "choose a shorter one."
        )
    if system == "Linux" and not _LINUX_USER.fullmatch(user):
        raise InvalidArgument(
            f"The user name '{user}' is not allowed on Linux; use letters, digits, hyphens, periods and "
            "underscores and begin "
            "with a letter or underscore."
        )
    if system == "Windows" and (_WINDOWS_USER_FORBIDDEN.search(user) or user.endswith(".") or not user.isprintable()):
        raise InvalidArgument(
            f"The user name '{user}' is not allowed on Windows; leave out \" / \\ [ ] : ; | = , + * ? < > @ and a "
            "period at its end."
        )
    return user


def check_password(password: str, user: str, system: OperatingSystem) -> None:
    """Check the password of a VM's administrator.

    Raises:
        InvalidArgument: the password breaks a rule; the text never shows it.
    """
    longest = _PASSWORD_LENGTH[system]
    if not _SHORTEST_PASSWORD <= len(password) <= longest:
        raise InvalidArgument(
            f"The password has {len(password)} characters; a {system} VM takes {_SHORTEST_PASSWORD} to {longest}; "
            "choose another."
        )
    if sum(1 for class_ in _CLASSES if class_.search(password)) < _CLASSES_NEEDED:
        raise InvalidArgument(
            "The password is too simple; use at least three of: lower-case letters, upper-case letters, digits, "
            "other characters."
        )
    if password.lower() in _FORBIDDEN_PASSWORDS:
        raise InvalidArgument("Azure does not allow this password because it is too well known; choose another.")
    if password.lower() == user.lower():
        raise InvalidArgument("The password is the user name; choose another.")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in password):
        raise InvalidArgument("The password contains a control character, such as a line end; choose one without.")


def _check_is_credential(credential: object) -> None:
    if not (
        isinstance(getattr(credential, "user", None), str) and isinstance(getattr(credential, "password", None), str)
    ):
        raise InvalidArgument(f"credential is a {type(credential).__name__}; give Credential(user, password).")
