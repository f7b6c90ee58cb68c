"""Lives in which people interrupt at random instants, while engines are slow and fail, on the virtual clock.

Every reply has words of its own and a tone of its own, so that what sounds tells whose it is, to the sample;
what the store and the model are told of a reply is held against what sounded of it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import numpy as np

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings
from hearthd.dialogue import events as e
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.messages import Message, ReplyEvent, ToolSpec
from hearthd.engines.protocols import Transcript
from tests.scripted import BLOCK_SECONDS, Scripted, ScriptedChat, ScriptedVoice
from tests.virtual_time import run

LETTERS = "wqzjyx"
"""The words of the first reply begin with the first of them, and so on."""
TONES_HZ = np.arange(400.0, 2200.0, 300.0)
"""One a reply."""
CHANCE_BLOCKS = 1
"""So many 20 ms of an apology's voice may look like a tone."""
PROMPT_SECONDS = 0.1
"""From an interruption to silence: a block, the device's 40 ms, a fade."""
SLACK_SECONDS = 0.3
"""Fades, and blocks at the ends of clips whose tone is not counted."""


class LetteredChat(ScriptedChat):
    """Writes sixty words that no other reply has."""

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        letter = LETTERS[len(self.sent) % len(LETTERS)]
        self.text = " ".join(
            f"{letter}{'abcdefghij'[n // 10]}{'abcdefghij'[n % 10]}" + ("." if n % 7 == 6 else "")
            for n in range(60)
        )
        async for word in super().reply(messages, tools):
            yield word


class LetteredVoice(ScriptedVoice):
    """Speaks each letter's words in a tone of its own."""

    async def synthesize(self, text: str, language: str) -> AsyncGenerator[Pcm, None]:
        hertz = TONES_HZ[LETTERS.index(text.lstrip()[0])]
        async for piece in super().synthesize(text, language):
            tone = 8000 * np.sin(2 * np.pi * hertz / self.rate * np.arange(len(piece)))
            yield tone.astype(np.int16)


def sounded(speaker: Scripted) -> dict[str, list[tuple[float, float]]]:
    """When each letter's tone sounded: a block's beginning, and how long the tone in it lasts."""
    found: dict[str, list[tuple[float, float]]] = {}
    for at, block in speaker.speaker.blocks:
        spectrum = np.abs(np.fft.rfft(block * np.hanning(len(block)), 4 * len(block))) ** 2
        bins = 4 * BLOCK_SECONDS * TONES_HZ
        power = [spectrum[round(one) - 8 : round(one) + 9].sum() for one in bins]
        best = int(np.argmax(power))
        if power[best] >= 0.7 * spectrum.sum():  # an apology is no tone
            share = np.count_nonzero(block) / len(block)
            found.setdefault(LETTERS[best], []).append((at, share * BLOCK_SECONDS))
    return found


class Interrupted(Scripted):
    """Notes what was interrupted when."""

    def __init__(self, folder: Path, settings: Settings, chat: LetteredChat, voice: LetteredVoice) -> None:
        super().__init__(folder, settings, chat=chat, voice=voice)
        self.ended: list[tuple[TurnRecord, float]] = []
        """The records of turns that an interruption ended, and when it did."""

    async def interrupt(self, rng: random.Random) -> None:
        """What people, Home Assistant or a fault do to a reply; most of it more than once in a life."""
        live, at = self.room._turns.live, self.clock()
        before = self.room.state.turn_id
        match rng.randrange(9):
            case 0:
                self.room.post(e.StopRequested(at))
            case 1:
                self.wakes()
            case 2:
                self.room.post(e.StopWord(at))
            case 3:
                self.room.post(e.MuteRequested(at, True))
                self.room.post(e.MuteRequested(at, False))
            case 4:
                self.room.post(e.NearEndSuspected(at, self.sample))
                await asyncio.sleep(rng.choice([0.0, 0.02, 0.25]))
                live, before, at = self.room._turns.live, self.room.state.turn_id, self.clock()
                self.room.post(e.NearEndCertain(at, self.sample))
            case 5:
                self.room.post(e.NearEndSuspected(at, self.sample))
                await asyncio.sleep(rng.uniform(0.0, 4.0))
                live = None  # whatever ended it meanwhile, this did not
                self.room.post(e.NearEndGone(self.clock()))
            case 6:
                heard = rng.choice(["Mm-hm", "why", "stop", ""])
                self.asr.next = Transcript(heard, "en") if heard else EngineError("no recogniser")
                self.room.post(e.NearEndSuspected(at, self.sample))
                self.room.post(e.NearEndShort(at, self.sample, self.sample + 8000))
            case 7:
                mode = rng.choice(["speech", "wake_word", "off"])
                barge_in = self.room.settings.barge_in.model_copy(update={"mode": mode})
                self.room.reconfigure(self.room.settings.model_copy(update={"barge_in": barge_in}))
            case 8:
                part = e.PartFailed if rng.random() < 0.5 else e.PartRecovered
                self.room.post(part(at, "echo"))
        if live is not None and self.room.state.turn_id != before:
            self.ended.append((live.record, at))


