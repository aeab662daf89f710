"""The process of a job: it reads what to do, does it, and tells its owner what came of it."""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import inspect
import os
import pickle
import signal
import sys
import threading
import time
import types
from typing import Any, NoReturn

from azjobs.jobs import registry
from azjobs.jobs.records import Payload, Stream
from azjobs.jobs.runners import child_streams
from azjobs.jobs.runners.child_reasons import Ending, Terminated, Unpicklable, ending_of, unpicklable
from azjobs.jobs.runners.child_streams import FrameWriter, JobStreams
from azjobs.jobs.runners.process_launching import JOB_VARIABLE
from azjobs.jobs.runners.process_linux import become_subreaper, die_with


def warm_up() -> None:
    """Import beforehand what every job needs."""
    import cloudpickle  # noqa: F401

    registry.context_hook()


def run_forked(channel: int, output: int, error: int, *, parent: int) -> NoReturn:
    """Be a job's process, just forked: take its file descriptors, then run it."""
    die_with(parent)
    become_subreaper()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (error, 2)):
        os.dup2(source, target)
        os.close(source)
    os.set_inheritable(channel, False)
    run(read_request(channel), channel)


def read_request(inbox: int) -> dict[str, Any]:
    """Read what the owner asks for."""
    size = int.from_bytes(_read_exactly(inbox, 8), "big")
    request: dict[str, Any] = pickle.loads(_read_exactly(inbox, size))
    request |= pickle.loads(request.pop("work"))
    return request


def _read_exactly(fd: int, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = os.read(fd, min(size - len(data), 1 << 20))
        if not part:
            os._exit(0)  # the owner is gone before it has said what to do
        data += part
    return bytes(data)


def run(request: dict[str, Any], outbox: int) -> NoReturn:
    """Run a job in this process and end the process."""
    streams = JobStreams(FrameWriter(outbox), Stream.INFORMATION if request["kind"] == "function" else Stream.OUTPUT)
    child_streams.make_current(streams)
    process = os.getpid()
    try:
        _settle_in(request, streams)
        streams.note({"event": "started", "pid": process})
        ending = _perform(request, streams)
    except BaseException as error:
        ending = _exited(ending_of(error), request["kind"], streams)
    if os.getpid() != process:
        _leave(ending.exit_code)  # a fork that returned from the job's function is not the job
    try:
        _wind_up()
    except Terminated as error:
        ending = ending_of(error)
    except BaseException as error:
        streams.write(Stream.ERROR, Payload.text(f"At the end of the job: {type(error).__name__}: {error}"))
    _ignore_signals()
    streams.flush()
    if ending.error is not None:
        streams.write(Stream.ERROR, Payload.text(ending.error))
    streams.note({"event": "ended", **ending.to_json()})
    os._exit(ending.exit_code)


def _exited(ending: Ending, kind: str, streams: JobStreams) -> Ending:
    """Return the ending of work that raised, with the result of one that only left with `sys.exit()`."""
    if ending.reason is not None:
        return ending
    if kind != "function":
        return Ending(result="items")
    return _emit(None, streams)


def _settle_in(request: dict[str, Any], streams: JobStreams) -> None:
    """Make the process what the caller's is: folder, environment, import path; and the streams records."""
    streams.install()
    faulthandler.enable(2)
    signal.signal(signal.SIGTERM, _asked_to_end)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, _asked_to_end)
    os.chdir(request["folder"])
    _take_environment({**request["environment"], JOB_VARIABLE: request["instance_id"]})
    sys.path[:] = request["sys_path"]
    sys.argv[:] = request["argv"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    hook = registry.context_hook()
    if hook is not None:
        hook.install(request["context"])


def _take_environment(wanted: dict[str, str]) -> None:
    for name in os.environ.keys() - wanted.keys():
        del os.environ[name]
    zone = os.environ.get("TZ")
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if wanted.get("TZ") != zone and hasattr(time, "tzset"):
        time.tzset()


def _asked_to_end(number: int, frame: types.FrameType | None) -> NoReturn:
    # An exception lets the job's `finally` and `with` blocks tidy up; who swallows it is killed when the grace is over.
    raise Terminated(number)


def _perform(request: dict[str, Any], streams: JobStreams) -> Ending:
    cargo = pickle.loads(request.pop("cargo"))
    if cargo["initialization"] is not None:
        cargo["initialization"]()
    target = cargo["target"]
    match request["kind"]:
        case "script":
            return _run_script(target)
        case "command":
            return _run_command(target)
        case _:
            return _emit(target(*cargo["args"], **cargo["kwargs"]), streams)


def _run_script(words: list[str]) -> Ending:
    import runpy

    sys.argv[:] = words
    sys.path.insert(0, os.path.dirname(words[0]))
    runpy.run_path(words[0], run_name="__main__")
    return Ending(result="items")


def _run_command(words: list[str]) -> Ending:
    import subprocess

    with subprocess.Popen(words, stdin=subprocess.DEVNULL) as process:
        code = process.wait()
    return Ending.of_command(code)


def _emit(value: Any, streams: JobStreams) -> Ending:
    """Write what a function returned: each item of a generator as it comes, anything else as one record."""
    if inspect.isgenerator(value):
        for item in value:
            _emit_item(item, streams)
        return Ending(result="items")
    if inspect.iscoroutine(value) or inspect.isasyncgen(value):
        return _emit_async(value, streams)
    try:
        streams.write(Stream.OUTPUT, payload_of(value))
    except Unpicklable as error:
        return unpicklable(error)
    return Ending(result="value")


def _emit_async(value: Any, streams: JobStreams) -> Ending:
    import asyncio

    async def drain() -> None:
        async for item in value:
            _emit_item(item, streams)

    if inspect.iscoroutine(value):
        return _emit(asyncio.run(value), streams)
    asyncio.run(drain())
    return Ending(result="items")


def _emit_item(item: Any, streams: JobStreams) -> None:
    try:
        payload = payload_of(item)
    except Unpicklable as error:
        streams.write(Stream.ERROR, Payload.text(f"An item of the output was lost: {error}"))
        return
    streams.write(Stream.OUTPUT, payload)


def payload_of(value: Any) -> Payload:
    """Return a value as it travels and is kept.

    Raises:
        Unpicklable: it cannot be pickled.
    """
    if type(value) is str:
        return Payload.text(value)
    if value is None or type(value) in (bool, int):
        return Payload.json(value)
    try:
        return Payload.pickled(value)
    except Exception as error:
        raise Unpicklable(
            f"{type(value).__qualname__} cannot be sent to another process: {error or type(error).__name__}"
        ) from error


def _wind_up() -> None:
    """Do what the end of an interpreter does: wait for threads, run the exit functions."""
    getattr(threading, "_shutdown", lambda: None)()
    getattr(atexit, "_run_exitfuncs", lambda: None)()


def _ignore_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def _leave(code: int) -> NoReturn:
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
