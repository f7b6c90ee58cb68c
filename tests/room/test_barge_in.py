"""`hearthd run` in the virtual room, its own voice in its microphone: somebody talks over it.

The replies come from a peer of Ollama that tells the same story every time, so that what was told to the
model of an interrupted reply can be looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import threading
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import numpy as np
import pytest

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.dialogue.events import Ended
from tests.living import Living, wait_until
from tests.peers.ollama import OllamaPeer
from tests.room.room import RATE, Recording, Room
from tests.room.test_answers import likeness, question
from tests.scenes.scene import Line
from tests.utterances import say, silence

pytestmark = [
    pytest.mark.system,
    pytest.mark.room,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]

STORY = (
    "Far out at sea there lived an old sailor on a very small boat. Every morning he caught three silver "
    "fish and gave one of them to the gulls. In the evening he played the violin until the moon came up. "
    "One night a whale came close and listened to every note. They stayed friends for the rest of their "
    "days, and people on the shore still tell of the music that they heard when the wind was right."
)
SHORT = "The answer is simply that nobody knows for certain, although many people have asked."
ASKS = "Hey Jarvis, please tell me a story."


def speech_mode(follow_up: float = 0.0, mode: str = "speech") -> str:
    return (
        f'[barge_in]\nmode = "{mode}"\n'
        f"[follow_up]\nseconds = {follow_up}\nquestion_seconds = {follow_up}\n"
        '[log]\nlevel = "debug"\n'
    )


@pytest.fixture
def model(room: Room) -> Iterator[OllamaPeer]:
    """The storyteller, in a thread of its own; the speaker in the room is told to ask it."""

    async def tell(messages: list[dict[str, str]]) -> AsyncGenerator[str, None]:
        asked = messages[-1]["content"]
        text = STORY if "story" in asked.lower() else SHORT
        for piece in re.findall(r"\s*\S+", text):
            yield piece

    peer, loop = OllamaPeer("smollm2:135m", writer=tell), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(peer.start(), loop).result(10)
    room.env |= {
        "HEARTHD_CHAT__ENGINE": "ollama",
        "HEARTHD_CHAT__URL": peer.url,
        "HEARTHD_CHAT__MODEL": "smollm2:135m",
    }
    yield peer
    asyncio.run_coroutine_threadsafe(peer.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def sounding(recording: Recording) -> float:
    """Seconds of sound that the speaker has made so far (its chime is shorter than half a second)."""
    pcm = recording.pcm()
    blocks = pcm[: len(pcm) // 480 * 480].reshape(-1, 480)
    return float(np.count_nonzero(np.abs(blocks).max(axis=1) > 300)) / 100 if len(blocks) else 0.0


def tells_a_story(room: Room, recording: Recording, asks: Pcm, seconds: float = 1.5) -> None:
    """Ask for the story and wait until it has sounded for so long."""
    room.say(asks).wait()
    before = sounding(recording)
    wait_until(lambda: sounding(recording) > before + seconds, f"{seconds} s of the story")


def silences(room: Room, speaker: Living, *words: Pcm) -> None:
    """Say ``words`` in turn until one is heeded, as people do. Whisper base understands four of five."""
    for _, word in zip(range(4), itertools.cycle(words), strict=False):
        room.say(word).wait()
        with contextlib.suppress(AssertionError):
            return wait_until(lambda: "idle" in speaker.status(), "silence", seconds=4.0)
    raise AssertionError("it was told four times to stop")


def answers_once(room: Room, speaker: Living) -> None:
    """A reply that is heard to its end: the front end has learned the room by then."""
    room.say(question("Hey Jarvis, why is the sea salty?")).wait()
    [turn] = speaker.after_turns(1)
    assert turn.ended is Ended.COMPLETED
    assert turn.spoken == SHORT


def test_talked_over_it_has_heard_the_first_word_and_knows_what_was_heard_of_it(
    room: Room, model: OllamaPeer, tmp_path: Path
) -> None:
    text = "What is the capital of France?"
    asks_over_it, stops = question(text), say("Stop!", "bf_emma", RATE)
    with Living(room, tmp_path, speech_mode()) as speaker, room.record() as recording:
        answers_once(room, speaker)
        tells_a_story(room, recording, question(ASKS), seconds=4.0)
        room.say(asks_over_it).wait()
        _, told, asked = speaker.after_turns(3)[:3]
        assert told.ended is Ended.BARGE_IN
        assert told.spoken
        assert STORY.startswith(told.spoken)
        assert len(told.spoken) < len(STORY) / 2
        assert asked.heard.lower().startswith("what"), asked.heard
        assert likeness(text, asked.heard) >= 0.8, asked.heard
        assert asked.ended is Ended.COMPLETED
        said = [m["content"] for m in model.chats[-1]["messages"] if m["role"] == "assistant"]
        assert said[-1].startswith(told.spoken)
        assert "violin until the moon" not in said[-1]

        tells_a_story(room, recording, question(ASKS))
        silences(room, speaker, stops)
        speaker.after_turns(4)
    last = speaker.turns()[3:]
    # A drawn-out "Stop!" is an interruption before it is a word; then there is nothing to answer.
    assert [turn.ended for turn in last] in ([Ended.STOPPED], [Ended.BARGE_IN, Ended.STOPPED])
    assert not [turn for turn in last[1:] if turn.heard or turn.reply]


def test_a_question_with_too_long_a_pause_in_it_is_answered_whole(
    room: Room, model: OllamaPeer, tmp_path: Path
) -> None:
    halves = ("Hey Jarvis, what is the capital", "of Germany and of France?")
    first, second = (Line(0.0, half).render() for half in halves)
    said = np.concatenate([first, silence(1.2, SAMPLE_RATE), second])
    with Living(room, tmp_path, speech_mode()) as speaker:
        answers_once(room, speaker)
        room.say(said, SAMPLE_RATE).wait()
        _, half, whole = speaker.after_turns(3)[:3]
    assert (half.ended, half.heard, half.retracted) == (Ended.BARGE_IN, "", 1)
    assert likeness("What is the capital of Germany and of France?", whole.heard) >= 0.8, whole.heard
    assert whole.ended is Ended.COMPLETED


def test_the_wake_word_over_its_reply_begins_the_next_turn(
    room: Room, model: OllamaPeer, tmp_path: Path
) -> None:
    asks_over_it = question("Hey Jarvis, what is the capital of France?")
    with Living(room, tmp_path, speech_mode(mode="wake_word")) as speaker, room.record() as recording:
        tells_a_story(room, recording, question(ASKS))
        room.say(asks_over_it).wait()
        first, second = speaker.after_turns(2)[:2]
    assert first.ended is Ended.BARGE_IN
    assert STORY.startswith(first.spoken)
    assert likeness("what is the capital of France?", second.heard) >= 0.8, second.heard
    assert second.ended is Ended.COMPLETED


def test_it_listens_on_after_a_reply_and_neither_its_tail_nor_its_chime_begins_a_turn(
    room: Room, model: OllamaPeer, tmp_path: Path
) -> None:
    asks = np.concatenate((silence(1.0, RATE), question("And what about the rivers?")))
    with Living(room, tmp_path, speech_mode(follow_up=5.0)) as speaker:
        answers_once(room, speaker)
        wait_until(lambda: "listening" in speaker.status(), "the open microphone")
        room.say(asks).wait()
        second = speaker.after_turns(2)[1]
        assert second.wake_word is None
        assert likeness("And what about the rivers?", second.heard) >= 0.8, second.heard
        assert second.ended is Ended.COMPLETED
        wait_until(lambda: "listening" in speaker.status(), "the open microphone")
        wait_until(lambda: "idle" in speaker.status(), "the end of the conversation")
    assert [turn.ended for turn in speaker.turns()] == [Ended.COMPLETED, Ended.COMPLETED]
