"""What a job's process tells its owner, as frames on a byte stream.

A frame travels in chunks that each say to which frame they belong, so that a frame which its writer never finished (an
exception from a signal handler in the middle of it) is dropped whole and the next one is read as if nothing had been.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from azjobs.jobs.records import Encoding, Stream

CHUNK = 64 * 1024  # bytes of payload in one chunk
# kind, stream, encoding, whether more chunks follow, serial number of the frame, when it was said, bytes that follow
HEADER = struct.Struct("!BBBBIdI")
LARGEST = HEADER.size + CHUNK

STREAMS = tuple(Stream)
ENCODINGS = tuple(Encoding)
_STREAM_NUMBER = {stream: number for number, stream in enumerate(STREAMS)}
_ENCODING_NUMBER = {encoding: number for number, encoding in enumerate(ENCODINGS)}


class FrameKind(IntEnum):
    """What a frame carries."""

    RECORD = 0
    # What was written to file descriptor 1 or 2 as bytes: information or error, not yet cut into lines.
    RAW = 1
    # The start and the end of the job's own work: a JSON object with an `event`.
    NOTE = 2


_LAST_KIND = max(FrameKind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One thing that a job's process says.

    Attributes:
        kind: what it carries.
        stream: the stream of a record. Of raw bytes, INFORMATION stands for standard output, ERROR for standard error.
        encoding: how a record's payload is written down.
        time: when it was said, in seconds since 1970.
        data: the payload.
    """

    kind: FrameKind
    stream: Stream = Stream.INFORMATION
    encoding: Encoding = Encoding.TEXT
    time: float = field(default_factory=time.time)
    data: bytes = field(repr=False)


def chunks(frame: Frame, serial: int) -> Iterator[bytes]:
    """Return a frame as the chunks that carry it, each at most `LARGEST` bytes."""
    view = memoryview(frame.data)
    codes = (frame.kind, _STREAM_NUMBER[frame.stream], _ENCODING_NUMBER[frame.encoding])
    for start in range(0, max(len(view), 1), CHUNK):
        part = view[start : start + CHUNK]
        more = start + CHUNK < len(view)
        yield HEADER.pack(*codes, more, serial & 0xFFFFFFFF, frame.time, len(part)) + part


class FrameDecoder:
    """Turns bytes, cut anywhere, into frames.

    Example:
        >>> decoder = FrameDecoder()
        >>> [frame.data for frame in decoder.feed(b"".join(chunks(Frame(kind=FrameKind.NOTE, data=b"{}"), 1)))]
        [b'{}']
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._parts: list[bytes] = []
        self._serial: int | None = None

    def feed(self, data: bytes) -> list[Frame]:
        """Take in bytes and return the frames that they complete.

        Raises:
            ValueError: somebody else wrote into the stream.
        """
        buffer = self._buffer
        buffer += data
        frames = []
        start = 0
        while len(buffer) - start >= HEADER.size:
            kind, stream, encoding, more, serial, moment, length = HEADER.unpack_from(buffer, start)
            if kind > _LAST_KIND or stream >= len(STREAMS) or encoding >= len(ENCODINGS) or length > CHUNK:
                raise ValueError("these bytes are no frame")
            end = start + HEADER.size + length
            if len(buffer) < end:
                break
            payload = self._join(serial, bytes(buffer[start + HEADER.size : end]), more=bool(more))
            start = end
            if payload is not None:
                frames.append(
                    Frame(
                        kind=FrameKind(kind),
                        stream=STREAMS[stream],
                        encoding=ENCODINGS[encoding],
                        time=moment,
                        data=payload,
                    )
                )
        del buffer[:start]
        return frames

    def _join(self, serial: int, part: bytes, *, more: bool) -> bytes | None:
        if serial != self._serial:
            self._parts = []
            self._serial = serial
        self._parts.append(part)
        if more:
            return None
        whole = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts = []
        self._serial = None
        return whole


class LineCutter:
    """Cuts what a program writes on one of its standard streams into lines of text.

    A carriage return begins the line anew, as on a terminal: of a progress bar the last state is kept.
    """

    LONGEST = 1 << 20  # bytes after which a line without an end is cut

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[str]:
        """Take in bytes and return the lines that they complete."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > self.LONGEST:
            lines.append(self._rest)
            self._rest = b""
        return [self._text(line) for line in lines]

    def finish(self) -> list[str]:
        """Return the last line when it has no end of its own."""
        rest, self._rest = self._rest, b""
        return [self._text(rest)] if rest else []

    @staticmethod
    def _text(line: bytes) -> str:
        line = line.rstrip(b"\r")
        return line[line.rfind(b"\r") + 1 :].decode("utf-8", "backslashreplace")
