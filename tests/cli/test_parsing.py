from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from tests.cli.conftest import Call

from azjobs.cli.parsing import Command, GlobalOption, LazyGroup, ListOption
from azjobs.cli.program import program


def commands(group: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command and group with the words that call it."""
    yield path, group
    if isinstance(group, LazyGroup):
        context = click.Context(group)
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            assert found is not None
            yield from commands(found, *path, name)


ALL = dict(commands(program))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_a_help_with_the_global_options(here: Call, path: tuple[str, ...]) -> None:
    said = here(*path, "--help")
    assert (said.code, said.err) == (0, "")
    assert "Global options:" in said.out
    assert max(map(len, said.out.splitlines())) <= 100
    own = said.out.partition("Global options:")[0]
    assert "--debug" not in own


@pytest.mark.parametrize(
    "path", [path for path, command in ALL.items() if isinstance(command, LazyGroup)], ids=" ".join
)
def test_every_entry_of_a_group_has_the_name_and_a_summary_of_its_command(path: tuple[str, ...]) -> None:
    group = ALL[path]
    assert isinstance(group, LazyGroup)
    for name, entry in group.entries.items():
        found = group.get_command(click.Context(group), name)
        assert found is not None
        assert found.name == (entry.alias_of or name)
        assert bool(entry.summary) is (entry.alias_of is None)


def test_no_option_takes_a_secret() -> None:
    for command in ALL.values():
        for parameter in command.params:
            words = " ".join(parameter.opts)
            if "password" in words or "secret" in words:
                assert any(ending in words for ending in ("-file", "-stdin")) or parameter.expose_value is False


def test_the_global_options_are_the_same_everywhere() -> None:
    for command in ALL.values():
        names = [
            option.name for option in command.get_params(click.Context(command)) if isinstance(option, GlobalOption)
        ]
        assert names == ["output", "query", "yes", "debug"]


@pytest.mark.parametrize(
    ("arguments", "tags"),
    [
        (["--tags", "a=1", "b=2"], ("a=1", "b=2")),
        (["--tags", "a=1", "--tags", "b=2"], ("a=1", "b=2")),
        (["--tags=a=1", "-n", "x"], ("a=1",)),
        (["--tags", "a=1", "b=2", "-n", "x"], ("a=1", "b=2")),
        ([], ()),
    ],
)
def test_a_list_option_takes_values_one_after_the_other(arguments: list[str], tags: tuple[str, ...]) -> None:
    seen: list[tuple[str, ...]] = []

    @click.command("x", cls=Command)
    @click.option("--tags", cls=ListOption)
    @click.option("-n")
    def tagged(tags: tuple[str, ...], n: str | None) -> None:
        seen.append(tags)

    with tagged.make_context("x", arguments) as context:
        tagged.invoke(context)
    assert seen == [tags]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["lst"], "azjobs: 'azjobs' has no command 'lst'. Did you mean 'list'? `azjobs --help` shows what there is."),
        (["list", "--stat", "x"], "azjobs: No such option"),
        (["list", "--state", "Happy"], "azjobs: 'Happy' is no value for --state: choose one of NotStarted, Running,"),
        (["list", "-o", "xml"], "azjobs: 'xml' is no value for --output: choose one of table, json, yaml, tsv."),
        (["list", "--query", "[].", "-o", "json"], "azjobs: --query '[].' is no JMESPath (wrong from character 4"),
        (["list", "--query", "keys(@)"], "azjobs: --query 'keys(@)' cannot be applied to this result:"),
        (["list", "more"], "azjobs: Got unexpected extra argument (more)."),
        (["wait", "1", "--timeout", "-1"], "azjobs: Invalid value for '--timeout': -1.0 is not in the range x>=0."),
        (["receive", "1", "--timeout", "5"], "azjobs: --timeout is for --wait: give both or neither."),
        (["show"], "azjobs: Missing argument 'JOB...'. `azjobs show --help` shows what there is."),
        (["vm", "create"], "azjobs: Missing option '-n' / '--name'."),
    ],
)
def test_what_was_typed_wrongly_is_exit_code_2_and_one_sentence(
    here: Call, arguments: list[str], sentence: str
) -> None:
    said = here(*arguments)
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1
    assert said.err.startswith(sentence)


def test_the_version_is_said(here: Call) -> None:
    said = here("--version")
    assert (said.code, said.out) == (0, "azjobs 0.1.0\n")


def test_a_password_as_an_argument_is_refused_and_not_repeated(here: Call) -> None:
    said = here("vm", "create", "-n", "MyVm", "--admin-password", "Hunter2-Hunter2")
    assert said.code == 2
    assert "--password-file FILE or --password-stdin" in said.err
    assert "Hunter2" not in said.err