def interrupted_life(seed: int, folder: Path) -> None:
    """One dialogue of two questions, interrupted up to three times each. AssertionError: a promise broke."""

    async def talk() -> None:
        rng = random.Random(seed)
        settings = Settings.model_validate(
            {
                "audio": {"chime": False},
                "barge_in": {
                    "mode": rng.choice(["speech", "speech", "wake_word"]),
                    "action": rng.choice(["hold", "duck"]),
                },
            }
        )
        speaker = Interrupted(folder, settings, chat=LetteredChat(), voice=LetteredVoice())
        async with speaker:
            speaker.asr.delay = rng.choice([0.02, 0.3, 1.5])
            speaker.chat.first, speaker.chat.between = rng.choice([0.01, 0.4, 3.0]), rng.choice([0.001, 0.05])
            speaker.voice.first, speaker.voice.speed = rng.choice([0.01, 0.5, 2.0]), rng.choice([0.5, 2, 50])
            speaker.voice.letter_seconds = rng.choice([0.035, 0.04, 0.05])
            if rng.random() < 0.2:
                speaker.chat.fail_after = rng.randrange(40)
            if rng.random() < 0.2:
                bad = "".join(rng.choice("abcdefghij") for _ in range(2))
                speaker.voice.fail_on = lambda text: f"{bad} " in text
            for question in ("count to sixty", "and once more"):
                asking = asyncio.create_task(speaker.asks(question))
                await asyncio.sleep(rng.uniform(1.0, 12.0))
                for _ in range(rng.randrange(1, 4)):
                    await speaker.interrupt(rng)
                    await asyncio.sleep(rng.choice([0.0, 0.05, 1.0, 5.0]))
                asking.cancel()
            await asyncio.sleep(80)  # every window and backstop has passed
            assert speaker.phase in ("idle", "muted"), f"stuck in {speaker.phase}"
            assert speaker.chat.open == speaker.voice.open == 0, "a stream was left open"
            ids = [turn.turn_id for turn in speaker.turns]
            assert len(ids) == len(set(ids)) == speaker.room.state.next_turn_id - 1, "a turn did not end once"
            check_sound(speaker)
            await check_memory(speaker)

    run(talk())


def check_sound(speaker: Interrupted) -> None:
    """Nothing of an ended turn sounds, and what is remembered of each is what sounded of it."""
    when = sounded(speaker)
    for record, at in speaker.ended:
        late = [one for one, _ in when.get(record.reply.strip()[:1], []) if one > at + PROMPT_SECONDS]
        assert len(late) <= CHANCE_BLOCKS, "late sound"
    for turn in speaker.turns:
        letter = turn.reply.strip()[:1]
        if letter not in LETTERS or not letter:
            continue
        assert turn.spoken.split() == turn.reply.split()[: len(turn.spoken.split())], "never written"
        seconds = sum(length for _, length in when.get(letter, []))
        pace = speaker.voice.letter_seconds
        claimed = len(turn.spoken) * pace
        assert claimed <= seconds + SLACK_SECONDS, "remembered what was not heard"
        # A word that was cut off does not count; of a clip still being made its length is guessed.
        known = 1.0 if speaker.voice.speed >= 50 else 0.5
        assert claimed >= known * seconds - SLACK_SECONDS - 5 * pace, "forgot what was heard"


async def check_memory(speaker: Interrupted) -> None:
    """The model is told of earlier replies what was heard of them, and no word more."""
    speaker.chat.fail_after, speaker.voice.fail_on = None, lambda text: False
    speaker.chat.first = speaker.asr.delay = 0.1
    heard = {word.strip(".") for turn in speaker.turns for word in turn.spoken.split()}
    before = len(speaker.turns)
    await speaker.asks("what did you say")
    await speaker.until(lambda: len(speaker.turns) > before)
    told = {
        word.strip(".,…")
        for message in speaker.chat.sent[-1]
        if message.role == "assistant"
        for word in message.content.split()
    }
    ours = {word for word in told if len(word) == len("wab") and word[0] in LETTERS}
    assert ours <= heard, "told what was not heard"
