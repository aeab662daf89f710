"""What is read from a job's pipes arrives in order and waits while nothing may be taken, by either kind of reader."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest

from azjobs.jobs.runners.process_sources import PollSource, Source, ThreadSource

Make = Callable[[asyncio.AbstractEventLoop, int, Callable[[bytes], None]], Source]


@pytest.mark.parametrize("make", [PollSource, ThreadSource])
def test_a_source_gives_nothing_while_it_is_paused_and_all_of_it_when_it_is_drained(make: Make) -> None:
    async def scenario() -> bytes:
        read, write = os.pipe()
        taken = bytearray()
        arrived = asyncio.Event()

        def take(data: bytes) -> None:
            taken.extend(data)
            arrived.set()

        reader = make(asyncio.get_running_loop(), read, take)
        os.write(write, b"one ")
        await asyncio.sleep(0.02)
        assert taken == b""
        reader.resume()
        await arrived.wait()
        reader.pause()
        os.write(write, b"two ")
        os.close(write)
        reader.drain()
        reader.close()
        await asyncio.sleep(0)
        os.close(read)
        return bytes(taken)

    assert asyncio.run(scenario()) == b"one two "
