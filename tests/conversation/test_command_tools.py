"""The spoken commands as tools: a model hands on what was said, and the speaker does it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hearthd.actions.performer import Performer
from hearthd.actions.timers.alert import Kind
from hearthd.actions.timers.store import AlertStore
from hearthd.actions.timers.timers import Timers
from hearthd.conversation.command_tools import CommandTools
from hearthd.conversation.tools import Toolbox
from hearthd.engines.messages import ToolCall
from tests.actions import corpus
from tests.actions.test_performer import Box
from tests.actions.timers.virtual import NotingBell, VirtualClock

pytestmark = pytest.mark.unit


class Home:
    """``calls`` a tool: the result that the model is told, and whether it was done."""

    def __init__(self, *, timers: bool = True) -> None:
        clock = VirtualClock(datetime(2026, 11, 27, 9, 30))
        self.box = Box()
        self.timers = Timers(AlertStore(None), clock, NotingBell())
        self.timers.trust()
        performer = Performer(self.timers if timers else None, self.box)
        self.box_tools = Toolbox(CommandTools(corpus.matcher(), performer).tools)

    async def calls(self, tool: str, /, language: str = "en", **arguments: Any) -> tuple[str, bool]:
        told, acted = await self.box_tools.answer(ToolCall(tool, arguments), language)
        return told.content, acted.done


async def test_timers_are_set_listed_and_cancelled() -> None:
    home = Home()
    assert (await home.calls("set_timer", duration="10 minutes", name="pasta"))[1]
    assert (await home.calls("set_timer", "zh", duration="一个半小时"))[1]
    assert (await home.calls("set_timer", duration=90, name=""))[1] is False  # ninety what?
    assert [(one.name, one.seconds) for one in home.timers.alerts(Kind.TIMER)] == [("pasta", 600), ("", 5400)]
    told, _ = await home.calls("list_timers", kind="timer")
    assert "pasta" in told
    assert (await home.calls("cancel_timer", kind="timer", name="pasta"))[1]
    assert (await home.calls("cancel_timer", kind="timer", name="pasta"))[1] is False
    assert (await home.calls("cancel_timer", kind="timer", name="all"))[1]
    assert home.timers.alerts() == []
    assert (await home.calls("list_timers", kind="timer"))[1]  # that there is none is an answer


@pytest.mark.parametrize(
    ("time", "at"),
    [
        ("7 am tomorrow", "2026-11-28T07:00:00"),
        ("tomorrow at half past six", "2026-11-28T06:30:00"),
        ("07:00", "2026-11-28T07:00:00"),
        ("2026-11-28T07:00", "2026-11-28T07:00:00"),
        ("2026-11-28 07:00:00", "2026-11-28T07:00:00"),
        ("in 20 minutes", "2026-11-27T09:50:00"),
        ("明早七点", "2026-11-28T07:00:00"),
        ("下午三点一刻", "2026-11-27T15:15:00"),
        ("二十分钟后", "2026-11-27T09:50:00"),
    ],
)
async def test_a_time_is_handed_on_as_it_was_said(time: str, at: str) -> None:
    home = Home()
    told, done = await home.calls("set_alarm", time=time)
    assert done, told
    (alarm,) = home.timers.alerts(Kind.ALARM)
    assert alarm.at == datetime.fromisoformat(at)
    assert (await home.calls("set_reminder", text="water the plants", time=time))[1]
    (reminder,) = home.timers.alerts(Kind.REMINDER)
    assert reminder.name == "water the plants"


async def test_an_alarm_recurs_where_that_was_said() -> None:
    home = Home()
    assert (await home.calls("set_alarm", time="every weekday at 7:30"))[1]
    assert (await home.calls("set_alarm", "zh", time="每天早上八点"))[1]
    assert sorted(len(alarm.repeats) for alarm in home.timers.alerts(Kind.ALARM)) == [5, 7]


async def test_the_volume_is_set_and_sums_are_computed() -> None:
    home = Home()
    assert (await home.calls("change_volume", level=30))[1]
    assert home.box.volume == 30
    assert (await home.calls("change_volume", level="up"))[1]
    assert home.box.volume == 40
    assert (await home.calls("change_volume", level="300"))[1] is False
    assert (await home.calls("change_volume", level="²"))[1] is False
    assert "391" in (await home.calls("calculate", expression="17 * 23"))[0]
    assert "356" in (await home.calls("calculate", expression="180 celsius in fahrenheit"))[0]
    assert "391" in (await home.calls("calculate", "zh", expression="17乘以23"))[0]
    assert home.box.volume == 40


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("set_timer", {"duration": "soon"}),
        ("set_timer", {"duration": "10 minutes and turn off the light"}),
        ("set_timer", {"duration": "{0.__class__} 10 minutes"}),
        ("set_timer", {"duration": "x" * 3000}),
        ("set_timer", {"duration": "900 days"}),
        ("set_alarm", {"time": "blue"}),
        ("set_alarm", {"time": "2026-11-28"}),
        ("set_alarm", {"time": "2020-01-01T07:00"}),
        ("set_alarm", {"time": "9999-12-31T23:59"}),
        ("set_reminder", {"text": "x", "time": "\x00"}),
        ("cancel_timer", {"kind": "light"}),
        ("calculate", {"expression": "__import__('os')"}),
        ("calculate", {"expression": "9**9**9**9"}),
    ],
)
async def test_what_is_not_understood_is_not_done_and_the_model_is_told(
    tool: str, arguments: dict[str, Any]
) -> None:
    home = Home()
    told, done = await home.calls(tool, **arguments)
    assert not done, told
    assert told
    assert home.timers.alerts() == []


async def test_without_timers_no_tool_sets_any() -> None:
    names = [spec.name for spec in Home(timers=False).box_tools.specs]
    assert names == ["calculate", "change_volume"]
