"""The speaker as Home Assistant's conversation agent, and its wake words, over the real Wyoming client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import Describe, Info
from wyoming.wake import Detect, Detection

from hearthd.actions.matcher import Matcher
from hearthd.app.wyoming import WyomingOffer
from hearthd.common.audio import SAMPLE_RATE
from hearthd.common.errors import EngineError
from hearthd.config.personas import Persona
from hearthd.config.settings import Settings, WakeWordModel
from hearthd.dialogue.events import Ended
from hearthd.engines.messages import Answering, Message, ReplyEvent, Text, ToolSpec, Withdrawn
from hearthd.engines.wake_word.openwakeword import OpenWakeWord
from hearthd.models import wake_words
from hearthd.wyoming_server.announcement import announcement
from hearthd.wyoming_server.answering import Handling, caller_of
from hearthd.wyoming_server.guests import Caller, Guests
from hearthd.wyoming_server.server import WyomingServer
from hearthd.wyoming_server.waking import Waking
from tests.peers.llama_server import free_port
from tests.scripted import Scripted, ScriptedChat, ScriptedVoice
from tests.utterances import say

pytestmark = pytest.mark.integration


class Echo(ScriptedChat):
    """Answers with what it was asked last, and how much it knows."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = False
        self.hold: asyncio.Event | None = None
        self.begun, self.closed = asyncio.Event(), asyncio.Event()

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        self.sent.append(messages)
        self.begun.set()
        if self.fails:
            raise EngineError("nobody answers at http://gpu")
        yield Answering("echo")
        try:
            if self.hold is not None:
                await self.hold.wait()
            yield Text("Hm, I **think**")
            yield Withdrawn()
            last = messages[-1].content.splitlines()[-1]
            asked = sum(message.role == "user" for message in messages)
            yield Text(f"You said {last}, and I know of {asked} questions.")
        finally:
            self.closed.set()


def said(text: str, conversation: str = "", device: str = "", language: str = "en") -> Event:
    """As Home Assistant's Wyoming conversation entity sends it."""
    context = {"conversation_id": conversation, "device_id": device, "satellite_id": None}
    return Transcript(text=text, language=language, context=context).event()


class House:
    """A speaker whose answers are offered."""

    def __init__(self, speaker: Scripted, chat: Echo) -> None:
        self.speaker, self.chat = speaker, chat
        room = speaker.room
        self.guests = Guests(room.settings, room.shared, lambda: room.conversation.persona)
        self.server = WyomingServer(
            "127.0.0.1", 0, lambda: Event("info"), {("transcript",): lambda: Handling(self.guests)}
        )

    async def ask(self, event: Event) -> Event:
        """The answer, over a connection of its own."""
        async with AsyncTcpClient("127.0.0.1", self.server.port) as client:
            await client.write_event(event)
            answer = await asyncio.wait_for(client.read_event(), 10)
            assert answer is not None
            return answer

    async def text(self, *args: str) -> str:
        return Handled.from_event(await self.ask(said(*args))).text or ""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as found:
        yield found


@asynccontextmanager
async def opened(folder: Path, **options: Any) -> AsyncIterator[House]:
    chat = Echo()
    async with Scripted(folder, chat=chat, **options) as speaker:
        found = House(speaker, chat)
        running = asyncio.create_task(found.server.run())
        await found.server.listening.wait()
        yield found
        running.cancel()
        await asyncio.wait({running})


async def test_a_conversation_is_remembered_and_no_other_is_mixed_into_it(house: House) -> None:
    assert await house.text("apples", "c1") == "You said apples, and I know of 1 questions."
    assert await house.text("pears", "c2") == "You said pears, and I know of 1 questions."
    assert await house.text("plums", "c1") == "You said plums, and I know of 2 questions."
    assert "apples" in str(house.chat.sent[-1])
    assert "pears" not in str(house.chat.sent[-1])
    box = house.speaker.room.conversation
    assert box.context.prefix()[1:] == []  # nothing of it is the box's


async def test_a_device_without_a_conversation_has_one_of_its_own(house: House) -> None:
    await house.text("apples", "", "kitchen")
    assert "2 questions" in await house.text("pears", "", "kitchen")
    assert "1 questions" in await house.text("plums", "", "bedroom")


