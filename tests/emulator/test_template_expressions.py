from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azjobs.emulator.templates.errors import ExpressionError, TemplateError
from azjobs.emulator.templates.expressions import evaluate
from azjobs.emulator.templates.functions.registry import names
from azjobs.emulator.templates.scope import CopyIndex, Scope, Target, UserFunction
from azjobs.emulator.templates.syntax import is_expression, parse

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"
TARGET = Target(
    subscription={"id": f"/subscriptions/{SUBSCRIPTION}", "subscriptionId": SUBSCRIPTION, "tenantId": "t"},
    resource_group={"id": GROUP, "name": "g", "location": "eastus", "tags": {"Owner": "me"}},
    tenant={"tenantId": "t"},
    environment={"suffixes": {"storage": "core.windows.net"}},
    deployment={"name": "d"},
    correlation_id="c",
    now=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)
PARAMETERS: dict[str, Any] = {"name": "Vm", "count": 3, "settings": {"Size": "Small", "list": [1, 2]}}


def parameter(name: str) -> Any:
    for known, value in PARAMETERS.items():
        if known.lower() == name.lower():
            return value
    return Scope(target=TARGET).parameter(name)


SCOPE = Scope(target=TARGET, parameter=parameter)


def value_of(expression: str, scope: Scope = SCOPE) -> Any:
    return evaluate(expression, scope)


