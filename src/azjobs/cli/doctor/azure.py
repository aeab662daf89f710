"""Checks of the login, the emulator, the clock, and what the account may do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

from azjobs.cli.doctor.findings import Finding, fail, ok, warn
from azjobs.cli.phrasing import for_shell
from azjobs.errors import AzJobsError

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.emulator.launcher import RunningEmulator

_API_VERSION: Final = "2022-12-01"
_TIMEOUT: Final = (10, 20)
_SKEW_WARN: Final = 60.0
_SKEW_FAIL: Final = 300.0
"""Entra and Azure refuse tokens that begin or end more than five minutes off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What Azure said to the one request that the checks make.

    Attributes:
        status: the HTTP status.
        body: the JSON, empty when there was none.
        skew: how many seconds this machine's clock is ahead of Azure's, or None.
    """

    status: int
    body: dict[str, Any]
    skew: float | None


def check() -> Iterator[Finding]:
    """Check the emulator, then the login, then with its token the clock and the subscription."""
    from azjobs.accounts import get_context, tokens
    from azjobs.accounts.environments import is_emulator

    yield _emulator()
    try:
        context = get_context()
        token = tokens.bearer(context)
    except AzJobsError as error:
        yield fail("Login", for_shell(error.message), "Log in: azjobs connect")
        yield warn("Clock", "Not compared with Azure's: nobody is logged in.", "Log in, then check again.")
        return
    yield ok("Login", f"{context.account} in {context.environment.name}, tenant {context.tenant}: a token was given.")
    try:
        answer = _ask(context, token)
    except AzJobsError as error:
        advice = "azjobs emulator start" if is_emulator(context.environment.name) else "Check the network and proxies."
        yield fail("Azure", for_shell(error.message), advice)
        return
    yield clock(answer)
    yield _subscription(context, answer)


def _emulator() -> Finding:
    from azjobs.accounts import emulated
    from azjobs.emulator import launcher

    subject = "Emulator"
    try:
        found: RunningEmulator | None = launcher.status(emulated.folder())
    except launcher.EmulatorError as error:
        return fail(subject, str(error), "azjobs emulator stop, then azjobs emulator start")
    if found is not None:
        return ok(subject, f"Runs at {found.endpoint}, at speed {found.speed:g} (process {found.pid}).")
    if _acts_in_emulator():
        return fail(subject, "It does not run, and you are logged in to it.", "azjobs emulator start")
    return ok(subject, "Does not run, and is not needed.")


def _acts_in_emulator() -> bool:
    from azjobs.accounts import get_context
    from azjobs.accounts.environments import is_emulator

    try:
        return is_emulator(get_context().environment.name)
    except AzJobsError:
        return False


def _ask(context: Context, token: str) -> Answer:
    """Read the subscription, and the time that Azure has meanwhile."""
    import requests

    from azjobs.accounts.failures import unreachable

    environment = context.environment
    failure: AzJobsError
    with requests.Session() as session:
        session.trust_env = not environment.loopback
        before = time.time()
        try:
            answer = session.get(
                f"{environment.resource_manager}/subscriptions/{context.subscription or ''}",
                params={"api-version": _API_VERSION},
                headers={"Authorization": f"Bearer {token}"},
                verify=environment.ca_file or True,
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except (requests.RequestException, OSError) as error:
            failure = unreachable(environment, environment.resource_manager, str(error))
        else:
            return Answer(
                status=answer.status_code,
                body=_json(answer),
                skew=skew(answer.headers.get("Date"), (before + time.time()) / 2),
            )
    raise failure


def _json(answer: Any) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def skew(date: str | None, here: float) -> float | None:
    """Return how many seconds this machine's clock is ahead of Azure's.

    Args:
        date: the Date header of Azure's answer.
        here: what this machine's clock said meanwhile, in seconds since 1970.
    """
    try:
        return here - parsedate_to_datetime(date).timestamp() if date else None
    except ValueError:
        return None


def clock(answer: Answer) -> Finding:
    """Judge by how much this machine's clock differs from Azure's."""
    subject = "Clock"
    if answer.skew is None:
        return warn(subject, "Azure's answer had no date to compare with.", "Is a proxy in between?")
    # Azure's date has whole seconds.
    off = max(0.0, abs(answer.skew) - 1)
    text = f"{off:.0f} s {'ahead of' if answer.skew > 0 else 'behind'} Azure's."
    if off > _SKEW_FAIL:
        return fail(subject, text, "Set the clock (or start its synchronisation): Azure refuses tokens by it.")
    if off > _SKEW_WARN:
        return warn(subject, text, "Set the clock: at five minutes Azure refuses tokens.")
    return ok(subject, "Agrees with Azure's." if off < 2 else text)


def _subscription(context: Context, answer: Answer) -> Finding:
    subject = "Permissions"
    name = f"{context.subscription_name or context.subscription} ({context.subscription})"
    if context.subscription is None:
        return fail(subject, "No subscription is chosen.", "azjobs context set --subscription ID-OR-NAME")
    if answer.status == 200:
        state = str(answer.body.get("state") or "Enabled")
        if state == "Enabled":
            return ok(subject, f"The subscription {name} may be read.")
        return warn(subject, f"The subscription {name} is {state}.", "Azure may refuse changes: ask its owner.")
    error = answer.body.get("error")
    said = error.get("message") if isinstance(error, dict) else None
    if answer.status in (401, 403):
        advice = "Have the account given a role on the subscription (Reader to look, Contributor to act)."
    else:
        advice = "azjobs context set --subscription ID-OR-NAME chooses another one."
    return fail(subject, f"Azure refuses the subscription {name}: {said or f'HTTP {answer.status}'}", advice)
