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
BEFORE, AFTER = 1.0, 3.0
BLOCK = RATE // 50


def figures(recordings: Recordings) -> Iterator[Figure]:
    """The share that is judged right in each condition; every second recording chose the bounds."""
    recogniser = Recogniser()
    noises = recordings.noises()
    for language, kinds in (("English", ("en_cmd", "en_mix")), ("Chinese", ("zh_aishell", "zh_mix"))):
        several = [(one, trimmed(one.pcm())) for kind in kinds for one in recordings.of(kind) if one.text]
        said = [(one, pcm) for one, pcm in several if SHORTEST <= len(pcm) / SOURCE_RATE <= LONGEST]
        for half, chosen in (("chosen on", said[::2]), ("told on", said[1::2])):
            for condition, (make, wanted) in conditions(noises).items():
                found = [read(one.text, make(n, pcm)) for n, (one, pcm) in enumerate(chosen)]
                faults = [verdict.fault.value if verdict.fault else "" for verdict in found]
                right = sum(fault in wanted for fault in faults)
                name = f"takes {language}, {half}: {condition}"
                yield from share(
                    f"{name} is {' or '.join(one or 'taken' for one in wanted)}", right, len(found)
                )
            texts = [one.text for one, _ in chosen]
            others = [*texts[1:], *texts[:1]]
            heard = [recogniser(pcm).text for _, pcm in chosen]
            own = sum(likeness(one, text) >= LIKE_ENOUGH for one, text in zip(heard, texts, strict=True))
            other = sum(likeness(one, text) < LIKE_ENOUGH for one, text in zip(heard, others, strict=True))
            halves = [recogniser(pcm[: len(pcm) // 2]).text for _, pcm in chosen]
            half_read = sum(
                likeness(one, text) < LIKE_ENOUGH for one, text in zip(halves, texts, strict=True)
            )
            yield from share(f"takes {language}, {half}: its own words are taken", own, len(texts))
            yield from share(f"takes {language}, {half}: another's words are refused", other, len(texts))
            yield from share(f"takes {language}, {half}: half of the words is refused", half_read, len(texts))


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
        "its first third": (lambda n, pcm: placed(at_db(pcm, -24)[: len(pcm) // 3]), ("short",)),
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
