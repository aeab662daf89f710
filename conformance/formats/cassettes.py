"""YAML cassettes: of Python's tests (vcr) and of Go's (go-vcr), which azd uses too."""

from __future__ import annotations

import ast
import base64
import gzip
import re
from collections.abc import Mapping
from typing import Any

import yaml

from conformance.recordings import Exchange, Recording, as_headers, as_text, sees_retry_after

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

_BYTES_LITERAL = re.compile(r"""b(['"]).*\1$""", re.DOTALL)
"""Some recorders wrote the repr of bytes, or the repr of that."""


def parse(name: str, text: str) -> Recording:
    """A recording from a cassette.

    Args:
        name: Its name in reports.
        text: The YAML.

    Raises:
        ValueError: It is no cassette.
    """
    try:
        document = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise ValueError(f"no YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(document, Mapping) or not isinstance(document.get("interactions"), list):
        raise ValueError("it has no 'interactions'")
    exchanges = tuple(_exchange(interaction) for interaction in document["interactions"])
    return Recording(name=name, exchanges=exchanges, keeps_retry_after=sees_retry_after(exchanges))


def _exchange(interaction: Mapping[str, Any]) -> Exchange:
    request, response = interaction["request"], interaction["response"]
    headers = as_headers(response.get("headers"))
    return Exchange(
        method=str(request["method"]).upper(),
        url=str(request.get("uri") or request["url"]),
        request_headers=as_headers(request.get("headers")),
        request_body=_body(request.get("body"), {}),
        status=_status(response),
        headers=headers,
        body=_body(response.get("body"), headers),
    )


def _status(response: Mapping[str, Any]) -> int:
    if "code" in response:
        return int(response["code"])
    status = response["status"]
    return int(status["code"] if isinstance(status, Mapping) else str(status).split()[0])


def _body(body: object, headers: Mapping[str, str]) -> str:
    if isinstance(body, Mapping):
        encoded = body.get("base64_string")
        body = body.get("string") if encoded is None else base64.b64decode(str(encoded))
    if isinstance(body, bytes) and body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    text = as_text(body)
    while _BYTES_LITERAL.match(text):
        text = as_text(ast.literal_eval(text))
    return text
