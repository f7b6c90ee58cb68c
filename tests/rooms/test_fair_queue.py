"""Engines that several rooms want at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import numpy as np
import pytest

from hearthd.engines.messages import Message, ReplyEvent, Text, ToolSpec
from hearthd.engines.protocols import Manner, PhraseHeard, PhraseScorer, Transcript
from hearthd.rooms.fair_queue import FairQueue, Waits
from hearthd.rooms.shared_engines import RoomChat, SharedChat, room_asr
from tests.scripted import ScriptedAsr
from tests.virtual_time import run

pytestmark = pytest.mark.unit

SILENCE = np.zeros(160, np.int16)


def test_rooms_are_served_in_turn_whoever_asks_most() -> None:
    async def scene() -> None:
        queue, served = FairQueue(), list[str]()

        async def work(room: str) -> None:
            async with queue.turn(room):
                served.append(room)
                await asyncio.sleep(1.0)

        first = asyncio.create_task(work("hall"))
        await asyncio.sleep(0)
        tasks = [asyncio.create_task(work(room)) for room in ["den"] * 4 + ["kitchen", "bath"]]
        await asyncio.gather(first, *tasks)
        assert served == ["hall", "den", "kitchen", "bath", "den", "den", "den"]
        assert queue.free("anybody")

    run(scene())


def test_a_room_alone_never_waits_for_itself() -> None:
    async def scene() -> None:
        queue, waits = FairQueue(), Waits()

        async def work() -> None:
            async with queue.turn("hall", waits):
                await asyncio.sleep(1.0)

        began = asyncio.get_running_loop().time()
        await asyncio.gather(work(), work(), work())
        assert asyncio.get_running_loop().time() - began < 1.01
        assert waits.take_ms() is None

    run(scene())


def test_who_is_cancelled_while_waiting_or_served_leaves_no_hole() -> None:
    async def scene() -> None:
        for cancelled_at in (0.5, 1.0, 1.5):
            queue, waits = FairQueue(), Waits()

            async def work(room: str, queue: FairQueue = queue, waits: Waits = waits) -> None:
                async with queue.turn(room, waits):
                    await asyncio.sleep(1.0)

            tasks = [asyncio.create_task(work(room)) for room in ("hall", "kitchen", "bath")]
            await asyncio.sleep(cancelled_at)
            tasks[1].cancel()
            await asyncio.wait(tasks)
            assert tasks[2].exception() is None
            assert queue.free("den"), f"cancelled at {cancelled_at}"

    run(scene())


class Recorder:
    """A chat model that only says in whose manner it was asked."""

    name = "recorder"

    def __init__(self) -> None:
        self.manner = Manner()
        self.adopted = 0

    async def start(self) -> None: ...

    def adopt(self, manner: Manner) -> None:
        self.manner, self.adopted = manner, self.adopted + 1

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None: ...

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        for _ in range(3):
            await asyncio.sleep(0.1)
            yield Text(f"{self.manner.temperature}")

    async def close(self) -> None: ...


def test_every_reply_is_written_in_its_own_rooms_manner() -> None:
    async def scene() -> None:
        model = Recorder()
        shared, waits = SharedChat(model), Waits()
        rooms = [RoomChat(shared, f"room{n}", Manner(n / 10), waits if n else Waits()) for n in range(4)]

        async def asked(chat: RoomChat) -> list[str]:
            async with aclosing(chat.reply([])) as reply:
                return [event.text async for event in reply if isinstance(event, Text)]

        written = await asyncio.gather(*(asked(chat) for chat in rooms))
        assert written == [[f"{n / 10}"] * 3 for n in range(4)]
        assert model.adopted == 4
        assert waits.take_ms() == pytest.approx(300 + 600 + 900, abs=2)
        await asked(rooms[3])
        assert model.adopted == 4, "the same manner is not adopted twice"
        rooms[0].adopt(Manner(0.9))
        assert model.manner == Manner(0.9), "nobody else talks: it is the engine's at once"

    run(scene())


def test_a_prefill_waits_for_the_replies_of_other_rooms() -> None:
    async def scene() -> None:
        model = Recorder()
        shared = SharedChat(model)
        kitchen = RoomChat(shared, "kitchen", Manner(0.1), Waits())
        hall = RoomChat(shared, "hall", Manner(0.2), Waits())
        async with aclosing(kitchen.reply([])) as reply:
            await anext(reply)
            prefill = asyncio.create_task(hall.prefill([]))
            await asyncio.sleep(5)
            assert not prefill.done()
            assert model.manner == Manner(0.1)
        await prefill
        assert model.manner == Manner(0.2)

    run(scene())


class PhraseAsr(ScriptedAsr):
    async def hear_phrase(self, audio: object, phrase: str) -> PhraseHeard:
        return PhraseHeard(phrase, -0.1)


def test_a_room_pins_its_language_and_scores_phrases_where_the_recogniser_can() -> None:
    class Languages(ScriptedAsr):
        pinned: str | None = None

        async def transcribe(
            self, audio: object, *, language: str | None = None, quick: bool = False
        ) -> Transcript:
            self.pinned = language
            return Transcript("", "en")

    async def scene() -> None:
        asr = Languages()
        await room_asr(asr, FairQueue(), "hall", Waits(), "zh").transcribe(SILENCE)
        assert asr.pinned == "zh"
        scorer = room_asr(PhraseAsr(), FairQueue(), "hall", Waits(), None)
        assert isinstance(scorer, PhraseScorer)
        assert (await scorer.hear_phrase(SILENCE, "hey jarvis")).text == "hey jarvis"
        assert not isinstance(room_asr(ScriptedAsr(), FairQueue(), "hall", Waits(), None), PhraseScorer)

    run(scene())
