from __future__ import annotations

import json
import pickle
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cloudpickle
import pytest

from azjobs.accounts import disable_context_autosave, enable_context_autosave, get_context, profile, session
from azjobs.accounts.context import Context
from azjobs.accounts.environments import AZURE_CLOUD, AZURE_US_GOVERNMENT, Environment, find
from azjobs.errors import AccountError, AzJobsError, InvalidArgument, NotLoggedIn
from azjobs.jobs.private import private_pipe

MakeContext = Callable[..., Context]


def contexts_file(tmp_path: Path) -> Path:
    path = tmp_path / "home" / "accounts" / "contexts.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_a_context_is_named_as_upstream_names_it(make_context: MakeContext) -> None:
    named = make_context(account="a", tenant="t", subscription_name="Sub", subscription="Sub")
    without = replace(named, subscription=None, name="")

    assert named.name == "Sub (id-of-Sub) - t - a"
    assert without.name == "t - a"


def test_a_context_is_plain_data_and_equal_by_value(make_context: MakeContext) -> None:
    context = make_context()

    assert Context.from_json(json.loads(json.dumps(context.to_json()))) == context
    assert pickle.loads(pickle.dumps(context)) == context
    assert hash(context) == hash(make_context())
    assert replace(context, subscription="other") != context


def test_a_context_that_travels_to_a_job_announces_itself(make_context: MakeContext) -> None:
    context = make_context()

    with private_pipe() as passengers:
        cloudpickle.dumps({"deep": [(context,)], "closure": lambda: context})

    assert passengers
    assert all(passenger == context for passenger in passengers)


def test_environments_are_found_by_name_in_any_letter_case() -> None:
    assert find("azureusgovernment") is AZURE_US_GOVERNMENT
    assert AZURE_CLOUD.scopes == ["https://management.azure.com/.default"]


@pytest.mark.parametrize("address", ["http://management.example", "management.example", "ftp://x", "https://"])
def test_an_environment_needs_https_addresses(address: str) -> None:
    with pytest.raises(InvalidArgument, match="give an address that begins with https://"):
        Environment(name="Mine", resource_manager=address, authority="https://a", audience="https://a")


def test_nobody_is_logged_in_at_first() -> None:
    with pytest.raises(NotLoggedIn, match=r"call connect\(\) or run `azjobs connect`"):
        get_context()


def test_a_selected_context_is_the_one_of_the_next_process(
    make_context: MakeContext, as_new_process: Callable[[], None], tmp_path: Path
) -> None:
    session.select(make_context("First"))
    session.select(make_context("Second"))
    as_new_process()

    assert get_context() == make_context("Second")
    assert set(profile.load().contexts) == {make_context("First").name, make_context("Second").name}
    assert stat.S_IMODE(contexts_file(tmp_path).stat().st_mode) == 0o600


def test_what_another_process_selects_does_not_retarget_this_one(make_context: MakeContext) -> None:
    session.select(make_context("First"))
    assert get_context().subscription_name == "First"

    profile.save_default(make_context("Second"))

    assert get_context().subscription_name == "First"


def test_an_equal_context_keeps_the_name_that_it_was_saved_under(
    make_context: MakeContext, as_new_process: Callable[[], None]
) -> None:
    session.select(make_context(name="mine"))

    again = session.select(make_context(account="ADA@contoso.com", name="other"))

    assert again.name == "mine"
    assert list(profile.load().contexts) == ["mine"]


def test_contexts_of_two_environments_are_two_contexts(make_context: MakeContext) -> None:
    session.select(make_context(name="public"))
    session.select(make_context(name="government", environment=AZURE_US_GOVERNMENT))

    assert list(profile.load().contexts) == ["public", "government"]


