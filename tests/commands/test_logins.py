"""Who may log in to a VM: Azure's rules for users, passwords and keys."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azjobs.accounts.credential import Credential
from azjobs.commands.rules import logins, ssh_keys
from azjobs.commands.rules.names import OperatingSystem
from azjobs.errors import InvalidArgument

PASSWORD = "correct-Horse-1"
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@example"


def rsa_key(bits: int) -> str:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short-A1", "8 characters"),
        ("a" * 200, "200 characters"),
        ("alllowercase1", "too simple"),
        ("ALLUPPERCASE!", "too simple"),
        ("Tab\tTab-Tab-Tab", "control character"),
    ],
)
def test_a_weak_password_is_refused_in_one_sentence_that_does_not_show_it(password: str, said: str) -> None:
    with pytest.raises(InvalidArgument, match=said) as caught:
        logins.check_password(password, "azureuser", "Windows")
    assert password not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_linux_password_may_have_72_characters_and_a_windows_one_123() -> None:
    long = "aB1-" * 30
    logins.check_password(long[:72], "u", "Linux")
    logins.check_password(long + "abc", "u", "Windows")
    with pytest.raises(InvalidArgument):
        logins.check_password(long[:73], "u", "Linux")
    with pytest.raises(InvalidArgument):
        logins.check_password(long + "abcd", "u", "Windows")


def test_a_password_that_is_the_user_name_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="user name"):
        logins.check_password("Adminerator1", "adminerator1", "Linux")


@given(st.text(max_size=130))
def test_what_passes_has_the_right_length_and_three_classes_of_characters(password: str) -> None:
    try:
        logins.check_password(password, "azureuser", "Windows")
    except InvalidArgument:
        return
    classes = [
        any("a" <= c <= "z" for c in password),
        any("A" <= c <= "Z" for c in password),
        any(c.isdecimal() for c in password),
        any(not c.isalnum() for c in password),
    ]
    assert 12 <= len(password) <= 123
    # Letters of other alphabets count for none of the four.
    assert sum(classes) >= 3 or not password.isascii()


@pytest.mark.parametrize("user", ["admin", "Administrator", "ROOT", "test", "a", "1", "guest", "user5"])
def test_user_names_that_azure_forbids_are_refused(user: str) -> None:
    for system in ("Windows", "Linux"):
        with pytest.raises(InvalidArgument, match="does not allow"):
            logins.check_user(user, system)


@pytest.mark.parametrize(
    ("user", "system"),
    [
        ("u" * 21, "Windows"),
        ("u" * 65, "Linux"),
        ("me.", "Windows"),
        ("me@x", "Windows"),
        ("1me", "Linux"),
        ("m e", "Linux"),
    ],
)
def test_user_names_that_do_not_fit_the_system_are_refused(user: str, system: OperatingSystem) -> None:
    with pytest.raises(InvalidArgument):
        logins.check_user(user, system)


def test_nobody_who_may_log_in_is_refused_and_both_ways_are_named() -> None:
    with pytest.raises(InvalidArgument, match=r"Credential\(user, password\).*ssh_key"):
        logins.make_login(None, None, None)


def test_windows_wants_a_password_and_no_key() -> None:
    key_only = logins.make_login(None, None, ED25519)
    with pytest.raises(InvalidArgument, match="Windows VM needs a user and a password"):
        logins.check_login(key_only, "Windows")
    both = logins.make_login(Credential("azureuser", PASSWORD), None, ED25519)
    with pytest.raises(InvalidArgument, match="takes no SSH key"):
        logins.check_login(both, "Windows")
    logins.check_login(both, "Linux")


def test_a_vm_with_a_key_alone_has_the_user_of_az_unless_told() -> None:
    assert logins.make_login(None, None, ED25519).user == "azureuser"
    assert logins.make_login(None, "me", ED25519).user == "me"
    with pytest.raises(InvalidArgument, match="only one"):
        logins.make_login(Credential("you", PASSWORD), "me", None)


def test_what_is_no_credential_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="tuple"):
        logins.make_login(("azureuser", PASSWORD), None, None)  # type: ignore[arg-type]


def test_a_login_does_not_show_its_password() -> None:
    assert PASSWORD not in repr(logins.make_login(Credential("azureuser", PASSWORD), None, None))


def test_a_public_key_may_be_given_as_text_or_as_a_path(tmp_path: Path) -> None:
    file = tmp_path / "key.pub"
    file.write_text(ED25519 + "\n")
    assert ssh_keys.public_key(ED25519) == ED25519
    assert ssh_keys.public_key(str(file)) == ED25519
    assert ssh_keys.public_key(file) == ED25519


def test_rsa_keys_need_2048_bits() -> None:
    assert ssh_keys.public_key(key := rsa_key(2048)) == key
    with pytest.raises(InvalidArgument, match="1024 bits"):
        ssh_keys.public_key(rsa_key(1024))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ssh-ed25519 AAAA", "damaged|another kind"),
        ("ssh-ed25519", "damaged"),
        ("ssh-rsa " + ED25519.split()[1], "another kind"),
        ("ssh-dss AAAAB3NzaC1kc3M=", "not a kind"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nx", "private key"),
        (f"{ED25519}\n{ED25519}", "2 lines"),
        ("  ", "empty"),
        ("/nowhere/id.pub", "cannot be read"),
    ],
)
def test_what_is_no_public_key_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(InvalidArgument, match=said) as caught:
        ssh_keys.public_key(text)
    assert "\n" not in str(caught.value)


def test_the_path_of_a_private_key_is_refused_and_the_public_one_named(tmp_path: Path) -> None:
    ssh_keys.public_key(True, tmp_path / "ssh")
    with pytest.raises(InvalidArgument, match=r"id_rsa\.pub"):
        ssh_keys.public_key(tmp_path / "ssh" / "id_rsa")


def test_a_key_pair_is_made_once_and_used_from_then_on(tmp_path: Path) -> None:
    folder = tmp_path / "ssh"
    first = ssh_keys.public_key("generate", folder)
    assert first.startswith("ssh-rsa ")
    assert ssh_keys.public_key(True, folder) == first
    assert sorted(path.name for path in folder.iterdir()) == ["id_rsa", "id_rsa.pub"]
    if sys.platform != "win32":
        assert stat.S_IMODE((folder / "id_rsa").stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_lost_public_key_is_made_again_from_the_private_one(tmp_path: Path) -> None:
    made = ssh_keys.public_key(True, tmp_path)
    private = (tmp_path / "id_rsa").read_bytes()
    (tmp_path / "id_rsa.pub").unlink()
    assert ssh_keys.public_key(True, tmp_path) == made
    assert (tmp_path / "id_rsa").read_bytes() == private


def test_a_private_key_that_cannot_be_read_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "id_ed25519").write_text("not a key")
    with pytest.raises(InvalidArgument, match="ssh-keygen -y"):
        ssh_keys.public_key(True, tmp_path)
    assert (tmp_path / "id_ed25519").read_text() == "not a key"


def test_an_own_ed25519_key_is_preferred_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "id_ed25519.pub").write_text(ED25519)
    assert ssh_keys.public_key(True, tmp_path) == ED25519
    assert len(list(tmp_path.iterdir())) == 1
