"""Signing in at the emulated Microsoft Entra ID, with the real azure-identity and by hand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential

from azjobs.emulator import EXPIRED_CLIENT_SECRET, RunningEmulator, entra, tokens, wellknown
from azjobs.emulator.request import Request, Response

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

GOOD = {
    "grant_type": "client_credentials",
    "client_id": wellknown.CLIENT_ID,
    "client_secret": wellknown.CLIENT_SECRET,
    "scope": "https://127.0.0.1:1/.default",
}


def sign_in(tenant: str = wellknown.TENANT_ID, **changes: str) -> Response:
    body = urlencode({**GOOD, **changes}).encode()
    response = entra.answer(Request.from_target("POST", f"/{tenant}/oauth2/v2.0/token", body=body), time.time())
    assert response is not None
    return response


def real(emulator: RunningEmulator, **changes: str) -> ClientSecretCredential:
    values = {"tenant": emulator.tenant_id, "client": emulator.client_id, "secret": emulator.client_secret, **changes}
    return ClientSecretCredential(
        values["tenant"],
        values["client"],
        values["secret"],
        authority=emulator.endpoint,
        disable_instance_discovery=True,
        connection_verify=str(emulator.ca_file),
    )


def test_the_real_identity_library_gets_a_token(emulator: RunningEmulator) -> None:
    with real(emulator) as credential:
        token = credential.get_token(f"{emulator.endpoint}/.default")
    assert token.expires_on > time.time() + 3000
    tokens.check_authorization(f"Bearer {token.token}", emulator.endpoint, time.time())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"secret": "wrong"}, "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent"),
        ({"secret": EXPIRED_CLIENT_SECRET}, "AADSTS7000222: The provided client secret keys for app"),
        ({"client": "00000000-0000-0000-0000-0000000000ff"}, "AADSTS700016: Application with identifier"),
        ({"tenant": "00000000-0000-0000-0000-0000000000ff"}, "Unable to get authority configuration"),
    ],
)
def test_the_real_identity_library_says_what_is_wrong(
    emulator: RunningEmulator, changes: dict[str, str], said: str
) -> None:
    with real(emulator, **changes) as credential, pytest.raises((ClientAuthenticationError, ValueError), match=said):
        credential.get_token(f"{emulator.endpoint}/.default")


def test_a_token_names_who_it_is_for() -> None:
    answer = sign_in().json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    tokens.check_authorization("Bearer " + answer["access_token"], "https://x", time.time())


@pytest.mark.parametrize(
    ("changes", "status", "error", "number"),
    [
        ({"client_secret": "not-the-secret"}, 401, "invalid_client", 7000215),
        ({"client_secret": EXPIRED_CLIENT_SECRET}, 401, "invalid_client", 7000222),
        ({"client_secret": ""}, 401, "invalid_client", 7000216),
        ({"client_id": "other"}, 400, "unauthorized_client", 700016),
        ({"grant_type": ""}, 400, "invalid_request", 900144),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
)
def test_a_refusal_has_entras_shape(changes: dict[str, str], status: int, error: str, number: int) -> None:
    response = sign_in(**changes)
    body = response.json()
    assert (response.status, body["error"], body["error_codes"]) == (status, error, [number])
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    assert "not-the-secret" not in body["error_description"]


def test_an_unknown_tenant_is_refused() -> None:
    response = sign_in(tenant="11111111-2222-3333-4444-555555555555")
    assert (response.status, response.json()["error_codes"]) == (400, [90002])


def test_the_metadata_has_the_shape_that_the_azure_command_line_asks_for(arm: Arm) -> None:
    cloud = arm.get("/metadata/endpoints?api-version=2022-09-01")
    assert cloud["resourceManager"] == cloud["authentication"]["loginEndpoint"] == "https://management.azure.com"
    assert isinstance(arm.get("/metadata/endpoints?api-version=2019-05-01"), list)
    assert "portalEndpoint" in arm.get("/metadata/endpoints?api-version=2015-01-01")


def test_discovery_names_the_token_endpoint_on_the_host_that_was_asked(arm: Arm) -> None:
    found = arm.get(f"/{wellknown.TENANT_ID}/v2.0/.well-known/openid-configuration")
    assert found["token_endpoint"] == f"https://management.azure.com/{wellknown.TENANT_ID}/oauth2/v2.0/token"
