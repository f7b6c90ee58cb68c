"""What listeners say over a reply without wanting the floor, made hard: 嗯, 对, 哦, 是的, "uh-huh", "right".

Real ones were not recorded. So they are said by mixtures of two voices each, which the sound of backchannels
(``tools/train_backchannels.py``) was not learned from, at three speeds and by longer and shorter throats; and
"mm-hm" and "uh-huh" are made by rule (``hum``): people hum them as no voice of ours does. They are at the
speaker's own level and 5 dB above it, over replies in both languages.

``--most`` of each kind are drawn by ``--seed``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import soxr
from scipy.signal import lfilter

from hearthd.config.settings import WakeSettings
from hearthd.dialogue import events as e
from hearthd.engines.wake_word.openwakeword import open_wake_word
from tests.bench import CannotRun, Figure
from tests.bench._talk import DELAYS, ROOMS, TELLERS, Whisper
from tests.bench.people import options
from tests.scenes.scene import RATE, Line, Pcm, Scene
from tests.scenes.stage import play
from tests.utterances import CHINESE_VOICES, ENGLISH_VOICES, available, say

BENCH = "bargein_backchannels"
ENGLISH = ("Mhm.", "Uh-huh.", "Right.", "Okay.", "Oh.", "Yeah.", "I see.", "Sure.")
CHINESE = ("嗯。", "对。", "哦。", "是的。", "好的。", "嗯嗯。", "对对对。", "是吗？")
SPEEDS = (0.75, 1.0, 1.3)
THROATS = (0.85, 1.0, 1.18)
LEVELS_DB = (0.0, 5.0)
AT = 6.0


def run() -> Iterator[Figure]:
    """What of each kind ended the reply, by its sound and by its words, and what held it."""
    if not available():
        raise CannotRun("the voices are not installed: `hearthd models pull`")
    whisper = Whisper()
    for level_db, (kind, sounds) in itertools.product(LEVELS_DB, kinds(options.most, options.seed).items()):
        sure = words = held = 0
        for number, sound in enumerate(sounds):
            outcome = play(scene(number, sound, level_db), open_wake_word(WakeSettings()), whisper)
            ended = outcome.cancelled_at is not None
            certain = any(isinstance(event, e.NearEndCertain) for _, event in outcome.events)
            sure += ended and certain
            words += ended and not certain
            held += any(hold >= AT for hold in outcome.holds)
        name = f"{kind} at {level_db:+.0f} dB"
        for what, count in (
            ("ends the reply", sure + words),
            ("... by its words", words),
            ("holds it", held),
        ):
            yield Figure(BENCH, f"{name}: {what}", round(100 * count / len(sounds), 1), "%", n=len(sounds))


def kinds(each: int, seed: int) -> dict[str, list[Pcm]]:
    """So many sounds of each kind, always the same; fewer are the first of more."""
    english = [one for one in ENGLISH_VOICES if one != "heart"]
    hums = np.random.default_rng((seed, 2))
    return {
        "English": list(_said(np.random.default_rng((seed, 0)), ENGLISH, english, each)),
        "Chinese": list(_said(np.random.default_rng((seed, 1)), CHINESE, CHINESE_VOICES, each)),
        "hummed": [hum(hums) for _ in range(each)],
    }


def scene(number: int, sound: Pcm, level_db: float) -> Scene:
    """Somebody says it 6 s into a reply, each time in another room at another delay."""
    teller, reply = TELLERS[number % len(TELLERS)]
    return Scene(
        reply, teller, people=(Line(AT, sound),), near_db=level_db, room=number % 3, rt60=ROOMS[number % 3],
        delay=DELAYS[number % 5], seconds=AT + 2.7,
    )  # fmt: skip


def _said(rng: np.random.Generator, texts: Sequence[str], voices: Sequence[str], each: int) -> Iterator[Pcm]:
    pairs = list(itertools.combinations(voices, 2))
    for number in range(each):
        voice = "+".join(pairs[rng.integers(len(pairs))])
        said = say(texts[number % len(texts)], voice, speed=float(rng.choice(SPEEDS)))
        throat = float(rng.choice(THROATS))
        yield said if throat == 1.0 else np.asarray(soxr.resample(said, RATE, RATE * throat), np.int16)


def hum(rng: np.random.Generator) -> Pcm:
    """ "Mm-hm" or "uh-huh", or a single "mm", by rule: a voice of 85 to 260 Hz through a nose or a throat.

    Two humps, the second one higher, with breath or a short silence between them; 0.25 to 0.75 s in all.
    """
    nasal, single = bool(rng.random() < 0.6), bool(rng.random() < 0.25)
    pitch = float(rng.uniform(85, 260))
    lengths = [float(rng.uniform(0.14, 0.3)) for _ in range(1 if single else 2)]
    gap = float(rng.uniform(0.03, 0.15))
    formants = ((250, 60), (1100, 200), (2200, 300)) if nasal else ((600, 90), (1200, 120), (2500, 200))
    pieces = []
    for number, seconds in enumerate(lengths):
        count = int(seconds * RATE)
        rise = np.linspace(1.0, float(rng.uniform(0.9, 1.3)), count)
        phase = np.cumsum(pitch * (1.0 + 0.15 * number) * rise) / RATE + 0.01 * np.cumsum(
            rng.standard_normal(count)
        ) / np.sqrt(RATE)
        pulses = np.diff(np.floor(phase), prepend=0.0) + 0.002 * rng.standard_normal(count)
        voice = lfilter([1.0], [1.0, -0.97], pulses)
        for frequency, width in formants:
            radius = np.exp(-np.pi * width / RATE)
            voice = lfilter(
                [1 - radius], [1.0, -2 * radius * np.cos(2 * np.pi * frequency / RATE), radius**2], voice
            )
        fade = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.03 * RATE))
        pieces.append(voice / np.abs(voice).max() * fade)
        if number + 1 < len(lengths):
            breath = rng.standard_normal(int(gap * RATE)) * float(rng.choice([0.0, 0.02, 0.06]))
            pieces.append(breath)
    made: Pcm = np.rint(np.concatenate(pieces) * 16_000).astype(np.int16)
    return made