LITERALS = [
    ("plain text", "plain text"),
    ("[[escaped]", "[escaped]"),
    ("[not closed", "[not closed"),
    ("[x] and more", "[x] and more"),
    ("['it''s']", "it's"),
    ("[-7]", -7),
    ("[ concat( 'a' , 'b' ) ]", "ab"),
    ("[CONCAT('a', toUPPER('b'))]", "aB"),
    ("[parameters('NAME')]", "Vm"),
    ("[parameters('settings').size]", "Small"),
    ("[parameters('settings')['SIZE']]", "Small"),
    ("[parameters('settings').list[add(0,1)]]", 2),
    ("[resourceGroup().tags.owner]", "me"),
    ("[environment().suffixes.storage]", "core.windows.net"),
    ("[deployment().name]", "d"),
]
STRINGS = [
    ("[concat('a', 1, true())]", "a1True"),
    ("[concat(createArray(1), createArray(2, 3))]", [1, 2, 3]),
    ("[format('{0}-{1:D3}-{{}}', 'a', 7)]", "a-007-{}"),
    ("[format('{0,4}|{0,-4}|', 'x')]", "   x|x   |"),
    ("[format('{0:N0} {1:X2}', 1234567, 10)]", "1,234,567 0A"),
    ("[toLower('AbC')]", "abc"),
    ("[toUpper('AbC')]", "ABC"),
    ("[trim('  a ')]", "a"),
    ("[replace('a-b-c', '-', '')]", "abc"),
    ("[split('a,b;c', ',')]", ["a", "b;c"]),
    ("[split('a,b;c', createArray(',', ';'))]", ["a", "b", "c"]),
    ("[join(createArray('a', 'b'), '-')]", "a-b"),
    ("[substring('abcdef', 2, 3)]", "cde"),
    ("[substring('abcdef', 2)]", "cdef"),
    ("[padLeft(7, 3, '0')]", "007"),
    ("[startsWith('abcdef', 'AB')]", True),
    ("[endsWith('abcdef', 'eF')]", True),
    ("[indexOf('test', 'T')]", 0),
    ("[lastIndexOf('test', 't')]", 3),
    ("[indexOf(createArray('a', 'b'), 'b')]", 1),
    ("[contains('one two', 'two')]", True),
    ("[contains(parameters('settings'), 'SIZE')]", True),
    ("[contains(createArray(1, 2), 3)]", False),
    ("[string(createObject('a', 1))]", '{"a":1}'),
    ("[string(false())]", "False"),
    ("[base64('one')]", "b25l"),
    ("[base64ToString('b25l')]", "one"),
    ("[base64ToJson(base64('{\"a\":1}'))]", {"a": 1}),
    ("[dataUri('Hello')]", "data:text/plain;charset=utf8;base64,SGVsbG8="),
    ("[dataUriToString('data:text/plain;charset=utf8;base64,SGVsbG8=')]", "Hello"),
    (
        "[uri('http://contoso.org/firstpath/azuredeploy.json', 'nested.json')]",
        "http://contoso.org/firstpath/nested.json",
    ),
    ("[uriComponent('a b/c')]", "a%20b%2Fc"),
    ("[uriComponentToString('a%20b')]", "a b"),
]
ARRAYS = [
    ("[array('a')]", ["a"]),
    ("[array(createArray(1))]", [1]),
    ("[createObject('a', 1, 'b', null())]", {"a": 1, "b": None}),
    ("[length('abc')]", 3),
    ("[length(parameters('settings'))]", 2),
    ("[empty('')]", True),
    ("[empty(null())]", True),
    ("[first(createArray(5, 6))]", 5),
    ("[last('abc')]", "c"),
    ("[skip(range(0, 4), 2)]", [2, 3]),
    ("[take('abc', 2)]", "ab"),
    ("[range(2, 3)]", [2, 3, 4]),
    ("[min(3, 1, 2)]", 1),
    ("[max(createArray(3, 9))]", 9),
    ("[union(createArray(1, 2), createArray(2, 3))]", [1, 2, 3]),
    ('[union(json(\'{"a":{"x":1}}\'), json(\'{"a":{"y":2}}\'))]', {"a": {"x": 1, "y": 2}}),
    ('[shallowMerge(createArray(json(\'{"a":{"x":1}}\'), json(\'{"a":{"y":2}}\')))]', {"a": {"y": 2}}),
    ("[intersection(createArray(1, 2), createArray(2, 3))]", [2]),
    ('[intersection(json(\'{"a":1,"b":2}\'), json(\'{"a":1,"b":3}\'))]', {"a": 1}),
    ('[items(json(\'{"b":1,"a":2}\'))[0].key]', "a"),
    ('[objectKeys(json(\'{"b":1,"a":2}\'))]', ["a", "b"]),
    ("[flatten(createArray(createArray(1), createArray(2)))]", [1, 2]),
    ("[coalesce(null(), 'a', parameters('missing'))]", "a"),
    ("[tryGet(parameters('settings'), 'nothing')]", None),
    ("[tryGet(parameters('settings'), 'list', 1)]", 2),
    ("[indexFromEnd(createArray(1, 2, 3), 1)]", 3),
    ("[json('[1, {\"a\": 2.5}]')[1].a]", 2.5),
    ("[map(range(1, 2), lambda('n', mul(lambdaVariables('n'), 10)))]", [10, 20]),
    ("[filter(range(0, 5), lambda('n', greater(lambdaVariables('n'), 2)))]", [3, 4]),
    ("[reduce(range(1, 4), 0, lambda('sum', 'n', add(lambdaVariables('sum'), lambdaVariables('n'))))]", 10),
    ("[sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))]", [1, 2, 3]),
    ("[toObject(createArray('a', 'b'), lambda('x', lambdaVariables('x')))]", {"a": "a", "b": "b"}),
    (
        "[groupBy(createArray('a', 'bb', 'c'), lambda('x', length(lambdaVariables('x'))))]",
        {"1": ["a", "c"], "2": ["bb"]},
    ),
]
LOGIC_AND_NUMBERS = [
    ("[if(equals(1, 1), 'yes', parameters('missing'))]", "yes"),
    ("[and(false(), parameters('missing'))]", False),
    ("[or(true(), parameters('missing'))]", True),
    ("[not(false())]", True),
    ("[equals(1, '1')]", False),
    ("[equals(createObject('a', createArray(1)), createObject('a', createArray(1)))]", True),
    ("[less(1, 2)]", True),
    ("[lessOrEquals('a', 'a')]", True),
    ("[greater('b', 'a')]", True),
    ("[greaterOrEquals(1, 2)]", False),
    ("[bool('TRUE')]", True),
    ("[bool(0)]", False),
    ("[add(1, 2)]", 3),
    ("[sub(1, 2)]", -1),
    ("[mul(3, 4)]", 12),
    ("[div(-7, 2)]", -3),
    ("[mod(-7, 3)]", -1),
    ("[int('42')]", 42),
]
RESOURCES = [
    (
        "[resourceId('Microsoft.Network/virtualNetworks', 'v')]",
        f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v",
    ),
    (
        "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')]",
        f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/s",
    ),
    ("[resourceId('other', 'Microsoft.X/y', 'z')]", GROUP.removesuffix("g") + "other/providers/Microsoft.X/y/z"),
    (
        "[resourceId('11111111-1111-1111-1111-111111111111', 'other', 'Microsoft.X/y', 'z')]",
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/other/providers/Microsoft.X/y/z",
    ),
    ("[subscriptionResourceId('Microsoft.X/y', 'z')]", f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.X/y/z"),
    ("[tenantResourceId('Microsoft.X/y', 'z')]", "/providers/Microsoft.X/y/z"),
    (
        "[extensionResourceId(resourceId('Microsoft.X/y', 'z'), 'Microsoft.Authorization/locks', 'l')]",
        f"{GROUP}/providers/Microsoft.X/y/z/providers/Microsoft.Authorization/locks/l",
    ),
    ("[subscription().subscriptionId]", SUBSCRIPTION),
    ("[resourceGroup().location]", "eastus"),
    ("[tenant().tenantId]", "t"),
    ("[pickZones('Microsoft.Compute', 'virtualMachines', 'eastus')]", ["1"]),
    ("[cidrSubnet('10.0.0.0/16', 24, 2)]", "10.0.2.0/24"),
    ("[cidrHost('10.0.0.0/24', 0)]", "10.0.0.1"),
    ("[parseCidr('10.144.0.0/20').lastUsable]", "10.144.15.254"),
]
DATES = [
    ("[dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')]", "2023-04-07 14:53:14Z"),
    ("[dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')]", "2020-03-29 14:53:14Z"),
    ("[dateTimeAdd('2020-04-07 14:53:14Z', 'PT1H', 'yyyy-MM-ddTHH')]", "2020-04-07T15"),
    ("[dateTimeFromEpoch(1675284847)]", "2023-02-01T20:54:07Z"),
    ("[dateTimeToEpoch('2023-02-01T20:54:07Z')]", 1675284847),
]


@pytest.mark.parametrize(
    ("expression", "expected"), LITERALS + STRINGS + ARRAYS + LOGIC_AND_NUMBERS + RESOURCES + DATES
)
def test_an_expression_has_the_value_that_azure_documents(expression: str, expected: Any) -> None:
    result = value_of(expression)

    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("test",), "rbgf3xv4ufgzg"),
        (("hello", "world"), "a7wkljktk6wne"),
        (("abc",), "cgtzqvhu4i23s"),
        (("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg",), "bmg7c6xu4tw46"),
        (("foo", "bar", "baz"), "xzi4ioaxtmth4"),
    ],
)
def test_unique_string_gives_what_azure_gives(parts: tuple[str, ...], expected: str) -> None:
    arguments = ", ".join(f"'{part}'" for part in parts)

    assert value_of(f"[uniqueString({arguments})]") == expected


