from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from azjobs.accounts import connect, get_context
from azjobs.accounts.context import Context
from azjobs.accounts.tokens import bearer, credential, forget
from azjobs.errors import LoginFailed, NotLoggedIn, ServiceUnreachable

if TYPE_CHECKING:
    from tests.accounts.conftest import Entra

pytestmark = pytest.mark.filterwarnings("ignore:No encrypted store")


@pytest.fixture
def context(entra: Entra) -> Context:
    return connect(environment=entra.environment, tenant="t", client_id="app", client_secret="very-secret")


def test_32_cold_threads_make_one_request(entra: Entra, context: Context, as_new_process: Callable[[], None]) -> None:
    forget(context, bearer(context))
    as_new_process()
    entra.asked.clear()
    barrier = threading.Barrier(32)

    def cold() -> str:
        barrier.wait()
        return credential(context).get_token(*context.environment.scopes).token

    with ThreadPoolExecutor(32) as pool:
        tokens = {future.result() for future in [pool.submit(cold) for _ in range(32)]}

    assert len(tokens) == 1
    assert entra.asked == {"client_credentials": 1}


def test_processes_share_one_token(entra: Entra, context: Context) -> None:
    forget(context, bearer(context))
    entra.asked.clear()
    code = "from azjobs.accounts import get_context; from azjobs.accounts.tokens import bearer; bearer(get_context())"
    processes = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(4)]

    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert entra.asked == {"client_credentials": 1}


def test_a_warm_process_gets_a_token_without_any_azure_library(context: Context) -> None:
    code = """
import sys
from azjobs.accounts import get_context
from azjobs.accounts.tokens import bearer
bearer(get_context())
sys.exit(", ".join(sorted({"azure", "msal", "requests"} & set(sys.modules))) or None)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_token_for_another_audience_is_asked_of_entra_and_not_mixed_up(entra: Entra, context: Context) -> None:
    own = bearer(context)

    other = credential(context).get_token("https://storage.azure.com/.default").token

    assert other != own
    assert credential(context).get_token("https://storage.azure.com/.default").token == other
    assert bearer(context) == own


def test_the_credential_speaks_both_protocols_of_azure_core(context: Context) -> None:
    from azure.core.credentials import SupportsTokenInfo

    made = credential(context)
    assert isinstance(made, SupportsTokenInfo)

    info = made.get_token_info(*context.environment.scopes)

    assert info.token == made.get_token(*context.environment.scopes).token
    assert info.expires_on == made.get_token(*context.environment.scopes).expires_on
    with pytest.raises(ValueError, match="at least one scope"):
        made.get_token()


def test_demanded_claims_always_ask_entra(entra: Entra, context: Context) -> None:
    own = bearer(context)
    entra.asked.clear()

    new = credential(context).get_token(*context.environment.scopes, claims='{"access_token": {}}').token

    assert new != own
    assert entra.asked == {"client_credentials": 1}
    assert bearer(context) == new


def test_a_token_for_another_tenant_is_refused(context: Context) -> None:
    with pytest.raises(LoginFailed, match="A token for tenant other was asked for"):
        credential(context).get_token(*context.environment.scopes, tenant_id="other")


def test_a_refused_token_is_replaced_for_every_process(
    entra: Entra, context: Context, as_new_process: Callable[[], None]
) -> None:
    refused = bearer(context)

    forget(context, refused)
    new = bearer(context)
    as_new_process()

    assert new != refused
    assert bearer(get_context()) == new


def test_while_entra_does_not_answer_a_token_serves_to_its_end(
    entra: Entra, context: Context, as_new_process: Callable[[], None]
) -> None:
    forget(context, bearer(context))
    entra.lifetime = 200
    serving = bearer(context)
    entra.asked.clear()
    entra.refuses["client_credentials"] = "AADSTS90033: A transient error has occurred."

    assert [bearer(context) for _ in range(3)] == [serving] * 3
    assert entra.asked["client_credentials"] == 1


def test_a_context_nobody_logged_in_as_here_is_one_sentence(make_context: Callable[..., Context]) -> None:
    with pytest.raises(NotLoggedIn, match=r"No login of ada@contoso.com in tenant .* is known here: call connect\(\)"):
        bearer(make_context())


def test_a_new_login_serves_the_processes_that_hold_the_old_one(entra: Entra, context: Context) -> None:
    forget(context, bearer(context))
    entra.refuses["client_credentials"] = "AADSTS7000222: The provided client secret keys for app 'app' are expired."
    with pytest.raises(LoginFailed, match="has expired: make a new one in Entra"):
        bearer(context)
    entra.refuses.clear()
    code = f"""
import warnings
warnings.simplefilter("ignore")
from azjobs.accounts import connect
from azjobs.accounts.environments import Environment
connect(environment=Environment.from_json({entra.environment.to_json()!r}),
        tenant="t", client_id="app", client_secret="newer-secret")
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    entra.asked.clear()

    bearer(context)

    assert entra.asked == {}


def test_a_secret_is_in_no_error_log_or_traceback(
    entra: Entra, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    import traceback

    secret = "".join(("very", "-secret"))
    entra.refuses["client_credentials"] = "AADSTS1: refused."
    caplog.set_level("DEBUG")

    with pytest.raises(LoginFailed, match="AADSTS1: ") as caught:
        connect(environment=entra.environment, tenant="t", client_id="app", client_secret=secret)

    assert secret not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    assert caplog.records
    assert not any(secret in record.getMessage() for record in caplog.records)
    assert capsys.readouterr().err == ""


def test_a_secret_that_entra_itself_repeats_is_taken_out(entra: Entra) -> None:
    entra.refuses["client_credentials"] = "AADSTS1: very-secret is not known."

    with pytest.raises(LoginFailed, match=r"AADSTS1: \*\*\* is not known"):
        connect(environment=entra.environment, tenant="t", client_id="app", client_secret="very-secret")


def test_when_entra_is_gone_the_sentence_names_it(entra: Entra, make_context: Callable[..., Context]) -> None:
    from dataclasses import replace

    gone = replace(entra.environment, authority="https://127.0.0.1:9")
    with pytest.raises(ServiceUnreachable, match=r"https://127.0.0.1:9 cannot be reached"):
        connect(environment=gone, tenant="t", client_id="app", client_secret="very-secret")
