"""Timers over MQTT: shown, set and cancelled from there. No broker is needed."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from hearthd.actions.timers.alert import MAX_NAME
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.mqtt import commands
from hearthd.mqtt.ha_options import HaOptions
from tests.app.test_set_and_shown import Bridged, talk
from tests.virtual_time import run

pytestmark = pytest.mark.unit


class Connected(Bridged):
    """Takes commands as they come over the wire, and keeps what is told."""

    async def __aenter__(self) -> Connected:
        await super().__aenter__()
        self.events: list[dict[str, Any]] = []
        client = self.bridge.client
        client.event = lambda name, _, /, **fields: self.events.append({"event": name, **fields})  # type: ignore
        return self

    def sends(self, name: str, payload: str) -> list[str]:
        """Send a command; the reasons for which it was refused."""
        self.refused.clear()
        try:
            self.commanded(commands.parse(name, payload.encode(), HaOptions()))
        except commands.BadCommandError as bad:
            return [str(bad)]
        return [why for why in self.refused if why]

    @property
    def set(self) -> list[dict[str, Any]]:
        found = json.loads(self.shown["timers"])
        assert isinstance(found, list)
        return found


def house(folder: Path, scene: Any, settings: Settings | None = None) -> None:
    async def whole() -> None:
        async with Connected(folder, settings) as speaker:
            await scene(speaker)

    run(whole())


def test_nothing_is_set_at_first_and_that_is_shown(tmp_path: Path) -> None:
    async def scene(speaker: Connected) -> None:
        assert speaker.set == []

    house(tmp_path, scene)


def test_a_timer_is_set_from_home_assistant_and_shown(tmp_path: Path) -> None:
    async def scene(speaker: Connected) -> None:
        assert speaker.sends("timer", '{"seconds": 120, "name": "pasta"}') == []
        [shown] = speaker.set
        assert shown | {"id": ""} == {
            "id": "",
            "kind": "timer",
            "name": "pasta",
            "due": "2026-11-27T12:02:00+01:00",
            "remaining": 120,
            "ringing": False,
            "repeats": [],
            "seconds": 120,
        }
        await asyncio.sleep(123)
        assert speaker.set[0]["ringing"]
        assert speaker.shown["state"] == "ringing"
        assert speaker.sends("stop", "PRESS") == []
        await asyncio.sleep(0.1)
        assert speaker.set == []
        assert speaker.shown["state"] == "idle"
        told = [one for one in speaker.events if one["event"] == "timer_finished"]
        assert [(one["id"], one["name"], one["result"]) for one in told] == [
            (shown["id"], "pasta", "ringing"),
            (shown["id"], "pasta", "stopped"),
        ]

    house(tmp_path, scene)


@pytest.mark.parametrize(
    ("command", "due", "repeats"),
    [
        ('{"kind": "alarm", "at": "7:00"}', "2026-11-28T07:00:00+01:00", []),
        ('{"kind": "alarm", "at": "18:30:15"}', "2026-11-27T18:30:15+01:00", []),
        ('{"kind": "alarm", "at": "2026-12-24T18:00"}', "2026-12-24T18:00:00+01:00", []),
        ('{"kind": "alarm", "at": "2026-12-24T18:00:00+00:00"}', "2026-12-24T19:00:00+01:00", []),
        ('{"kind": "alarm", "at": "07:00", "repeats": "daily"}', "2026-11-28T07:00:00+01:00", "daily"),
        (
            '{"kind": "reminder", "text": "bins", "at": "20:00", "repeats": ["sunday"]}',
            "2026-11-29T20:00:00+01:00",
            ["sunday"],
        ),
        ('{"kind": "reminder", "text": "bins", "seconds": 60}', "2026-11-27T12:01:00+01:00", []),
    ],
)
def test_alarms_and_reminders_are_set_by_the_clock(
    tmp_path: Path, command: str, due: str, repeats: Any
) -> None:
    async def scene(speaker: Connected) -> None:
        assert speaker.sends("timer", command) == []
        [shown] = speaker.set
        assert (shown["due"], shown["repeats"]) == (due, repeats)

    house(tmp_path, scene)


@pytest.mark.parametrize(
    ("name", "payload", "why"),
    [
        ("timer", "[]", "object"),
        ("timer", "ten minutes", "JSON object"),
        ("timer", "{}", "needs seconds"),
        ("timer", '{"seconds": 0}', "seconds"),
        ("timer", '{"seconds": -5}', "seconds"),
        ("timer", '{"seconds": 1e99}', "seconds"),
        ("timer", '{"seconds": NaN}', "seconds"),
        ("timer", '{"seconds": "600"}', "seconds"),
        ("timer", '{"seconds": true}', "seconds"),
        ("timer", '{"seconds": 60, "volume": 3}', "none of"),
        ("timer", '{"seconds": 60, "repeats": "daily"}', "repeats"),
        ("timer", '{"kind": "party", "seconds": 60}', "kind"),
        ("timer", '{"kind": "alarm"}', "needs at"),
        ("timer", '{"kind": "alarm", "at": "25:00"}', "no such hour"),
        ("timer", '{"kind": "alarm", "at": "soon"}', "neither an hour"),
        ("timer", '{"kind": "alarm", "at": "2020-01-01T07:00"}', "in the next"),
        ("timer", '{"kind": "alarm", "at": "0001-01-01T00:00:00+14:00"}', "in the next"),
        ("timer", '{"kind": "alarm", "at": "9999-12-31T23:59:59-14:00"}', "in the next"),
        ("timer", '{"kind": "alarm", "at": "07:00", "repeats": ["funday"]}', "repeats"),
        ("timer", '{"kind": "reminder", "seconds": 60}', "needs a text"),
        ("timer", '{"kind": "reminder", "text": "x", "seconds": 60, "at": "07:00"}', "not both"),
        ("timer", json.dumps({"seconds": 60, "name": "x" * (MAX_NAME + 1)}), "name"),
        ("timer", "[" * 8000, "JSON object"),
        ("timer", '{"seconds": 60, "name": "' + "x" * 9000, "longer than"),
        ("timer_cancel", "nothing of that name", "no timer"),
        ("timer_cancel", "\0\0", "neither an id"),
        ("snooze", "PRESS", "nothing rings"),
        ("snooze", "0", "neither PRESS"),
        ("snooze", "1e3", "neither PRESS"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason_and_changes_nothing(
    tmp_path: Path, name: str, payload: str, why: str
) -> None:
    async def scene(speaker: Connected) -> None:
        [reason] = speaker.sends(name, payload)
        assert why in reason
        assert speaker.set == []

    house(tmp_path, scene)


def test_timers_are_cancelled_by_id_by_name_and_all_at_once(tmp_path: Path) -> None:
    async def scene(speaker: Connected) -> None:
        for name in ("pasta", "egg", "egg", "tea"):
            speaker.sends("timer", json.dumps({"seconds": 600, "name": name}))
        assert speaker.sends("timer_cancel", "pasta") == []
        [reason] = speaker.sends("timer_cancel", "egg")
        assert "2 are called that" in reason
        assert speaker.sends("timer_cancel", speaker.set[0]["id"]) == []
        assert sorted(one["name"] for one in speaker.set) == ["egg", "tea"]
        assert speaker.sends("timer_cancel", "ALL") == []
        assert speaker.set == []

    house(tmp_path, scene)


def test_home_assistant_snoozes_for_as_long_as_it_says(tmp_path: Path) -> None:
    async def scene(speaker: Connected) -> None:
        speaker.sends("timer", '{"seconds": 5}')
        await asyncio.sleep(8)
        assert speaker.sends("snooze", "1") == []
        assert speaker.set[0]["remaining"] == 60
        await asyncio.sleep(63)
        speaker.sends("stop", "PRESS")
        assert speaker.sends("snooze", "PRESS") == [], "it has just rung"
        assert speaker.set[0]["remaining"] == 540

    house(tmp_path, scene)


@pytest.mark.parametrize("published", [False, True])
def test_what_people_say_is_shown_only_where_that_is_wanted(tmp_path: Path, published: bool) -> None:
    settings = Settings.model_validate({"mqtt": {"publish_transcripts": published}})

    async def scene(speaker: Connected) -> None:
        speaker.timers.remind("call the lawyer", seconds=5, spoken=True)
        speaker.timers.set_timer(500, "pasta")
        names = [one["name"] for one in speaker.set]
        assert names == (["call the lawyer", "pasta"] if published else ["", "pasta"])
        await asyncio.sleep(100)
        assert ("lawyer" in json.dumps(speaker.events)) == published

    house(tmp_path, scene, settings)


def test_a_hundred_long_reminders_fit_into_what_home_assistant_holds(tmp_path: Path) -> None:
    async def scene(speaker: Connected) -> None:
        for number in range(100):
            speaker.timers.remind("提醒" * 240, at=datetime(2027, 1, 1, 12, number % 60))
        assert len(speaker.shown["timers"].encode()) <= 16_000
        assert len(speaker.set) > 20
        dues = [one["due"] for one in speaker.set]
        assert dues == sorted(dues)

    house(tmp_path, scene)


def test_switched_off_they_say_so(tmp_path: Path) -> None:
    async def scene(speaker: Bridged) -> None:
        speaker.room.shared.timers = None
        speaker.commanded(commands.parse("timer", b'{"seconds": 60}', HaOptions()))
        assert "switched off" in speaker.refused[-1]
        speaker.room.post(e.StopRequested(speaker.clock()))

    talk(tmp_path, scene)