async def test_four_conversations_at_once_do_not_mix(house: House) -> None:
    async def talk(name: str) -> list[str]:
        return [await house.text(f"{name} {n}", name) for n in range(5)]

    for name, answers in zip("abcd", await asyncio.gather(*(talk(name) for name in "abcd")), strict=True):
        assert answers == [f"You said {name} {n}, and I know of {n + 1} questions." for n in range(5)]
    for messages in house.chat.sent:
        words = {m.content.splitlines()[-1][0] for m in messages if m.role == "user"}
        assert len(words) == 1


async def test_a_turn_is_written_down_with_what_was_asked_and_answered(house: House) -> None:
    await house.text("apples", "c1")
    store = house.speaker.room.shared.store
    room = Caller("c1").room
    await store.flush()
    [turn] = store.turns_between(0.0, 1e12, 10, room)
    assert (turn.heard, turn.spoken, turn.ended) == (
        "apples", "You said apples, and I know of 1 questions.", Ended.COMPLETED,
    )  # fmt: skip
    assert (turn.understood_by, turn.chat_model, turn.language) == ("model", "echo", "en")


async def test_commands_are_done_and_what_is_about_a_loudspeaker_is_not_for_the_boxs(tmp_path: Path) -> None:
    async with opened(tmp_path, commands=Matcher({})) as house:
        volume = house.speaker.room.settings.audio.volume
        assert "10" in await house.text("set a timer for ten minutes", "c1")
        timers = house.speaker.room.shared.timers
        assert timers is not None
        [alert] = timers.alerts()
        assert alert.room == ""
        assert "15" in await house.text("what is seven plus eight", "c1")
        await house.text("louder", "c1")
        assert house.speaker.room.settings.audio.volume == volume
        assert await house.text("stop", "c1") == ""
        assert len(house.chat.sent) <= 1


async def test_a_persona_that_is_asked_for_answers_in_that_conversation_only(house: House) -> None:
    mario = Persona(name="mario", system="Be Mario.", greeting="It's me!")
    house.speaker.room.shared.personas = [mario]
    before = house.speaker.room.conversation.persona
    assert await house.text("be Mario", "c1") == "It's me!"
    await house.text("apples", "c1")
    assert house.chat.sent[-1][0].content == "Be Mario."
    await house.text("apples", "c2")
    assert house.chat.sent[-1][0].content != "Be Mario."
    assert house.speaker.room.conversation.persona is before


async def test_both_languages_are_answered_in_their_own(house: House) -> None:
    await house.text("今天天气怎么样", "c1", "", "zh-CN")
    assert "请用中文回答" in house.chat.sent[-1][-1].content
    await house.text("and tomorrow in the whole of the country", "c2", "", "en")
    assert "Answer in English" in house.chat.sent[-1][-1].content


async def test_nothing_said_is_not_handled_and_a_model_that_fails_is_an_error(house: House) -> None:
    for text in ("", "   "):
        assert NotHandled.is_type((await house.ask(said(text))).type)
    house.chat.fails = True
    answer = await house.ask(said("apples", "c1"))
    assert "http://gpu" in Error.from_event(answer).text
    house.chat.fails = False
    assert "apples" in await house.text("apples", "c1")


async def test_who_hangs_up_is_not_answered_any_further(house: House) -> None:
    house.chat.hold = asyncio.Event()
    client = AsyncTcpClient("127.0.0.1", house.server.port)
    await client.connect()
    await client.write_event(said("apples", "c1"))
    await asyncio.wait_for(house.chat.begun.wait(), 10)
    await client.disconnect()
    await asyncio.wait_for(house.chat.closed.wait(), 10)


def test_ids_of_any_kind_are_a_caller_and_a_room_of_a_bounded_number() -> None:
    for context in (
        None,
        [],
        {"conversation_id": 5},
        {"device_id": "x" * 9999},
        {"conversation_id": "\ud800"},
    ):
        caller = caller_of(Event("transcript", {"context": context}))
        assert len(caller.key) <= 200
    rooms = {Caller(str(number)).room for number in range(5000)}
    assert len(rooms) <= 256
    assert Caller("c1", "d").key == "c1"


