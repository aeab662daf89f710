from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from azjobs.accounts import (
    connect,
    disable_context_autosave,
    enable_context_autosave,
    get_context,
    profile,
    session,
    set_context,
)
from azjobs.accounts.context import Context
from azjobs.accounts.jobs import HOOK
from azjobs.accounts.tokens import bearer
from azjobs.errors import InvalidArgument, NotLoggedIn

if TYPE_CHECKING:
    from tests.accounts.conftest import Entra

pytestmark = pytest.mark.filterwarnings("ignore:No encrypted store")

NO_CONTEXT = (
    "This job was given no Azure context: pass context=azjobs.get_context() to start_job, "
    "or call enable_context_autosave() first."
)


@pytest.fixture
def logged_in(entra: Entra) -> Context:
    return connect(environment=entra.environment, tenant="t", client_id="app", client_secret="very-secret")


def test_a_passed_context_is_the_jobs_own(
    entra: Entra,
    logged_in: Context,
    as_new_process: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    entra.asked.clear()
    captured = HOOK.capture(logged_in, [])
    as_new_process()
    monkeypatch.setenv("AZJOBS_HOME", str(tmp_path / "elsewhere"))

    HOOK.install(captured)

    assert get_context() == logged_in
    assert bearer(get_context())
    assert entra.asked == {}


def test_with_autosave_a_job_gets_the_context_of_its_start(
    logged_in: Context, as_new_process: Callable[[], None]
) -> None:
    captured = HOOK.capture(None, [])
    set_context(subscription="Test")
    as_new_process()

    HOOK.install(captured)

    assert get_context().subscription_name == "Production"
    assert profile.load().default_context != get_context()


def test_without_autosave_and_context_a_job_says_what_to_do(
    logged_in: Context, as_new_process: Callable[[], None]
) -> None:
    disable_context_autosave("Process")
    captured = HOOK.capture(None, [])
    as_new_process()

    HOOK.install(captured)

    with pytest.raises(NotLoggedIn) as caught:
        get_context()
    assert str(caught.value) == NO_CONTEXT


def test_with_autosave_off_for_the_user_a_job_says_what_to_do(as_new_process: Callable[[], None]) -> None:
    disable_context_autosave()
    as_new_process()
    captured = HOOK.capture(None, [])
    as_new_process()

    HOOK.install(captured)

    with pytest.raises(NotLoggedIn) as caught:
        get_context()
    assert str(caught.value) == NO_CONTEXT


def test_enabling_autosave_shares_the_context_that_the_process_has(
    entra: Entra, as_new_process: Callable[[], None]
) -> None:
    disable_context_autosave()
    context = connect(environment=entra.environment, tenant="t", client_id="app", client_secret="very-secret")
    enable_context_autosave()
    as_new_process()
    entra.asked.clear()

    assert get_context() == context
    assert bearer(get_context())
    assert entra.asked == {}


def test_contexts_among_the_arguments_work_in_the_job(
    entra: Entra,
    logged_in: Context,
    as_new_process: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    disable_context_autosave("Process")
    entra.asked.clear()
    by_passenger = HOOK.capture(None, [logged_in])
    by_argument = HOOK.capture(None, (("MyVm",), {"deep": [{"context": logged_in}]}))
    monkeypatch.setenv("AZJOBS_HOME", str(tmp_path / "elsewhere"))

    for captured in (by_passenger, by_argument):
        as_new_process()
        HOOK.install(captured)
        assert bearer(logged_in)
        with pytest.raises(NotLoggedIn):
            get_context()
    assert entra.asked == {}


def test_a_job_without_anything_of_azure_is_given_nothing() -> None:
    assert HOOK.capture(None, [7, "text", {"a": (1, 2)}]) is None


def test_a_job_that_is_not_about_azure_starts_although_the_saved_contexts_are_damaged(tmp_path: Path) -> None:
    path = tmp_path / "home" / "accounts" / "contexts.json"
    path.parent.mkdir(parents=True)
    path.write_text("damaged")

    HOOK.install(HOOK.capture(None, []))

    with pytest.raises(Exception, match="it is not JSON"):
        get_context()


def test_something_else_than_a_context_is_refused() -> None:
    with pytest.raises(InvalidArgument, match=r"context= takes what azjobs.get_context\(\) returns, not str"):
        HOOK.capture("Production", [])


def test_what_a_job_with_a_passed_context_selects_stays_in_the_job(
    logged_in: Context, as_new_process: Callable[[], None]
) -> None:
    captured = HOOK.capture(logged_in, [])
    as_new_process()
    HOOK.install(captured)

    set_context(subscription="Test")

    assert get_context().subscription_name == "Test"
    assert profile.load().default_context == logged_in


def test_a_job_of_a_job_gets_the_context_of_its_parent(logged_in: Context, as_new_process: Callable[[], None]) -> None:
    captured = HOOK.capture(logged_in, [])
    as_new_process()
    HOOK.install(captured)
    set_context(subscription="Test")
    nested = HOOK.capture(None, [])
    as_new_process()

    HOOK.install(nested)

    assert get_context().subscription_name == "Test"


def test_what_travels_says_whose_tokens_are_kept(logged_in: Context) -> None:
    captured = HOOK.capture(None, [logged_in, logged_in])

    assert captured is not None
    logins = json.loads(captured)["logins"]
    assert [(one["login"]["account"], one["keptIn"]) for one in logins] == [("app", str(profile.folder()))]
    assert session.current() == logged_in


IN_JOBS = """
import azjobs
from azjobs.accounts import session
from azjobs.accounts.context import Context
from azjobs.accounts.environments import AZURE_CLOUD

def who():
    import azjobs
    return azjobs.get_context().account

def run(**given):
    job = azjobs.wait_job(azjobs.start_job(who, **given))
    try:
        return azjobs.receive_job(job)
    except azjobs.NotLoggedIn as error:
        return str(error)

where = {"tenant": "t", "subscription": "s", "subscription_name": "n", "environment": AZURE_CLOUD}
ada, bob = (Context(account=name, account_kind="User", **where) for name in ("ada", "bob"))
session.select(ada)
print([run(), run(context=bob)])
azjobs.disable_context_autosave("Process")
print([run(), run(context=bob)])
"""


def test_real_jobs_are_who_they_were_told_to_be(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(IN_JOBS)

    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)

    assert ended.stderr == ""
    assert ended.stdout.splitlines() == [str(["ada", "bob"]), str([NO_CONTEXT, "bob"])]
