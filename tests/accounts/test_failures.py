from __future__ import annotations

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError
from azure.identity import CredentialUnavailableError
from hypothesis import given
from hypothesis import strategies as st

from azjobs.accounts.emulated import hint, unreachable_hint
from azjobs.accounts.environments import AZURE_CLOUD, Environment
from azjobs.accounts.failures import explain
from azjobs.accounts.logins import Login
from azjobs.errors import AzJobsError, EmulatorUnavailable, LoginFailed, NotLoggedIn, ServiceUnreachable

APPLICATION = Login(
    kind="ServicePrincipal", account="app", tenant="contoso", authority=AZURE_CLOUD.authority, client_secret="s3cret"
)
PERSON = Login(kind="User", account="ada@contoso.com", tenant="contoso", authority=AZURE_CLOUD.authority)
EMULATOR = Environment(
    name="Emulator", resource_manager="https://127.0.0.1:1", authority="https://127.0.0.1:1", audience="https://x"
)


@pytest.mark.parametrize(
    ("login", "said", "sentence"),
    [
        (APPLICATION, "AADSTS7000215: Invalid client secret provided.", "secret of application app is wrong"),
        (
            APPLICATION,
            "AADSTS7000222: The provided client secret keys are expired.",
            "secret of application app has expired",
        ),
        (APPLICATION, "AADSTS700016: Application was not found.", "There is no application app in tenant contoso"),
        (APPLICATION, "AADSTS90002: Tenant 'contoso' not found.", "There is no tenant contoso at https://login.micro"),
        (APPLICATION, "AADSTS900023: not a valid DNS name", "'contoso' is not a tenant: give its id or its domain"),
        (APPLICATION, "Unable to get authority configuration for https://x/contoso.", "There is no tenant contoso"),
        (PERSON, "AADSTS50076: you must use multi-factor authentication", "must pass multi-factor authentication"),
        (
            PERSON,
            "AADSTS53003: Access has been blocked by Conditional Access",
            "conditional access rules of tenant contoso",
        ),
        (PERSON, "AADSTS50020: User account does not exist in tenant", "is not a member of tenant contoso"),
        (PERSON, "AADSTS424242: Something. Trace ID: 1 Timestamp: 2", "AADSTS424242: Something.$"),
    ],
)
def test_a_refused_login_is_one_sentence_that_says_what_to_do(login: Login, said: str, sentence: str) -> None:
    error = explain(ClientAuthenticationError(message=f"Authentication failed: {said}"), login, AZURE_CLOUD)

    with pytest.raises(LoginFailed, match=sentence):
        raise error


@pytest.mark.parametrize("code", ["700082", "50173", "70043"])
def test_an_ended_login_is_not_logged_in(code: str) -> None:
    error = explain(
        ClientAuthenticationError(message=f"Authentication failed: AADSTS{code}: ended"), PERSON, AZURE_CLOUD
    )

    assert isinstance(error, NotLoggedIn)
    assert "log in again with connect(tenant='contoso')" in str(error)


def test_a_browser_that_does_not_open_names_the_device_code() -> None:
    error = explain(CredentialUnavailableError(message="Failed to open a browser"), PERSON, AZURE_CLOUD)

    assert isinstance(error, LoginFailed)
    assert "use_device_code=True" in str(error)


def _lost() -> ClientAuthenticationError:
    lost = ClientAuthenticationError(message="Authentication failed: connection refused")
    lost.__cause__ = ServiceRequestError("connection refused")
    return lost


def test_a_lost_network_is_told_from_a_refusal() -> None:
    assert isinstance(explain(_lost(), APPLICATION, AZURE_CLOUD), ServiceUnreachable)


def test_a_lost_emulator_says_how_to_start_it() -> None:
    error = explain(_lost(), APPLICATION, EMULATOR)

    assert isinstance(error, EmulatorUnavailable)
    assert "`azjobs emulator start`" in str(error)
    assert hint(AZURE_CLOUD) is None


def test_operations_learn_what_to_say_when_the_emulator_is_gone() -> None:
    from azjobs.accounts.context import Context

    context = Context(
        account="app",
        account_kind="ServicePrincipal",
        tenant="t",
        subscription=None,
        subscription_name=None,
        environment=EMULATOR,
    )

    said = unreachable_hint(context)

    assert said is not None
    assert "https://127.0.0.1:1 does not answer: start it with `azjobs emulator start`" in said


@given(st.text(), st.sampled_from([AZURE_CLOUD, EMULATOR]))
def test_whatever_entra_says_the_error_is_one_line_without_the_secret(said: str, environment: Environment) -> None:
    refused = ClientAuthenticationError(message=f"Authentication failed: {said} s3cret")

    error = explain(refused, APPLICATION, environment)

    assert isinstance(error, AzJobsError)
    assert len(str(error).splitlines()) == 1
    assert "s3cret" not in str(error)


def test_a_login_hides_its_secrets_when_printed() -> None:
    login = Login(
        kind="User", account="a", tenant="t", authority="x", client_secret="s3cret", record="r3c", cache="c4che"
    )

    assert not any(secret in repr(login) for secret in ("s3cret", "r3c", "c4che"))
