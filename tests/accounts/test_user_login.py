from __future__ import annotations

import json
import stat
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azjobs.accounts import connect, disable_context_autosave, get_context, set_context
from azjobs.accounts.jobs import HOOK
from azjobs.accounts.tokens import bearer, credential, forget
from azjobs.errors import InvalidArgument, LoginFailed, NoTerminal, NotLoggedIn, SubscriptionNotFound

if TYPE_CHECKING:
    from tests.accounts.conftest import Entra

pytestmark = pytest.mark.filterwarnings("ignore:No encrypted store")


def test_a_user_logs_in_with_a_code(entra: Entra, capsys: pytest.CaptureFixture[str]) -> None:
    context = connect(environment=entra.environment, use_device_code=True)

    assert (context.account, context.account_kind) == ("ada@contoso.com", "User")
    assert context.name == f"Production (s-1) - {context.tenant} - ada@contoso.com"
    said = capsys.readouterr()
    assert "enter the code ABCD1234" in said.err
    assert said.out == ""


def test_a_user_logs_in_with_a_browser(entra: Entra, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "browser.py"
    browser.write_text(
        textwrap.dedent("""
            import subprocess, sys
            if len(sys.argv) == 3:  # opens its window and returns, as browsers do
                subprocess.Popen([sys.executable, *sys.argv, "window"])
            else:
                import requests
                answer = requests.get(sys.argv[2], verify=sys.argv[1]).json()
                requests.post(answer.pop("redirect_uri"), data=answer)
        """)
    )
    # A browser that the user configured for Python's own webbrowser module.
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} {entra.environment.ca_file} %s")

    context = connect(environment=entra.environment)

    assert context.account == "ada@contoso.com"
    assert entra.asked["authorization_code"] == 1
    assert entra.asked["devicecode"] == 0


