"""Where it takes a person to have finished: cut off in the middle, how late, never."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hearthd.engines.vad.vad import WINDOW, Silero
from hearthd.turn_taking.unfinished import unfinished
from tests.bench import Figure
from tests.bench.people._hearing import Heard, Recogniser, hear, share
from tests.bench.people._recordings import RATE, Pcm, Recordings, conditions, hush, trimmed

SHORT_PAUSE, LONG_PAUSE = 0.6, 0.75
BEFORE, AFTER = 2.0, 4.0


def figures(recordings: Recordings) -> Iterator[Figure]:
    """Cuts and delays, by language and room; those with a long pause inside apart."""
    recogniser = Recogniser()
    for language, kinds in (("English", ("en_cmd", "en_mix")), ("Chinese", ("zh_aishell", "zh_mix"))):
        said = [trimmed(one.pcm()) for kind in kinds for one in recordings.of(kind)]
        spans = [speech_of(one) for one in said]
        for condition, made in conditions(recordings).items():
            delays: list[float] = []
            cut, waited = {True: 0, False: 0}, 0
            guesses: list[int] = []
            count = {True: 0, False: 0}
            for number, (pcm, (end, pause)) in enumerate(zip(said, spans, strict=True)):
                if SHORT_PAUSE <= pause < LONG_PAUSE or len(pcm) > 20 * RATE:
                    continue  # the one may be cut or not, the other ends by its length
                long = pause >= LONG_PAUSE
                count[long] += 1
                room = made(number, _placed(pcm), pcm)
                delay, heard = ended(room, end)
                cut[long] += delay < 0
                waited += delay < 0 and breaks_off(room, heard, recogniser)
                guesses.append(len(heard.pauses))
                delays += [delay] if 0 <= delay < AFTER - 0.5 else []
            name = f"endpoint {language}, {condition}"
            yield from share(f"{name}: cut off", cut[False], count[False])
            yield from share(f"{name}: cut off, pause of {LONG_PAUSE} s inside", cut[True], count[True])
            yield from share(f"{name}: of those, waited for by their words", waited, sum(cut.values()))
            if guesses:
                mean = round(float(np.mean(guesses)), 2)
                yield Figure("people", f"{name}: guesses, the last one included", mean, "", n=len(guesses))
            for figure, percent in (("median", 50), ("p95", 95)):
                if delays:
                    late = round(float(np.percentile(delays, percent)), 3)
                    yield Figure("people", f"{name}: delay, {figure}", late, "s", n=len(delays))


def breaks_off(pcm: Pcm, heard: Heard, recogniser: Recogniser) -> bool:
    """Whether the words before the endpoint tell that it is none."""
    if not heard.pauses:
        return False
    guess = heard.pauses[-1][1]
    return unfinished(recogniser(pcm[guess.start : guess.end]).text)


def ended(pcm: Pcm, end: int) -> tuple[float, Heard]:
    """How long after sample ``end`` of it the endpoint came (below 0: before it), and what was heard."""
    heard = hear(pcm, listen_from=round((BEFORE - 0.5) * RATE) // 320 * 320)
    if heard.ended_at is None or heard.utterance is None:
        return AFTER, heard
    truth = round(BEFORE * RATE) + end
    return (-1.0 if heard.ended_at < truth else (heard.ended_at - truth) / RATE), heard


def speech_of(pcm: Pcm) -> tuple[int, float]:
    """Where speech ends in ``pcm``, and its longest pause in seconds, as Silero hears them undisturbed."""
    vad = Silero()
    padded = np.concatenate((hush(0.5), pcm, hush(0.5)))
    voiced = np.flatnonzero(np.array(vad.process(padded)) >= 0.5)
    if len(voiced) < 2:
        return len(pcm), 0.0
    pause = float((np.diff(voiced) - 1).max()) * WINDOW / RATE
    return int((voiced[-1] + 1) * WINDOW) - RATE // 2, pause


def _placed(pcm: Pcm) -> Pcm:
    sound = np.pad(pcm, (round(BEFORE * RATE), round(AFTER * RATE))).astype(np.int32)
    made: Pcm = np.clip(sound + hush(len(sound) / RATE)[: len(sound)], -32768, 32767).astype(np.int16)
    return made
