"""The streams of the job that this process is: what is printed, logged, warned of and returned becomes records."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, TextIO

from azjobs.jobs.records import Payload, Stream
from azjobs.jobs.runners.child_raw import RawEnds
from azjobs.jobs.runners.process_frames import LARGEST, Frame, FrameKind, LineCutter, chunks


class FrameWriter:
    """Writes frames, each whole, whatever interrupts its caller; a fork of the process writes none."""

    def __init__(self, fd: int) -> None:
        # Its buffer knows how much of a chunk the kernel has taken even when a signal handler raises in the middle.
        self._file = io.BufferedWriter(io.FileIO(fd, "wb"), buffer_size=LARGEST)
        self._lock = threading.RLock()
        self._serial = 0
        self._broken = False
        self._raw = RawEnds.open()
        self.forked = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def send(self, frame: Frame) -> None:
        """Send a frame after everything that was written to the standard streams before it."""
        if self.forked:
            return
        with self._lock:
            self._drain()
            self._put(frame)

    def _put(self, frame: Frame) -> None:
        self._serial += 1
        for chunk in chunks(frame, self._serial):
            if self._broken:
                return
            try:
                self._file.flush()
                self._file.write(chunk)
                self._file.flush()
            except BrokenPipeError:  # the owner is gone, and this process will be in a moment
                self._broken = True

    def _drain(self) -> None:
        if self._raw is None:
            return
        try:
            for stream, data in self._raw.take():
                self._put(Frame(kind=FrameKind.RAW, stream=stream, data=data))
        except OSError:  # the job has closed descriptors that are not its own
            self._raw = None

    def _after_fork(self) -> None:
        self.forked = True
        self._lock = threading.RLock()
        if self._raw is not None:
            self._raw.close()
            self._raw = None


class JobStreams:
    """The seven streams of the job that this process is.

    Args:
        writer: what carries the records to the owner.
        printed: the stream that standard output is: information for a function, output for a script.
    """

    def __init__(self, writer: FrameWriter, printed: Stream = Stream.INFORMATION) -> None:
        self._writer = writer
        self._printed = printed
        self._texts: list[TextIO] = []

    def write(self, stream: Stream, payload: Payload) -> None:
        """Write a record."""
        self._writer.send(Frame(kind=FrameKind.RECORD, stream=stream, encoding=payload.encoding, data=payload.data))

    def note(self, event: dict[str, Any]) -> None:
        """Tell the owner about the job itself."""
        self._writer.send(Frame(kind=FrameKind.NOTE, data=Payload.json(event).data))

    def install(self) -> None:
        """Make `print`, `logging` and `warnings` of this process write records."""
        sys.stdout = sys.__stdout__ = self._text(1, self._printed)  # type: ignore[misc, assignment]
        sys.stderr = sys.__stderr__ = self._text(2, Stream.ERROR)  # type: ignore[misc, assignment]
        handler = _Handler(self)
        logging.getLogger().addHandler(handler)
        logging.basicConfig = _level_setter(handler, logging.basicConfig)
        warnings.showwarning = self._show_warning

    def flush(self) -> None:
        """Write out lines that have no end yet."""
        for text in self._texts:
            with contextlib.suppress(ValueError):  # the job closed it
                text.flush()
                text.buffer.raw.finish()  # type: ignore[attr-defined]

    def _text(self, number: int, stream: Stream) -> TextIO:
        sink = _Sink(self, number, stream)
        text = io.TextIOWrapper(io.BufferedWriter(sink), "utf-8", "backslashreplace", line_buffering=True)
        self._texts.append(text)
        return text

    def _show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if file is not None or self._writer.forked:
            (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))
            return
        text = f"{category.__name__}: {message} ({os.path.basename(filename)}:{lineno})"
        self.write(Stream.WARNING, Payload.text(text))

    @property
    def forked(self) -> bool:
        """Whether this process is a fork of the job's and may only write to its standard streams."""
        return self._writer.forked


class _Sink(io.RawIOBase):
    """A standard stream whose lines become records; in a fork of the job it is the file descriptor again."""

    def __init__(self, streams: JobStreams, number: int, stream: Stream) -> None:
        self._streams = streams
        self._number = number
        self._stream = stream
        self._cutter = LineCutter()

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._number

    def write(self, data: Any) -> int:
        if self._streams.forked:
            return os.write(self._number, data)
        self._emit(self._cutter.feed(bytes(data)))
        return len(data)

    def finish(self) -> None:
        if not self._streams.forked:
            self._emit(self._cutter.finish())

    def _emit(self, lines: list[str]) -> None:
        for line in lines:
            self._streams.write(self._stream, Payload.text(line))


class _Handler(logging.Handler):
    """Log records become records of the job, on the stream that answers to their level."""

    def __init__(self, streams: JobStreams) -> None:
        super().__init__()
        self._streams = streams

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
            if self._streams.forked:
                sys.stderr.write(text + "\n")
            else:
                self._streams.write(_stream_of(record.levelno), Payload.text(text))
        except Exception:
            self.handleError(record)


def _stream_of(level: int) -> Stream:
    if level >= logging.ERROR:
        return Stream.ERROR
    if level >= logging.WARNING:
        return Stream.WARNING
    if level >= logging.INFO:
        return Stream.INFORMATION
    return Stream.VERBOSE if level > logging.DEBUG else Stream.DEBUG


def _level_setter(handler: logging.Handler, original: Callable[..., None]) -> Callable[..., None]:
    """Return a `logging.basicConfig` that sets level and format of what is there already: what its caller means."""

    def basic_config(**options: Any) -> None:
        if options.keys() & {"force", "filename", "stream", "handlers"}:
            original(**options)
            return
        if options.get("level") is not None:
            logging.getLogger().setLevel(options["level"])
        if options.get("format") is not None:
            handler.setFormatter(
                logging.Formatter(options["format"], options.get("datefmt"), options.get("style", "%"))
            )

    return basic_config


_current: JobStreams | None = None


def current() -> JobStreams | None:
    """Return the streams of the job that this process is, or None when it is no job."""
    return _current


def make_current(streams: JobStreams) -> None:
    """Be the process of a job with these streams."""
    global _current
    _current = streams