def test_guid_is_a_version_5_uuid_that_depends_on_all_its_parts() -> None:
    first, second = value_of("[guid('a', 'b')]"), value_of("[guid('a', 'c')]")

    assert first != second
    assert first == value_of("[guid('a-b')]")
    assert first[14] == "5"


WRONG = [
    ("[concat(]", "Unable to parse language expression 'concat('"),
    ("[concat('a'))]", "expected token 'EndOfData' and actual 'RightParenthesis'"),
    ("[]", "actual 'EndOfData'"),
    ("[concat]", "expected token 'LeftParenthesis'"),
    ("['open]", "unexpected character at position '0'"),
    ("[#]", "unexpected character"),
    ("[nothing('a')]", "The template function 'nothing' is not valid."),
    ("[contoso.nothing('a')]", "The template function 'contoso.nothing' is not valid."),
    ("[toLower('a', 'b')]", "requires exactly '1' argument(s) while '2' were provided"),
    ("[toLower(1)]", "to be a string. The provided value is of type 'Integer'"),
    ("[add(1, true())]", "to be an integer. The provided value is of type 'Boolean'"),
    ("[add(9223372036854775807, 1)]", "does not fit in 64 bits"),
    ("[99999999999999999999]", "does not fit in 64 bits"),
    ("[float(createArray())]", "to be a string or an integer or a number. The provided value is of type 'Array'"),
    ("[div(1, 0)]", "the divisor must not be '0'"),
    ("[int('one')]", "cannot be converted to an integer"),
    ("[parameters('missing')]", "The template parameter 'missing' is not found."),
    ("[variables('missing')]", "The template variable 'missing' is not found."),
    ("[parameters('settings').nothing]", "'nothing' doesn't exist, available properties are 'Size, list'"),
    ("[parameters('settings').list[7]]", "array index '7' is out of bounds"),
    ("[parameters('name')[0]]", "The language expression property '0' can't be evaluated."),
    ("[reference('vm')]", "The template function 'reference' is not expected at this location."),
    ("[copyIndex()]", "can be used in a copy loop only"),
    ("[utcNow()]", "can be used in a parameter's default only"),
    ("[newGuid()]", "can be used in a parameter's default only"),
    ("[substring('abc', 2, 5)]", "must refer to a location within the string"),
    ("[resourceId('Microsoft.X/y/w', 'z')]", "requires '2' resource name argument(s) while '1' were provided"),
    ("[resourceId('not-a-guid', 'g', 'Microsoft.X/y', 'z')]", "is not valid subscription identifier"),
    ("[json('{')]", "not valid JSON"),
    ("[json('1e999')]", "not valid JSON"),
    ("[range(0, 10001)]", "the count must be from '0' to '10000'"),
    ("[padLeft('a', 999999)]", "from '0' to '131072'"),
    ("[format('{0} {1}', 'a')]", "less than the size of the argument list"),
    ("[lambda('x', 1)]", "a lambda is expected only as an argument"),
    ("[map(createArray(1), 'x')]", "it expects a lambda"),
    ("[fail('on purpose')]", "on purpose"),
    ("[" + "concat(" * 80 + "'a'" + ")" * 80 + "]", "nested deeper than"),
    ("[concat('" + "a" * 25_000 + "')]", "length limit exceeded"),
]


