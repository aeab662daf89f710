"""What docs/emulator.md says is so: its examples run, its tables are the code's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from azjobs.emulator import CLIENT_ID, CLIENT_SECRET, TENANT_ID, modelled
from azjobs.emulator.faults import reading

pytest_plugins = ["pytester"]
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "emulator.md"
TEXT = GUIDE.read_text(encoding="utf-8")
PLUGIN = "azjobs.emulator.pytest_plugin"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def named(name: str) -> str:
    (block,) = [block for block in blocks("python") if block.startswith(f"# {name}\n")]
    return block


EXAMPLES = [block for block in blocks("python") if not block.startswith("# ")]


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_runs(number: int) -> None:
    exec(compile(EXAMPLES[number], f"{GUIDE.name}, example {number + 1}", "exec"), {"__name__": "__main__"})


def test_the_example_for_pytest_passes(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> None:
    pytester.makepyfile(test_cleanup=named("test_cleanup.py"))
    plugin = () if request.config.pluginmanager.has_plugin("azjobs_emulator") else ("-p", PLUGIN)
    pytester.runpytest_subprocess("-p", "no:cacheprovider", *plugin).assert_outcomes(passed=3)


@pytest.mark.skipif(shutil.which("sh") is None, reason="the example is for a POSIX shell")
def test_the_example_for_a_shell_runs(tmp_path: Path) -> None:
    (script,) = blocks("sh")
    (tmp_path / "program.py").write_text(named("program.py"), encoding="utf-8")
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    environment = {**os.environ, "PATH": path}
    try:
        done = subprocess.run(
            ["sh", "-e", "-u", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
    finally:
        stop = [sys.executable, "-m", "azjobs", "emulator", "stop"]
        subprocess.run(stop, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "done"


def test_the_table_of_types_is_that_of_the_code() -> None:
    assert modelled.update(TEXT) == TEXT, f"run: python -m azjobs.emulator.modelled docs/{GUIDE.name}"


def test_every_effect_of_the_fault_plan_is_explained() -> None:
    rows = "\n".join(line for line in TEXT.splitlines() if line.startswith("| `"))
    assert [name for name in reading._EFFECTS if f"`{name}`" not in rows] == []


def test_the_values_that_the_guide_names_are_those_of_the_emulator() -> None:
    assert all(value in TEXT for value in (CLIENT_ID, CLIENT_SECRET, TENANT_ID))


def test_a_guide_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="The guide has no lines"):
        modelled.update("# A guide\n")


def test_the_table_is_printed_or_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert modelled.main([]) == 0
    assert "| `Microsoft.Compute/virtualMachines` | full | create, update, patch, delete |" in capsys.readouterr().out
    guide = tmp_path / "guide.md"
    guide.write_text(f"before\n{modelled.BEGIN}\nold\n{modelled.END}\nafter\n", encoding="utf-8")
    assert modelled.main([str(guide)]) == 0
    text = guide.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "\nold\n" not in text
