"""Is a shipped wake word heard: in a quiet room, in measured rooms, behind noises, from far away."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tests.bench import Figure
from tests.bench.people._hearing import share, wake_engine
from tests.bench.people._recordings import RATE, Pcm, Recordings, at_db, hush, in_room, with_noise

FAR_DB = -50.0


def figures(recordings: Recordings) -> Iterator[Figure]:
    """Recall of each word in each condition."""
    rooms, noises = recordings.responses(), recordings.noises()
    conditions: dict[str, Callable[[int, Pcm], Pcm]] = {
        "clean": lambda number, pcm: _placed(pcm),
        f"at {FAR_DB:g} dBFS": lambda number, pcm: _placed(at_db(pcm, FAR_DB), level_db=-80.0),
    }
    if rooms:
        conditions["in measured rooms"] = lambda number, pcm: _placed(
            in_room(pcm, rooms[number % len(rooms)])
        )
    if noises:
        for snr_db in (20, 10, 5):
            conditions[f"noise {snr_db} dB below"] = lambda number, pcm, snr_db=snr_db: with_noise(
                _placed(pcm), noises[number % len(noises)], snr_db, pcm
            )
    for word, clips in recordings.words().items():
        for condition, made in conditions.items():
            hits = sum(woken(word, made(number, one.pcm())) for number, one in enumerate(clips))
            yield from share(f"wake {word}, {condition}", hits, len(clips))


def woken(word: str, pcm: Pcm) -> bool:
    """Whether ``word`` is recognised anywhere in ``pcm``."""
    engine = wake_engine(word)
    return any(engine.process(pcm[first : first + 320]) for first in range(0, len(pcm), 320))


def _placed(pcm: Pcm, level_db: float = -66.0) -> Pcm:
    """A second of a quiet room before it and after it, and the room under it."""
    padded = np.pad(pcm, RATE)
    return np.clip(padded.astype(np.int32) + hush(len(padded) / RATE, 0, level_db), -32768, 32767).astype(
        np.int16
    )
