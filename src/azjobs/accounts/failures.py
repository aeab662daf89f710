"""What went wrong at a login, in one sentence that says what to do and holds no secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from azjobs.accounts import emulated
from azjobs.accounts.environments import Environment
from azjobs.accounts.logins import Login
from azjobs.errors import AzJobsError, EmulatorUnavailable, LoginFailed, NotLoggedIn, ServiceUnreachable

_CODE = re.compile(r"AADSTS(\d+)")

_SENTENCES: dict[str, str] = {
    "7000215": "The client secret of application {account} is wrong: pass the secret's value, not its id.",
    "7000222": "The client secret of application {account} has expired: make a new one in Entra and connect with it.",
    "7000218": "Application {account} must prove itself: pass client_secret.",
    "700016": "There is no application {account} in tenant {tenant}: check client_id and tenant.",
    "90002": "There is no tenant {tenant} at {authority}: check the tenant's id or domain.",
    "900021": "{tenant!r} is not a tenant: give its id or its domain.",
    "900023": "{tenant!r} is not a tenant: give its id or its domain.",
    "50034": "There is no user {account} in tenant {tenant}: check the name and the tenant.",
    "50126": "The user name or password of {account} is wrong.",
    "50053": "{account} is locked after too many attempts: wait, then connect again.",
    "50055": "The password of {account} has expired: change it, then connect again.",
    "50057": "{account} is disabled: ask the tenant's administrator.",
    "50076": "{account} must pass multi-factor authentication: connect(tenant={tenant!r}) with a browser.",
    "50079": "{account} must set up multi-factor authentication: connect(tenant={tenant!r}) with a browser.",
    "50020": "{account} is not a member of tenant {tenant}: ask for an invitation, or pass another tenant.",
    "53003": "The conditional access rules of tenant {tenant} refuse {account}: ask the tenant's administrator.",
    "65001": "{account} has not consented to azjobs' use of Azure in tenant {tenant}: ask the tenant's administrator.",
    "70016": "Nobody entered the code in time: connect again.",
    "70018": "The code was wrong or has been used: connect again.",
    "70020": "Nobody entered the code in time: connect again.",
}
_EXPIRED = frozenset({"50089", "50132", "50133", "50173", "70008", "70043", "700081", "700082", "700084"})
"""The login itself has ended: by time, by a changed password, by an administrator."""


def explain(error: BaseException, login: Login, environment: Environment) -> AzJobsError:
    """Return the error to raise, instead of this one, which may carry a request with its secret.

    Args:
        error: what azure-identity raised.
        login: who logged in.
        environment: where.

    Example:
        >>> raise explain(error, login, environment)  # doctest: +SKIP
    """
    text = " ".join(str(getattr(one, "message", one)) for one in _chain(error))
    who = _who(login)
    if _unreachable(error):
        return unreachable(environment, login.authority, text)
    code = next(iter(_CODE.findall(text)), None)
    if code in _EXPIRED or type(error).__name__ == "AuthenticationRequiredError":
        return NotLoggedIn(
            f"The login of {who} has ended: log in again with connect(tenant={login.tenant!r}) or `azjobs connect`."
        )
    if code in _SENTENCES:
        return LoginFailed(
            _SENTENCES[code].format(account=login.account, tenant=login.tenant, authority=login.authority)
        )
    if "authority configuration" in text:
        return LoginFailed(_SENTENCES["90002"].format(tenant=login.tenant, authority=login.authority))
    if "browser" in text:
        return LoginFailed("No browser could be opened here: connect(use_device_code=True).")
    if "Timed out" in text:
        return LoginFailed("Nobody logged in in time: connect again.")
    return LoginFailed(f"Microsoft Entra refused the login of {who}: {_redacted(_first_line(error), login)}")


def unreachable(environment: Environment, address: str, text: str) -> AzJobsError:
    """Return the error for a server that does not answer.

    Args:
        environment: which Azure.
        address: the server.
        text: what the libraries said, to tell why.
    """
    if _mentions_certificate(text):
        return ServiceUnreachable(
            f"The certificate of {address} is not trusted here: "
            "if a proxy inspects your traffic, set REQUESTS_CA_BUNDLE to its certificate authority's file."
        )
    if (hint := emulated.hint(environment)) is not None:
        return EmulatorUnavailable(hint)
    return ServiceUnreachable(f"{address} cannot be reached: check the network and HTTPS_PROXY, then try again.")


def quietly(act: Callable[[], object], login: Login, environment: Environment) -> AzJobsError | None:
    """Do something with azure-identity; return the error to raise.

    The error that azure-identity raised may hold a request with its secret. It ends here, so that what the caller
    raises is not chained to it.
    """
    try:
        act()
    except AzJobsError as error:
        return error
    except Exception as error:
        return explain(error, login, environment)
    return None


def _unreachable(error: BaseException) -> bool:
    names = {kind.__name__ for one in _chain(error) for kind in type(one).__mro__}
    return bool(names & {"ServiceRequestError", "ServiceResponseError", "ConnectionError", "HTTPError"}) or (
        "OSError" in names and "CredentialUnavailableError" not in names
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _mentions_certificate(text: str) -> bool:
    return "CERTIFICATE_VERIFY_FAILED" in text or "certificate verify failed" in text


def _who(login: Login) -> str:
    return f"application {login.account}" if login.kind == "ServicePrincipal" else login.account or "the user"


def _first_line(error: BaseException) -> str:
    text = str(getattr(error, "message", None) or error).removeprefix("Authentication failed: ")
    text = text.partition(" Trace ID: ")[0]
    line = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    return line if line.endswith(".") else f"{line}."


def _redacted(text: str, login: Login) -> str:
    return text.replace(login.client_secret, "***") if login.client_secret else text
