"""Who says the wake word and goes on with a request: are they answered, and is the request whole.

One person's wake word, a quarter of a second, another person's command. ``answered``: the words went to the
model; ``asked again``: it thinks that only the wake word came, and listens; the rest is ignored. Synthetic
voices stand beside the recordings, which have two words hardly at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.bench import Figure
from tests.bench.people._hearing import Recogniser, hear, share
from tests.bench.people._recordings import RATE, Pcm, Recordings, active, at_db, hush, trimmed
from tests.bench.people._verdict import verdict
from tests.utterances import CHINESE_VOICES, ENGLISH_VOICES, available, say

GAP_SECONDS = 0.25
PHRASES = {
    "alexa": "Alexa",
    "hey_jarvis": "Hey Jarvis",
    "hey_mycroft": "Hey Mycroft",
    "hey_marvin": "Hey Marvin",
}


@dataclass(frozen=True)
class Call:
    """A wake word as somebody said it."""

    word: str
    pcm: Pcm
    synthetic: bool


def figures(recordings: Recordings) -> Iterator[Figure]:
    """What becomes of those who call, by word and by the language of their request."""
    asr = Recogniser()
    commands = {"English": recordings.of("en_cmd"), "Chinese": recordings.of("zh_aishell")}
    for (word, synthetic), calls in called(recordings).items():
        for language, requests in commands.items():
            if not requests:
                continue
            became: Counter[str] = Counter()
            for number, call in enumerate(calls):
                pcm = spoken(call.pcm, requests[number % len(requests)].pcm(), number)
                heard = hear(pcm, word)
                if heard.wakes:
                    became[verdict(heard, word, asr)] += 1
            name, count = f"call {word} ({synthetic}), {language}", became.total()
            yield from share(f"{name}: ignored", became["unconfirmed"] + became["empty"], count)
            yield from share(f"{name}: asked again", became["asked again"], count)


def called(recordings: Recordings) -> dict[tuple[str, str], list[Call]]:
    """The calls there are, by word and by who says it."""
    found = {
        (word, "recorded"): [Call(word, one.pcm(), False) for one in clips]
        for word, clips in recordings.words().items()
    }
    if available():
        for word, phrase in PHRASES.items():
            found[word, "synthetic"] = [
                Call(word, say(f"{phrase}!", voice), True) for voice in (*ENGLISH_VOICES, *CHINESE_VOICES)
            ]
    return found


def spoken(wake: Pcm, command: Pcm, seed: int) -> Pcm:
    """The wake word, a gap, the command as loud as it, in a quiet room."""
    first, then = trimmed(wake), trimmed(command)
    then = at_db(then, 20 * np.log10(active(first) / 32768))
    gap = np.zeros(round(GAP_SECONDS * RATE), np.int16)
    sound = np.concatenate((np.zeros(2 * RATE, np.int16), first, gap, then, np.zeros(2 * RATE, np.int16)))
    mixed = sound.astype(np.int32) + hush(len(sound) / RATE, seed)[: len(sound)]
    made: Pcm = np.clip(mixed, -32768, 32767).astype(np.int16)
    return made
