"""Is a shipped wake word heard: in a quiet room, in measured rooms, behind noises, far away, over a reply.

Recordings, and the synthetic voices beside them. Over a reply, it is played in the scenes (``tests.scenes``):
real mixer, canceller and front end, in virtual time; a person's first sound may hold the reply, as at home.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from hearthd.config.settings import WakeWordModel
from hearthd.dialogue import events as e
from tests.bench import Figure
from tests.bench._talk import DELAYS, ROOMS, TELLERS
from tests.bench.people._confirm import called
from tests.bench.people._hearing import share, wake_engine
from tests.bench.people._recordings import RATE, Pcm, Recordings, at_db, hush, in_room, trimmed, with_noise
from tests.scenes.scene import Line, Scene
from tests.scenes.stage import play
from tests.utterances import available

FAR_DB = -50.0
OVER_REPLY_DB = (0.0, -5.0)
"""The person, against the speaker's own voice at the microphone."""
AT = 7.0
"""They call so many seconds into the reply: the canceller has learned the room."""


def figures(recordings: Recordings) -> Iterator[Figure]:
    """Recall of each word in each condition."""
    for (word, kind), all_calls in called(recordings).items():
        name = f"wake {word}" if kind == "recorded" else f"wake {word} ({kind})"
        calls = recordings.drawn(all_calls)
        for condition, made in conditions(recordings).items():
            hits = sum(woken(word, made(number, one.pcm)) for number, one in enumerate(calls))
            yield from share(f"{name}, {condition}", hits, len(calls))
        for near_db in OVER_REPLY_DB if available() else ():
            hits = sum(woken_over_a_reply(word, one.pcm, near_db, number) for number, one in enumerate(calls))
            yield from share(f"{name}, over its own reply at {near_db:+.0f} dB", hits, len(calls))


def conditions(recordings: Recordings) -> dict[str, Callable[[int, Pcm], Pcm]]:
    """What is made of the recording of that number."""
    rooms, noises = recordings.responses(), recordings.noises()
    found: dict[str, Callable[[int, Pcm], Pcm]] = {
        "clean": lambda number, pcm: _placed(pcm),
        f"at {FAR_DB:g} dBFS": lambda number, pcm: _placed(at_db(pcm, FAR_DB), level_db=-80.0),
    }
    if rooms:
        found["in measured rooms"] = lambda number, pcm: _placed(in_room(pcm, rooms[number % len(rooms)]))
    if noises:
        for snr_db in (20, 10, 5):
            found[f"noise {snr_db} dB below"] = lambda number, pcm, snr_db=snr_db: with_noise(
                _placed(pcm), noises[number % len(noises)], snr_db, pcm
            )
    return found


def woken(word: str | WakeWordModel, pcm: Pcm) -> bool:
    """Whether ``word`` is recognised anywhere in ``pcm``."""
    engine = wake_engine(word)
    return any(engine.process(pcm[first : first + 320]) for first in range(0, len(pcm), 320))


def woken_over_a_reply(word: str, pcm: Pcm, near_db: float, number: int) -> bool:
    """Whether ``word`` is recognised in ``pcm``, said over a reply in the scene of that ``number``."""
    said = trimmed(pcm)
    teller, reply = TELLERS[number % len(TELLERS)]
    scene = Scene(
        reply, teller, people=(Line(AT, said),), near_db=near_db, room=number % 3, rt60=ROOMS[number % 3],
        delay=DELAYS[number % 5], seconds=AT + len(said) / RATE + 1.0,
    )  # fmt: skip
    outcome = play(scene, wake_engine(word))
    return any(isinstance(event, e.Wake) and at >= AT for at, event in outcome.events)


def _placed(pcm: Pcm, level_db: float = -66.0) -> Pcm:
    """A second of a quiet room before it and after it, and the room under it."""
    padded = np.pad(pcm, RATE)
    return np.clip(padded.astype(np.int32) + hush(len(padded) / RATE, 0, level_db), -32768, 32767).astype(
        np.int16
    )