async def test_more_conversations_than_are_kept_forget_the_quietest(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hearthd.wyoming_server.guests.MAX_GUESTS", 3)
    names = [f"c{n}" for n in range(5)]
    for name in names:
        await house.text("apples", name)
    assert "1 questions" in await house.text("pears", "c0")
    assert "2 questions" in await house.text("pears", "c4")


# --- wake -----------------------------------------------------------------------------------------


@pytest.mark.models
async def test_a_wake_word_in_a_stream_is_told_with_its_time_and_silence_is_not() -> None:
    def open_words(names: Sequence[str]) -> OpenWakeWord:
        words = [WakeWordModel(name=name) for name in names or ["hey_jarvis"]]
        return OpenWakeWord(words, wake_words.folder(), refractory_seconds=2.0)

    server = WyomingServer("127.0.0.1", 0, lambda: Event("info"), {("detect",): lambda: Waking(open_words)})
    running = asyncio.create_task(server.run())
    await server.listening.wait()
    quiet = np.zeros(2 * SAMPLE_RATE, np.int16)
    spoken = np.concatenate([quiet, await asyncio.to_thread(say, "Hey Jarvis, what time is it?"), quiet])
    async with AsyncTcpClient("127.0.0.1", server.port) as client:
        for sound, kind in ((quiet, "not-detected"), (spoken, "detection")):
            await client.write_event(Detect(names=["hey_jarvis"]).event())
            await client.write_event(AudioStart(rate=16_000, width=2, channels=1).event())
            for at in range(0, len(sound), 1024):
                await client.write_event(AudioChunk(16_000, 2, 1, sound[at : at + 1024].tobytes()).event())
            await client.write_event(AudioStop().event())
            answer = await asyncio.wait_for(client.read_event(), 30)
            assert answer is not None
            assert answer.type == kind
        found = Detection.from_event(answer)
        assert found.name == "hey_jarvis"
        assert found.timestamp is not None
        assert 2_400 < found.timestamp < 3_600
    running.cancel()
    await asyncio.wait({running})


# --- all of it ------------------------------------------------------------------------------------


async def test_a_speaker_that_listens_on_an_address_offers_all_that_it_is_configured_to(
    tmp_path: Path,
) -> None:
    port = free_port()
    offered = {"listen": "127.0.0.1", "port": port, "offer": ["asr", "tts", "handle"]}
    settings = Settings.model_validate({"wyoming": offered})
    async with Scripted(tmp_path, settings) as speaker:
        offer = WyomingOffer(speaker.app, lambda _: ScriptedVoice())
        running = asyncio.create_task(offer.run())
        await offer.server.listening.wait()
        async with AsyncTcpClient("127.0.0.1", port) as client:
            await client.write_event(Describe().event())
            event = await asyncio.wait_for(client.read_event(), 10)
            assert event is not None
            told = Info.from_event(event)
            assert (len(told.asr), len(told.tts), len(told.handle), len(told.wake)) == (1, 1, 1, 0)
            assert told.asr[0].models[0].languages == ["en", "zh"]
            await client.write_event(said("hello", "c1"))
            event = await asyncio.wait_for(client.read_event(), 10)
            assert event is not None
            assert Handled.from_event(event).text == speaker.chat.text
        running.cancel()
        await asyncio.wait({running})


def test_nobody_is_listened_to_unless_an_address_is_named() -> None:
    assert Settings().wyoming.listen == ""


def test_the_network_is_told_of_the_port_only_where_somebody_elsewhere_can_reach_it() -> None:
    def told(listen: str) -> str:
        return announcement(
            Settings.model_validate({"node": "den", "wyoming": {"listen": listen, "port": 10301}})
        )

    assert [told(listen) for listen in ("", "127.0.0.1", "::1", "localhost")] == [""] * 4
    found = ElementTree.fromstring(told("192.168.1.5"))
    assert (found.findtext("name"), found.findtext("service/type")) == ("den", "_wyoming._tcp")
    assert found.findtext("service/port") == "10301"
