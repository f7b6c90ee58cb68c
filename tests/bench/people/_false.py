"""What wakes it although nobody called, and what of that is taken for a call.

Near misses are said by synthetic voices (the recordings have few); ordinary sound is recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from hearthd.config.settings import WakeWordModel
from tests.bench import Figure
from tests.bench.people._confirm import spoken
from tests.bench.people._hearing import Recogniser, hear, share, wake_engine
from tests.bench.people._recordings import RATE, Pcm, Recordings, hush
from tests.bench.people._verdict import verdict
from tests.utterances import CHINESE_VOICES, ENGLISH_VOICES, available, say

NEAR_MISSES = {
    "hey_jarvis": ("Hey chatterbox", "Hey Travis", "Hey Davis", "Hey Jasmine", "Hey service", "Hey Jarred"),
    "hey_mycroft": ("Hey Minecraft", "Hey Microsoft", "Hey my craft", "Hey Michael"),
    "hey_marvin": ("Hey Vermont", "Hey savant", "Hey Martin", "Hey Marvel"),
    "alexa": ("A Lexus", "Alexis", "Electra", "A lecture"),
}
GOES_ON = ("what are you doing over there", "come and look at this", "that is what he said to me")
ORDINARY = ("conv", "music", "noise", "cough", "en_mix", "en_cmd", "zh_mix", "zh_aishell", "wake_computer")
AFTER = 15 * RATE
"""So much is heard on from a false wake: until the endpoint."""


def figures(recordings: Recordings) -> Iterator[Figure]:
    """Wakes and confirmed ones, by word."""
    asr = Recogniser()
    if available():
        for word in NEAR_MISSES:
            yield from _near_misses(word, asr)
    sound = ordinary(recordings)
    hours = len(sound) / RATE / 3600
    for word in NEAR_MISSES:
        found = list(woken_in(sound, word))
        through = sum(verdict(hear(one, word), word, asr) in ("answered", "asked again") for one in found)
        name = f"false wakes, {word}, {hours:.2f} h of ordinary sound"
        yield Figure("people", name, len(found), "", n=len(found))
        yield Figure("people", f"{name}: get through", through, "", n=len(found))


def _near_misses(word: str, asr: Recogniser) -> Iterator[Figure]:
    became: Counter[str] = Counter()
    said = woken = 0
    for pcm in near_misses(word):
        said += 1
        heard = hear(pcm, word)
        if heard.wakes:
            woken += 1
            became[verdict(heard, word, asr)] += 1
    yield from share(f"near misses, {word}: wake", woken, said)
    through = became["answered"] + became["asked again"]
    yield Figure("people", f"near misses, {word}: get through", through, "", n=woken)


def near_misses(word: str) -> Iterator[Pcm]:
    """Every voice says each of them, and goes on."""
    for number, phrase in enumerate(NEAR_MISSES[word]):
        for turn, voice in enumerate((*ENGLISH_VOICES, *CHINESE_VOICES)):
            follows = GOES_ON[(number + turn) % len(GOES_ON)]
            yield spoken(say(f"{phrase}!", voice), say(f"{follows}.", ENGLISH_VOICES[turn % 7]), turn)


def ordinary(recordings: Recordings, kinds: Sequence[str] = ORDINARY) -> Pcm:
    """Everything in which nobody calls, a second apart."""
    return np.concatenate(
        [piece for one in recordings.of(*kinds) for piece in (one.pcm(), hush(1.0))] or [hush(1.0)]
    )


def woken_in(sound: Pcm, word: str | WakeWordModel) -> Iterator[Pcm]:
    """What wakes it in ``sound``, with 2 s before and what is heard on after it."""
    engine = wake_engine(word)
    for first in range(0, len(sound), RATE):
        for hit in engine.process(sound[first : first + RATE]):
            yield sound[max(0, hit.start - 2 * RATE) : hit.end + AFTER]
