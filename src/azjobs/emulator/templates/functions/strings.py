"""String functions: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string."""

from __future__ import annotations

import base64
import binascii
import uuid
from urllib.parse import quote, unquote, urljoin, urlsplit

from azjobs.emulator.templates.errors import Json
from azjobs.emulator.templates.functions.hashing import unique_string
from azjobs.emulator.templates.functions.registry import MANY, Call, function
from azjobs.emulator.templates.functions.texts import composite, from_json, text_of

# ARM's guid() is a version 5 UUID in this namespace.
_GUID_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")
_DATA_URI = "data:text/plain;charset=utf8;base64,"


@function("concat", 1, MANY)
def _concat(call: Call) -> Json:
    if all(isinstance(value, list) for value in call.values):
        return [item for value in call.values for item in value]
    if any(isinstance(value, (list, dict)) or value is None for value in call.values):
        raise call.error("all parameters must be arrays, or all must be strings, integers or booleans")
    return call.limited("".join(text_of(value) for value in call.values))


@function("format", 1, MANY)
def _format(call: Call) -> Json:
    try:
        return call.limited(composite(call.string(0), call.values[1:]))
    except ValueError as error:
        raise call.error(str(error)) from error


@function("string", 1)
def _string(call: Call) -> Json:
    return call.limited(text_of(call.value(0)))


@function("toLower", 1)
def _to_lower(call: Call) -> Json:
    return call.string(0).lower()


@function("toUpper", 1)
def _to_upper(call: Call) -> Json:
    return call.string(0).upper()


@function("trim", 1)
def _trim(call: Call) -> Json:
    return call.string(0).strip()


@function("replace", 3)
def _replace(call: Call) -> Json:
    text, old, new = call.string(0), call.string(1), call.string(2)
    if not old:
        raise call.error("the string to replace must not be empty")
    if len(text) + text.count(old) * len(new) > 10 * 131_072:
        raise call.error("literal limit exceeded")
    return call.limited(text.replace(old, new))


@function("split", 2)
def _split(call: Call) -> Json:
    delimiters = call.either(1, str, list)
    delimiters = [delimiters] if isinstance(delimiters, str) else delimiters
    pieces = [call.string(0)]
    for delimiter in delimiters:
        if not isinstance(delimiter, str) or not delimiter:
            raise call.error("each delimiter must be a string that is not empty")
        pieces = [part for piece in pieces for part in piece.split(delimiter)]
    return pieces


@function("join", 2)
def _join(call: Call) -> Json:
    return call.limited(call.string(1).join(text_of(item) for item in call.array(0)))


@function("substring", 2, 3)
def _substring(call: Call) -> Json:
    text, start = call.string(0), call.integer(1)
    length = call.integer(2, len(text) - start)
    if start < 0 or length < 0 or start + length > len(text):
        raise call.error(
            "the index and length parameters must refer to a location within the string. "
            f"The index parameter: '{start}', the length parameter: '{length}', "
            f"the length of the string parameter: '{len(text)}'"
        )
    return text[start : start + length]


@function("padLeft", 2, 3)
def _pad_left(call: Call) -> Json:
    text, width, padding = text_of(call.either(0, str, int)), call.integer(1), call.string(2, " ")
    if len(padding) != 1 or not 0 <= width <= 131_072:
        raise call.error("the padding must be one character and the length an integer from '0' to '131072'")
    return text.rjust(width, padding)


@function("startsWith", 2)
def _starts_with(call: Call) -> Json:
    return call.string(0).lower().startswith(call.string(1).lower())


@function("endsWith", 2)
def _ends_with(call: Call) -> Json:
    return call.string(0).lower().endswith(call.string(1).lower())


@function("uniqueString", 1, MANY)
def _unique_string(call: Call) -> Json:
    return unique_string(*call.strings())


@function("guid", 1, MANY)
def _guid(call: Call) -> Json:
    name = "-".join(call.strings())
    _bytes(call, name)
    return str(uuid.uuid5(_GUID_NAMESPACE, name))


@function("newGuid", 0)
def _new_guid(call: Call) -> Json:
    if not call.scope.defaults:
        raise call.error("the function is not expected at this location: it can be used in a parameter's default only")
    # A new one for each deployment and place, yet the same when the template is evaluated again.
    place = f"{call.scope.target.correlation_id}/{call.scope.salt}/{call.position}"
    return str(uuid.uuid5(_GUID_NAMESPACE, place))


@function("base64", 1)
def _base64(call: Call) -> Json:
    return base64.b64encode(_bytes(call, call.string(0))).decode()


def _bytes(call: Call, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise call.error("the string holds half of a surrogate pair") from error


def _decoded(call: Call, text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise call.error("the parameter is not a base64 encoded string") from error


@function("base64ToString", 1)
def _base64_to_string(call: Call) -> Json:
    return _decoded(call, call.string(0))


@function("base64ToJson", 1)
def _base64_to_json(call: Call) -> Json:
    try:
        return from_json(_decoded(call, call.string(0)))
    except ValueError as error:
        raise call.error("the decoded parameter is not valid JSON") from error


@function("dataUri", 1)
def _data_uri(call: Call) -> Json:
    return _DATA_URI + base64.b64encode(_bytes(call, call.string(0))).decode()


@function("dataUriToString", 1)
def _data_uri_to_string(call: Call) -> Json:
    head, comma, data = call.string(0).partition(",")
    if not head.lower().startswith("data:") or not comma:
        raise call.error("the parameter is not a data URI")
    return _decoded(call, data) if head.lower().endswith(";base64") else unquote(data)


@function("uri", 2)
def _uri(call: Call) -> Json:
    base, relative = call.string(0), call.string(1)
    try:
        if urlsplit(base).scheme:
            return urljoin(base, relative)
    except ValueError as error:
        raise call.error(f"'{base}' is not an absolute URI") from error
    raise call.error(f"'{base}' is not an absolute URI")


@function("uriComponent", 1)
def _uri_component(call: Call) -> Json:
    return quote(_bytes(call, call.string(0)), safe="-_.~")


@function("uriComponentToString", 1)
def _uri_component_to_string(call: Call) -> Json:
    return unquote(call.string(0))
