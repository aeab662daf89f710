"""Sentences in the words of the command line, and secrets that are in none of them."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azjobs.cli.phrasing import for_shell
from azjobs.cli.redaction import redact

# The beginning keeps a secret from being a word that the texts around it have.
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=9, max_size=40).map("Zq7".__add__)


@pytest.mark.parametrize(
    ("python", "shell"),
    [
        ("remove it with force=True (--force).", "remove it with --force."),
        ("wait=True waits for it; keep=True looks.", "--wait waits for it; --keep looks."),
        ("Give another domain_name_label, or none.", "Give another --public-ip-address-dns-name, or none."),
        (
            "log in again with connect(tenant='t') or `azjobs connect`.",
            "log in again with `azjobs connect --tenant t`.",
        ),
        ("No browser here: connect(use_device_code=True).", "No browser here: `azjobs connect --use-device-code`."),
        ("allow_from='1.2.3' is no address", "--allow-from '1.2.3' is no address"),
        ("pass client_secret.", "pass --client-secret-file."),
        ("The VM 'x' has tags={}", "The VM 'x' has tags={}"),
        ("Azure's own words: adminPassword=true", "Azure's own words: adminPassword=true"),
    ],
)
def test_python_arguments_become_options(python: str, shell: str) -> None:
    assert for_shell(python) == shell


@settings(deadline=None)
@given(SECRETS)
def test_a_password_in_json_is_never_shown(secret: str) -> None:
    for body in (
        {"adminPassword": secret, "name": "MyVm"},
        {"parameters": {"adminPassword": {"value": secret}}},
        {"access_token": secret},
    ):
        text = redact(json.dumps(body))
        assert json.dumps(secret)[1:-1] not in text
        assert "***" in text


@settings(deadline=None)
@given(SECRETS)
def test_a_secret_in_a_form_a_url_or_a_header_is_never_shown(secret: str) -> None:
    encoded = quote(secret, safe="")
    for text in (
        f"grant_type=client_credentials&client_secret={encoded}&scope=x",
        f"GET https://host/path?sv=1&sig={encoded}&se=2",
        f"https://host/operationStatuses/1?api-version=2026-04-01&t=1&c={encoded}&s={encoded}&h={encoded}",
        f"Authorization: Bearer {encoded}{encoded}",
    ):
        assert encoded not in redact(text)


def test_what_is_no_secret_stays() -> None:
    text = "GET https://host/subscriptions/1?api-version=2026-04-01&$expand=instanceView took 3 ms"
    assert redact(text) == text
    assert redact("The password has 5 characters; a Windows VM takes 12 to 123.").startswith("The password has 5")


def test_a_token_is_not_shown_wherever_it_stands() -> None:
    assert "eyJ" not in redact("token eyJhbGciOiJub25lIn0.eyJ0aWQiOiIxMjM0In0.c2lnbmF0dXJl here")
