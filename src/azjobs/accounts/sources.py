"""Where an account's tokens come from: memory, then the token store, then Entra, asked once however many want one."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from azjobs.accounts import token_store
from azjobs.accounts.environments import Environment
from azjobs.accounts.files import locked
from azjobs.accounts.logins import Login
from azjobs.accounts.token_store import StoredToken
from azjobs.errors import AccountError, AzJobsError

if TYPE_CHECKING:
    from azure.core.credentials import TokenRequestOptions

    from azjobs.accounts.identity import Identity

_MARGIN = 300
"""A token is renewed when it has less than this left, in seconds."""
_LAST_MOMENT = 30
"""A token with less than this left is not used at all, in seconds."""
_PAUSE_AFTER_FAILURE = 30
"""While the old token still serves, Entra is asked again only after this, in seconds."""
_PATIENCE = 90.0
"""How long to wait for another process that asks Entra, in seconds; then this one asks as well."""


@dataclass(eq=False)
class TokenSource:
    """The tokens of one login. Safe to use from many threads.

    Attributes:
        login: what it takes to get them.
        environment: where.
        persisted: whether the token store keeps the login and its tokens.
        tokens: the tokens at hand, by tenant and scopes.
    """

    login: Login
    environment: Environment
    persisted: bool = False
    tokens: dict[str, StoredToken] = field(default_factory=dict, repr=False)
    _refused: set[str] = field(default_factory=set, repr=False)
    _identity: Identity | None = field(default=None, repr=False)
    _ask_again_at: float = field(default=0.0, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def token(
        self, scopes: Sequence[str], *, tenant: str, claims: str | None = None, interactive: bool = False
    ) -> StoredToken:
        """Return a token, a new one when the old has less than five minutes left.

        Args:
            scopes: whom the token is for.
            tenant: the tenant's id.
            claims: what a server demands of the token beyond that; always asks Entra.
            interactive: whether a user may be asked to log in again.

        Raises:
            NotLoggedIn: the login has ended.
            LoginFailed: Entra refused.
            ServiceUnreachable: Entra does not answer.
            EmulatorUnavailable: the emulator does not run.
        """
        slot = slot_of(tenant, scopes)
        if claims is None and (held := self.tokens.get(slot)) is not None and _is_fresh(held):
            return held
        with self._lock:
            held = self.tokens.get(slot)
            if claims is None and held is not None and self._will_do(held):
                return held
            with self._alone():
                return self._renew(slot, scopes, tenant, claims, interactive)

    def forget(self, value: str) -> None:
        """Forget a token that a server refused, so that the next one is new."""
        with self._lock:
            self._refused.add(value)
            self._identity = None  # it remembers the token as well
            self.tokens = {slot: one for slot, one in self.tokens.items() if one.value != value}
        if self.persisted:
            with suppress(AccountError):
                token_store.forget_token(self.login.key, value)

    def persist(self, *, new: bool = False) -> None:
        """Keep the login and its tokens in the token store from now on.

        Raises:
            AccountError: the store cannot be read or written.
        """
        with self._lock:
            token_store.keep(self.login, self.tokens, new=new)
            self.persisted = True

    def held(self) -> dict[str, StoredToken]:
        """Return the tokens at hand; of a login that is kept, those of the store as well."""
        if self.persisted and not self.tokens:
            with suppress(AccountError):
                self.tokens = {**token_store.tokens(self.login.key), **self.tokens}
        return dict(self.tokens)

    def move(self, environment: Environment) -> None:
        """Go on with the same login where its environment has moved to."""
        with self._lock:
            self.environment = environment
            self._identity = None

    def after_fork(self) -> None:
        """Begin anew in a forked child: its locks and connections belong to threads of the parent."""
        self._lock = threading.Lock()
        self._identity = None

    def _will_do(self, held: StoredToken) -> bool:
        return _is_fresh(held) or (_is_usable(held) and time.monotonic() < self._ask_again_at)

    def _renew(
        self, slot: str, scopes: Sequence[str], tenant: str, claims: str | None, interactive: bool
    ) -> StoredToken:
        held = max(
            filter(None, (self._stored(slot), self.tokens.get(slot))), key=lambda one: one.expires_on, default=None
        )
        if claims is None and held is not None and _is_fresh(held):
            self.tokens[slot] = held
            return held
        before = self._read_login()
        new = self._ask(scopes, tenant, claims, interactive)
        if isinstance(new, StoredToken):
            self.tokens[slot] = new
            if self.persisted:
                with suppress(AccountError):  # the token is good, whether or not it can be kept
                    token_store.renew(before, self.login, {slot: new})
            return new
        if claims is None and held is not None and _is_usable(held):
            self.tokens[slot] = held
            self._ask_again_at = time.monotonic() + _PAUSE_AFTER_FAILURE
            return held
        raise new

    def _stored(self, slot: str) -> StoredToken | None:
        """The token that another process has got, unless a server refused it."""
        found = token_store.tokens(self.login.key).get(slot) if self.persisted else None
        return None if found is None or found.value in self._refused else found

    def _read_login(self) -> Login:
        """The login as it is kept: somebody may have logged in again meanwhile."""
        if self.persisted:
            self.login = token_store.login(self.login.key) or self.login
        return self.login

    def _ask(
        self, scopes: Sequence[str], tenant: str, claims: str | None, interactive: bool
    ) -> StoredToken | AzJobsError:
        from azjobs.accounts.failures import quietly

        answer: list[StoredToken] = []

        def ask() -> None:
            identity = self._current_identity(interactive)
            found = identity.getter.get_token_info(*scopes, options=_options(self.login, tenant, claims))
            answer.append(StoredToken(value=found.token, expires_on=found.expires_on, refresh_on=found.refresh_on))
            self.login = identity.login_now()

        failure = quietly(ask, replace(self.login, tenant=tenant), self.environment)
        return failure or answer[0]

    def _current_identity(self, interactive: bool) -> Identity:
        """Azure-identity's credential, made anew when somebody has logged in again meanwhile."""
        from azjobs.accounts.identity import identity_of

        if interactive:
            return identity_of(self.login, self.environment, interactive=True)
        if self._identity is None or self._identity.login != self.login:
            self._identity = identity_of(self.login, self.environment)
        return self._identity

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes with the same login waiting, for the token that this one gets serves them too."""
        with ExitStack() as stack:
            if self.persisted:
                with suppress(AccountError):  # they took too long: one more request does no harm
                    stack.enter_context(locked(token_store.refresh_lock(self.login.key), patience=_PATIENCE))
            yield


def slot_of(tenant: str, scopes: Sequence[str]) -> str:
    """Return under what a token for this tenant and these scopes is kept."""
    return "|".join((tenant.casefold(), *sorted(scopes)))


def _options(login: Login, tenant: str, claims: str | None) -> TokenRequestOptions:
    options: TokenRequestOptions = {}
    if tenant.casefold() != login.tenant.casefold():
        options["tenant_id"] = tenant
    if claims is not None:
        # Only a token for continuous access evaluation is ever asked for claims.
        options["claims"] = claims
        options["enable_cae"] = True
    return options


def _is_fresh(token: StoredToken) -> bool:
    now = time.time()
    return token.expires_on - now > _MARGIN and (token.refresh_on is None or now < token.refresh_on)


def _is_usable(token: StoredToken) -> bool:
    return token.expires_on - time.time() > _LAST_MOMENT


_sources: dict[str, TokenSource] = {}
_guard = threading.Lock()


def register(source: TokenSource) -> TokenSource:
    """Make this the source of its login's tokens in this process, unless there is one; return the one there is."""
    with _guard:
        return _sources.setdefault(source.login.key, source)


def replace_with(source: TokenSource) -> None:
    """Make this the source of its login's tokens in this process: somebody has just logged in."""
    with _guard:
        _sources[source.login.key] = source


def registered(key: str) -> TokenSource | None:
    """Return the source of a login's tokens in this process, or None."""
    with _guard:
        return _sources.get(key)


def _after_fork() -> None:
    global _guard
    _guard = threading.Lock()
    for source in _sources.values():
        source.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
