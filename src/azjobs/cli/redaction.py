"""Taking secrets out of what is shown: passwords, tokens, signatures, and every secret that was typed or read here."""

from __future__ import annotations

import re

_HIDDEN = "***"
_SHORTEST = 4  # taking shorter ones out would take words apart
_NAMES = (
    r"[\w-]*password[\w-]*|[\w-]*passphrase|[\w-]*secret[\w-]*|access_token|refresh_token|id_token|client_assertion"
    r"|assertion|device_code|user_code|[\w-]*accountkey|customData|userData|x-ms-authorization-auxiliary|cookie"
    r"|set-cookie|protectedSettings"
)
_PATTERNS = (
    # "adminPassword": "…", 'client_secret': '…'; also with backslashes, as JSON within JSON has them
    (re.compile(rf"(?i)(\\*[\"'](?:{_NAMES})\\*[\"']\s*[:=]\s*)(\\*[\"'])(?:\\.|(?!\2).)*\2"), rf"\1\2{_HIDDEN}\2"),
    # "adminPassword": {"value": "…"}, as a deployment's parameters have it
    (
        re.compile(rf"(?i)([\"'](?:{_NAMES})[\"']\s*:\s*\{{\s*[\"']value[\"']\s*:\s*)([\"'])(?:\\.|(?!\2).)*\2"),
        rf"\1\2{_HIDDEN}\2",
    ),
    # client_secret=…&, password=…
    (re.compile(rf"(?i)\b((?:{_NAMES})=)(?![\"'])[^&\s,;)]+"), rf"\1{_HIDDEN}"),
    (re.compile(r"(?i)(\bauthorization\\*[\"']?\s*[:=]\s*\\*[\"']?)[^\"'\r\n,}]+"), rf"\1{_HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {_HIDDEN}"),
    # signatures in URLs: SAS, function keys, poll URLs' own (t=, c=, s=, h=)
    (re.compile(r"(?i)([?&](?:sig|signature|code|key|t|c|s|h)=)[^&\s\"'<>]+"), rf"\1{_HIDDEN}"),
    # a JSON web token, wherever it stands
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"), _HIDDEN),
)

_secrets: set[str] = set()


def hide(secret: str) -> str:
    """Remember a secret that must not be shown, and return it."""
    if len(secret) >= _SHORTEST:
        _secrets.add(secret)
    return secret


def redact(text: str) -> str:
    """Return the text without the secrets in it.

    Example:
        >>> redact('{"adminPassword": "Pa55word", "name": "MyVm"}')
        '{"adminPassword": "***", "name": "MyVm"}'
    """
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text
