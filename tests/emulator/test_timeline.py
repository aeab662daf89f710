"""Time of an emulator in this process: waiting moves it, and it can be held."""

from __future__ import annotations

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azjobs.emulator.timeline import EmulatorTimeError, SteerableClock, Timeline

WAITS = st.lists(st.lists(st.integers(0, 100), max_size=6), min_size=1, max_size=6)


def timeline(clock: SteerableClock | None = None, *, stuck: bool = False, patience: float = 30.0) -> Timeline:
    return Timeline(clock or SteerableClock(start=0.0), changes=lambda: 0, is_stuck=lambda: stuck, patience=patience)


def test_a_wait_moves_virtual_time_and_takes_none() -> None:
    line = timeline()
    line.wait(3600)
    line.wait(0)
    assert line.clock.now() == 3600


@given(WAITS)
def test_tasks_that_wait_side_by_side_take_as_long_as_the_longest(waits: list[list[int]]) -> None:
    line = timeline()
    ends = [0.0] * len(waits)

    async def task(number: int, seconds: list[int]) -> None:
        for wait in seconds:
            line.note_request()
            await line.wait_async(wait)
        ends[number] = line.clock.now()

    async def together() -> None:
        await asyncio.gather(*(task(number, seconds) for number, seconds in enumerate(waits)))

    asyncio.run(together())
    assert ends == [sum(seconds) for seconds in waits]
    assert line.clock.now() == max(sum(seconds) for seconds in waits)


def test_a_cancelled_wait_does_not_keep_the_others_waiting() -> None:
    line = timeline()

    async def scenario() -> None:
        first = asyncio.create_task(line.wait_async(5))
        second = asyncio.create_task(line.wait_async(50))
        await asyncio.sleep(0)
        first.cancel()
        await second
        assert first.cancelled()

    asyncio.run(scenario())
    assert line.clock.now() == 50


def test_a_held_wait_ends_when_time_has_been_advanced_far_enough() -> None:
    line = timeline()
    line.clock.hold()
    ends: list[float] = []

    def wait() -> None:
        began = line.clock.now()
        line.wait(10)
        ends.append(line.clock.now() - began)

    waiter = threading.Thread(target=wait)
    waiter.start()
    # It may begin to wait before the first step or after it.
    while waiter.is_alive():
        line.clock.advance(1)
    assert ends[0] >= 10


def test_a_held_wait_does_not_end_before_time_has_been_advanced_far_enough() -> None:
    async def scenario() -> bool:
        line = timeline()
        line.clock.hold()
        waiting = asyncio.create_task(line.wait_async(10))
        await asyncio.sleep(0)
        line.clock.advance(9)
        await asyncio.sleep(0.02)
        early = waiting.done()
        line.clock.advance(1)
        await waiting
        return early

    assert asyncio.run(scenario()) is False


def test_a_held_wait_goes_on_when_time_runs_again() -> None:
    async def scenario() -> float:
        line = timeline()
        line.clock.hold()
        waiting = asyncio.create_task(line.wait_async(10))
        await asyncio.sleep(0)
        line.clock.run()
        await waiting
        return line.clock.now()

    assert asyncio.run(scenario()) == 10


def test_a_wait_while_time_is_held_for_ever_fails_and_says_what_to_do() -> None:
    line = timeline(patience=0.02)
    line.clock.hold()
    with pytest.raises(EmulatorTimeError, match=r"another 10 s .* call advance\(seconds\) or run\(\)"):
        line.wait(10)
    with pytest.raises(EmulatorTimeError, match=r"call advance\(seconds\) or run\(\)"):
        asyncio.run(line.wait_async(10))


def test_polling_for_what_never_happens_fails_and_says_what_to_do() -> None:
    line = timeline(stuck=True, patience=0.02)

    def poll() -> None:
        while True:
            line.wait(30)

    async def poll_async() -> None:
        while True:
            await line.wait_async(30)

    with pytest.raises(EmulatorTimeError, match="finish or fail the held operation"):
        poll()
    with pytest.raises(EmulatorTimeError, match="finish or fail the held operation"):
        asyncio.run(poll_async())


def test_whoever_waits_when_the_emulator_is_closed_is_told() -> None:
    line = timeline()
    line.clock.hold()
    errors: list[str] = []

    def wait() -> None:
        try:
            line.wait(10)
        except EmulatorTimeError as error:
            errors.append(str(error))

    waiter = threading.Thread(target=wait)
    waiter.start()
    line.close()
    waiter.join(30)
    assert errors == ["The emulator was closed: a client of it cannot go on."]


class Real:
    """Real time, as a test says."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_sped_up_time_runs_by_itself_and_can_be_held() -> None:
    real = Real()
    clock = SteerableClock(100, start=1000.0, monotonic=real)
    real.seconds = 2
    assert clock.now() == 1200
    clock.hold()
    real.seconds = 5
    clock.advance(7)
    assert (clock.now(), clock.held) == (1207, True)
    clock.run()
    real.seconds = 6
    assert (clock.now(), clock.held) == (1307, False)
    clock.run()
    assert clock.now() == 1307


def test_a_client_of_sped_up_time_waits_in_its_own() -> None:
    line = timeline(SteerableClock(1_000_000, start=0.0))
    line.wait(0.001)
    asyncio.run(line.wait_async(0.001))
    assert line.clock.now() >= 2000


@pytest.mark.parametrize("speed", [0, -1, float("inf"), float("nan")])
def test_a_speed_is_a_number_above_zero(speed: float) -> None:
    with pytest.raises(ValueError, match="The speed must be a number above 0"):
        SteerableClock(speed, start=0.0)


def test_time_only_goes_forward() -> None:
    clock = SteerableClock(start=10.0)
    clock.reach(5)
    assert clock.now() == 10
    with pytest.raises(ValueError, match="Time only goes forward"):
        clock.advance(-1)
