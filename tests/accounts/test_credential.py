from __future__ import annotations

import copy
import io
import os
import pickle
import subprocess
import sys
import traceback
from typing import Any

import cloudpickle
import pytest

from azjobs.accounts import Credential, get_credential
from azjobs.errors import InvalidArgument, NoTerminal
from azjobs.jobs.private import private_pipe

PASSWORD = "Pa55word-Never-Shown"


def test_a_credential_hides_its_password_however_it_is_printed() -> None:
    credential = Credential("azureuser", PASSWORD)

    printed = [repr(credential), str(credential), f"{credential}", f"{credential!r:>60}", "%s" % credential]  # noqa: UP031

    assert credential.password == PASSWORD
    assert not any(PASSWORD in text for text in printed)
    assert all("azureuser" in text for text in printed)


def test_a_credential_has_no_dictionary_to_look_into() -> None:
    with pytest.raises(TypeError):
        vars(Credential("azureuser", PASSWORD))


def test_a_credential_does_not_change() -> None:
    credential = Credential("azureuser", PASSWORD)

    with pytest.raises(AttributeError, match="make a new one"):
        credential.password = "other"  # type: ignore[misc]
    with pytest.raises(AttributeError, match="make a new one"):
        del credential.user
    assert copy.deepcopy(credential) is credential
    assert copy.copy(credential) is credential


def test_credentials_are_equal_by_value() -> None:
    assert Credential("a", "b") == Credential("a", "b")
    assert Credential("a", "b") != Credential("a", "c")
    assert Credential("a", "b") != Credential("c", "b")
    assert Credential("a", "b") != ("a", "b")
    assert len({Credential("a", "b"), Credential("a", "b")}) == 1


@pytest.mark.parametrize("module", [pickle, cloudpickle])
def test_a_credential_travels_on_a_private_pipe_only(module: Any) -> None:
    credential = Credential("azureuser", PASSWORD)

    with pytest.raises(InvalidArgument, match="pass it as an argument of the job") as refused:
        module.dumps({"deep": [credential]})
    with private_pipe():
        travelled = module.dumps({"deep": [credential]})

    assert pickle.loads(travelled) == {"deep": [credential]}
    assert PASSWORD not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(("user", "password"), [("", "x"), ("  ", "x"), ("x", ""), (None, "x"), ("x", 7)])
def test_a_credential_needs_a_user_and_a_password(user: Any, password: Any) -> None:
    with pytest.raises(
        InvalidArgument, match=r"A credential needs a (user name|password): Credential\(user, password\)"
    ):
        Credential(user, password)


def test_without_a_terminal_the_user_is_told_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("azureuser\nsecret\n"))

    with pytest.raises(NoTerminal, match=r"no terminal .* Credential\(user, password\)"):
        get_credential()


def test_without_any_standard_input_the_user_is_told_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(NoTerminal):
        get_credential()


ON_A_TERMINAL = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from azjobs.accounts import get_credential
credential = get_credential({arguments})
sys.stdout.write(f"<{{credential!r}} {{len(credential.password)}}>")
"""


@pytest.mark.parametrize(
    ("arguments", "typed", "prompts"),
    [
        ("'The administrator of MyVm'", ["azureuser"], ["The administrator of MyVm", "User: "]),
        ("user='azureuser'", [], []),
    ],
)
def test_on_a_terminal_user_and_password_are_asked_for_and_the_password_is_not_shown(
    arguments: str, typed: list[str], prompts: list[str]
) -> None:
    if sys.platform == "win32":
        pytest.skip("needs a pseudo-terminal")
    master, slave = os.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL.format(arguments=arguments)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    seen = b""
    for prompt, answer in [*zip([b"User: "], typed, strict=False), (b"Password for azureuser: ", PASSWORD)]:
        while prompt not in seen:
            seen += os.read(master, 4096)
        os.write(master, f"{answer}\n".encode())
    while b">" not in seen:
        seen += os.read(master, 4096)
    child.wait()
    os.close(master)

    shown = seen.decode()
    assert f"<Credential(user='azureuser', password=***) {len(PASSWORD)}>" in shown
    assert PASSWORD not in shown
    assert all(prompt in shown for prompt in prompts)
