"""What `voices record` thinks of real people's sentences, and of those that something is wrong with."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from hearthd.audio.resample import resample
from hearthd.training.voice.take import LIKE_ENOUGH, RATE, Take, TakeVerdict, likeness
from tests.bench import Figure
from tests.bench.people._hearing import Recogniser, share
from tests.bench.people._recordings import RATE as SOURCE_RATE
from tests.bench.people._recordings import Pcm, Recordings, at_db, hush, trimmed, with_noise

SHORTEST, LONGEST = 3.1, 9.7
"""Seconds of the sentences that are taken for the test: what a script's sentences last."""
FEW = 1.5
"""Seconds of those whose words are recognised: a sentence, not a word."""
MOST = 40
"""Of a language: each is judged eight times, and recognised twice."""
BEFORE, AFTER = 1.0, 3.0
BLOCK = RATE // 50


def figures(recordings: Recordings) -> Iterator[Figure]:
    """The share that is judged right in each condition; every second recording chose the bounds."""
    recogniser = Recogniser()
    for language, kinds in (("English", ("en_cmd", "en_mix")), ("Chinese", ("zh_aishell", "zh_mix"))):
        several = [(one.text, trimmed(one.pcm())) for kind in kinds for one in recordings.of(kind)]
        several = [(text, pcm) for text, pcm in several if len(pcm) <= LONGEST * SOURCE_RATE]
        whole = [(text, pcm) for text, pcm in several if len(pcm) >= SHORTEST * SOURCE_RATE]
        worded = [(text, pcm) for text, pcm in several if text and len(pcm) >= FEW * SOURCE_RATE]
        for first, half in enumerate(("chosen on", "told on")):
            name = f"takes {language}, {half}"
            yield from _sounds(name, whole[first:MOST:2], recordings.noises())
            yield from _words(name, worded[first:MOST:2], recogniser)


def _sounds(name: str, said: list[tuple[str, Pcm]], noises: list[Pcm]) -> Iterator[Figure]:
    for condition, (make, wanted) in conditions(noises).items():
        found = [read(text, make(number, pcm)) for number, (text, pcm) in enumerate(said)]
        faults = [verdict.fault.value if verdict.fault else "" for verdict in found]
        told = " or ".join(one or "taken" for one in wanted)
        yield from share(f"{name}: {condition} is {told}", sum(one in wanted for one in faults), len(said))


def _words(name: str, said: list[tuple[str, Pcm]], recogniser: Recogniser) -> Iterator[Figure]:
    texts = [text for text, _ in said]
    heard = [recogniser(pcm).text for _, pcm in said]
    halves = [recogniser(pcm[: len(pcm) // 2]).text for _, pcm in said]
    taken = sum(likeness(one, text) >= LIKE_ENOUGH for one, text in zip(heard, texts, strict=True))
    yield from share(f"{name}: its own words are taken", taken, len(said))
    pairs = {
        "another's words are": (heard, [*texts[1:], *texts[:1]]),
        "half of the words is": (halves, texts),
    }
    for what, (words, beside) in pairs.items():
        refused = sum(likeness(one, text) < LIKE_ENOUGH for one, text in zip(words, beside, strict=True))
        yield from share(f"{name}: {what} refused", refused, len(said))


def conditions(noises: list[Pcm]) -> dict[str, tuple[Callable[[int, Pcm], Pcm], tuple[str, ...]]]:
    """What is done to a recording (16 kHz, from its first word to its last), and what must be said of it."""

    def noisy(snr_db: float) -> Callable[[int, Pcm], Pcm]:
        return lambda n, pcm: with_noise(
            placed(at_db(pcm, -24)), noises[n % len(noises)], snr_db, at_db(pcm, -24)
        )

    made: dict[str, tuple[Callable[[int, Pcm], Pcm], tuple[str, ...]]] = {
        "as it is, in a quiet room": (lambda n, pcm: placed(at_db(pcm, -24)), ("",)),
        "18 dB quieter": (lambda n, pcm: placed(at_db(pcm, -42)), ("",)),
        "30 dB quieter": (lambda n, pcm: placed(at_db(pcm, -54)), ("quiet", "nothing")),
        "30 dB louder": (lambda n, pcm: placed(at_db(pcm, 6)), ("clipped",)),
        "its first quarter": (lambda n, pcm: placed(at_db(pcm, -24)[: len(pcm) // 4]), ("short",)),
        "nothing but the room": (lambda n, pcm: hush(10.0, n), ("nothing",)),
    }
    if noises:
        made["noise 25 dB below"] = (noisy(25), ("",))
        made["noise 10 dB below"] = (noisy(10), ("noisy", "poor", "nothing"))
    return made


def read(text: str, pcm: Pcm) -> TakeVerdict:
    """The verdict on ``pcm`` (16 kHz), fed in blocks until the take is over."""
    at_rate = resample(pcm, SOURCE_RATE, RATE)
    take = Take(text)
    for start in range(0, len(at_rate), BLOCK):
        take.feed(at_rate[start : start + BLOCK])
        if take.over:
            break
    return take.verdict()


def placed(pcm: Pcm) -> Pcm:
    """``pcm`` in a quiet room, which is heard before and after it."""
    sound = np.pad(pcm, (round(BEFORE * SOURCE_RATE), round(AFTER * SOURCE_RATE))).astype(np.int32)
    made: Pcm = np.clip(sound + hush(len(sound) / SOURCE_RATE)[: len(sound)], -32768, 32767).astype(np.int16)
    return made
