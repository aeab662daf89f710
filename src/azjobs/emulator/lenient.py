"""JSON as ARM reads it, which is more than RFC 8259: comments, trailing commas, names without quotes, strings in single
quotes or over several lines. Templates are written so, and the Azure command line sends ``template:`` without quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(
    r"""
    (?P<string>"(?:[^"\\]|\\.)*(?:"|\Z)|'(?:[^'\\]|\\.)*(?:'|\Z))
    |(?P<comment>//[^\r\n]*|/\*.*?(?:\*/|\Z))
    |(?P<number>-?\d[\w.+-]*)
    |(?P<word>[A-Za-z_$][\w$]*)
    |(?P<comma>,)
    |(?P<space>\s+)
    |(?P<plain>[^"'/A-Za-z_$,\s\d-]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_LITERALS = frozenset({"true", "false", "null", "NaN", "Infinity"})
_INVISIBLE = frozenset({"comment", "space"})
_CONTROLS = re.compile(r"[\x00-\x1f]")
_ESCAPED = re.compile(r"\\(.)|\"", re.DOTALL)


def loads(content: bytes) -> Any:
    """The value of a JSON document.

    Args:
        content: The document, in UTF-8.

    Raises:
        ValueError: It is none, not even a lenient one.

    Example:
        >>> loads(b"{a: 'b', /* c */}")
        {'a': 'b'}
    """
    try:
        return json.loads(content)
    except ValueError as error:
        try:
            return json.loads(strict(content.decode("utf-8-sig")))
        except ValueError:
            raise error from None


def strict(text: str) -> str:
    """The same document in strict JSON; a strict one stays as it is. Comments become spaces, so that lines stay lines.

    Args:
        text: A document, strict or lenient.

    Raises:
        ValueError: A string or a comment has no end, or there is a character that JSON has no use for.

    Example:
        >>> strict("{a: 'b',}")
        '{"a": "b" }'
    """
    parts: list[str] = []
    waiting: tuple[int, str, str] | None = None
    for kind, token in _tokens(text):
        if kind not in _INVISIBLE and waiting is not None:
            at, *waited = waiting
            parts[at] = _followed(*waited, by=token[0])
            waiting = None
        if kind in ("comma", "word"):
            waiting = (len(parts), kind, token)
        parts.append(_strict(kind, token))
    if waiting is not None:
        _followed(*waiting[1:], by="")
    return "".join(parts)


def strict_text(content: bytes) -> str:
    """The text of a document that `loads` takes, in strict JSON."""
    text = content.decode("utf-8-sig", "replace")
    try:
        json.loads(text)
    except ValueError:
        return strict(text)
    return text


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"unexpected character: char {at}")
        kind, token = match.lastgroup or "plain", match.group()
        is_open = (kind == "string" and (len(token) < 2 or token[-1] != token[0])) or (
            token.startswith("/*") and not (len(token) > 3 and token.endswith("*/"))
        )
        if is_open:
            raise ValueError(f"unterminated {kind}: char {at}")
        yield kind, token
        at = match.end()


def _followed(kind: str, token: str, *, by: str) -> str:
    """A comma or a word in strict JSON, for which the first character of what comes next decides."""
    if kind == "comma":
        return " " if by in ("}", "]") else token
    if by == ":":
        return f'"{token}"'
    if token not in _LITERALS:
        raise ValueError(f"unexpected word: {token[:80]}")
    return token


def _strict(kind: str, token: str) -> str:
    """One token in strict JSON, as far as it decides for itself."""
    if kind == "comment":
        return re.sub(r"[^\r\n]", " ", token)
    if kind != "string":
        return token
    if token[0] == "'":
        token = f'"{_ESCAPED.sub(_requoted, token[1:-1])}"'
    return _CONTROLS.sub(lambda control: f"\\u{ord(control.group()):04x}", token)


def _requoted(match: re.Match[str]) -> str:
    """An escape or a double quote of a string in single quotes, for a string in double quotes."""
    if match.group() == '"':
        return '\\"'
    return "'" if match.group(1) == "'" else match.group()
