"""Array and object functions: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-array."""

from __future__ import annotations

from azjobs.emulator.templates.errors import Json
from azjobs.emulator.templates.functions.registry import MANY, Call, function
from azjobs.emulator.templates.functions.texts import from_json, text_of

_LONGEST_RANGE = 10_000


@function("array", 1)
def _array(call: Call) -> Json:
    value = call.value(0)
    return value if isinstance(value, list) else [value]


@function("createArray", 0, MANY)
def _create_array(call: Call) -> Json:
    return call.values


@function("createObject", 0, MANY)
def _create_object(call: Call) -> Json:
    keys, values = call.values[::2], call.values[1::2]
    if len(keys) != len(values) or not all(isinstance(key, str) for key in keys):
        raise call.error("the parameters must be pairs of a key, which is a string, and a value")
    return dict(zip(keys, values, strict=True))


@function("length", 1)
def _length(call: Call) -> Json:
    return len(call.either(0, str, list, dict))


@function("empty", 1)
def _empty(call: Call) -> Json:
    value = call.value(0)
    return value is None or not call.either(0, str, list, dict)


@function("first", 1)
def _first(call: Call) -> Json:
    value = call.either(0, str, list)
    return value[0] if value else ("" if isinstance(value, str) else None)


@function("last", 1)
def _last(call: Call) -> Json:
    value = call.either(0, str, list)
    return value[-1] if value else ("" if isinstance(value, str) else None)


@function("skip", 2)
def _skip(call: Call) -> Json:
    return call.either(0, str, list)[max(0, call.integer(1)) :]


@function("take", 2)
def _take(call: Call) -> Json:
    return call.either(0, str, list)[: max(0, call.integer(1))]


@function("range", 2)
def _range(call: Call) -> Json:
    start, count = call.integer(0), call.integer(1)
    if not 0 <= count <= _LONGEST_RANGE:
        raise call.error(f"the count must be from '0' to '{_LONGEST_RANGE}', not '{count}'")
    call.fitting(start + count)
    return list(range(start, start + count))


@function("contains", 2)
def _contains(call: Call) -> Json:
    container, item = call.either(0, str, list, dict), call.value(1)
    if isinstance(container, list):
        return any(same(item, each) for each in container)
    if isinstance(container, dict):
        return any(key.lower() == text_of(item).lower() for key in container)
    return text_of(item) in container


def same(left: Json, right: Json) -> bool:
    """Whether two values are equal and of one type (Python takes ``True`` for ``1``)."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


@function("indexOf", 2)
def _index_of(call: Call) -> Json:
    container = call.either(0, str, list)
    if isinstance(container, str):
        return container.lower().find(call.string(1).lower())
    item = call.value(1)
    return next((at for at, each in enumerate(container) if same(item, each)), -1)


@function("lastIndexOf", 2)
def _last_index_of(call: Call) -> Json:
    container = call.either(0, str, list)
    if isinstance(container, str):
        return container.lower().rfind(call.string(1).lower())
    item = call.value(1)
    return next((at for at in reversed(range(len(container))) if same(item, container[at])), -1)


@function("union", 1, MANY)
def _union(call: Call) -> Json:
    if all(isinstance(value, dict) for value in call.values):
        merged: dict[str, Json] = {}
        for value in call.values:
            merged = _merged(merged, value)
        return merged
    if all(isinstance(value, list) for value in call.values):
        items: list[Json] = []
        for value in call.values:
            items += [item for item in value if not any(same(item, each) for each in items)]
        return items
    raise call.error("all parameters must be arrays, or all must be objects")


def _merged(left: dict[str, Json], right: dict[str, Json]) -> dict[str, Json]:
    result = dict(left)
    for key, value in right.items():
        if isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = _merged(result[key], value)
        else:
            result[key] = value
    return result


@function("shallowMerge", 1)
def _shallow_merge(call: Call) -> Json:
    merged: dict[str, Json] = {}
    for value in call.array(0):
        if not isinstance(value, dict):
            raise call.error("the parameter must be an array of objects")
        merged |= value
    return merged


@function("intersection", 1, MANY)
def _intersection(call: Call) -> Json:
    common = call.either(0, list, dict)
    for index in range(1, len(call.values)):
        if isinstance(common, list):
            other = call.array(index)
            common = [item for item in common if any(same(item, each) for each in other)]
        else:
            values = call.object(index)
            common = {key: value for key, value in common.items() if key in values and same(value, values[key])}
    return common


@function("min", 1, MANY)
def _min(call: Call) -> Json:
    return min(_numbers(call))


@function("max", 1, MANY)
def _max(call: Call) -> Json:
    return max(_numbers(call))


def _numbers(call: Call) -> list[int]:
    values = call.array(0) if len(call.arguments) == 1 and isinstance(call.value(0), list) else call.values
    if not values or not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        raise call.error("the parameters must be integers or an array of integers that is not empty")
    return [int(value) for value in values]


@function("items", 1)
def _items(call: Call) -> Json:
    return [{"key": key, "value": value} for key, value in sorted(call.object(0).items(), key=lambda pair: pair[0])]


@function("objectKeys", 1)
def _object_keys(call: Call) -> Json:
    return sorted(call.object(0))


@function("flatten", 1)
def _flatten(call: Call) -> Json:
    if not all(isinstance(item, list) for item in call.array(0)):
        raise call.error("the parameter must be an array of arrays")
    return [item for inner in call.array(0) for item in inner]


@function("tryGet", 2, MANY)
def _try_get(call: Call) -> Json:
    value = call.value(0)
    for key in call.values[1:]:
        if isinstance(value, dict) and isinstance(key, str):
            value = next((each for name, each in value.items() if name.lower() == key.lower()), None)
        elif isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
            value = value[key] if 0 <= key < len(value) else None
        else:
            return None
    return value


@function("indexFromEnd", 2)
def _index_from_end(call: Call) -> Json:
    items, index = call.array(0), call.integer(1)
    if not 1 <= index <= len(items):
        raise call.error(f"the reverse index '{index}' is out of bounds")
    return items[-index]


@function("tryIndexFromEnd", 2)
def _try_index_from_end(call: Call) -> Json:
    value, index = call.value(0), call.integer(1)
    return value[-index] if isinstance(value, list) and 1 <= index <= len(value) else None


@function("json", 1)
def _json(call: Call) -> Json:
    try:
        return from_json(call.string(0))
    except ValueError as error:
        raise call.error("the value provided is not valid JSON") from error


@function("null", 0)
def _null(_call: Call) -> Json:
    return None


@function("coalesce", 1, MANY)
def _coalesce(call: Call) -> Json:
    # The rest is not evaluated once a value is found: it may not exist.
    for argument in call.arguments:
        value = call.evaluate(argument)
        if value is not None:
            return value
    return None
