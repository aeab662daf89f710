"""The hash behind ``uniqueString`` and a template's hash: MurmurHash3 of 64 bits on 32-bit words, as ARM has it."""

from __future__ import annotations

_WORD = 0xFFFFFFFF
_FIRST, _SECOND = 0x239B961B, 0xAB0E9789
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_UNIQUE_LENGTH = 13


def _rotate(word: int, bits: int) -> int:
    return ((word << bits) | (word >> (32 - bits))) & _WORD


def _mix(word: int, before: int, bits: int, after: int) -> int:
    return _rotate(word * before & _WORD, bits) * after & _WORD


def _finish(word: int) -> int:
    word = (word ^ (word >> 16)) * 0x85EBCA6B & _WORD
    word = (word ^ (word >> 13)) * 0xC2B2AE35 & _WORD
    return word ^ (word >> 16)


def murmur64(data: bytes) -> int:
    """The 64-bit hash of some bytes."""
    high = low = 0
    whole = len(data) // 8 * 8
    for start in range(0, whole, 8):
        left = int.from_bytes(data[start : start + 4], "little")
        right = int.from_bytes(data[start + 4 : start + 8], "little")
        low = _rotate(low ^ _mix(left, _FIRST, 15, _SECOND), 19)
        low = ((low + high) * 5 + 0x561CCD1B) & _WORD
        high = _rotate(high ^ _mix(right, _SECOND, 17, _FIRST), 13)
        high = ((high + low) * 5 + 0x0BCAA747) & _WORD
    tail = data[whole:]
    low ^= _mix(int.from_bytes(tail[:4], "little"), _FIRST, 15, _SECOND)
    high ^= _mix(int.from_bytes(tail[4:], "little"), _SECOND, 17, _FIRST)
    low, high = low ^ len(data) & _WORD, high ^ len(data) & _WORD
    low = (low + high) & _WORD
    high = (high + low) & _WORD
    low, high = _finish(low), _finish(high)
    low = (low + high) & _WORD
    high = (high + low) & _WORD
    return high << 32 | low


def unique_string(*parts: str) -> str:
    """What ``uniqueString(parts...)`` gives: 13 letters and digits that depend on all parts.

    Example:
        >>> unique_string("hello", "world")
        'a7wkljktk6wne'
    """
    rest = murmur64("-".join(parts).encode("utf-8", "surrogatepass"))
    text = ""
    for _ in range(_UNIQUE_LENGTH):
        text += _ALPHABET[rest >> 59]
        rest = rest << 5 & 0xFFFFFFFFFFFFFFFF
    return text
