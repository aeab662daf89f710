"""Commands and groups: global options anywhere on the line, sub-commands imported when they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from azjobs.cli.settings import OutputFormat, Settings


@dataclass(frozen=True, slots=True)
class Entry:
    """A sub-command that is imported when it is called.

    Attributes:
        target: `package.module:attribute`.
        summary: its line in the help of the group.
        section: the heading that it stands under there.
        alias_of: the name that it is another name of; aliases are not listed.
    """

    target: str
    summary: str = ""
    section: str = "Commands"
    alias_of: str | None = None


class GlobalOption(click.Option):
    """An option that every command takes; it is listed apart."""


class ListOption(click.Option):
    """An option that takes one or more values, as Azure CLI's: `--tags a=1 b=2`, and may be repeated."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **{**keywords, "multiple": True})


class _Parser(click.Command):
    """What commands and groups of ours have in common: the global options and where the help lists them."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters and the global options."""
        own = super().get_params(ctx)
        taken = {name for parameter in own for name in parameter.opts}
        return [*own, *(option for option in _GLOBAL if not taken & set(option.opts))]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, its sub-commands, then the global options."""
        own: list[tuple[str, str]] = []
        everywhere: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            if (record := parameter.get_help_record(ctx)) is not None:
                shared = isinstance(parameter, GlobalOption) or parameter.name == "help"
                (everywhere if shared else own).append(record)
        if own:
            with formatter.section("Options"):
                formatter.write_dl(own)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)
        with formatter.section("Global options"):
            formatter.write_dl(everywhere)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they stand."""
        if self.epilog:
            formatter.write_paragraph()
            formatter.write("Examples:\n")
            for line in self.epilog.strip().splitlines():
                formatter.write(f"  {line.strip()}\n")


class Command(_Parser):
    """A command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments after giving each value of a ListOption an option of its own."""
        lists = {name for option in self.params if isinstance(option, ListOption) for name in option.opts}
        return super().parse_args(ctx, _spread(args, lists) if lists else args)


class LazyGroup(_Parser, click.Group):
    """A group whose sub-commands are imported when they are called; its help imports none of them."""

    def __init__(self, *arguments: Any, entries: Mapping[str, Entry], **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.entries = dict(entries)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the sub-commands, without aliases."""
        return [name for name, entry in self.entries.items() if entry.alias_of is None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a sub-command."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.target.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the sub-command that the arguments name, or say which one may have been meant."""
        name = args[0]
        if name not in self.entries and not name.startswith("-"):
            near = get_close_matches(name, self.list_commands(ctx), n=1)
            meant = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"{ctx.command_path!r} has no command {name!r}.{meant}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sub-commands under their headings."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.entries.items():
            if entry.alias_of is None:
                sections.setdefault(entry.section, []).append((name, entry.summary))
        widest = max(len(name) for name in self.entries)
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl([(name.ljust(widest), summary) for name, summary in rows])


def _spread(args: Sequence[str], lists: Set[str]) -> list[str]:
    """Turn `--tags a=1 b=2` into `--tags a=1 --tags b=2`."""
    spread: list[str] = []
    current = ""
    for index, argument in enumerate(args):
        if argument == "--":
            return [*spread, *args[index:]]
        if argument.startswith("-") and len(argument) > 1:
            current = argument if argument in lists else ""
        elif current and spread[-1] != current:
            spread.append(current)
        spread.append(argument)
    return spread


def _remember_output(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(Settings).output = OutputFormat(value.lower())


def _remember_query(context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value is not None:
        from azjobs.cli.query import check

        context.ensure_object(Settings).query = check(value)


def _remember_yes(context: click.Context, _option: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Settings).yes = True


def _remember_debug(context: click.Context, _option: click.Parameter, value: bool) -> None:
    settings = context.ensure_object(Settings)
    if value and not settings.debug:
        from azjobs.cli.debugging import show_requests

        settings.debug = True
        settings.at_end.append(show_requests())


_GLOBAL = (
    GlobalOption(
        ["-o", "--output"],
        type=click.Choice([str(name) for name in OutputFormat], case_sensitive=False),
        help="How results are printed; table when nothing is said.",
        expose_value=False,
        callback=_remember_output,
    ),
    GlobalOption(
        ["--query"],
        metavar="JMESPATH",
        help="Pick from the result as JSON, for example \"[?state=='Running'].id\".",
        expose_value=False,
        callback=_remember_query,
    ),
    GlobalOption(
        ["-y", "--yes"],
        is_flag=True,
        help="Answer every question with yes.",
        expose_value=False,
        callback=_remember_yes,
    ),
    GlobalOption(
        ["--debug"],
        is_flag=True,
        is_eager=True,
        help="Show HTTP requests and tracebacks on standard error, without secrets.",
        expose_value=False,
        callback=_remember_debug,
    ),
)
