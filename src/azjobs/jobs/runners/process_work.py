"""What a process job is to do, checked and packed for its journey to another process."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from azjobs.errors import InvalidArgument
from azjobs.jobs import registry
from azjobs.jobs.private import private_pipe

GRACE = 5.0  # seconds between asking a process to end and killing it

# A text in a pickle (opcode, length) that is the name of Azure's packages or ours, or of a module in them. A wrong
# guess costs the job the time of its imports, and nothing else.
_NAMES_AZURE = re.compile(rb"\x8c.(?:azure|azjobs)[.\x94]", re.DOTALL)

Kind = Literal["function", "script", "command"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ProcessWork:
    """The work of a process job. Making one checks and packs it: what cannot be sent raises before there is a job.

    Attributes:
        target: a callable, the path of a Python script (a Path, or a text that ends in .py), or a command line as a
            sequence of texts. Functions of `__main__`, lambdas and closures travel by value.
        args: positional arguments of a function; arguments of a script or command, as texts.
        kwargs: arguments by keyword, for a function only.
        context: the Azure context that the caller passed, or None.
        working_directory: where the process runs; the caller's own when None.
        environment: variables added to the caller's.
        initialization: called in the process before the target.
        timeout: seconds after which the job is killed and Failed.
        grace: seconds that the processes of the job have to end by themselves before they are killed.

    Raises:
        InvalidArgument: the target cannot be run, or something cannot be sent to another process; the text names it.

    Example:
        >>> ProcessWork(target=sum, args=([1, 2, 3],)).kind
        'function'
    """

    target: Callable[..., Any] | Path | str | Sequence[str]
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    context: object | None = None
    working_directory: Path | None = None
    environment: Mapping[str, str] | None = None
    initialization: Callable[[], Any] | None = None
    timeout: float | None = None
    grace: float = GRACE
    kind: Kind = field(init=False)
    uses_azure: bool = field(init=False)
    request: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check and pack."""
        if self.timeout is not None and not (isinstance(self.timeout, (int, float)) and self.timeout > 0):
            raise InvalidArgument(
                f"timeout is {self.timeout!r}: give a number of seconds above 0, or None for no limit."
            )
        object.__setattr__(self, "kind", _kind(self.target))
        if self.kwargs and self.kind != "function":
            raise InvalidArgument(f"kwargs are for functions: a {self.kind} takes its arguments as texts in args.")
        folder = _folder(self.working_directory)
        environment = {**os.environ, **_variables(self.environment)}
        cargo, captured = self._pack(folder, environment)
        uses_azure = captured is not None or _NAMES_AZURE.search(cargo) is not None
        object.__setattr__(self, "uses_azure", uses_azure)
        request = {
            "kind": self.kind,
            "cargo": cargo,
            "context": captured,
            "folder": folder,
            "environment": environment,
            "sys_path": _absolute(sys.path),
            "argv": list(sys.argv),
        }
        object.__setattr__(self, "request", pickle.dumps(request, protocol=pickle.HIGHEST_PROTOCOL))

    def _pack(self, folder: str, environment: Mapping[str, str]) -> tuple[bytes, bytes | None]:
        with private_pipe() as passengers:
            cargo = {
                "target": self._sendable_target(folder, environment),
                "args": self.args,
                "kwargs": dict(self.kwargs),
                "initialization": self.initialization,
            }
            packed = _dumps(cargo)
            hook = registry.context_hook()
            if hook is None:
                return packed, None
            return packed, hook.capture(self.context, list(passengers))

    def _sendable_target(self, folder: str, environment: Mapping[str, str]) -> Callable[..., Any] | list[str]:
        if callable(self.target):
            return self.target
        own = [self.target] if isinstance(self.target, (str, Path)) else self.target
        words = [_word(word) for word in (*own, *self.args)]
        if self.kind == "script":
            script = Path(folder, words[0])
            if not script.is_file():
                raise InvalidArgument(f"There is no script {str(script)!r}: give the path of a Python file.")
            words[0] = str(script)
        elif _find_program(words[0], folder, environment) is None:
            raise InvalidArgument(
                f"There is no command {words[0]!r} that can be run: give its full path or put it on PATH."
            )
        return words