def test_a_saved_context_is_found_by_host_tenant_and_subscription(make_context: MakeContext) -> None:
    wanted = make_context("One", account="first@contoso.com")
    profile.save_default(wanted)
    profile.save_default(make_context("One", account="second@contoso.com"))
    profile.save_default(make_context("Two"))

    def look(**changes: str) -> Context | None:
        given = {
            "resource_manager": "https://MANAGEMENT.azure.com/",
            "tenant": wanted.tenant,
            "subscription": "id-of-One",
        }
        return profile.find_context(**{**given, **changes})

    assert look(account="FIRST@contoso.com") == wanted
    found = look()
    assert found is not None
    assert found.subscription == "id-of-One"
    assert look(subscription="id-of-Three") is None
    assert look(tenant="other") is None
    assert look(resource_manager="https://elsewhere.example") is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "it is not JSON"),
        (b"\xff\xfe\x00garbage", "it is not JSON"),
        (b"[]", "azjobs did not write it"),
        (b'{"Contexts": {}, "DefaultContextKey": "Default"}', "azjobs did not write it"),
        (b'{"format": "azjobs.contexts", "version": 1}', "it has no contexts"),
        (b'{"format": "azjobs.contexts", "version": "one", "contexts": {}}', "it has no version"),
        (b'{"format": "azjobs.contexts", "version": 1, "contexts": {"a": {"account": "x"}}}', "is incomplete"),
        (b'{"format": "azjobs.contexts", "version": 1, "contexts": {"a": 7}}', "is incomplete"),
        (b'{"format": "azjobs.contexts", "version": 1, "contexts": {}, "autosave": "x"}', "it says autosave 'x'"),
        (
            b'{"format": "azjobs.contexts", "version": 2, "contexts": {}}',
            "were written by a newer azjobs: update azjobs",
        ),
    ],
)
def test_a_damaged_foreign_or_newer_file_is_one_sentence_and_left_alone(
    content: bytes, sentence: str, tmp_path: Path, make_context: MakeContext
) -> None:
    path = contexts_file(tmp_path)
    path.write_bytes(content)

    for act in (get_context, lambda: profile.save_default(make_context()), enable_context_autosave):
        with pytest.raises(AccountError, match=sentence) as caught:
            act()
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path, make_context: MakeContext) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "accounts").write_text("a file, not a folder")

    with pytest.raises(AzJobsError, match="AZJOBS_HOME"):
        profile.save_default(make_context())


def test_what_a_later_minor_version_wrote_beside_survives(tmp_path: Path, make_context: MakeContext) -> None:
    path = contexts_file(tmp_path)
    path.write_text(json.dumps({"format": "azjobs.contexts", "version": 1, "contexts": {}, "later": {"kept": True}}))

    profile.save_default(make_context())

    assert json.loads(path.read_text())["later"] == {"kept": True}


def test_autosave_is_on_at_first() -> None:
    assert session.mode() == "CurrentUser"


def test_without_autosave_a_context_ends_with_its_process(
    make_context: MakeContext, as_new_process: Callable[[], None]
) -> None:
    setting = disable_context_autosave()
    session.select(make_context())

    assert get_context() == make_context()
    assert str(setting).startswith("Contexts end with their process")
    as_new_process()
    with pytest.raises(NotLoggedIn, match=r"call connect\(\)"):
        get_context()


def test_turning_autosave_off_keeps_what_is_saved_and_says_so(
    make_context: MakeContext, as_new_process: Callable[[], None]
) -> None:
    session.select(make_context())

    setting = disable_context_autosave()

    assert (setting.mode, setting.scope, setting.saved_contexts) == ("Process", "CurrentUser", 1)
    assert "1 saved context stays on disk, unused" in str(setting)
    assert get_context() == make_context()
    as_new_process()
    with pytest.raises(NotLoggedIn, match=r"autosave is off: .* enable_context_autosave\(\) to use the saved contexts"):
        get_context()


def test_the_process_scope_changes_this_process_only(
    make_context: MakeContext, as_new_process: Callable[[], None]
) -> None:
    session.select(make_context("Saved"))
    disable_context_autosave("Process")
    session.select(make_context("Mine"))
    assert get_context().subscription_name == "Mine"

    as_new_process()

    assert session.mode() == "CurrentUser"
    assert get_context().subscription_name == "Saved"


def test_an_unknown_scope_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="choose 'CurrentUser' or 'Process'"):
        disable_context_autosave("Machine")  # type: ignore[arg-type]


MANY = """
import sys
from azjobs.accounts import profile
from azjobs.accounts.context import Context
from azjobs.accounts.environments import AZURE_CLOUD
for number in range(15):
    profile.save_default(Context(account="a", account_kind="User", tenant="t", environment=AZURE_CLOUD,
                                 subscription=f"{sys.argv[1]}-{number}", subscription_name="s"))
"""


def test_processes_that_save_at_once_lose_nothing(tmp_path: Path) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", MANY, str(number)]) for number in range(4)]

    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    assert len(profile.load().contexts) == 60
    assert sorted(path.name for path in (tmp_path / "home" / "accounts").iterdir()) == [
        "contexts.json",
        "contexts.lock",
    ]


def test_the_public_names_import_nothing_heavy() -> None:
    code = """
import sys
import azjobs.accounts as accounts
for name in accounts.__all__:
    getattr(accounts, name)
heavy = {"azure", "msal", "msal_extensions", "requests", "asyncio", "aiohttp", "rich", "cryptography"}
sys.exit(", ".join(sorted(heavy & set(sys.modules))) or None)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_unknown_name_of_the_package_is_an_attribute_error() -> None:
    import azjobs.accounts as accounts

    assert "get_context" in dir(accounts)
    with pytest.raises(AttributeError, match="no attribute 'nobody'"):
        _ = accounts.nobody
