from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from azjobs.cli.output import as_table, formatted, tab_separated
from azjobs.cli.settings import OutputFormat
from azjobs.cli.shapes import plain

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], "1\tx\n2\ty"),
        ([[1, None], [True, "z"]], "1\tNone\nTrue\tz"),
        ([{"a": [1, 2, 3], "b": {"c": 1}}], "3\t"),
        (["one", "two"], "one\ntwo"),
        ("one", "one"),
        (True, "true"),
        (None, ""),
        ([], ""),
        ([{"a": "two\nlines\tand a tab"}], "two lines and a tab"),
    ],
)
def test_tsv_is_as_azure_cli_writes_it(data: Any, text: str) -> None:
    assert tab_separated(data) == text


def test_a_table_of_a_query_leaves_out_what_is_nested() -> None:
    assert as_table([{"name": "a", "inner": {}}, {"name": "b", "size": 2}]) == "Name Size\n---- ----\na\nb    2"
    assert as_table(["x", "y"]) == "Result\n------\nx\ny"
    assert as_table([[1, "x"]]) == "Column1 Column2\n------- -------\n1       x"
    assert as_table(None) == ""


@settings(deadline=None)
@given(JSON)
def test_yaml_reads_back_as_what_it_was(data: Any) -> None:
    assert yaml.safe_load(formatted(OutputFormat.YAML, data)) == data


@settings(deadline=None)
@given(JSON)
def test_every_result_has_a_table_and_tsv(data: Any) -> None:
    assert isinstance(formatted(OutputFormat.TABLE, data), str)
    assert isinstance(formatted(OutputFormat.TSV, data), str)


def test_yaml_takes_what_a_query_gives() -> None:
    assert formatted(OutputFormat.YAML, [OrderedDict(b=1, a=2)]) == "- b: 1\n  a: 2"


@dataclass
class Measured:
    wall_time: float
    when: datetime


def test_any_result_becomes_json() -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    assert plain(Measured(1.5, moment)) == {"wallTime": 1.5, "when": "2026-11-22T00:00:00+00:00"}
    assert plain({1: b"\x00", "set": {3}}) == {"1": "AA==", "set": [3]}
    assert plain(PurePosixPath("/a")) == "/a"
    assert plain(OutputFormat.JSON) == "json"


def test_a_model_of_the_sdk_becomes_azures_own_body() -> None:
    from azure.mgmt.compute.models import Plan, VirtualMachine

    machine = VirtualMachine(location="eastus", plan=Plan(promotion_code="free"))
    assert plain([machine]) == [{"location": "eastus", "plan": {"promotionCode": "free"}}]
