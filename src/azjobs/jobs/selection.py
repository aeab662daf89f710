"""Which jobs are meant: by job, id, instance id, or name with wildcards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import translate
from typing import Any, TypeAlias

from azjobs.errors import InvalidArgument, JobNotFound
from azjobs.jobs.engine import Engine
from azjobs.jobs.job import Job
from azjobs.jobs.rows import JobRow
from azjobs.jobs.states import JobState

Selector: TypeAlias = Job[Any] | int | str


def resolve(engine: Engine, selectors: str | Iterable[Selector]) -> list[JobRow]:
    """Return the jobs that are meant, each once, in the order given.

    Raises:
        JobNotFound: an id, or a name without wildcards, matches none.
    """
    if isinstance(selectors, str):
        selectors = [selectors]
    elif not isinstance(selectors, Iterable):
        raise InvalidArgument(f"A job, an id or a name is needed, not {type(selectors).__name__}.")
    rows: dict[int, JobRow] = {}
    everything: list[JobRow] | None = None
    for selector in selectors:
        if isinstance(selector, Job):
            found = [selector.row]
        elif isinstance(selector, int):
            found = [engine.journal.get(selector)]
        elif isinstance(selector, str):
            by_id = _by_id(engine, selector)
            if by_id is None and everything is None:
                everything = engine.journal.all()
            found = [by_id] if by_id is not None else by_name(everything or [], selector)
        else:
            raise InvalidArgument(f"A job, an id or a name is needed, not {type(selector).__name__}.")
        rows |= {row.id: row for row in found}
    return list(rows.values())


def by_name(rows: Sequence[JobRow], name: str) -> list[JobRow]:
    """Return the jobs with a name (wildcards, any case); a plain name that nobody has raises JobNotFound."""
    found = [row for row in rows if _like(row.name, name)]
    if not found and not set(name) & set("*?["):
        raise JobNotFound(f"There is no job with the name {name!r}: `azjobs list` shows those there are.")
    return found


def matching(
    rows: Sequence[JobRow], *, state: JobState | str | None, command: str | None, newest: int | None
) -> list[JobRow]:
    """Return the jobs that satisfy all the filters given, by id."""
    if state is not None:
        wanted = _state(state)
        rows = [row for row in rows if row.state is wanted]
    if command is not None:
        rows = [row for row in rows if _like(row.command, command.strip())]
    rows = sorted(rows, key=lambda row: row.id)
    if newest is not None:
        rows = rows[-newest:] if newest > 0 else []
    return rows


def _by_id(engine: Engine, text: str) -> JobRow | None:
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text):
        return engine.journal.find_instance(text.lower())
    return None


def _like(text: str, pattern: str) -> bool:
    return re.match(translate(pattern.lower()), text.lower()) is not None


def _state(state: JobState | str) -> JobState:
    for known in JobState:
        if known.lower() == str(state).lower():
            return known
    raise InvalidArgument(f"{state!r} is no state: use one of {', '.join(JobState)}.")
