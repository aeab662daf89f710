"""azure-identity's own credentials, made for a login. Nothing else imports azure.identity."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from azure.core.credentials import AccessTokenInfo, TokenRequestOptions
from azure.identity import (
    AuthenticationRecord,
    AuthenticationRequiredError,
    ClientSecretCredential,
    DeviceCodeCredential,
    InteractiveBrowserCredential,
)
from msal import SerializableTokenCache

from azjobs.accounts.environments import Environment
from azjobs.accounts.logins import Login
from azjobs.errors import LoginFailed, NotLoggedIn

# Our error says what they would say once more.
logging.getLogger("azure.identity").addHandler(logging.NullHandler())
logging.getLogger("msal").addHandler(logging.NullHandler())


class TokenGetter(Protocol):
    """What azure-identity's credentials have in common."""

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """Get a token for the scopes."""
        ...


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A login, ready to get tokens.

    Attributes:
        getter: azure-identity's credential.
        login: the login as it was when this was made.
        cache: MSAL's tokens of a user; refreshing changes them.
    """

    getter: TokenGetter
    login: Login
    cache: SerializableTokenCache | None = None

    def login_now(self) -> Login:
        """Return the login with what refreshing has changed."""
        if self.cache is None or not self.cache.has_state_changed:
            return self.login
        return replace(self.login, cache=_without_access_tokens(self.cache))


class _Asking:
    """A user's credential that asks the user to log in again, and takes no other user for it."""

    def __init__(
        self, getter: InteractiveBrowserCredential | DeviceCodeCredential, record: AuthenticationRecord
    ) -> None:
        self._getter = getter
        self._record = record

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """Get a token for the scopes."""
        try:
            return self._getter.get_token_info(*scopes, options=options)
        except AuthenticationRequiredError:
            found = self._getter.authenticate(scopes=scopes, **(options or {}))
        if found.home_account_id != self._record.home_account_id:
            raise LoginFailed(
                f"{found.username} logged in, and this context is {self._record.username}'s: "
                f"log in as {self._record.username}, or connect() to act as {found.username}."
            )
        return self._getter.get_token_info(*scopes, options=options)


def identity_of(login: Login, environment: Environment, *, interactive: bool = False) -> Identity:
    """Return azure-identity's credential for a login.

    Args:
        login: who.
        environment: where.
        interactive: whether a user may be asked to log in again.

    Raises:
        NotLoggedIn: the login is incomplete.
    """
    if login.kind == "ServicePrincipal":
        if not login.client_secret:
            raise NotLoggedIn(f"The secret of application {login.account} is not known here: connect again.")
        getter = ClientSecretCredential(
            login.tenant, login.account, login.client_secret, authority=login.authority, **_options(environment)
        )
        return Identity(getter=getter, login=login)
    if not login.record:
        raise NotLoggedIn(f"{login.account} has not logged in here: call connect() or run `azjobs connect`.")
    cache = SerializableTokenCache()
    cache.deserialize(login.cache or "{}")
    user = InteractiveBrowserCredential if has_browser() else DeviceCodeCredential
    record = AuthenticationRecord.deserialize(login.record)
    asked = user(
        **_user_options(environment, cache, use_device_code=user is DeviceCodeCredential),
        authentication_record=record,
        disable_automatic_authentication=True,
    )
    return Identity(getter=_Asking(asked, record) if interactive else asked, login=login, cache=cache)


def log_in_user(
    environment: Environment, *, tenant: str | None, use_device_code: bool
) -> tuple[Login, AccessTokenInfo]:
    """Have a user log in, in a browser or by a code that is entered in one elsewhere.

    Args:
        environment: where.
        tenant: the tenant's id or domain; None: the user's own.
        use_device_code: whether to give a code, and open no browser here.

    Returns:
        The login, and a token for Resource Manager.
    """
    cache = SerializableTokenCache()
    options = _user_options(environment, cache, use_device_code=use_device_code)
    options["authority"] = environment.authority
    if tenant is not None:
        options["tenant_id"] = tenant
    user = DeviceCodeCredential if use_device_code else InteractiveBrowserCredential
    credential = user(**options)
    record = credential.authenticate(scopes=environment.scopes)
    token = credential.get_token_info(*environment.scopes)
    login = Login(
        kind="User",
        account=record.username,
        tenant=record.tenant_id,
        authority=environment.authority,
        record=record.serialize(),
        cache=_without_access_tokens(cache),
    )
    return login, token


def _without_access_tokens(cache: SerializableTokenCache) -> str:
    """What renews tokens is kept; the tokens themselves are kept by us, or a refused one would come back from here."""
    content = json.loads(cache.serialize())
    content.pop("AccessToken", None)
    return json.dumps(content)


def has_browser() -> bool:
    """Whether a browser can be opened where this runs."""
    import webbrowser

    if os.environ.get("SSH_CONNECTION") and not os.environ.get("BROWSER"):
        return False  # it would open on the other machine's screen
    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME")
    ):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return bool(os.environ.get("WSL_DISTRO_NAME"))
    return True


def _user_options(environment: Environment, cache: SerializableTokenCache, *, use_device_code: bool) -> dict[str, Any]:
    """The cache is handed over, for azure-identity's own would lie outside our folder and could not travel to a job."""
    prompt: dict[str, Callable[[str, str, datetime], None]] = {"prompt_callback": _say_code} if use_device_code else {}
    return {
        **_options(environment),
        **prompt,
        "additionally_allowed_tenants": ["*"],
        "_cache": cache,
        "_cae_cache": cache,
    }


def _options(environment: Environment) -> dict[str, Any]:
    options: dict[str, Any] = {"disable_instance_discovery": not environment.instance_discovery}
    if environment.ca_file:
        options["connection_verify"] = environment.ca_file
    if environment.loopback:
        options.update(use_env_settings=False, retry_total=1)
    return options


def _say_code(address: str, code: str, expires: datetime) -> None:
    minutes = max(1, round((expires - datetime.now(expires.tzinfo)).total_seconds() / 60))
    sys.stderr.write(f"To log in, open {address} in a browser and enter the code {code} within {minutes} minutes.\n")
    sys.stderr.flush()
