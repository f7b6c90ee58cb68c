"""A persona acts in the running speaker: its prompt, model, context, voice, greeting and follow-up window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hearthd.app.daemon import _Reload
from hearthd.app.factory import voiced
from hearthd.cli import main
from hearthd.common.errors import EngineError
from hearthd.config import loader
from hearthd.config.overrides import Overrides
from hearthd.config.personas import Persona
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import Settings
from hearthd.conversation.conversation import Conversation
from hearthd.engines.llm.fallback import FallbackChat
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.messages import Message, texts
from hearthd.engines.protocols import ChatModel, Manner, Voice
from hearthd.history.store import Store
from tests import chat_models
from tests.engines.llm.test_fallback import StandIn, answer
from tests.peers.ollama import OllamaPeer
from tests.scripted import Scripted, ScriptedChat
from tests.virtual_time import run

pytestmark = pytest.mark.integration

MARIO = Persona(
    name="mario",
    system="You are Mario.",
    model="mario-base",
    temperature=0.9,
    num_ctx=1024,
    stop=["END"],
    voice="mario",
    greeting="It's-a me!",
    follow_up_seconds=9.0,
)
PLAIN = Persona(name="plain", system="Be plain.", language="zh")
SILENT = {"name": "quiet", "voice": ""}
"""What makes of Mario somebody without a voice of his own."""


class Speaker(Scripted):
    """Knows Mario; notes which voices it was switched to."""

    def __init__(self, folder: Path, chat: ScriptedChat | None = None) -> None:
        super().__init__(folder, chat=chat)
        self.voices: list[str] = []

    async def __aenter__(self) -> Speaker:
        await super().__aenter__()
        self.app.shared.personas = [MARIO, PLAIN]
        return self

    async def eventually(self, condition: Callable[[], bool]) -> None:
        """What no event tells of; the clock is virtual."""
        for _ in range(3000):
            if condition():
                return
            await asyncio.sleep(0.1)
        raise AssertionError("it never happened")

    async def _switched(self, voice: Voice, name: str, settings: Settings) -> Voice:
        if name == "broken":
            raise EngineError("no such voice")
        self.voices.append(name)
        return voice


def test_a_persona_asked_for_by_voice_is_there_with_all_that_is_its_own(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Speaker(tmp_path) as speaker:
            budget = speaker.room.conversation.context._budget
            await speaker.eventually(lambda: speaker.chat.prefills == 1)
            await speaker.asks("be Mario")
            await speaker.until(lambda: bool(speaker.turns))
            await speaker.eventually(lambda: speaker.chat.starts == 2 and bool(speaker.voices))
            assert speaker.turns[0].spoken == "It's-a me!"
            assert speaker.chat.manners[1:] == [Manner(0.9, ("END",), "mario-base", 1024, MARIO.system)]
            assert speaker.voices == ["mario"]
            assert speaker.room.state.rules.follow_up_seconds == 9.0
            assert speaker.room.settings.persona == "mario"
            assert speaker.room.conversation.context._budget < budget
            await speaker.asks("how are you")
            await speaker.until(lambda: len(speaker.turns) == 2)
            assert speaker.chat.sent[0][0].content == "You are Mario."

    run(talk())


def test_the_next_persona_keeps_nothing_of_the_one_before(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Speaker(tmp_path) as speaker:
            budget = speaker.room.conversation.context._budget
            speaker.room.use_persona(MARIO)
            await speaker.eventually(lambda: speaker.voices == ["mario"])
            speaker.room.use_persona(PLAIN)
            await speaker.eventually(lambda: speaker.chat.starts == 3 and len(speaker.voices) == 2)
            assert speaker.voices == ["mario", ""]
            assert speaker.chat.manners[-1] == Manner(0.7, system=PLAIN.system)
            assert speaker.room.state.rules.follow_up_seconds == speaker.settings.follow_up.seconds
            assert speaker.room.conversation.context._budget == budget
            await speaker.asks("what time is it")
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].language == "zh"
            assert "请用中文回答" in speaker.chat.sent[0][-1].content

    run(talk())


def test_a_persona_comes_between_two_replies(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Speaker(tmp_path) as speaker:
            await speaker.asks("how are you")
            await speaker.until(lambda: speaker.phase == "speaking")
            speaker.room.use_persona(MARIO)
            assert speaker.chat.starts == 1
            await speaker.until(lambda: bool(speaker.turns))
            assert speaker.turns[0].spoken == speaker.chat.text
            await speaker.eventually(lambda: speaker.chat.starts == 2)

    run(talk())


def test_a_voice_that_is_not_there_leaves_the_old_one(tmp_path: Path) -> None:
    async def talk() -> None:
        async with Speaker(tmp_path) as speaker:
            speaker.room.use_persona(MARIO.model_copy(update={"voice": "broken"}))
            assert speaker.room.voice.name == "broken"
            await speaker.eventually(lambda: speaker.chat.starts == 2)
            assert speaker.room.voice.name == ""

    run(talk())


def test_a_voice_that_was_chosen_over_a_personas_own_still_speaks_after_a_restart(tmp_path: Path) -> None:
    def restarted() -> str:
        running = RunningSettings(Settings(), Overrides(tmp_path / "remembered.json"))
        return voiced(running, MARIO).voice.name

    async def talk() -> None:
        async with Speaker(tmp_path) as speaker:
            overrides = Overrides(tmp_path / "remembered.json")
            speaker.room.running = RunningSettings(Settings(), overrides)
            for chosen, spoken in (
                ("mario", "mario"),
                ("anna", "anna"),
                ("quiet", "anna"),
                ("mario", "mario"),
                ("anna", "anna"),
                ("anna", "anna"),
                ("mario", "mario"),
            ):
                if chosen == "anna":
                    speaker.room.set("voice", chosen)
                else:
                    speaker.room._asked_to_be(MARIO if chosen == "mario" else MARIO.model_copy(update=SILENT))
                overrides.set("volume", 31)  # what else is set changes nothing of that
                assert speaker.room.voice.name == spoken
            overrides.close()
            assert restarted() == "mario"
            overrides = Overrides(tmp_path / "remembered.json")
            speaker.room.running = RunningSettings(Settings(), overrides)
            speaker.room.set("voice", "anna")
            overrides.close()
            assert restarted() == "anna"

    run(talk())


class Missing(ScriptedChat):
    """Cannot load Mario's model for a while."""

    missing = True

    async def start(self) -> None:
        await super().start()
        if self.missing and self.manners and self.manners[-1].model:
            raise EngineError('Ollama has no model "mario-base"')


