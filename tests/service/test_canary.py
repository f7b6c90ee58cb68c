"""What people say is nowhere in the journal, whatever breaks while they say it, at any level."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path

import pytest

from hearthd.common.audio import Pcm
from hearthd.dialogue import events as e
from hearthd.engines.messages import Message, ReplyEvent, ToolSpec
from hearthd.engines.protocols import Transcript
from hearthd.service.journal import JournalHandler
from tests.scripted import Scripted, ScriptedAsr, ScriptedChat, ScriptedVoice
from tests.service.journald import Journald
from tests.virtual_time import run

pytestmark = pytest.mark.integration

CANARY = "kanarienvogel"
FAULTS = ("none", "asr", "chat", "chat in the middle", "voice", "prefill", "store", "later")


class Asr(ScriptedAsr):
    breaks = False

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        heard = await super().transcribe(audio, language=language, quick=quick)
        if self.breaks:
            raise ValueError(f"cannot decode {heard.text}")
        return heard


class Chat(ScriptedChat):
    breaks = ""

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        if self.breaks == "prefill":
            raise KeyError(CANARY)

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        number = 0
        async for piece in super().reply(messages, tools):
            if self.breaks == "chat" or (self.breaks == "chat in the middle" and number == 5):
                raise json.JSONDecodeError("no end", messages[-1].content, 3)
            if self.breaks == "later":  # nobody waits for this one
                asyncio.get_running_loop().create_future().set_exception(ValueError(str(piece)))
            number += 1
            yield piece


class Voice(ScriptedVoice):
    breaks = False

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        if self.breaks:
            raise UnicodeError(f"cannot say {text}")
        async for pcm in super().synthesize(text, language):
            yield pcm


@pytest.fixture
def journald(tmp_path: Path) -> Iterator[Journald]:
    """Everything that anybody logs, at the lowest level, as the journal gets it."""
    listening = Journald(tmp_path / "socket")
    handler = JournalHandler(listening.path)
    root, ours = logging.getLogger(), logging.getLogger("hearthd")
    before = root.level, ours.level
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.DEBUG)
    yield listening
    root.removeHandler(handler)
    root.setLevel(before[0])
    ours.setLevel(before[1])
    handler.close()
    listening.socket.close()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_turn_leaves_no_word_of_itself(fault: str, tmp_path: Path, journald: Journald) -> None:
    asr, chat, voice = Asr(), Chat(), Voice()
    asr.breaks, chat.breaks, voice.breaks = fault == "asr", fault, fault == "voice"
    chat.text = f"You said {CANARY}. " * 3
    written: list[dict[str, str]] = []

    async def talk() -> None:
        async with Scripted(tmp_path, asr=asr, chat=chat, voice=voice) as speaker:
            if fault == "store":
                speaker.store._connection.execute("DROP TABLE turns")
            await speaker.asks(f"what is a {CANARY}")
            await speaker.until(lambda: len(speaker.turns) == 1)
            speaker.room.post(e.AnnounceRequested(speaker.clock(), f"The {CANARY} is here."))
            await speaker.until(lambda: len(speaker.turns) == 2)
            if fault != "prefill":  # of which the speaker has died at its start
                speaker.timers.remind(CANARY, seconds=1, spoken=True)
                await speaker.until(lambda: speaker.phase == "ringing")
                await speaker.until(lambda: speaker.phase == "idle")
                assert speaker.rings == [(CANARY, "said")]
            written.extend(journald.read())

    run(talk())
    written.extend(journald.read())
    assert any("TURN_ID" in fields for fields in written), "nothing was logged at all"
    assert CANARY not in json.dumps(written).lower()