@pytest.mark.parametrize(("expression", "message"), WRONG)
def test_a_wrong_expression_says_what_is_wrong(expression: str, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value_of(expression)

    assert message in caught.value.message


def test_expressions_are_evaluated_wherever_they_stand_in_a_document_also_in_names() -> None:
    document = {"a": ["[add(1, 1)]", {"[toLower('KEY')]": "[parameters('count')]"}], "n": None, "t": True}

    assert evaluate(document, SCOPE) == {"a": [2, {"key": 3}], "n": None, "t": True}


def test_a_property_copy_loop_makes_an_array() -> None:
    document = {"copy": [{"name": "disks", "count": "[parameters('count')]", "input": {"lun": "[copyIndex('disks')]"}}]}

    assert evaluate(document, SCOPE) == {"disks": [{"lun": 0}, {"lun": 1}, {"lun": 2}]}


def test_copy_index_counts_from_its_offset_and_finds_the_loop_that_it_names() -> None:
    scope = Scope(target=TARGET, copies=(CopyIndex(name="outer", index=4), CopyIndex(name="inner", index=1)))

    assert value_of("[copyIndex()]", scope) == 1
    assert value_of("[copyIndex(10)]", scope) == 11
    assert value_of("[copyIndex('outer', 1)]", scope) == 5


def test_a_function_of_the_template_sees_its_own_arguments_only() -> None:
    function = UserFunction(name="contoso.name", parameters=("prefix",), output="[concat(parameters('prefix'), '-vm')]")
    nosy = UserFunction(name="contoso.nosy", parameters=(), output="[parameters('name')]")
    scope = Scope(target=TARGET, parameter=parameter, functions={"contoso.name": function, "contoso.nosy": nosy})

    assert value_of("[contoso.NAME('my')]", scope) == "my-vm"
    with pytest.raises(ExpressionError, match="'name' is not found"):
        value_of("[contoso.nosy()]", scope)


def test_a_parameters_default_may_ask_for_the_time_and_for_a_new_guid_which_stays_the_same() -> None:
    scope = Scope(target=TARGET, defaults=True, salt="p")
    other = Scope(target=TARGET, defaults=True, salt="q")

    assert value_of("[utcNow()]", scope) == "20260102T030405Z"
    assert value_of("[utcNow('d MMM yyyy, h:mm tt')]", scope) == "2 Jan 2026, 3:04 AM"
    assert value_of("[newGuid()]", scope) == value_of("[newGuid()]", scope)
    assert value_of("[newGuid()]", scope) != value_of("[newGuid()]", other)
    assert value_of("[equals(newGuid(), newGuid())]", scope) is False


_WORDS = st.sampled_from(
    [
        *names(),
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        "'a'",
        "'",
        "''",
        "0",
        "-1",
        "99",
        " ",
        "x",
        "\u00e9",
        "{0}",
        "lambda('x',",
    ]
)


def outcome(text: str, scope: Scope = SCOPE) -> tuple[str, Any]:
    """The value of an expression or the error that it gives; everything else rises."""
    try:
        return "value", json.dumps(value_of(text, scope))
    except TemplateError as error:
        return error.error()["code"], error.message


@settings(deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(_WORDS, max_size=25).map("".join)))
def test_whatever_stands_between_brackets_has_a_value_or_a_template_error(inside: str) -> None:
    text = f"[{inside}]"
    kind, what = outcome(text)

    assert kind in ("value", "InvalidTemplate")
    assert what
    assert outcome(text) == (kind, what)


