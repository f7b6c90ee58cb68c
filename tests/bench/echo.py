"""How much of its own voice the canceller takes out: at once, when settled, and after the room has changed.

A reply in rendered rooms (``tests.scenes``), nobody else speaks. The reduction (ERLE) is that of the power
in the frames in which the reply sounds. Two cards' clocks are followed from when both devices are open, so
the speaker is usually in the state of "a minute later" when it first speaks. The baseline of the faithful
path is the strict one in the same run: AEC3 takes out more, and most of a person with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tests.bench import CannotRun, Figure
from tests.scenes.scene import CAT, RATE, TEA, Pcm, Scene
from tests.scenes.stage import play
from tests.utterances import available

Spans = tuple[tuple[str, float, float], ...]
SPANS: Spans = (("first 2 s", 0.0, 2.0), ("settled", 8.0, 14.0))
MOVED_AT = 10.0
MOVED: Spans = (("the 2 s after", MOVED_AT, MOVED_AT + 2), ("from 5 s after it on", MOVED_AT + 5, 20.0))
LATER: Spans = (("a minute later", 54.0, 64.0),)
SCENES: tuple[tuple[str, Scene, Spans], ...] = (
    ("delay 20 ms", Scene(delay=0.02), SPANS),
    ("delay 120 ms, +6 dB, Chinese", Scene(CAT, "zf_xiaoxiao", delay=0.12, echo_db=6), SPANS),
    ("delay 250 ms, reverberant", Scene(delay=0.25, rt60=0.4, room=1), SPANS),
    ("echo at -20 dB", Scene(TEA, "am_michael", delay=0.06, echo_db=-20), SPANS),
    ("drift 100 ppm", Scene(delay=0.06, drift_ppm=100, room=2), (*SPANS, *LATER)),
    ("microphone moved", Scene(delay=0.06, moved_at=MOVED_AT), MOVED),
)


def run() -> list[Figure]:
    """The table."""
    if not available():
        raise CannotRun("the voices are not installed: `hearthd models pull`")
    return [figure for scene in SCENES for figure in _figures(*scene)]


def _figures(name: str, scene: Scene, spans: Spans) -> Iterator[Figure]:
    for span, start, end in spans:
        outcome = play(replace(scene, seconds=end + 0.2))
        assert outcome.front_end is not None
        first, last = int(start * RATE), int(end * RATE)
        near = np.concatenate(outcome.near)[first:last]
        strict = np.concatenate(outcome.strict)[first:last]
        ours = reduction_db(near, outcome.front_end.audio(first, last))
        aec3 = reduction_db(near, strict)
        yield Figure("echo", f"{name}: {span}", ours, "dB", aec3, ours / aec3)


def reduction_db(near: Pcm, left: Pcm) -> float:
    """By how much ``left`` is softer than ``near`` (20 ms frames within 30 dB of its loudest)."""
    before, after = (
        np.mean(pcm[: len(pcm) // 320 * 320].reshape(-1, 320).astype(np.float64) ** 2, axis=1) + 1e-3
        for pcm in (near, left)
    )
    sounds = before > before.max() / 1000
    return float(10 * np.log10(before[sounds].mean() / after[sounds].mean()))
