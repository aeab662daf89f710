from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import azjobs


def test_what_type_checkers_read_is_what_python_finds() -> None:
    tree = ast.parse(Path(azjobs.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    read = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname == alias.name
    }
    assert read == azjobs._HOME_OF
    assert sorted(azjobs.__all__) == sorted([*read, "__version__"])


def test_every_public_name_resolves() -> None:
    for name in azjobs.__all__:
        assert getattr(azjobs, name) is not None
    assert not hasattr(azjobs, "no_such_name")


def test_every_error_has_a_code_of_its_own() -> None:
    from azjobs import errors

    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    codes = [each.code for each in classes if issubclass(each, errors.AzJobsError)]
    assert len(codes) == len(set(codes))


def test_importing_azjobs_and_its_job_verbs_loads_nothing_heavy() -> None:
    code = (
        "import sys, azjobs\n"
        "azjobs.get_job, azjobs.get_job(all_sessions=True)\n"
        "heavy = {'asyncio', 'azure', 'aiohttp', 'rich', 'requests', 'msal', 'multiprocessing', 'click'}\n"
        "print(sorted(heavy & set(sys.modules)), len(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy, _, count = done.stdout.rpartition(" ")
    assert heavy == "[]"
    assert int(count) < 190
