"""Frames arrive whole and in order, however the bytes are cut and whatever interrupts their writer."""

from __future__ import annotations

import os
import signal
import sys
import threading
from itertools import pairwise
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azjobs.jobs.records import Encoding, Stream
from azjobs.jobs.runners.child_streams import FrameWriter
from azjobs.jobs.runners.process_frames import CHUNK, Frame, FrameDecoder, FrameKind, LineCutter, chunks

FRAMES = st.builds(
    Frame,
    kind=st.sampled_from(FrameKind),
    stream=st.sampled_from(Stream),
    encoding=st.sampled_from(Encoding),
    time=st.floats(0, 2e9),
    data=st.one_of(st.binary(max_size=50), st.binary(min_size=1).map(lambda seed: seed * (2 * CHUNK // len(seed)))),
)


@given(st.lists(FRAMES, max_size=4), st.data())
def test_frames_come_back_however_the_bytes_are_cut(frames: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(chunk for serial, frame in enumerate(frames) for chunk in chunks(frame, serial))
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=10).map(sorted))
    decoder = FrameDecoder()
    pieces = [stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])]
    assert [frame for piece in pieces for frame in decoder.feed(piece)] == frames


@given(FRAMES, FRAMES, st.integers(1, 3))
def test_a_frame_that_was_never_finished_is_dropped_whole(broken: Frame, next_one: Frame, kept: int) -> None:
    begun = list(chunks(broken, 1))[:-1][:kept]
    decoder = FrameDecoder()
    assert decoder.feed(b"".join(begun)) == []
    assert decoder.feed(b"".join(chunks(next_one, 2))) == [next_one]


def test_a_signal_handler_that_raises_in_the_middle_of_a_frame_tears_nothing() -> None:
    if sys.platform == "win32":
        pytest.skip("there are no interval timers")

    class Interrupted(Exception):
        pass

    def interrupt(number: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_code is FrameWriter.send.__code__:
                raise Interrupted
            frame = frame.f_back

    read, write = os.pipe()
    decoder = FrameDecoder()
    frames: list[Frame] = []

    def consume() -> None:
        while data := os.read(read, 1 << 20):
            frames.extend(decoder.feed(data))

    consumer = threading.Thread(target=consume)
    consumer.start()
    writer = FrameWriter(write)
    writer._raw = None  # the test's own standard streams are not the job's
    before = signal.signal(signal.SIGALRM, interrupt)
    whole = {number: bytes([number % 251]) * (number * 997 % 200_000) for number in range(300)}
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.0017)
        for number, data in whole.items():
            try:
                writer.send(Frame(kind=FrameKind.RECORD, time=float(number), data=data))
            except Interrupted:
                continue
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    writer.send(Frame(kind=FrameKind.NOTE, time=1e6, data=b"end"))
    writer._file.close()
    consumer.join()
    os.close(read)
    assert frames[-1].data == b"end"
    assert [int(frame.time) for frame in frames] == sorted(int(frame.time) for frame in frames)
    assert all(frame.data == whole[int(frame.time)] for frame in frames[:-1])


@given(st.text(alphabet="ab\r\n", max_size=40), st.integers(0, 40))
def test_lines_are_the_same_however_the_bytes_are_cut(text: str, cut: int) -> None:
    data = text.encode()
    pieces, whole = LineCutter(), LineCutter()
    assert pieces.feed(data[:cut]) + pieces.feed(data[cut:]) + pieces.finish() == whole.feed(data) + whole.finish()


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\r\n\r\ntwo", ["one", "", "two"]),
        (b" 1 %\r 50 %\r 100 %\n", [" 100 %"]),
        ("süß\n".encode(), ["süß"]),
        (b"", []),
    ],
)
def test_bytes_become_lines_as_a_terminal_would_leave_them(data: bytes, lines: list[str]) -> None:
    cutter = LineCutter()
    assert cutter.feed(data) + cutter.finish() == lines


def test_a_line_without_end_does_not_grow_for_ever() -> None:
    cutter = LineCutter()
    lines = [line for _ in range(5) for line in cutter.feed(b"x" * (LineCutter.LONGEST // 2 + 1))]
    assert len(lines) == 2
