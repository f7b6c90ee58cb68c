"""Rooms beside the box's: made from the configuration, reached over MQTT, reloaded with it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from hearthd.app import other_rooms
from hearthd.app.bridges import MqttBridges
from hearthd.app.daemon import status_of
from hearthd.common.parts import Part
from hearthd.config.settings import Settings
from hearthd.engines.tts import factory as choose_voice
from hearthd.engines.tts.shared_voice import SharedVoices
from hearthd.mqtt import commands
from hearthd.mqtt.commands import BadCommandError, parse
from hearthd.mqtt.ha_options import HaOptions
from tests.scripted import ScriptedVoice
from tests.scripted_rooms import ScriptedRooms
from tests.virtual_time import run

pytestmark = pytest.mark.unit


def test_an_announcement_goes_to_a_room_a_group_or_all(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path, groups=["", "up", "up", ""]) as house:
            bridges = MqttBridges([one.room for one in house.rooms])
            refused: list[str] = []
            box = bridges.bridges[0]
            box.client.acknowledge = lambda _, refused="", to=refused: to.append(refused)  # type: ignore
            for room, reached in (("kitchen", [1]), ("up", [1, 2]), ("all", [0, 1, 2, 3]), ("", [0])):
                before = [len(one.turns) for one in house.rooms]
                box._on_command(commands.Announce("Dinner is ready", room))
                await asyncio.sleep(10)
                spoke = [n for n, one in enumerate(house.rooms) if len(one.turns) > before[n]]
                assert spoke == reached, room
                assert house.rooms[reached[0]].turns[-1].spoken == "Dinner is ready"
            box._on_command(commands.Say("Hello", "cellar"))
            assert refused == [
                'no room or group is called "cellar" (there are: kitchen, bedroom, study, up, all)'
            ]

    run(scene())


def test_a_commands_room_is_read_from_json_and_plain_words_are_words() -> None:
    def said(text: str) -> commands.MqttCommand:
        return parse("say", text.encode(), HaOptions())

    assert said('{"text": "Hello", "room": "up"}') == commands.Say("Hello", "up")
    assert said("Hello") == commands.Say("Hello")
    for words in ("{Hello}", '{"text": "Hello"}', '{"a": 1}', "{" * 3000 + "x"):
        assert said(words).room == ""  # type: ignore[attr-defined]
    for bad in ({"text": 5, "room": "up"}, {"text": "x", "room": ["up"]}, {"text": "x", "room": "../x"}):
        with pytest.raises(BadCommandError):
            said(json.dumps(bad))


def test_each_room_shows_itself_under_its_own_base_and_the_timers_that_are_its(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path, groups=["", "up", "up", ""]) as house:
            bridges = MqttBridges([one.room for one in house.rooms])
            house.timers.set_timer(60, "eggs", room="kitchen")
            house.timers.set_timer(90, "tea", room="up")
            shown = [json.loads(bridge.client.shown.get("timers", "[]")) for bridge in bridges.bridges]
            assert [len(timers) for timers in shown] == [2, 2, 1, 0]

    run(scene())


def test_a_timer_is_set_for_a_room_a_group_or_where_it_was_asked_for(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path, groups=["", "up", "up", ""]) as house:
            bridges = MqttBridges([one.room for one in house.rooms])
            kitchen, refused = bridges.bridges[1], list[str]()
            kitchen.client.acknowledge = lambda _, refused="", to=refused: to.append(refused)  # type: ignore
            for number, room in enumerate(("", "study", "up", "all", "cellar")):
                wish = {"kind": "timer", "seconds": 60 + number, "room": room}
                command = parse("timer", json.dumps(wish).encode(), HaOptions())
                kitchen._on_command(command)
            assert [alert.room for alert in house.timers.alerts()] == ["kitchen", "study", "up", "all"]
            assert len(refused) == 1
            assert "cellar" in refused[0]
            with pytest.raises(BadCommandError):
                parse("timer", b'{"seconds": 5, "room": "../x"}', HaOptions())

    run(scene())


def test_what_does_not_work_in_another_room_is_said_with_its_name(tmp_path: Path) -> None:
    async def scene() -> None:
        async with ScriptedRooms(tmp_path) as house:
            house.rooms[1].room.health.told(Part.MICROPHONE, False, "unplugged")
            assert status_of(house.app).endswith("not working: kitchen microphone")
            house.app.part(Part.ASR, False, "broken")
            assert status_of(house.app).endswith("not working: asr, kitchen microphone")

    run(scene())


class CountedVoice(ScriptedVoice):
    whole_clauses = True

    def __init__(self) -> None:
        super().__init__()
        self.starts = self.closes = 0

    async def start(self) -> None:
        self.starts += 1
        await asyncio.sleep(1)

    async def close(self) -> None:
        self.closes += 1


def test_rooms_share_one_embedded_voice_which_the_last_lets_go() -> None:
    async def scene() -> None:
        made: list[CountedVoice] = []

        def make(_: Settings) -> CountedVoice:
            made.append(CountedVoice())
            return made[-1]

        voices = SharedVoices(make)
        first, second = voices.embedded(Settings()), voices.embedded(Settings())
        await asyncio.gather(first.start(), second.start())
        assert (len(made), made[0].starts) == (1, 1)
        assert [len(pcm) async for pcm in second.synthesize("Hello", "en")]
        await first.close()
        await first.close()
        assert made[0].closes == 0
        await second.close()
        assert made[0].closes == 1
        voices.embedded(Settings())
        assert len(made) == 2

    run(scene())


def test_a_room_is_made_from_its_table_and_follows_a_reload(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(choose_voice, "embedded", lambda _: ScriptedVoice())
    table: dict[str, Any] = {
        "name": "cellar",
        "kind": "wyoming",
        "address": "x",
        "volume": 20,
        "language": "zh",
    }

    async def scene() -> None:
        async with ScriptedRooms(tmp_path, names=[""]) as house:
            hardware = house.rooms[0].room.hardware
            monkeypatch.setattr(other_rooms, "hardware_of", lambda *_: lambda *_: hardware)
            settings = Settings.model_validate({"rooms": [table]})
            switch = choose_voice.switch
            room = other_rooms.make(settings, settings.rooms[0], house.shared, switch, None)
            assert (room.name, room.mixer.volume, room.settings.node) == ("cellar", 20, "hearthd-cellar")
            assert room.conversation.expected_language() == "zh"
            room.set("volume", 55)
            changed = Settings.model_validate({"rooms": [table], "follow_up": {"seconds": 9.0}})
            other_rooms.reload(room, changed)
            assert room.state.rules.follow_up_seconds == 9.0
            assert room.mixer.volume == 55, "what was set there stays"
            room.running.overrides.close()
            again = other_rooms.make(settings, settings.rooms[0], house.shared, switch, None)
            assert again.mixer.volume == 55, "over a restart, too"
            again.running.overrides.close()

    run(scene())