def _kind(target: object) -> Kind:
    if callable(target):
        return "function"
    if isinstance(target, Path):
        return "script" if target.suffix == ".py" else "command"
    if isinstance(target, str):
        if target.endswith(".py"):
            return "script"
        raise InvalidArgument(
            f"{target!r} is no Python script: a text must be the path of a file that ends in .py, "
            "and a command line is given as a list, as in ['git', 'status']."
        )
    if isinstance(target, Sequence) and not isinstance(target, (bytes, bytearray)) and target:
        return "command"
    raise InvalidArgument(
        f"{target!r} cannot be run: give a function, the path of a Python script, or a command line as a list of texts."
    )


def _word(argument: object) -> str:
    if isinstance(argument, (str, int, float, os.PathLike)) and not isinstance(argument, bool):
        return str(argument)
    raise InvalidArgument(f"{argument!r} cannot be an argument of a script or a command: give texts, numbers or paths.")


def _folder(folder: Path | None) -> str:
    if folder is None:
        try:
            return os.getcwd()
        except OSError:
            raise InvalidArgument("The current folder does not exist any more: pass working_directory.") from None
    if not folder.is_dir():
        raise InvalidArgument(f"working_directory {str(folder)!r} is not a folder.")
    return str(folder.absolute())


def _variables(environment: Mapping[str, str] | None) -> Mapping[str, str]:
    if environment is not None and not isinstance(environment, Mapping):
        raise InvalidArgument(f"environment is a dictionary of texts, as in {{'NAME': 'value'}}, not {environment!r}.")
    for name, value in (environment or {}).items():
        if not isinstance(name, str) or not isinstance(value, str) or not name or "=" in name or "\0" in name + value:
            raise InvalidArgument(f"environment has {name!r}, which cannot be a variable: names and values are texts.")
    return environment or {}


def _find_program(word: str, folder: str, environment: Mapping[str, str]) -> str | None:
    if os.path.dirname(word):
        word = os.path.join(folder, word)
    return shutil.which(word, path=environment.get("PATH"))


def _absolute(path: Sequence[str]) -> list[str]:
    # An empty or relative entry means the caller's folder, which need not be the job's.
    return list(dict.fromkeys(os.path.abspath(entry) for entry in path))


def _dumps(cargo: Mapping[str, Any]) -> bytes:
    import cloudpickle

    functions = (cargo["target"], cargo["initialization"])
    modules = [module for function in functions if (module := _local_module(function)) is not None]
    try:
        for module in modules:
            cloudpickle.register_pickle_by_value(module)
        return bytes(cloudpickle.dumps(cargo, protocol=pickle.HIGHEST_PROTOCOL))
    except InvalidArgument:
        raise
    except Exception as error:
        culprit, cause = _culprit(cargo, error)
        raise InvalidArgument(
            f"{culprit} cannot be sent to another process: {cause}. Pass what it is made from, "
            "and make it in the job; or use submit(), which runs a function on a thread of this process."
        ) from error
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _local_module(function: object) -> ModuleType | None:
    """Return the function's module when a fresh process could not import it: it then travels by value."""
    import cloudpickle

    name = getattr(function, "__module__", None)
    module = sys.modules.get(name) if isinstance(name, str) and name != "__main__" else None
    if module is None or name is None or name in cloudpickle.list_registry_pickle_by_value():
        return None
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or top in sys.builtin_module_names:
        return None
    return None if _importable(top, getattr(module, "__file__", None)) else module


def _importable(top: str, file: str | None) -> bool:
    if file is None:
        return True
    spec = PathFinder.find_spec(top) or _found_by_others(top)
    if spec is None:
        return False
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    # A folder or package of the same name elsewhere on the path would be imported in its stead.
    return any(os.path.dirname(os.path.abspath(place)) in os.path.abspath(file) for place in places)


def _found_by_others(top: str) -> Any:
    import importlib.util

    try:
        return importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return None


def _culprit(cargo: Mapping[str, Any], error: Exception) -> tuple[str, str]:
    import cloudpickle

    parts = [("The target", cargo["target"]), ("initialization", cargo["initialization"])]
    parts += [(f"Argument {number}", value) for number, value in enumerate(cargo["args"], 1)]
    parts += [(f"Argument {name!r}", value) for name, value in cargo["kwargs"].items()]
    for label, value in parts:
        try:
            cloudpickle.dumps(value)
        except Exception as cause:
            kind = type(value).__qualname__
            subject = getattr(value, "__qualname__", None) if label == "The target" else None
            return f"{label} ({subject or kind})", str(cause) or type(cause).__name__
    return "The job", str(error) or type(error).__name__