_LEAVES = st.one_of(
    st.text(alphabet="aB0-/.é{}\ud800", max_size=8),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-3, 40),
    st.booleans(),
    st.none(),
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)
_ARGUMENTS = st.one_of(_VALUES, st.just("lambda"))


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(names()), st.lists(_ARGUMENTS, max_size=4))
def test_every_function_takes_any_arguments_or_refuses_them_with_a_template_error(name: str, values: list[Any]) -> None:
    arguments = [
        "lambda('x', lambdaVariables('x'))" if value == "lambda" else f"parameters('{index}')"
        for index, value in enumerate(values)
    ]
    scope = Scope(target=TARGET, parameter=lambda key: values[int(key)] if key.isdigit() else parameter(key))
    kind, what = outcome(f"[{name}({', '.join(arguments)})]", scope)

    assert kind in ("value", "InvalidTemplate")
    assert what or name == "fail"


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@given(st.text(max_size=30))
def test_a_string_literal_keeps_every_character(text: str) -> None:
    assert value_of("[" + _literal(text) + "]") == text


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_parsing_an_expression_again_gives_the_same_tree(numbers: list[int]) -> None:
    text = "[concat(" + ", ".join(map(str, numbers)) + ")]"

    assert is_expression(text)
    assert parse(text) == parse(text)
