from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azjobs.accounts import connect, emulated, enable_context_autosave, get_context, set_context
from azjobs.accounts.jobs import HOOK
from azjobs.accounts.tokens import bearer, credential, forget
from azjobs.emulator import launcher, wellknown
from azjobs.errors import EmulatorUnavailable, LoginFailed, SubscriptionNotFound

if TYPE_CHECKING:
    from azjobs.emulator.launcher import RunningEmulator


def token_requests(emulator: RunningEmulator) -> int:
    import requests

    with requests.Session() as session:
        session.trust_env = False
        counted: Any = session.get(f"{emulator.endpoint}/_emulator/requests", verify=str(emulator.ca_file)).json()
    return sum(one["count"] for one in counted["requests"] if one["path"].endswith("/oauth2/v2.0/token"))


def test_the_emulators_own_application_logs_in(emulator: RunningEmulator, recwarn: pytest.WarningsRecorder) -> None:
    context = connect(environment="emulator")

    assert context == get_context()
    assert context.account == wellknown.CLIENT_ID
    assert context.account_kind == "ServicePrincipal"
    assert context.tenant == wellknown.TENANT_ID
    assert context.subscription in wellknown.SUBSCRIPTIONS
    assert context.environment.resource_manager == emulator.endpoint
    assert not [one for one in recwarn if "No encrypted store" in str(one.message)]


