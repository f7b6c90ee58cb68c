"""Trains ``engines.wake_word.stop_word``: ``python -m tools.train_stop_words`` writes its weights.

The words that want silence, said by the tests' voices in rooms over what the canceller left of a reply,
against sentences, listeners' hums, near misses, noises and the residue alone. Made as a wake word made at
home is (``training.wake``); every fourth voice judges and is not learned from. Half an hour, most of it
speaking.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.paths import models_dir
from hearthd.engines.speech_features import features_of, networks, windows_of
from hearthd.engines.wake_word.stop_word import WEIGHTS
from hearthd.training.wake import judge, sounds, texts
from hearthd.training.wake.fit import fit
from hearthd.training.wake.material import Material, WakeClip
from tests.bench.bargein_noises import cough, slam
from tests.utterances import CHINESE_VOICES, ENGLISH_VOICES, say
from tools.train_backchannels import CHINESE as CHINESE_HUMS
from tools.train_backchannels import ENGLISH as ENGLISH_HUMS
from tools.train_backchannels import residues

STOPS = {
    "en": ("Stop!", "Stop.", "Stop it!", "Be quiet!", "Enough!"),
    "zh": (
        "停！",
        "停。",
        "停停停！",
        "停下！",
        "停一下！",
        "停下来！",
        "别念了！",
        "别说了！",
        "别讲了！",
        "闭嘴！",
        "安静！",
        "够了！",
    ),
}
NEAR = {
    "en": ("Start.", "Top.", "Shop.", "Step.", "Stuff.", "Is enough", "Best of", "Quiet evening", "Store"),
    "zh": (
        "听我说",
        "天气",
        "别的",
        "说了",
        "购物",
        "厅里",
        "念书",
        "下雨",
        "不停",
        "听。",
        "请。",
        "定好了",
        "平时",
        "别人",
        "安排",
        "今天",
    ),
}
SPEEDS = (0.8, 0.95, 1.1, 1.3)
FRAMES = 4
"""Features: 1.0 s of sound."""
UNITS = 64
NEAR_SHARE = 3
"""Of the near misses' windows every third is learned from: nobody says "shop" alone over a reply, and with
all of them 5 to 9 stops in a hundred more were missed."""
OVER = 0.7
"""So many of the clips are said over a reply, at ``REPLY_DB`` of what the canceller leaves."""
REPLY_DB = (-24.0, -2.0)
BOUNDS = (0.7, 0.8, 0.85, 0.9, 0.95)


def clips(wanted: dict[str, Sequence[str]], speeds: Sequence[float] = (1.0,)) -> Iterator[WakeClip]:
    """All of ``wanted`` by all voices of its language."""
    for language, voices in (("en", ENGLISH_VOICES), ("zh", CHINESE_VOICES)):
        for voice in voices:
            for text in wanted[language]:
                for speed in speeds:
                    yield WakeClip(sounds.trimmed(say(text, voice, speed=speed)), voice)


def spoken() -> Iterator[WakeClip]:
    """Sentences: thirty English ones by the quick voice, three by each Chinese one."""
    for text in texts.ENGLISH.split("|"):
        yield WakeClip(sounds.trimmed(say(text, "heart")), "heart")
    for number, voice in enumerate(CHINESE_VOICES):
        for text in texts.CHINESE.split("|")[3 * number : 3 * number + 3]:
            yield WakeClip(sounds.trimmed(say(text, voice)), voice)


def over_a_reply(heard: Pcm, rng: np.random.Generator, *, behind: Sequence[Pcm]) -> Pcm:
    """``heard`` with what a canceller leaves of the speaker's own voice, perhaps."""
    if rng.random() >= OVER:
        return heard
    one = behind[int(rng.integers(len(behind)))]
    residue = np.resize(np.roll(one, int(rng.integers(len(one)))), len(heard)).astype(np.float64)
    level = sounds.active(heard) / sounds.active(residue) * 10 ** (rng.uniform(*REPLY_DB) / 20)
    mixed: Pcm = np.clip(np.rint(heard + residue * level), -32768, 32767).astype(np.int16)
    return mixed


def main() -> None:
    """Train, judge, write."""
    rng = np.random.default_rng(4)
    voices = [*ENGLISH_VOICES, *CHINESE_VOICES]
    unknown = set(voices[3::4])
    stops = list(clips(STOPS, SPEEDS))
    hums = list(clips({"en": ENGLISH_HUMS.split("|"), "zh": CHINESE_HUMS.split("|")}))
    near = list(clips(NEAR))
    sentences = list(spoken())
    noises = [WakeClip(made(seed), "") for seed in range(60) for made in (cough, slam)]
    print(f"{len(stops)} stops, {len(near)} near misses, {len(sentences)} sentences", file=sys.stderr)
    behind = residues()
    heard_by = networks(models_dir() / "openwakeword")

    def learned(several: Sequence[WakeClip]) -> list[WakeClip]:
        return [clip for clip in several if clip.voice not in unknown]

    material = Material(
        heard_by, FRAMES, rng, [clip.pcm for clip in learned(sentences)], partial(over_a_reply, behind=behind)
    )
    positive, _ = material.phrases(learned(stops), 5)
    alone = [windows_of(features_of(heard_by, one), FRAMES) for one in behind]
    hummed = material.speech(learned(hums), 4)
    negative = np.concatenate(
        [
            hummed, hummed, material.speech(learned(near), 2)[::NEAR_SHARE],
            material.speech(learned(sentences), 3), material.speech(noises, 1), material.noises(60), *alone,
        ]
    )  # fmt: skip
    print(f"{len(positive)} windows of stops, {len(negative)} others", file=sys.stderr)
    head = fit(positive, negative, seed=1, units=UNITS, negative_weight=1.0)
    head.save(WEIGHTS)
    print(f"wrote {WEIGHTS}")
    strange = {
        "English stops": [clip for clip in stops if clip.voice in unknown and clip.voice in ENGLISH_VOICES],
        "Chinese stops": [clip for clip in stops if clip.voice in unknown and clip.voice in CHINESE_VOICES],
        "hums": [clip for clip in hums if clip.voice in unknown],
        "near misses": [clip for clip in near if clip.voice in unknown],
        "coughs and doors": [WakeClip(made(seed), "") for seed in range(100, 130) for made in (cough, slam)],
    }
    for kind, several in strange.items():
        placed = (in_a_room(clip, rng, behind) for clip in several)
        peaks = np.array([judge.peak(head, features_of(heard_by, one)) for one in placed])
        for bound in BOUNDS:
            print(f"{kind} at {bound}: {100 * np.mean(peaks >= bound):.1f} % of {len(several)}")


def in_a_room(clip: WakeClip, rng: np.random.Generator, behind: Sequence[Pcm]) -> Pcm:
    """The clip over a reply, a second before and half a second after it."""
    said = np.pad(clip.pcm, (SAMPLE_RATE, SAMPLE_RATE // 2))
    return over_a_reply(sounds.heard(sounds.in_a_room(said, rng), 20.0, rng), rng, behind=behind)


if __name__ == "__main__":
    main()
