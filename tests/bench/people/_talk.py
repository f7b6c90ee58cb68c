"""People who talk over a reply, and what must not end it: a television, coughs, music, other people's talk.

Played in the scenes (``tests.scenes``): real mixer, canceller, front end and dialogue, in virtual time. Times
count from the first audible sample of the person, up to the last sample that the decision had heard. Who
pauses after a first word ("对，", a name) is certain once they go on; the reply is silent from the hold on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hearthd.dialogue import events as e
from tests.bench import CannotRun, Figure
from tests.bench._talk import DELAYS, ROOMS, TELLERS
from tests.bench.bargein_noises import cough
from tests.bench.people._hearing import Recogniser, share
from tests.bench.people._recordings import RATE, Pcm, Recordings, trimmed
from tests.scenes.scene import Line, Scene
from tests.scenes.stage import LATE, Outcome, play
from tests.utterances import available

AT = 7.0
"""Somebody is heard so many seconds into the reply: the canceller has learned the room."""
LONGEST = 5.0
"""Of a recording that much is played."""
TELEVISION_DB = -15.0
COUGH_DB = (0.0, 3.0, 6.0)
SILENT_WITHIN = (300, 650)
"""Milliseconds: the reply is silent from the hold on that lasts."""
LEAST_SECONDS = 1.0
"""What is shorter may be a word, which waits for its transcript."""


def figures(recordings: Recordings) -> Iterator[Figure]:
    """Interruptions by language and level, then everything that is none."""
    if not available():
        raise CannotRun("the voices are not installed: `hearthd models pull`")
    recogniser = Recogniser()
    speech = {
        "English": [one.pcm() for one in recordings.of("en_cmd", "en_mix")],
        "Chinese": [one.pcm() for one in recordings.of("zh_aishell", "zh_mix")],
    }
    for language, several in speech.items():
        spoken = [pcm for one in several if len(pcm := _cut(trimmed(one))) >= LEAST_SECONDS * RATE]
        for near_db in (0.0, -5.0):
            yield from _interruptions(f"talk {language} at {near_db:+.0f} dB", spoken, near_db, recogniser)
    for language, several in speech.items():
        read = [_cut(trimmed(one)) for one in several]
        yield from _undisturbed(f"talk {language} television at -15 dB", read, (TELEVISION_DB,), recogniser)
    coughs = [one.pcm() for one in recordings.of("cough")] or [cough(seed) for seed in range(20)]
    yield from _undisturbed("talk coughs at 0 to +6 dB", recordings.drawn(coughs), COUGH_DB, recogniser)
    for kind, level_db in (("conv", TELEVISION_DB), ("noise", 0.0), ("music", 0.0)):
        others = [_cut(one.pcm()) for one in recordings.of(kind)]
        yield from _undisturbed(f"talk {kind} at {level_db:+.0f} dB", others, (level_db,), recogniser)


def _interruptions(
    name: str, several: Sequence[Pcm], near_db: float, recogniser: Recogniser
) -> Iterator[Figure]:
    held, silent, cancelled = [], [], []
    for number, pcm in enumerate(several):
        outcome = play(_scene(number, pcm, near_db), recognise=recogniser)
        if outcome.cancelled_at is None or outcome.cancelled_at < AT:
            continue
        cancelled.append(1000 * (outcome.cancelled_at - LATE - outcome.onsets[0]))
        holds, resumes = (
            [1000 * (at - LATE - outcome.onsets[0]) for at in times if at >= AT]
            for times in (outcome.holds, outcome.resumes)
        )
        held.append(min([*holds, cancelled[-1]]))
        lasting = [at for at in holds if at > max(resumes, default=0.0)]
        silent.append(min([*lasting, cancelled[-1]]))
    yield from share(f"{name}: interrupts", len(cancelled), len(several))
    for within in SILENT_WITHIN:
        yield from share(
            f"{name}: silent within {within} ms", sum(at <= within for at in silent), len(several)
        )
    for what, values in (("hold", held), ("silent from then on", silent), ("cancel", cancelled)):
        for figure, percent in (("median", 50), ("p95", 95)):
            if values:
                late = round(float(np.percentile(values, percent)))
                yield Figure("people", f"{name}: {what}, {figure}", late, "ms", n=len(values))


def _undisturbed(
    name: str, several: Sequence[Pcm], levels_db: Sequence[float], recogniser: Recogniser
) -> Iterator[Figure]:
    ended = held = 0
    for number, pcm in enumerate(several):
        outcome = play(_scene(number, pcm, levels_db[number % len(levels_db)]), recognise=recogniser)
        ended += _ended(outcome)
        held += any(at >= AT for at in outcome.holds)
    yield from share(f"{name}: ends the reply", ended, len(several))
    yield from share(f"{name}: holds it", held, len(several))


def _ended(outcome: Outcome) -> bool:
    return outcome.cancelled_at is not None and any(
        isinstance(event, e.NearEndCertain | e.NearEndShort) for _, event in outcome.events
    )


def _scene(number: int, pcm: Pcm, near_db: float) -> Scene:
    teller, reply = TELLERS[number % len(TELLERS)]
    return Scene(
        reply, teller, people=(Line(AT, pcm),), near_db=near_db, room=number % 3, rt60=ROOMS[number % 3],
        delay=DELAYS[number % 5], seconds=AT + len(pcm) / RATE + 2.0,
    )  # fmt: skip


def _cut(pcm: Pcm) -> Pcm:
    return pcm[: round(LONGEST * RATE)]
