"""`hearthd run` in rooms that hear much, little and nothing of it, from its first reply on.

A speakerphone with a canceller of its own, headphones and a loudspeaker next door leave no echo; a small room
with the volume at 100 leaves more than the person.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hearthd.dialogue.events import Ended
from tests.living import Living
from tests.peers.ollama import OllamaPeer
from tests.room.room import RATE, Room, missing
from tests.room.test_answers import likeness, question
from tests.room.test_barge_in import ASKS, SHORT, STORY, model, silences, speech_mode, tells_a_story
from tests.utterances import say

__all__ = ["model"]

pytestmark = [
    pytest.mark.system,
    pytest.mark.room,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.timeout(600),
]


@pytest.fixture(params=[-60.0, -40.0, -20.0, -10.0, 0.0], ids=lambda db: f"{db:g}dB")
def room(request: pytest.FixtureRequest) -> Iterator[Room]:
    """A room that hears so much of the speaker."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    with Room(echo_db=request.param) as one:
        yield one


def test_it_is_interrupted_by_people_and_by_stop_and_never_by_itself(
    room: Room, model: OllamaPeer, tmp_path: Path
) -> None:
    text = "What is the capital of France?"
    asks_over_it = question(text)
    stops = [say("Stop!", voice, RATE) for voice in ("bf_emma", "am_michael")]
    with Living(room, tmp_path, speech_mode()) as speaker, room.record() as recording:
        tells_a_story(room, recording, question(ASKS), seconds=2.0)
        room.say(asks_over_it).wait()
        told, asked = speaker.after_turns(2)[:2]
        assert told.ended is Ended.BARGE_IN
        assert STORY.startswith(told.spoken)
        assert likeness(text, asked.heard) >= 0.8, asked.heard
        assert asked.ended is Ended.COMPLETED
        for number in (3, 4):
            room.say(question("Hey Jarvis, why is the sea salty?")).wait()
            alone = speaker.after_turns(number)[number - 1]
            assert (alone.ended, alone.spoken) == (Ended.COMPLETED, SHORT)
        tells_a_story(room, recording, question(ASKS))
        silences(room, speaker, *stops)
        speaker.after_turns(5)
    last = speaker.turns()[4:]
    assert [turn.ended for turn in last] in ([Ended.STOPPED], [Ended.BARGE_IN, Ended.STOPPED])
