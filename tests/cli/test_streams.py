from __future__ import annotations

import os
import subprocess

import pytest
from tests.cli.conftest import Call, Jobs, command, environment


@pytest.mark.skipif(os.name != "posix", reason="pipes break differently elsewhere")
def test_a_reader_that_leaves_is_no_error(jobs: Jobs) -> None:
    jobs.add(name="x" * 3_000_000)  # more than any pipe holds
    process = subprocess.Popen(
        command("list", "--no-refresh"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert process.stdout is not None
    assert process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as errors:
        assert errors.read() == b""
    assert process.wait(timeout=30) == 141


@pytest.mark.skipif(os.name != "posix", reason="there is no /dev/full elsewhere")
def test_a_full_disk_under_the_output_is_one_sentence(jobs: Jobs) -> None:
    jobs.add()
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            command("list", "--no-refresh"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            timeout=30,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "azjobs: The output cannot be written: No space left on device.\n"


def test_no_colour_and_no_cut_names_in_a_pipe(azjobs: Call, jobs: Jobs) -> None:
    jobs.add(name="long-" * 60)
    said = azjobs("list", "--no-refresh", env={"NO_COLOR": "", "FORCE_COLOR": "1", "COLUMNS": "40"})
    assert "long-" * 60 in said.out
    assert "\x1b" not in said.out


def test_a_name_that_the_encoding_cannot_show_is_shown_escaped(azjobs: Call, jobs: Jobs) -> None:
    jobs.add(name="Größe →")
    said = azjobs("list", "--no-refresh", env={"PYTHONIOENCODING": "latin-1:strict"})
    assert said.code == 0
    assert "\\u2192" in said.out