def test_a_persona_whose_model_is_missing_is_a_fault_until_it_is_there(tmp_path: Path) -> None:
    async def talk() -> None:
        chat = Missing()
        async with Speaker(tmp_path, chat) as speaker:
            speaker.room.use_persona(MARIO)
            await speaker.eventually(lambda: "chat" in speaker.room.state.faults)
            starts = chat.starts
            speaker.room.use_persona(MARIO)  # once more: no second series of attempts
            await speaker.eventually(lambda: chat.starts > starts)
            chat.missing = False
            await speaker.eventually(lambda: "chat" not in speaker.room.state.faults)

    run(talk())


async def test_the_stand_in_answers_for_a_persona_whose_model_is_missing() -> None:
    async with OllamaPeer("smollm2:135m") as peer:
        stand_in = StandIn()
        first = OllamaChat(peer.url, "smollm2:135m", num_ctx=2048, max_reply_tokens=100)
        model = FallbackChat(first, lambda: stand_in, expected=True)
        await model.start()
        model.adopt(Manner(0.9, (), "mario-base", 1024))
        await model.start()
        assert await answer(model) == ("Me!", "stand-in")
        assert stand_in.manner == Manner(0.9, (), "", 1024)  # its model is its own
        model.adopt(Manner())
        await model.start()
        await stand_in.closed.wait()
        assert (await answer(model))[1] == "smollm2:135m"
        await model.close()


@pytest.mark.models
async def test_the_embedded_model_takes_a_personas_context_and_says_once_whose_its_model_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    model = chat_models.embedded(chat_models.TINY, num_ctx=512)
    try:
        await model.start()
        for _ in range(2):
            model.adopt(Manner(0.0, (), "mario-base", 1024))
            await model.start()
        assert model._child is not None
        assert model._child.num_ctx == 1024
        assert caplog.text.count("mario-base") == 1
        assert (await _said(model)).strip()
        model.adopt(Manner(0.0))
        assert (await _said(model)).strip()
        assert model._child.num_ctx == 512
    finally:
        await model.close()


async def _said(model: ChatModel) -> str:
    return "".join([piece async for piece in texts(model.reply([Message("user", "Say hello.")]))])


def test_the_configured_persona_is_there_from_the_start(tmp_path: Path) -> None:
    store = Store(tmp_path / "hearthd.db")
    settings = Settings.model_validate({"voice": {"name": "anna"}})
    assert Conversation(settings, MARIO, store).num_ctx == 1024
    assert Conversation(settings, PLAIN, store).num_ctx == settings.chat.num_ctx
    assert voiced(RunningSettings(settings), MARIO).voice.name == "mario"
    assert voiced(RunningSettings(settings), PLAIN).voice.name == "anna"
    store.close()


class Quiet:
    """The bridge or systemd, who are told and say nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: None


def test_a_changed_configuration_counts_more_than_what_was_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_CONFIG", str(tmp_path / "hearthd.toml"))

    async def talk() -> None:
        file = tmp_path / "hearthd.toml"
        (tmp_path / "personas").mkdir()
        mine = tmp_path / "personas" / "mine.toml"
        mine.write_text('system = "First."')
        file.write_text('persona = "mario"')
        overrides = Overrides(tmp_path / "remembered.json")
        async with Speaker(tmp_path) as speaker:
            monkeypatch.setattr("hearthd.service.journal.configure", lambda *_, **__: None)
            parts: Any = (speaker.app, Quiet(), Quiet())
            speaker.room.running = RunningSettings(loader.load(), overrides)
            reload = _Reload(*parts, config_file=str(file))
            overrides.set("persona", "xiaoji")
            reload()
            assert speaker.room.conversation.persona.name == "xiaoji"
            file.write_text('persona = "mine"')
            reload()
            assert speaker.room.conversation.persona.system == "First."
            mine.write_text('system = "Second."\nmodel = "another"')
            reload()
            assert speaker.room.conversation.persona.system == "Second."
            assert speaker.chat.manners[-1].model == "another"
            assert "mine" in [persona.name for persona in speaker.app.shared.personas]
            changes = len(speaker.chat.manners)
            mine.write_text("sistem = 1")
            reload()
            assert speaker.room.conversation.persona.system == "Second."
            assert len(speaker.chat.manners) == changes
        overrides.close()

    run(talk())


def test_personas_lie_beside_the_configuration_that_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_CHAT__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("HEARTHD_CONFIG", "")  # given back afterwards
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "mine.toml").write_text('system = "Mine."')
    (tmp_path / "hearthd.toml").write_text('persona = "mine"')
    assert main.main(["personas", "list", "--config", str(tmp_path / "hearthd.toml")]) == 0
    assert "mine *" in capsys.readouterr().out