def test_no_proxy_stands_between_this_machine_and_its_emulator(
    emulator: RunningEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    assert bearer(connect(environment="Emulator"))


def test_a_real_client_of_the_sdk_works_with_the_contexts_credential(emulator: RunningEmulator) -> None:
    from azure.mgmt.compute import ComputeManagementClient

    context = connect(environment="Emulator")
    assert context.subscription is not None

    with ComputeManagementClient(
        credential(context),
        context.subscription,
        base_url=context.environment.resource_manager,
        credential_scopes=context.environment.scopes,
        connection_verify=context.environment.ca_file,
        use_env_settings=False,
    ) as client:
        assert list(client.virtual_machines.list_all()) == []


def test_the_subscription_is_chosen_by_id_or_name(emulator: RunningEmulator) -> None:
    by_name = connect(environment="Emulator", subscription=wellknown.SECOND_SUBSCRIPTION_NAME.upper())
    by_id = connect(environment="Emulator", subscription=wellknown.SUBSCRIPTION_ID)

    assert by_name.subscription == wellknown.SECOND_SUBSCRIPTION_ID
    assert by_id.subscription_name == wellknown.SUBSCRIPTION_NAME


def test_an_unknown_subscription_names_those_there_are_and_saves_nothing(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    with pytest.raises(SubscriptionNotFound) as caught:
        connect(environment="Emulator", subscription="Nothing")

    assert all(f"{name} ({id})" in str(caught.value) for id, name in wellknown.SUBSCRIPTIONS.items())
    assert not (tmp_path / "home" / "accounts").exists()


def test_set_context_moves_to_another_subscription(
    emulator: RunningEmulator, as_new_process: Callable[[], None]
) -> None:
    connect(environment="Emulator")

    moved = set_context(subscription=wellknown.SECOND_SUBSCRIPTION_NAME)
    as_new_process()

    assert moved.subscription == wellknown.SECOND_SUBSCRIPTION_ID
    assert get_context() == moved


def test_set_context_to_an_unknown_subscription_changes_nothing(emulator: RunningEmulator) -> None:
    context = connect(environment="Emulator")

    with pytest.raises(SubscriptionNotFound, match="has no subscription 'Nothing'"):
        set_context(subscription="Nothing")

    assert get_context() == context


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"client_id": wellknown.CLIENT_ID, "client_secret": "wrong-secret"},
            f"The client secret of application {wellknown.CLIENT_ID} is wrong: pass the secret's value, not its id.",
        ),
        (
            {"client_id": wellknown.CLIENT_ID, "client_secret": wellknown.EXPIRED_CLIENT_SECRET},
            f"The client secret of application {wellknown.CLIENT_ID} has expired: "
            "make a new one in Entra and connect with it.",
        ),
        (
            {"client_id": "00000000-1111-4222-8333-444444444444", "client_secret": "wrong-secret"},
            "There is no application 00000000-1111-4222-8333-444444444444 in tenant "
            f"{wellknown.TENANT_ID}: check client_id and tenant.",
        ),
        (
            {"tenant": "contoso.example"},
            "There is no tenant contoso.example at ENDPOINT: check the tenant's id or domain.",
        ),
    ],
)
def test_a_refused_login_is_one_sentence_and_saves_nothing(
    emulator: RunningEmulator,
    arguments: dict[str, str],
    sentence: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")

    with pytest.raises(LoginFailed) as caught:
        connect(environment="Emulator", **arguments)  # type: ignore[arg-type]

    assert str(caught.value) == sentence.replace("ENDPOINT", emulator.endpoint)
    assert caught.value.__context__ is None
    assert not (tmp_path / "home" / "accounts").exists()
    secret = arguments.get("client_secret", "no secret")
    assert not any(secret in record.getMessage() for record in caplog.records)
    assert capfd.readouterr().err == ""


def test_32_cold_threads_make_one_token_request(emulator: RunningEmulator, as_new_process: Callable[[], None]) -> None:
    context = connect(environment="Emulator")
    forget(context, bearer(context))
    as_new_process()
    before = token_requests(emulator)
    barrier = threading.Barrier(32)

    def cold(number: int) -> str:
        barrier.wait()
        return bearer(context) if number % 2 else credential(context).get_token(*context.environment.scopes).token

    with ThreadPoolExecutor(32) as pool:
        tokens = set(pool.map(cold, range(32)))

    assert len(tokens) == 1
    assert before > 0
    assert token_requests(emulator) - before == 1


def test_later_processes_do_not_log_in_anew(emulator: RunningEmulator) -> None:
    context = connect(environment="Emulator")
    before = token_requests(emulator)
    code = "from azjobs.accounts import get_context, tokens; print(tokens.bearer(get_context()))"

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.strip() == bearer(context)
    assert token_requests(emulator) == before


def test_a_job_acts_as_its_caller_without_a_login_of_its_own(
    emulator: RunningEmulator, as_new_process: Callable[[], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context = connect(environment="Emulator")
    captured = HOOK.capture(context, [])
    before = token_requests(emulator)
    as_new_process()
    monkeypatch.setenv("AZJOBS_HOME", str(tmp_path / "elsewhere"))

    HOOK.install(captured)

    assert set_context(subscription=wellknown.SECOND_SUBSCRIPTION_ID).account == context.account
    assert token_requests(emulator) == before
    forget(context, bearer(context))
    assert bearer(context)
    assert token_requests(emulator) == before + 1
    assert not list((tmp_path / "elsewhere").rglob("*.json"))


def test_connect_starts_the_emulator_and_its_absence_later_says_how_to_start_it(
    tmp_path: Path, as_new_process: Callable[[], None]
) -> None:
    try:
        context = connect(environment="Emulator")
        running = launcher.status(tmp_path / "home" / "emulator")
        assert running is not None
        assert running.speed == emulated.SPEED
        assert running.state_file == tmp_path / "home" / "emulator" / "state.json"
    finally:
        launcher.stop(tmp_path / "home" / "emulator")

    said = emulated.unreachable_hint(context)
    assert said is not None
    assert "start it with `azjobs emulator start`" in said
    with pytest.raises(EmulatorUnavailable, match="start it with `azjobs emulator start`"):
        set_context(subscription="Test")
    as_new_process()
    forget(context, bearer(context))
    with pytest.raises(EmulatorUnavailable, match="start it with `azjobs emulator start`"):
        bearer(context)
    with pytest.raises(EmulatorUnavailable, match="start it with `azjobs emulator start`"):
        emulated.running()


def test_a_saved_context_holds_no_secret(emulator: RunningEmulator, tmp_path: Path) -> None:
    context = connect(environment="Emulator")

    saved = (tmp_path / "home" / "accounts" / "contexts.json").read_text()
    assert context.environment.ca_file is not None
    assert json.loads(saved)["contexts"][context.name]["environment"]["resourceManager"] == emulator.endpoint
    assert wellknown.CLIENT_SECRET not in saved
    assert bearer(context) not in saved


def test_autosave_can_be_switched_on_after_the_login(
    emulator: RunningEmulator, as_new_process: Callable[[], None]
) -> None:
    from azjobs.accounts import disable_context_autosave

    disable_context_autosave()
    context = connect(environment="Emulator")
    as_new_process_sees_it = subprocess.run(
        [sys.executable, "-c", "from azjobs.accounts import get_context; get_context()"],
        capture_output=True,
        check=False,
    )
    assert as_new_process_sees_it.returncode != 0

    enable_context_autosave()
    as_new_process()

    assert get_context() == context
    assert bearer(context)


IN_JOBS = """
import azjobs

def look():
    import azjobs
    from azure.mgmt.compute import ComputeManagementClient
    machines = list(azjobs.client(ComputeManagementClient).virtual_machines.list_all())
    return azjobs.get_context().subscription_name, len(machines)

azjobs.connect(environment="Emulator")
first = azjobs.start_job(look)
second = azjobs.start_job(look, context=azjobs.set_context(subscription="Emulator Test"))
azjobs.set_context(subscription="Emulator")
third = azjobs.start_job(look)
azjobs.wait_job([first, second, third])
print([azjobs.receive_job(job) for job in (first, second, third)])
"""


def test_real_jobs_act_in_the_subscription_of_their_start_with_one_token(
    emulator: RunningEmulator, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(IN_JOBS)
    before = token_requests(emulator)

    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)

    assert ended.stderr == ""
    assert ended.stdout.strip() == str([("Emulator", 0), ("Emulator Test", 0), ("Emulator", 0)])
    assert token_requests(emulator) == before + 1
