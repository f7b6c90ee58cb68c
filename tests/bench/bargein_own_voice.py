"""Its own voice alone, for half an hour: it must not interrupt itself, and hardly hold.

Three voices, three levels of the echo, 100 ppm between the clocks, a microphone that is moved on the way.
"""

from __future__ import annotations

import itertools

from hearthd.config.settings import WakeSettings
from hearthd.dialogue import events as e
from hearthd.engines.wake_word.openwakeword import open_wake_word
from tests.bench import CannotRun, Figure
from tests.bench._talk import DELAYS, ROOMS, TELLERS
from tests.scenes.scene import Scene
from tests.scenes.stage import play
from tests.utterances import available

SECONDS = 200.0
"""Of each of the nine: 30 minutes."""


def run() -> list[Figure]:
    """Holds, resumes and cancelled replies."""
    if not available():
        raise CannotRun("the voices are not installed: `hearthd models pull`")
    holds, resumes, cancels, stops, minutes = 0, 0, 0, 0, 0.0
    for number, ((voice, reply), echo_db) in enumerate(itertools.product(TELLERS[:3], (-20.0, -6.0, 6.0))):
        scene = Scene(
            reply,
            voice,
            echo_db=echo_db,
            drift_ppm=100 if number % 2 else -100,
            moved_at=SECONDS / 2,
            seconds=SECONDS,
            delay=DELAYS[number % 5],
            room=number % 3,
            rt60=ROOMS[number % 3],
        )
        outcome = play(scene, open_wake_word(WakeSettings()))
        holds += len(outcome.holds)
        resumes += len(outcome.resumes)
        cancels += outcome.cancelled_at is not None
        stops += sum(isinstance(event, e.StopWord) for _, event in outcome.events)
        minutes += outcome.seconds / 60
    count = round(minutes)
    return [
        Figure("bargein_own_voice", "cancelled replies", float(cancels), "", n=count),
        Figure("bargein_own_voice", 'taken for "stop"', float(stops), "", n=count),
        Figure("bargein_own_voice", "holds", holds / minutes, "a minute", n=count),
        Figure("bargein_own_voice", "holds that went on", 100 * resumes / max(1, holds), "%", n=holds),
    ]
