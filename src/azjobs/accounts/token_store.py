"""Where secrets and tokens are kept: the operating system's encrypted store where there is one, else a private file."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from azjobs.accounts.files import locked, write_private
from azjobs.accounts.logins import Login
from azjobs.accounts.profile import folder
from azjobs.errors import AccountError

_FORMAT = "azjobs.tokens"
_VERSION = 1

_warned = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredToken:
    """An access token; its value is not shown.

    Attributes:
        value: the token.
        expires_on: when it ends, in seconds since 1970.
        refresh_on: from when on Entra advises to get a new one.
    """

    value: str
    expires_on: int
    refresh_on: int | None = None

    def __repr__(self) -> str:
        return f"StoredToken(expires_on={self.expires_on})"

    def to_json(self) -> dict[str, Any]:
        """Return the token as JSON-able data."""
        return {"value": self.value, "expiresOn": self.expires_on, "refreshOn": self.refresh_on}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StoredToken:
        """Return the token that `to_json` wrote."""
        return cls(value=data["value"], expires_on=data["expiresOn"], refresh_on=data.get("refreshOn"))


class _Encrypted(Protocol):
    def save(self, content: str) -> None: ...

    def load(self) -> str: ...


def login(key: str) -> Login | None:
    """Return the login that is kept under a key.

    Raises:
        AccountError: the store cannot be read.
    """
    data = _document()["logins"].get(key)
    return Login.from_json(data) if data else None


def tokens(key: str) -> dict[str, StoredToken]:
    """Return a login's tokens by tenant and scopes; they may have expired.

    Raises:
        AccountError: the store cannot be read.
    """
    return {slot: StoredToken.from_json(data) for slot, data in _document()["tokens"].get(key, {}).items()}


def keep(login: Login, tokens: Mapping[str, StoredToken], *, new: bool = False) -> None:
    """Keep a login and its tokens; tokens of other tenants and scopes stay.

    Args:
        login: what replaces the login of the same key.
        tokens: tokens by tenant and scopes.
        new: somebody has just logged in, and is told once when the store is not encrypted.

    Raises:
        AccountError: the store cannot be read or written.
    """

    def change(document: dict[str, Any]) -> None:
        document["logins"][login.key] = login.to_json()
        slots = {} if new else document["tokens"].get(login.key, {})
        document["tokens"][login.key] = {**slots, **{slot: one.to_json() for slot, one in tokens.items()}}

    encrypted = _update(change)
    if new and not encrypted and not login.public_secret:
        _warn_once()


def renew(before: Login, after: Login, tokens: Mapping[str, StoredToken]) -> None:
    """Keep what asking Entra has changed, unless somebody has logged in anew or out meanwhile.

    Args:
        before: the login that asked.
        after: the login since; a user's has a new refresh token.
        tokens: the new tokens by tenant and scopes.

    Raises:
        AccountError: the store cannot be read or written.
    """

    def change(document: dict[str, Any]) -> None:
        if document["logins"].get(before.key) == before.to_json():
            document["logins"][before.key] = after.to_json()
            slots = document["tokens"].setdefault(before.key, {})
            slots.update({slot: one.to_json() for slot, one in tokens.items()})

    _update(change)


def forget_token(key: str, value: str) -> None:
    """Forget a token that was refused.

    Raises:
        AccountError: the store cannot be read or written.
    """

    def change(document: dict[str, Any]) -> None:
        slots = document["tokens"].get(key, {})
        document["tokens"][key] = {slot: one for slot, one in slots.items() if one.get("value") != value}

    _update(change)


def refresh_lock(key: str) -> Path:
    """Return the lock of whoever asks Entra for a token of this login: one process at a time."""
    import hashlib

    return folder() / f"refresh-{hashlib.sha256(key.encode()).hexdigest()[:16]}.lock"


def plain_path() -> Path:
    """Return the file that is used where the operating system has no encrypted store."""
    return folder() / "tokens.json"


def _update(change: Callable[[dict[str, Any]], None]) -> bool:
    """Change the store under its lock; return whether it is encrypted."""
    with locked(folder() / "tokens.lock"):
        document = _document()
        change(document)
        return _save(json.dumps(document))


def _save(text: str) -> bool:
    encrypted = _encrypted()
    if encrypted is not None:
        with suppress(Exception):  # a locked key chain, no secret service: the file is what remains
            encrypted.save(text)
            plain_path().unlink(missing_ok=True)
            return True
    write_private(plain_path(), text.encode())
    return False


def _document() -> dict[str, Any]:
    """Return the store's content. A private file is newer than what is encrypted, for saving encrypted removes it."""
    try:
        text: str | bytes = plain_path().read_bytes()
    except FileNotFoundError:
        text = _load_encrypted()
    except OSError as error:
        raise _unusable(f"it cannot be read: {error.strerror or error}") from None
    if not text:
        return {"format": _FORMAT, "version": _VERSION, "logins": {}, "tokens": {}}
    try:
        document = json.loads(text)
    except ValueError:
        raise _unusable("it is not JSON") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise _unusable("azjobs did not write it")
    if document.get("version") != _VERSION:
        raise _unusable("another version of azjobs wrote it")
    if not isinstance(document.get("logins"), dict) or not isinstance(document.get("tokens"), dict):
        raise _unusable("it is incomplete")
    return document


def _load_encrypted() -> str:
    encrypted = _encrypted()
    if encrypted is None:
        return ""
    from msal_extensions.persistence import PersistenceNotFound

    try:
        return encrypted.load() or ""
    except PersistenceNotFound:
        return ""
    except Exception as error:
        raise AccountError(
            f"The operating system's store of secrets cannot be read ({type(error).__name__}): "
            "unlock it, then try again."
        ) from None


def _encrypted() -> _Encrypted | None:
    # On Linux the store is libsecret through PyGObject; looking for that first spares the import of MSAL.
    if sys.platform.startswith("linux") and find_spec("gi") is None:
        return None
    return _encrypted_at(str(folder() / "tokens.bin"))


@lru_cache(maxsize=8)  # asking the platform whether it can takes longer than the rest
def _encrypted_at(location: str) -> _Encrypted | None:
    try:
        from msal_extensions import build_encrypted_persistence

        found: _Encrypted = build_encrypted_persistence(location)
    except Exception:  # each platform fails in its own way
        return None
    return found


def _unusable(why: str) -> AccountError:
    return AccountError(
        f"The tokens in {plain_path()} cannot be used ({why}): move the file away and connect again, "
        "or set AZJOBS_HOME to another folder."
    )


def _warn_once() -> None:
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(
            f"No encrypted store of secrets is available here: the login is kept in {plain_path()}, "
            "readable only by you. With disable_context_autosave() nothing is kept.",
            stacklevel=6,  # whoever called connect()
        )
