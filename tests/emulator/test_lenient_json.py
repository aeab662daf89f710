"""ARM takes more than strict JSON: what templates are written in, and what the Azure command line sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azjobs.emulator import lenient

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 1, $b_2: [true, null,],}", {"a": 1, "$b_2": [True, None]}),
        ("// first\n{'a' /* one */: 'b' // two\n}", {"a": "b"}),
        ('{"url": "http://x/*no comment*/"}', {"url": "http://x/*no comment*/"}),
        ("""{"a": 'it\\'s "so"'}""", {"a": 'it\'s "so"'}),
        ('{"a": "one\n two"}', {"a": "one\n two"}),
        ('\ufeff{"a": 1.5e3}', {"a": 1.5e3}),
        ("{true: true}", {"true": True}),
        ("/**/[]", []),
    ],
)
def test_what_templates_are_written_in_is_read(text: str, value: Any) -> None:
    assert lenient.loads(text.encode()) == value


@pytest.mark.parametrize("text", ["", "{", "{a: b}", '{"a', "{/* }", "{/*/}", "[1 2]", "{'a}", "\\", '{"a\\', "[,]x"])
def test_what_is_no_json_at_all_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="char"):
        lenient.loads(text.encode())


@given(values)
def test_strict_json_stays_as_it_is(value: Any) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False)
    assert lenient.strict(text) == text


@given(st.text(alphabet="{}[]:,\"'/*\\ab1 \n"))
def test_no_text_does_anything_but_parse_or_fail(text: str) -> None:
    try:
        value = lenient.loads(text.encode())
    except ValueError:
        return
    assert json.loads(json.dumps(value)) == value


def test_a_body_of_unclosed_comments_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="char"):
        lenient.loads(b"/* " * 300_000)


def test_a_template_with_comments_is_deployed_and_its_mistakes_have_their_lines(arm: Arm) -> None:
    arm.make_group()
    deployment = f"{arm.group}/providers/Microsoft.Resources/deployments/d"
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    text = f"""{{"properties": {{"mode": "Incremental", "parameters": {{}}, template:{{
      // what the Azure command line sends
      "$schema": "{schema}",
      contentVersion: '1.0.0.0', /* a comment
      of two lines */
      "parameters": {{
        "name": {{"type": "string"}},
      }},
      "resources": [],
    }}}}}}"""
    good = text.replace('"type": "string"', '"type": "string", "defaultValue": "it"')
    status, code, message = arm.error("PUT", deployment, text.encode())

    assert (status, code) == (400, "InvalidTemplate")
    assert "at line '7' and column '17'" in message
    assert arm.ask("PUT", deployment, good.encode()).status == 201
