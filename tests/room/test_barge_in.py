"""`hearthd run` in the virtual room, its own voice in its microphone: somebody talks over it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hearthd.core.events import Ended
from tests.living import Living, wait_until
from tests.room.room import Recording, Room
from tests.room.test_answers import likeness, question

pytestmark = [pytest.mark.room, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(600)]

TALK_OVER = """
[barge_in]
mode = "speech"
[follow_up]
seconds = 0.0
question_seconds = 0.0
[log]
level = "debug"
"""
LONG = "Hey Jarvis, please tell me a very long story about a sailor and the sea."


def sounding(recording: Recording) -> float:
    """Seconds of sound that the speaker has made so far (its chime is shorter than half a second)."""
    pcm = recording.pcm()
    blocks = pcm[: len(pcm) // 480 * 480].reshape(-1, 480)
    return float(np.count_nonzero(np.abs(blocks).max(axis=1) > 300)) / 100 if len(blocks) else 0.0


def tells_a_story(room: Room, speaker: Living, recording: Recording) -> None:
    """Ask for a long reply and wait until it has sounded for a second and a half."""
    room.say(question(LONG)).wait()
    before = sounding(recording)
    wait_until(lambda: sounding(recording) > before + 1.5, "a second and a half of a reply")


def test_the_wake_word_over_its_reply_begins_the_next_turn(room: Room, tmp_path: Path) -> None:
    only_the_wake_word = TALK_OVER.replace('"speech"', '"wake_word"')
    with Living(room, tmp_path, only_the_wake_word) as speaker, room.record() as recording:
        tells_a_story(room, speaker, recording)
        room.say(question("Hey Jarvis, what is the capital of France?")).wait()
        first, second = speaker.after_turns(2)[:2]
    assert first.ended is Ended.BARGE_IN
    assert first.spoken != first.reply
    assert likeness("what is the capital of France?", second.heard) >= 0.8, second.heard
    assert second.ended is Ended.COMPLETED


def test_its_own_voice_and_its_own_tail_interrupt_nothing(room: Room, tmp_path: Path) -> None:
    open_for_four_seconds = TALK_OVER.replace("seconds = 0.0", "seconds = 4.0")
    with Living(room, tmp_path, open_for_four_seconds) as speaker:
        room.say(question(LONG)).wait()
        turn = speaker.after_turns(1)[0]
        wait_until(lambda: "idle" in speaker.status(), "the end of the conversation")
        assert turn.ended is Ended.COMPLETED
        assert len(speaker.turns()) == 1
