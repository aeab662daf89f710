"""The fixtures that azjobs gives to other people's tests."""

from __future__ import annotations

import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from azjobs.emulator import pytest_plugin

pytest_plugins = ["pytester"]
PLUGIN = "azjobs.emulator.pytest_plugin"
PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """Run pytest as somebody who has installed azjobs does."""
    installed = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
    plugin = () if installed else ("-p", PLUGIN)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *plugin, *options)


def test_pytest_finds_the_plugin_when_azjobs_is_installed() -> None:
    declared = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["entry-points"]["pytest11"]
    assert declared == {"azjobs_emulator": pytest_plugin.__name__}


def test_each_test_gets_an_azure_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from azure.mgmt.resource.resources import ResourceManagementClient

        @pytest.mark.parametrize("number", [1, 2])
        def test_a_group(azure_emulator, number):
            groups = azure_emulator.client(ResourceManagementClient).resource_groups
            assert not groups.check_existence("g")
            groups.create_or_update("g", {"location": "eastus"})
            groups.begin_delete("g").result()
            groups.create_or_update("g", {"location": "westus"})
        """
    )
    run(pytester).assert_outcomes(passed=2)


def test_a_session_shares_one_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from azure.mgmt.resource.resources import ResourceManagementClient

        seen = []

        def test_one(azure_emulator_server):
            groups = azure_emulator_server.client(ResourceManagementClient).resource_groups
            groups.create_or_update("one", {"location": "eastus"})
            seen.append(azure_emulator_server.running.pid)

        def test_other(azure_emulator_server):
            assert [azure_emulator_server.running.pid] == seen
            assert azure_emulator_server.endpoint.startswith("https://127.0.0.1:")
            groups = azure_emulator_server.client(ResourceManagementClient).resource_groups
            assert groups.check_existence("one")
        """
    )
    run(pytester).assert_outcomes(passed=2)


def test_nothing_is_loaded_for_tests_that_use_neither(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_of_something_else():
            heavy = {"azure.core", "aiohttp", "cryptography", "azjobs.emulator.core", "azjobs.emulator.embedded"}
            assert not heavy & set(sys.modules)
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_the_fixtures_are_listed_with_what_they_are(pytester: pytest.Pytester) -> None:
    listed = run(pytester, "--fixtures").stdout
    listed.fnmatch_lines(["azure_emulator*", "*An Azure in this process*", "azure_emulator_server*", "*over HTTPS*"])
