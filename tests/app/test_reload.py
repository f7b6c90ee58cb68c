"""A reload: every key of the configuration either takes effect at once or is named as one that cannot."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from hearthd.app import factory
from hearthd.app.daemon import _Reload, forget_lost
from hearthd.config import loader, personas, reload
from hearthd.config.live_settings import in_force
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.engines.protocols import WakeHit
from hearthd.frontend.frontend import FrontEnd
from tests.scripted import Scripted
from tests.scripted_home import ScriptedHome
from tests.virtual_time import run

pytestmark = pytest.mark.unit


def leaves(model: BaseModel, path: str = "") -> Iterator[str]:
    """Every key, dotted."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}"


KEYS = list(leaves(Settings()))


def value_of(settings: BaseModel, key: str) -> Any:
    for name in key.split("."):
        settings = getattr(settings, name)
    return settings


def with_value(settings: Settings, key: str, value: object) -> Settings:
    """``settings`` with another value, not validated: only that it differs counts."""
    section, _, name = key.rpartition(".")
    if not section:
        return settings.model_copy(update={name: value})
    return settings.model_copy(update={section: getattr(settings, section).model_copy(update={name: value})})


@pytest.mark.parametrize("key", KEYS)
def test_a_changed_key_takes_effect_or_is_named(key: str) -> None:
    old = Settings()
    new = with_value(old, key, "something else")
    live, restart = reload.split(old, new)
    assert [*live, *restart] == [key]
    in_effect = reload.taken_over(old, new)
    assert value_of(in_effect, key) == ("something else" if live else value_of(old, key))
    assert reload.split(in_effect, new)[1] == restart, "it is named at each reload until the restart"


def test_every_word_of_the_list_names_a_key() -> None:
    assert all(any(key.startswith(word) for key in KEYS) for word in reload.LIVE)


class NoWake:
    strict = False

    def process(self, block: Any, *, alone: bool = False) -> list[WakeHit]:
        return []


EFFECTS: dict[str, tuple[object, Callable[[Scripted], object]]] = {
    "audio.volume": (31, lambda s: s.room.mixer.volume),
    "audio.chime": (False, lambda s: s.room.settings.audio.chime),
    "endpoint.no_speech_seconds": (7.0, lambda s: s.room.state.rules.no_speech_seconds),
    "endpoint.max_seconds": (12.0, lambda s: s.room.state.rules.max_speech_seconds),
    "barge_in.mode": ("off", lambda s: s.room.state.rules.barge_in),
    "follow_up.seconds": (9.0, lambda s: s.room.state.rules.follow_up_seconds),
    "follow_up.question_seconds": (19.0, lambda s: s.room.state.rules.question_seconds),
    "wake.confirm": (False, lambda s: s.room._circumstances("").must_confirm),
}
"""Keys that the asyncio side uses: a value, and where its effect shows."""


def test_the_values_of_a_new_file_are_in_force_and_a_bad_one_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "hearthd.toml"
    logs: list[tuple[str, bool]] = []
    monkeypatch.setattr(
        "hearthd.service.journal.configure", lambda level, transcripts: logs.append((level, transcripts))
    )

    async def talk() -> None:
        async with Scripted(tmp_path, Settings()) as speaker:
            notified: list[str] = []
            again = _Reload(speaker.app, Quiet(), Quiet(notified), config_file=str(file))
            for key, (value, effect) in EFFECTS.items():
                assert effect(speaker) != value
                file.write_text(written(key, value))
                again()
                assert effect(speaker) == value, key
                assert key in caplog.messages[-1].removeprefix("changed: ").split(", ")
            file.write_text('[log]\nlevel = "error"\ntranscripts = true\n')
            again()
            assert logs[-1] == ("error", True)
            assert ("reconfigure",) in speaker.front_end.calls
            before = speaker.room.settings
            file.write_text("[audio]\nvolume = 300\nvolumes = 3\n[chat")
            again()
            assert speaker.room.settings is before
            assert "the old configuration stays" in caplog.messages[-1]
            file.write_text('[chat]\nmodel = "another"\n')
            again()
            assert caplog.messages[-1] == "takes effect after a restart: chat.model"
            assert speaker.room.settings.chat.model == Settings().chat.model
            speaker.room.post(e.PartFailed(speaker.clock(), "mqtt"))
            again()
            assert "not working: mqtt" in notified[-1]

    with caplog.at_level(logging.INFO, "hearthd"):
        run(talk())


