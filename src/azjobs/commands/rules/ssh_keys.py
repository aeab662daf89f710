"""SSH keys of Linux VMs: reading a public one, and making a pair as `az vm create --generate-ssh-keys` does."""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from azjobs.errors import InvalidArgument

GENERATE = "generate"

_TYPES = ("ssh-rsa", "ssh-ed25519")
_SHORTEST_RSA_BITS = 2048
_NEW_RSA_BITS = 3072
_LOOKED_FOR = ("id_ed25519", "id_rsa")


def public_key(given: str | Path | bool, folder: Path | None = None) -> str:
    """Return the text of the public key that `ssh_key=` names.

    Args:
        given: the text of a public key, the path of its file, or True or `"generate"` for the user's own.
        folder: where the user's own keys are; `~/.ssh` by default.

    Raises:
        InvalidArgument: it is no public key that Azure takes, or the file cannot be read.
    """
    if given is True or given == GENERATE:
        return own_key(folder if folder is not None else Path.home() / ".ssh")
    if given is False or not str(given).strip():
        raise InvalidArgument("ssh_key is empty; give the text or the path of a public key, or ssh_key='generate'.")
    text = str(given).strip()
    if text.split(maxsplit=1)[0] in _TYPES:
        return check_public_key(text)
    if "PRIVATE KEY" in text:
        raise InvalidArgument(
            "ssh_key is a private key, which never leaves this machine; give the public one (its file ends in .pub)."
        )
    if "\n" in text or text.split(maxsplit=1)[0].startswith(("ssh-", "ecdsa-", "sk-")):
        raise _unknown(text.split(maxsplit=1)[0])
    return _read(Path(text).expanduser())


def check_public_key(text: str, origin: str = "ssh_key") -> str:
    """Return the public key's text when Azure takes it: RSA of at least 2048 bits, or Ed25519.

    Args:
        text: one line: type, key in base64, comment.
        origin: what to call it in an error.
    """
    lines = [line for line in text.strip().splitlines() if line.strip()]
    if len(lines) != 1:
        raise InvalidArgument(f"{origin} has {len(lines)} lines; give one public key, on one line.")
    kind, _, rest = lines[0].strip().partition(" ")
    if kind not in _TYPES:
        raise _unknown(kind)
    try:
        fields = _fields(base64.b64decode(rest.split(maxsplit=1)[0], validate=True))
    except (binascii.Error, ValueError, IndexError):
        raise InvalidArgument(
            f"{origin} is damaged: what follows '{kind}' is no key; copy the whole line of the .pub file."
        ) from None
    if not fields or fields[0] != kind.encode() or len(fields) < 2:
        raise InvalidArgument(
            f"{origin} says '{kind}' but holds another kind of key; copy the whole line of the .pub file."
        )
    if kind == "ssh-rsa" and (bits := int.from_bytes(fields[-1], "big").bit_length()) < _SHORTEST_RSA_BITS:
        raise InvalidArgument(
            f"{origin} is an RSA key of {bits} bits; Azure takes {_SHORTEST_RSA_BITS} or more, so make another with "
            "ssh-keygen."
        )
    return lines[0].strip()


def own_key(folder: Path) -> str:
    """Return the user's own public key; a pair (RSA, 3072 bits, without a passphrase) is made when there is none.

    An existing file is never overwritten. The private key is written with mode 0600.
    """
    for name in _LOOKED_FOR:
        public = folder / f"{name}.pub"
        if public.exists():
            return _read(public)
        if (folder / name).exists():
            return _derive(folder / name, public)
    return _make(folder / "id_rsa")


def _make(private: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = rsa.generate_private_key(public_exponent=65537, key_size=_NEW_RSA_BITS)
    text = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    try:
        private.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_new(private, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()), 0o600)
        _write_new(private.with_name(f"{private.name}.pub"), f"{text}\n".encode(), 0o644)
    except FileExistsError:
        # Another process made the pair in the meantime: its key is the user's.
        return _read(private.with_name(f"{private.name}.pub"))
    except OSError as error:
        raise InvalidArgument(
            f"An SSH key cannot be written to {private}: {error.strerror or error}; give ssh_key a public key."
        ) from error
    return text


def _derive(private: Path, public: Path) -> str:
    """Return and write the public key of a private one that has lost its .pub file."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

    try:
        key = load_ssh_private_key(private.read_bytes(), password=None)
        text = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
        checked = check_public_key(text, origin=str(private))
        _write_new(public, f"{checked}\n".encode(), 0o644)
    except FileExistsError:
        return _read(public)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidArgument(
            f"The private key {private} has no {public.name} beside it, and it cannot be made from it; "
            f"run `ssh-keygen -y -f {private} > {public}`."
        ) from error
    return checked


def _write_new(path: Path, content: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)


def _read(path: Path) -> str:
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is not a text"
        raise InvalidArgument(
            f"The SSH key {path} cannot be read: {cause}; give the text or the path of a public key, or "
            "ssh_key='generate'."
        ) from error
    if "PRIVATE KEY" in text:
        raise InvalidArgument(f"{path} is a private key, which never leaves this machine; give {path}.pub.")
    return check_public_key(text, origin=str(path))


def _unknown(kind: str) -> InvalidArgument:
    return InvalidArgument(
        f"'{kind[:40]}' is not a kind of SSH key that Azure takes; give an ssh-rsa or ssh-ed25519 public key."
    )


def _fields(blob: bytes) -> list[bytes]:
    """Return the length-prefixed fields of an SSH key's binary form."""
    fields = []
    while blob:
        length = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + length:
            raise ValueError("truncated")
        fields.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    return fields
