"""What is set is in force, shown over MQTT and remembered; a broken part is shown. No broker is needed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hearthd.app.bridges import MqttBridges
from hearthd.app.daemon import _Reload
from hearthd.common.parts import ESSENTIAL, PARTS, PUBLISHED, Part
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.mqtt import commands
from tests.scripted import Scripted
from tests.virtual_time import run

pytestmark = pytest.mark.unit

TWO_WORDS = Settings.model_validate(
    {
        "wake": {
            "words": [
                {"name": "hey_jarvis", "threshold": 0.6},
                {"name": "house_elf", "phrases": ["Hey Elf"], "model": "/elf.onnx", "threshold": 0.3},
            ]
        },
        "follow_up": {"seconds": 0, "question_seconds": 0},
    }
)


class Bridged(Scripted):
    """A speaker with its side of MQTT; ``refused`` is what was answered to commands."""

    async def __aenter__(self) -> Bridged:
        await super().__aenter__()
        self.bridges = MqttBridges([self.room])
        [self.bridge] = self.bridges.bridges
        self.refused: list[str] = []
        self.bridge.client.acknowledge = lambda _, refused="": self.refused.append(refused)  # type: ignore
        self.bridges.start()
        return self

    def commanded(self, command: commands.MqttCommand) -> None:
        self.bridge._on_command(command)

    @property
    def shown(self) -> dict[str, str]:
        return self.bridge.client.shown


def talk(folder: Path, scene: Callable[[Bridged], Any], settings: Settings | None = None) -> None:
    async def whole() -> None:
        async with Bridged(folder, settings) as speaker:
            await scene(speaker)

    run(whole())


def test_the_first_wake_word_is_confirmed_again_after_another_one(tmp_path: Path) -> None:
    async def scene(speaker: Bridged) -> None:
        for name, call in (("hey_jarvis", "Hey Jarvis"), ("house_elf", "Hey Elf"), ("alexa", "Alexa")) * 2:
            speaker.commanded(commands.SetValue("wake_word", name))
            assert speaker.shown["wake_word"] == name
            answered = len(speaker.turns)
            speaker.room.post(e.Wake(speaker.clock(), name, 0.9, speaker.sample - 16_000, speaker.sample))
            await speaker.says(f"{call}, what time is it")
            await speaker.until(lambda answered=answered: len(speaker.turns) > answered)  # type: ignore
            assert speaker.turns[-1].heard == "what time is it", name
            await speaker.until(lambda: speaker.phase == "idle")
        speaker.commanded(commands.SetValue("wake_word", "hey_jarvis"))
        assert speaker.room.settings.wake == TWO_WORDS.wake, "all that are configured"
        assert speaker.shown["wake_threshold"] == "0.6"

    talk(tmp_path, scene, TWO_WORDS)


def test_whatever_is_set_is_shown_and_remembered_whoever_set_it(tmp_path: Path) -> None:
    async def scene(speaker: Bridged) -> None:
        assert speaker.room.running.overrides.values == {"muted": False}, "nobody has set anything"
        speaker.commanded(commands.SetValue("volume", 31))
        speaker.room.set("barge_in", "off")
        speaker.room.set("voice", "anna")
        assert (speaker.shown["volume"], speaker.room.mixer.volume) == ("31", 31)
        assert (speaker.shown["barge_in"], speaker.room.state.rules.barge_in) == ("off", "off")
        assert (speaker.shown["voice"], speaker.room.voice.name) == ("anna", "anna")
        await speaker.asks("be Mario")
        await speaker.until(lambda: bool(speaker.turns))
        assert speaker.shown["persona"] == "mario"
        assert speaker.room.running.overrides.values == {
            "muted": False,
            "volume": 31,
            "barge_in": "off",
            "voice": "anna",
            "persona": "mario",
        }

    talk(tmp_path, scene)


def test_a_persona_that_is_not_there_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    async def scene(speaker: Bridged) -> None:
        before = speaker.room.settings
        speaker.commanded(commands.SetValue("persona", "nobody"))
        assert 'no persona "nobody"' in speaker.refused[0]
        assert speaker.room.settings == before
        assert "persona" not in speaker.room.running.overrides.values

    talk(tmp_path, scene)


def test_a_wake_word_that_cannot_be_loaded_is_not_shown_as_chosen_nor_remembered(tmp_path: Path) -> None:
    async def scene(speaker: Bridged) -> None:
        speaker.front_end.damaged = {"alexa"}
        remembered = speaker.room.running.overrides
        for before in ("hey_jarvis", "house_elf"):
            speaker.commanded(commands.SetValue("wake_word", before))
            in_use = speaker.room.settings.wake
            speaker.commanded(commands.SetValue("wake_word", "alexa"))
            await asyncio.sleep(0)  # as the front end's thread has said that it cannot
            assert speaker.shown["wake_word"] == before
            assert speaker.room.settings.wake == speaker.front_end.wake == in_use
            assert remembered.values.get("wake_word", "hey_jarvis") == before
            heard = len(speaker.front_end.calls)
            speaker.commanded(commands.SetValue("volume", 30 + len(before)))
            await asyncio.sleep(0)
            assert speaker.shown["wake_word"] == before
            assert len(speaker.front_end.calls) == heard + 1, "it is not tried again for that"

    talk(tmp_path, scene, TWO_WORDS)


def test_a_threshold_outlasts_a_wake_word_that_cannot_be_loaded(tmp_path: Path) -> None:
    async def scene(speaker: Bridged) -> None:
        speaker.front_end.damaged = {"alexa"}
        speaker.commanded(commands.SetValue("wake_threshold", 0.9))
        speaker.commanded(commands.SetValue("wake_word", "alexa"))
        await asyncio.sleep(0)
        assert (speaker.shown["wake_word"], speaker.shown["wake_threshold"]) == ("hey_jarvis", "0.9")
        assert speaker.room.running.overrides.values["wake_threshold"] == 0.9
        assert speaker.room.settings.wake.words[0].threshold == 0.9

    talk(tmp_path, scene, TWO_WORDS)


def test_wake_words_of_a_new_file_that_cannot_be_loaded_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_CONFIG", str(tmp_path / "hearthd.toml"))
    monkeypatch.setattr("hearthd.service.journal.configure", lambda *_, **__: None)

    async def scene(speaker: Bridged) -> None:
        speaker.front_end.damaged = {"alexa"}
        reload = _Reload(speaker.app, speaker.bridges, Silent(), config_file=None)  # type: ignore[arg-type]
        (tmp_path / "hearthd.toml").write_text('[[wake.words]]\nname = "alexa"')
        reload()
        await asyncio.sleep(0)
        assert speaker.shown["wake_word"] == "hey_jarvis"
        speaker.front_end.damaged = set()
        reload()
        assert speaker.shown["wake_word"] == "alexa", "the file was mended, or the model fetched"

    talk(tmp_path, scene, TWO_WORDS)


@pytest.mark.parametrize("part", Part)
def test_a_broken_part_is_seen_where_the_table_says(tmp_path: Path, part: Part) -> None:
    async def scene(speaker: Bridged) -> None:
        assert speaker.shown["state"] == "idle"
        speaker.room.post(e.PartFailed(speaker.clock(), part))
        assert (speaker.shown["state"] == "error") == (part in ESSENTIAL)
        assert (speaker.shown.get(f"health/{part}") == "OFF") == (part in PUBLISHED)
        speaker.room.post(e.PartRecovered(speaker.clock(), part))
        assert speaker.shown["state"] == "idle"
        assert {value for topic, value in speaker.shown.items() if "health" in topic} == {"ON"}

    talk(tmp_path, scene)


def test_a_front_end_that_fails_is_an_error_and_a_full_disk_is_seen() -> None:
    assert Part.FRONT_END in ESSENTIAL
    assert {Part.FRONT_END, Part.STORE} <= set(PUBLISHED)
    assert set(PARTS) == set(Part)


def test_a_persona_that_came_with_a_reload_can_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_CONFIG", str(tmp_path / "hearthd.toml"))

    async def scene(speaker: Bridged) -> None:
        (tmp_path / "hearthd.toml").write_text("")
        reload = _Reload(speaker.app, speaker.bridges, Silent(), config_file=None)  # type: ignore[arg-type]
        (tmp_path / "personas").mkdir()
        (tmp_path / "personas" / "pirate.toml").write_text('system = "Arr."')
        reload()
        assert "pirate" in speaker.bridge.client._options.personas
        speaker.commanded(commands.SetValue("persona", "pirate"))
        assert speaker.room.conversation.persona.system == "Arr."

    monkeypatch.setattr("hearthd.service.journal.configure", lambda *_, **__: None)
    talk(tmp_path, scene)


class Silent:
    """systemd, who is told and says nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None
