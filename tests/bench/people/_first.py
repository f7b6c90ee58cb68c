"""People who talk over the very first reply after a start, where much, little and nothing of it is heard.

Nothing is known of the room yet. The people are as loud as ever, the echo 0, 20 and 60 dB below them; "stop"
is said by synthetic voices. Times count as in ``talk``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hearthd.config.settings import WakeSettings
from hearthd.engines.wake_word.openwakeword import open_wake_word
from tests.bench import CannotRun, Figure
from tests.bench._talk import DELAYS, ROOMS, TELLERS
from tests.bench.people._hearing import Recogniser, share
from tests.bench.people._recordings import RATE, Pcm, Recordings, trimmed
from tests.scenes.scene import Line, Scene
from tests.scenes.stage import LATE, play
from tests.utterances import available, say

AT = 2.0
"""Seconds into the reply."""
ECHO_DB = (-60.0, -20.0, 0.0)
LONGEST = 4.0
STOPS = {
    "English": (
        ("bf_emma", "Stop!"), ("am_michael", "Stop."), ("bm_george", "Be quiet!"), ("af_bella", "Stop!"),
    ),
    "Chinese": (
        ("zm_yunxi", "停！"), ("zf_xiaoxiao", "停下！"), ("zm_yunyang", "闭嘴！"), ("zf_xiaoni", "别说了！"),
    ),
}  # fmt: skip


def figures(recordings: Recordings) -> Iterator[Figure]:
    """Interruptions by language and level, then "stop"."""
    if not available():
        raise CannotRun("the voices are not installed: `hearthd models pull`")
    recogniser = Recogniser()
    speech = {"English": ("en_cmd", "en_mix"), "Chinese": ("zh_aishell", "zh_mix")}
    for language, kinds in speech.items():
        spoken = [trimmed(one.pcm())[: round(LONGEST * RATE)] for one in recordings.of(*kinds)]
        for echo_db in ECHO_DB:
            yield from _interruptions(
                f"first {language}, echo {echo_db:+.0f} dB",
                [pcm for pcm in spoken if len(pcm) >= RATE],
                echo_db,
                recogniser,
            )
    for language, stops in STOPS.items():
        for echo_db in ECHO_DB:
            ended = 0
            for number, (voice, text) in enumerate(stops):
                scene = _scene(number, say(text, voice), echo_db)
                outcome = play(scene, open_wake_word(WakeSettings()), recogniser)
                ended += outcome.cancelled_at is not None and outcome.cancelled_at >= AT
            name = f'first {language} "stop", echo {echo_db:+.0f} dB: ends the reply'
            yield from share(name, ended, len(stops))


def _interruptions(
    name: str, several: Sequence[Pcm], echo_db: float, recogniser: Recogniser
) -> Iterator[Figure]:
    late = []
    for number, pcm in enumerate(several):
        outcome = play(_scene(number, pcm, echo_db), recognise=recogniser)
        if outcome.cancelled_at is not None and outcome.cancelled_at >= AT:
            late.append(1000 * (outcome.cancelled_at - LATE - outcome.onsets[0]))
    yield from share(f"{name}: interrupts", len(late), len(several))
    for figure, percent in (("median", 50), ("p95", 95)):
        if late:
            value = round(float(np.percentile(late, percent)))
            yield Figure("people", f"{name}: cancel, {figure}", value, "ms", n=len(late))


def _scene(number: int, pcm: Pcm, echo_db: float) -> Scene:
    teller, reply = TELLERS[number % len(TELLERS)]
    return Scene(
        reply, teller, people=(Line(AT, pcm),), echo_db=echo_db, near_db=-echo_db, room=number % 3,
        rt60=ROOMS[number % 3], delay=DELAYS[number % 5], seconds=AT + len(pcm) / RATE + 2.7,
    )  # fmt: skip
