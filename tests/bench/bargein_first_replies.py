"""The first reply after a start, nobody speaking: it must not interrupt itself before it knows the room.

``--most`` replies (at most) at each level of the echo, drawn by ``--seed``: voices in both languages, rooms,
delays, clocks that drift, a noisy room, and, for every third, a loaded machine whose stamps err by 12 ms.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hearthd.config.settings import WakeSettings
from hearthd.engines.wake_word.openwakeword import open_wake_word
from tests.bench import CannotRun, Figure
from tests.bench._talk import TELLERS, Whisper
from tests.bench.people import options
from tests.scenes.scene import Scene
from tests.scenes.stage import play
from tests.utterances import available

BENCH = "bargein_first_replies"
ECHO_DB = (-20.0, -10.0, -5.0, 0.0, 3.0, 6.0)
SECONDS = 7.0
LOADED_SECONDS = 0.012


def run() -> Iterator[Figure]:
    """How many of the replies ended themselves, and how many were held on the way."""
    if not available():
        raise CannotRun("the voices are not installed: `hearthd models pull`")
    whisper = Whisper()
    all_ended = all_count = 0
    for level, echo_db in enumerate(ECHO_DB):
        ended = held = 0
        for number in range(options.most):
            outcome = play(
                scene(number, echo_db, options.seed + level), open_wake_word(WakeSettings()), whisper
            )
            ended += outcome.cancelled_at is not None
            held += bool(outcome.holds)
        all_ended, all_count = all_ended + ended, all_count + options.most
        for what, count in (("ended themselves", ended), ("were held", held)):
            yield Figure(BENCH, f"echo {echo_db:+.0f} dB: {what}", count, "replies", n=options.most)
    yield Figure(BENCH, "all: ended themselves", all_ended, "replies", n=all_count)


def scene(number: int, echo_db: float, seed: int) -> Scene:
    """The ``number``-th of the replies: the speaker has just started, and knows nothing of the room."""
    rng = np.random.default_rng((seed, number))
    voice, reply = TELLERS[number % len(TELLERS)]
    first = int(rng.integers(len(reply)))
    return Scene(
        (*reply[first:], *reply[:first]),
        voice,
        echo_db=echo_db,
        noise_db=float(rng.uniform(-70, -50)),
        delay=float(rng.uniform(0.01, 0.25)),
        rt60=float(rng.uniform(0.12, 0.5)),
        room=int(rng.integers(100)),
        drift_ppm=float(rng.uniform(-100, 100)),
        jitter=LOADED_SECONDS if number % 3 == 2 else 0.002,
        seconds=SECONDS,
    )
