from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from azjobs.jobs.job import COLUMNS
from azjobs.jobs.table import Column, render, render_html, shorten

ROW = ["12", "Long Running Operation for 'new_vm' on resource 'MyVm7'", "AzureLongRunningJob", "Running", "True"]
ROW += ["localhost", "new_vm"]


def test_the_columns_are_the_seeds() -> None:
    titles = [column.title for column in COLUMNS]
    assert titles == ["Id", "Name", "PSJobTypeName", "State", "HasMoreData", "Location", "Command"]


def test_a_table_that_fits_is_not_cut() -> None:
    assert ROW[1] in render(COLUMNS, [ROW], 200)


def test_piped_output_is_never_cut() -> None:
    long = [*ROW[:1], "x" * 3000, *ROW[2:]]
    assert "x" * 3000 in render(COLUMNS, [long], None)


def test_a_narrow_terminal_keeps_the_resources_name_the_state_and_the_id() -> None:
    for width in (80, 100, 120):
        lines = render(COLUMNS, [ROW], width).splitlines()
        assert all(len(line) <= width for line in lines)
        assert "'MyVm7'" in lines[2]
        assert "Running" in lines[2]
        assert lines[2].startswith("12 ")


@given(st.text(max_size=60), st.integers(min_value=0, max_value=70))
def test_a_shortened_text_is_never_longer_than_asked(text: str, width: int) -> None:
    short = shorten(text, width)
    assert len(short) <= width
    if len(text) <= width:
        assert short == text


def test_an_example_is_shortened_in_its_middle() -> None:
    assert shorten("Long Running Operation for 'new_vm' on resource 'MyVm7'", 26) == "Long Run...source 'MyVm7'"[:0] + (
        "Long Run...resource 'MyVm7'"[:8] + "..." + "esource 'MyVm7'"
    )


def test_right_aligned_columns_end_together() -> None:
    text = render([Column("Name", align="right"), Column("Size", align="right")], [["a", "1"], ["bbbbbb", "22"]])
    assert text.splitlines() == ["  Name Size", "  ---- ----", "     a    1", "bbbbbb   22"]


def test_html_escapes_what_it_shows() -> None:
    assert "<script>" not in render_html([Column("Name")], [["<script>"]])