BAD_FILES = {
    "too many digits": b"node = " + b"1" * 5000,
    "nested too deeply": b"node = " + b"[" * 5000,
    "nested so that it can be read": b"node = " + b"[" * 900 + b"]" * 900,
    "no text": b"\xff\xfe\x00",
    "no wake word": b'[[wake.words]]\nname = "hey_foo"',
    "no persona": b'persona = "nobody"',
    "no such key": b"volume = 5",
    "a deep key": b".".join([b"a"] * 5000) + b" = 1",
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_reload_ends_whatever_the_file_holds(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    """systemd waits for the READY=1 behind RELOADING=1, and ends the service without it."""
    file = tmp_path / "hearthd.toml"
    file.write_bytes(content)

    async def talk() -> None:
        async with Scripted(tmp_path, Settings()) as speaker:
            calls: list[str] = []
            again = _Reload(speaker.app, Quiet(), Calls(calls), config_file=str(file))
            before = speaker.room.settings
            again()
            assert calls == ["reloading", "ready"]
            assert speaker.room.settings is before
            assert "the old configuration stays" in caplog.text

    run(talk())


def test_a_reload_ends_when_it_fails_in_a_way_that_nobody_thought_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise TypeError("a fault of ours")

    async def talk() -> None:
        async with Scripted(tmp_path, Settings()) as speaker:
            calls: list[str] = []
            monkeypatch.setattr(_Reload, "_take_over", broken)
            _Reload(speaker.app, Quiet(), Calls(calls), config_file=None)()
            assert calls == ["reloading", "ready"]
            assert "could not be taken over" in caplog.text

    run(talk())


def test_a_mark_at_the_beginning_of_the_file_is_no_part_of_it(tmp_path: Path) -> None:
    """As editors of another system write it."""
    for content in (b'\xef\xbb\xbfnode = "kitchen"', b'\xef\xbb\xbf# comment\nnode = "kitchen"'):
        (tmp_path / "hearthd.toml").write_bytes(content)
        assert loader.load(str(tmp_path / "hearthd.toml"), {}).node == "kitchen"
    (tmp_path / "bom.toml").write_bytes(b'\xef\xbb\xbfsystem = "Be kind."')
    assert personas.parse(tmp_path / "bom.toml").system == "Be kind."


@pytest.mark.parametrize("content", [b"x = " + b"1" * 5000, b"x = " + b"[" * 5000, b"\xff", b"system = 5"])
def test_a_bad_persona_file_keeps_nobody_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "bad.toml").write_bytes(content)
    (tmp_path / "personas" / "folder.toml").mkdir()
    (tmp_path / "personas" / "lost.toml").symlink_to("/nowhere")
    monkeypatch.setenv("HEARTHD_CONFIG", str(tmp_path / "hearthd.toml"))
    known = [persona.name for persona in factory.known_personas()]
    assert "hearthd" in known
    assert "bad" not in known
    assert "bad.toml" in caplog.text


class Calls:
    """systemd: which of its messages came, in order."""

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: self._calls.append(name)


def test_the_front_end_takes_its_keys_from_the_settings_it_was_given_last() -> None:
    front_end = FrontEnd(NoWake(), Quiet(), Settings())  # type: ignore[arg-type]
    changed = with_value(Settings(), "endpoint.silence_seconds", 1.5)
    front_end.reconfigure(changed)
    assert front_end._settings is changed


def test_a_chosen_persona_whose_file_is_gone_keeps_nobody_from_starting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for chosen in ("mario", "gone", "../gone"):
        running = RunningSettings(Settings())
        running.remember("persona", chosen)
        forget_lost(running)
        assert running.in_force.persona == (chosen if chosen == "mario" else Settings().persona)
        assert (chosen in caplog.text) == (chosen != "mario")


def test_what_was_set_while_it_ran_outlasts_a_reload() -> None:
    was_set = {"volume": 12, "wake_threshold": 0.9, "barge_in": "off", "voice": "anna", "persona": "mario"}
    settings = in_force(Settings(), was_set)
    assert (settings.audio.volume, settings.voice.name, settings.persona) == (12, "anna", "mario")
    assert settings.wake.words[0].threshold == 0.9
    assert settings.barge_in.mode == "off"


def written(key: str, value: object) -> str:
    """A file that holds this one key."""
    section, _, name = key.rpartition(".")
    return f"[{section}]\n{name} = {json.dumps(value)}\n"


class Quiet:
    """The bridge or systemd: takes everything."""

    def __init__(self, lines: list[str] | None = None) -> None:
        self._lines = [] if lines is None else lines

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *words, **_: self._lines.extend(words)


def test_home_assistant_is_asked_from_the_reload_on_and_no_longer_after_another(tmp_path: Path) -> None:
    file = tmp_path / "hearthd.toml"

    async def talk() -> None:
        home = ScriptedHome(enabled=False)
        async with Scripted(tmp_path, Settings(), home=home) as speaker:
            again = _Reload(speaker.app, Quiet(), Quiet([]), config_file=str(file))
            for turn, url in enumerate(("http://h:8123", ""), 1):
                file.write_text(f'[home_assistant]\nurl = "{url}"\n')
                again()
                assert home.enabled == bool(url)
                await speaker.asks("turn on the kitchen light.")
                await speaker.until(lambda turn=turn: len(speaker.turns) == turn)  # type: ignore[misc]
        assert home.begun == 1

    run(talk())
