import asyncio
import contextlib
import logging

import pytest

from hearthd.common import parts
from hearthd.service.supervise import LONGEST_WAIT, SETTLED, supervise
from tests.virtual_time import run

pytestmark = pytest.mark.unit


class Part:
    """Fails ``failures`` times, ``lasts`` seconds into each life, then runs for ever."""

    def __init__(self, failures: int, error: BaseException | None, lasts: float = 0.0) -> None:
        self.born: float | None = None
        self.failures = failures
        self.error = error
        self.lasts = lasts
        self.starts: list[float] = []

    async def __call__(self) -> None:
        now = asyncio.get_running_loop().time()
        self.born = now if self.born is None else self.born
        self.starts.append(now - self.born)
        if len(self.starts) > self.failures:
            await asyncio.Event().wait()
        await asyncio.sleep(self.lasts)
        if self.error is not None:
            raise self.error


def supervised(part: Part, seconds: float) -> list[tuple[float, bool]]:
    """What was reported of the part in so many seconds: (time, healthy)."""
    reports: list[tuple[float, bool]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await supervise(
                    parts.Part.MQTT, part, lambda _, well, why: reports.append((loop.time() - begin, well))
                )

    run(main())
    return reports


def test_a_part_that_fails_is_started_again_with_growing_waits() -> None:
    part = Part(4, OSError("refused"))
    supervised(part, 100)
    assert part.starts == [0, 0.5, 1.5, 3.5, 7.5]


def test_a_part_that_is_gone_for_a_day_is_still_tried_twice_a_minute() -> None:
    part = Part(10**9, OSError("refused"))
    supervised(part, 86400)
    waits = [b - a for a, b in zip(part.starts, part.starts[1:], strict=False)]
    assert max(waits) <= LONGEST_WAIT
    assert len(part.starts) > 86400 / LONGEST_WAIT


def test_failure_and_recovery_are_each_reported_once() -> None:
    reports = supervised(Part(5, OSError("refused")), 1000)
    assert reports == [(0, False), (15.5 + SETTLED, True)]


def test_a_part_that_keeps_dying_young_is_never_called_well() -> None:
    reports = supervised(Part(10**9, ValueError("odd"), lasts=SETTLED * 0.9), 3600)
    assert [healthy for _, healthy in reports] == [False]


def test_after_a_long_good_life_the_first_wait_is_short_again() -> None:
    part = Part(8, OSError("gone"), lasts=600)
    supervised(part, 10_000)
    waits = [b - a - 600 for a, b in zip(part.starts, part.starts[1:], strict=False)]
    assert set(waits) == {0.5}


def test_a_part_that_just_ends_is_started_again() -> None:
    part = Part(2, None)
    assert supervised(part, 100)[0] == (0, False)
    assert len(part.starts) == 3


def test_a_cancel_that_leaks_out_of_a_part_does_not_stop_its_supervision() -> None:
    part = Part(2, asyncio.CancelledError())
    supervised(part, 100)
    assert len(part.starts) == 3


def test_cancelling_the_supervision_ends_the_part() -> None:
    ended = []

    async def part() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def main() -> bool:
        task = asyncio.create_task(supervise(parts.Part.FRONT_END, part, lambda *_: None))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert run(main())
    assert ended == [True]


def test_the_reason_named_is_the_one_inside_a_task_group(caplog) -> None:
    with caplog.at_level(logging.WARNING):
        supervised(Part(1, ExceptionGroup("unhandled", [OSError("broker refused")])), 60)
    assert "mqtt failed: broker refused" in caplog.text