def test_where_no_browser_can_be_opened_a_code_is_given(entra: Entra, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")

    connect(environment=entra.environment)

    assert entra.asked["devicecode"] == 1


def test_a_later_process_is_logged_in_without_asking_the_user_or_entra(
    entra: Entra, as_new_process: Callable[[], None]
) -> None:
    context = connect(environment=entra.environment, use_device_code=True)
    token = bearer(context)
    as_new_process()

    assert get_context() == context
    assert bearer(get_context()) == token
    assert entra.asked == {"devicecode": 1, "device_code": 1}


def test_an_ended_token_is_renewed_silently(entra: Entra, as_new_process: Callable[[], None]) -> None:
    context = connect(environment=entra.environment, use_device_code=True)
    first = bearer(context)
    forget(context, first)
    as_new_process()

    assert bearer(get_context()) != first
    assert entra.asked["device_code"] == 1


def test_a_token_about_to_end_is_renewed_before_it_does(entra: Entra, as_new_process: Callable[[], None]) -> None:
    entra.lifetime = 200
    context = connect(environment=entra.environment, use_device_code=True)
    entra.lifetime = 3600
    as_new_process()

    tokens = {bearer(context) for _ in range(3)}

    assert len(tokens) == 1
    assert entra.asked["refresh_token"] >= 1


def test_an_ended_login_says_to_log_in_again_and_asks_nobody(
    entra: Entra, as_new_process: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    context = connect(environment=entra.environment, use_device_code=True)
    entra.refuses["refresh_token"] = "AADSTS700082: The refresh token has expired due to inactivity.\nTrace ID: 1"
    forget(context, bearer(context))
    as_new_process()
    capsys.readouterr()

    with pytest.raises(NotLoggedIn, match=r"The login of ada@contoso.com has ended: log in again") as caught:
        bearer(get_context())

    assert "\n" not in str(caught.value)
    assert caught.value.__context__ is None
    assert capsys.readouterr().err == ""
    assert entra.asked["devicecode"] == 1


def test_an_interactive_credential_may_ask_the_user_again(
    entra: Entra, monkeypatch: pytest.MonkeyPatch, as_new_process: Callable[[], None]
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
    monkeypatch.delenv("BROWSER", raising=False)
    context = connect(environment=entra.environment)
    forget(context, bearer(context))
    entra.refuses["refresh_token"] = "AADSTS700082: The refresh token has expired."
    as_new_process()

    token = credential(context, interactive=True).get_token(*entra.environment.scopes)

    assert entra.asked["devicecode"] == 2
    assert bearer(context) == token.token


def test_whoever_is_asked_again_must_be_the_same_user(
    entra: Entra, monkeypatch: pytest.MonkeyPatch, as_new_process: Callable[[], None]
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
    monkeypatch.delenv("BROWSER", raising=False)
    context = connect(environment=entra.environment)
    forget(context, bearer(context))
    entra.refuses["refresh_token"] = "AADSTS700082: The refresh token has expired."
    entra.user = "eve@contoso.com"
    as_new_process()

    with pytest.raises(LoginFailed, match=r"eve@contoso.com logged in, and this context is ada@contoso.com's"):
        credential(context, interactive=True).get_token(*entra.environment.scopes)

    with pytest.raises(NotLoggedIn):
        bearer(context)


def test_demanded_claims_are_met_silently_where_they_can_be(entra: Entra) -> None:
    context = connect(environment=entra.environment, use_device_code=True)

    made = credential(context).get_token(*entra.environment.scopes, claims='{"access_token": {}}')

    assert made.token == bearer(context)
    assert entra.asked == {"devicecode": 1, "device_code": 1, "refresh_token": 1}


def test_a_job_asks_nobody_to_log_in(entra: Entra) -> None:
    HOOK.install(None)

    with pytest.raises(NoTerminal, match=r"A job asks nobody to log in: connect before it starts"):
        connect(environment=entra.environment, use_device_code=True)

    assert entra.asked == {}


def test_a_refused_login_saves_nothing(entra: Entra, tmp_path: Path) -> None:
    entra.refuses["device_code"] = (
        "AADSTS50076: Due to a configuration change you must use multi-factor authentication."
    )

    with pytest.raises(LoginFailed, match="must pass multi-factor authentication"):
        connect(environment=entra.environment, use_device_code=True)

    assert not (tmp_path / "home" / "accounts").exists()


def test_an_account_without_a_subscription_is_told_so_and_nothing_is_saved(entra: Entra, tmp_path: Path) -> None:
    entra.subscriptions = []

    with pytest.raises(
        SubscriptionNotFound, match=r"ada@contoso.com has no subscription in tenant 1111.* another tenant"
    ):
        connect(environment=entra.environment, use_device_code=True)

    assert not (tmp_path / "home" / "accounts").exists()


def test_several_subscriptions_of_one_name_are_told_apart_by_id(entra: Entra) -> None:
    entra.subscriptions = [
        {"subscriptionId": "s-1", "displayName": "Same", "state": "Enabled"},
        {"subscriptionId": "s-2", "displayName": "Same", "state": "Enabled"},
    ]

    with pytest.raises(SubscriptionNotFound, match="2 subscriptions are named 'same': pass the id, one of s-1, s-2"):
        connect(environment=entra.environment, use_device_code=True, subscription="same")


def test_a_disabled_subscription_is_not_the_default(entra: Entra) -> None:
    entra.subscriptions[0]["state"] = "Disabled"

    assert connect(environment=entra.environment, use_device_code=True).subscription == "s-2"


def test_tokens_and_contexts_are_readable_by_the_user_only_and_contexts_hold_no_secret(
    entra: Entra, tmp_path: Path
) -> None:
    context = connect(environment=entra.environment, use_device_code=True)

    folder = tmp_path / "home" / "accounts"
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    contexts = (folder / "contexts.json").read_text()
    assert context.account in contexts
    assert not any(token in contexts for token in (*entra.refresh_tokens, bearer(context)))


def test_without_autosave_a_login_leaves_nothing_on_disk(entra: Entra, tmp_path: Path) -> None:
    disable_context_autosave("Process")

    connect(environment=entra.environment, use_device_code=True)
    set_context(subscription="Test")

    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert not any(b"refresh-" in path.read_bytes() or b"s-2" in path.read_bytes() for path in files)
    assert get_context().subscription == "s-2"


def test_a_job_renews_its_tokens_from_what_it_was_given_in_memory(
    entra: Entra, as_new_process: Callable[[], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    disable_context_autosave("Process")
    context = connect(environment=entra.environment, use_device_code=True)
    captured = HOOK.capture(context, [])
    as_new_process()
    monkeypatch.setenv("AZJOBS_HOME", str(tmp_path / "elsewhere"))
    HOOK.install(captured)

    first = bearer(get_context())
    forget(get_context(), first)

    assert bearer(get_context()) != first
    assert entra.asked["device_code"] == 1
    assert not list((tmp_path / "elsewhere").rglob("*.json"))


def test_an_unencrypted_store_is_told_once(entra: Entra, recwarn: pytest.WarningsRecorder) -> None:
    connect(environment=entra.environment, use_device_code=True)
    connect(environment=entra.environment, use_device_code=True)

    told = [str(one.message) for one in recwarn if "No encrypted store" in str(one.message)]
    assert len(told) == (0 if sys.platform in ("win32", "darwin") else 1)


def test_the_token_store_of_a_newer_version_is_left_alone(entra: Entra, tmp_path: Path) -> None:
    context = connect(environment=entra.environment, use_device_code=True)
    store = tmp_path / "home" / "accounts" / "tokens.json"
    store.write_text(json.dumps({**json.loads(store.read_text()), "version": 99}))
    before = store.read_bytes()

    with pytest.raises(Exception, match="another version of azjobs wrote it"):
        connect(environment=entra.environment, use_device_code=True)

    assert store.read_bytes() == before
    assert get_context() == context


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"client_id": "app", "tenant": "t"}, "client_secret is missing"),
        ({"client_secret": "s", "tenant": "t"}, "client_id is missing"),
        ({"client_id": "app", "client_secret": "", "tenant": "t"}, "one of them is empty"),
        ({"client_id": "app", "client_secret": "s"}, "pass tenant as well"),
        (
            {"client_id": "a", "client_secret": "s", "tenant": "t", "use_device_code": True},
            "use_device_code is for users",
        ),
        ({"environment": "Emulator", "use_device_code": True}, "The emulator has no users: leave out use_device_code"),
        ({"environment": "AzureSky"}, "choose one of AzureCloud, AzureUSGovernment, AzureChinaCloud, Emulator"),
    ],
)
def test_arguments_that_do_not_go_together_are_refused_before_anybody_is_asked(
    arguments: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidArgument, match=sentence):
        connect(**arguments)


def test_no_network_is_one_sentence(entra: Entra, make_context: Callable[..., object]) -> None:
    from azjobs.accounts.environments import Environment
    from azjobs.errors import ServiceUnreachable

    nowhere = "https://127.0.0.1:9"
    place = Environment(name="Gone", resource_manager=nowhere, authority=nowhere, audience=nowhere)
    with pytest.raises(ServiceUnreachable, match=r"https://127.0.0.1:9 cannot be reached: check the network") as caught:
        connect(environment=place, tenant="t", client_id="app", client_secret="very-secret")

    assert caught.value.__context__ is None


def test_an_untrusted_certificate_is_one_sentence(entra: Entra) -> None:
    from dataclasses import replace

    from azjobs.errors import ServiceUnreachable

    stranger = replace(entra.environment, ca_file=None)
    with pytest.raises(ServiceUnreachable, match=r"is not trusted here: .* REQUESTS_CA_BUNDLE"):
        connect(environment=stranger, tenant="t", client_id="app", client_secret="very-secret")
