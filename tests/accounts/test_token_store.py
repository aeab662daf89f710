from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from msal_extensions.persistence import PersistenceNotFound

from azjobs.accounts import token_store
from azjobs.accounts.logins import Login
from azjobs.accounts.token_store import StoredToken
from azjobs.errors import AccountError

APPLICATION = Login(
    kind="ServicePrincipal",
    account="app",
    tenant="t",
    authority="https://a",
    client_secret="s3cret",
    public_secret=True,
)
TOKEN = StoredToken(value="t0ken", expires_on=2_000_000_000)


class KeyChain:
    """An operating system's store, in memory: none runs where tests run."""

    def __init__(self) -> None:
        self.content: str | None = None
        self.locked = False

    def save(self, content: str) -> None:
        if self.locked:
            raise RuntimeError("locked")
        self.content = content

    def load(self) -> str:
        if self.locked:
            raise RuntimeError("locked")
        if self.content is None:
            raise PersistenceNotFound()
        return self.content


@pytest.fixture
def key_chain(monkeypatch: pytest.MonkeyPatch) -> KeyChain:
    store = KeyChain()
    monkeypatch.setattr(token_store, "_encrypted", lambda: store)
    return store


def store_file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "accounts" / "tokens.json"


def test_a_login_and_its_tokens_are_kept() -> None:
    token_store.keep(APPLICATION, {"slot": TOKEN}, new=True)

    assert token_store.login(APPLICATION.key) == APPLICATION
    assert token_store.tokens(APPLICATION.key) == {"slot": TOKEN}
    assert token_store.login("another") is None
    assert token_store.tokens("another") == {}


def test_a_new_login_ends_the_tokens_of_the_old_one() -> None:
    token_store.keep(APPLICATION, {"old": TOKEN}, new=True)

    token_store.keep(APPLICATION, {"new": TOKEN}, new=True)

    assert set(token_store.tokens(APPLICATION.key)) == {"new"}


def test_renewing_adds_to_what_is_kept() -> None:
    token_store.keep(APPLICATION, {"one": TOKEN}, new=True)

    token_store.renew(APPLICATION, replace(APPLICATION, cache="changed"), {"two": TOKEN})

    assert set(token_store.tokens(APPLICATION.key)) == {"one", "two"}
    kept = token_store.login(APPLICATION.key)
    assert kept is not None
    assert kept.cache == "changed"


def test_renewing_with_an_old_login_does_not_undo_a_new_one() -> None:
    newer = replace(APPLICATION, client_secret="n3wer")
    token_store.keep(newer, {"new": TOKEN}, new=True)

    token_store.renew(APPLICATION, APPLICATION, {"old": TOKEN})

    assert token_store.login(APPLICATION.key) == newer
    assert set(token_store.tokens(APPLICATION.key)) == {"new"}


def test_a_refused_token_is_forgotten_wherever_it_is_kept() -> None:
    token_store.keep(APPLICATION, {"one": TOKEN, "two": replace(TOKEN, value="other")}, new=True)

    token_store.forget_token(APPLICATION.key, TOKEN.value)

    assert set(token_store.tokens(APPLICATION.key)) == {"two"}


def test_where_there_is_an_encrypted_store_no_file_is_written(
    key_chain: KeyChain, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    token_store.keep(replace(APPLICATION, public_secret=False), {"slot": TOKEN}, new=True)

    assert key_chain.content is not None
    assert not store_file(tmp_path).exists()
    assert token_store.tokens(APPLICATION.key) == {"slot": TOKEN}
    assert not recwarn.list


def test_what_a_file_keeps_moves_to_the_encrypted_store_once_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token_store.keep(APPLICATION, {"one": TOKEN}, new=True)
    assert store_file(tmp_path).exists()
    key_chain = KeyChain()
    monkeypatch.setattr(token_store, "_encrypted", lambda: key_chain)

    token_store.renew(APPLICATION, APPLICATION, {"two": TOKEN})

    assert not store_file(tmp_path).exists()
    assert set(token_store.tokens(APPLICATION.key)) == {"one", "two"}


def test_a_locked_encrypted_store_is_one_sentence(key_chain: KeyChain) -> None:
    token_store.keep(APPLICATION, {"one": TOKEN}, new=True)
    key_chain.locked = True

    with pytest.raises(AccountError, match=r"store of secrets cannot be read .*: unlock it"):
        token_store.login(APPLICATION.key)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("garbage", "it is not JSON"),
        ("[]", "azjobs did not write it"),
        ('{"format": "azjobs.tokens", "version": 2}', "another version of azjobs wrote it"),
        ('{"format": "azjobs.tokens", "version": 1, "logins": 7}', "it is incomplete"),
    ],
)
def test_a_damaged_store_is_one_sentence_and_left_alone(content: str, sentence: str, tmp_path: Path) -> None:
    path = store_file(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text(content)

    with pytest.raises(AccountError, match=f"{sentence}.*: move the file away and connect again"):
        token_store.login("key")
    with pytest.raises(AccountError, match=f"{sentence}.*: move the file away and connect again"):
        token_store.keep(APPLICATION, {}, new=True)
    assert path.read_text() == content


def test_a_token_is_not_shown() -> None:
    assert "t0ken" not in repr(TOKEN)
