"""Trains ``engines.vad.backchannel_classifier``: ``python -m tools.train_backchannels`` writes its weights.

Backchannels and sentences, said by all voices of the tests, in rooms, over what the canceller left of a
reply, are looked at 0.36 to 0.56 s after their onset. A sentence may begin with any of its words: that told
the beginnings of other sentences from backchannels better than anything else that was tried (90 % of the
pairs, 86 without it).

It takes 5 minutes, and an hour more where they are not yet in the cache of the tests' speech. In the end it
prints how well the two are told apart in voices that it was not trained with: the share of pairs in which the
backchannel scores higher.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.signal import fftconvolve

from hearthd.common.paths import models_dir
from hearthd.engines.speech_features import networks
from hearthd.engines.vad.backchannel_classifier import WEIGHTS, features
from tests.scenes.scene import CAT, RATE, TEA, Line, Pcm, Scene, active_rms, impulse_response
from tests.scenes.stage import play
from tests.utterances import CHINESE_VOICES, ENGLISH_VOICES, say

Floats = NDArray[np.float64]

ENGLISH = (
    "Mm-hm.|Yeah.|Right.|Uh-huh.|Okay.|Oh.|I see.|Yep.|Sure.|Oh really?|Exactly.|Wow.|Mmm.|Yeah, yeah.|"
    "Got it.|Good.|Oh, okay.|Really?|True.|Of course."
)
CHINESE = (
    "嗯。|对。|哦。|是的。|好的。|嗯嗯。|对对对。|是啊。|这样啊。|好吧。|真的吗？|没错。|明白了。|原来如此。|哦，好。|"
    "是吗？|对啊。|不错。|好好好。|知道了。"
)
ENGLISH_SENTENCES = (
    "Can you set a timer for ten minutes?|Tell me something else instead.|"
    "No, I meant the living room.|Who was the first man on the moon?|Play some music in the bedroom.|"
    "Why is the sky blue?|Turn the volume down, please.|Could you say that again?|Where did I put my keys?|"
    "Set the heating to twenty degrees.|That is not what I asked.|When does the train leave?|"
    "Never mind, what time is it?|Open the garage door.|Remind me to call my mother.|"
    "I want to hear a different story.|Is the front door locked?|Switch the television off.|"
    "Hold on a second.|Actually, what about tomorrow?|But where do they live?|Do I need an umbrella?|"
    "Louder, please.|Hey, what about dinner?|Sorry, which one was that?|Read me the news.|"
    "What is the weather like tomorrow?"
)
CHINESE_SENTENCES = (
    "现在几点了？|播放一首轻松的音乐。|给我讲一个故事。|我想听别的。|明天早上七点叫我起床。|不是这个，换一个。|"
    "为什么天是蓝色的？|把声音调小一点。|谁是第一个登上月球的人？|今天有什么新闻？|卧室的门关了吗？|提醒我给妈妈打电话。|"
    "怎么煮鸡蛋？|火车什么时候开？|我的钥匙在哪里？|你能再说一遍吗？|设置十分钟的闹钟。|那明天呢？|电视太吵了，关掉它。|"
    "等等，我还有一个问题。|不对，我说的是客厅。|我要出门了。|什么时候下雨？|别讲这个了，讲点别的。|"
    "你知道他住在哪里吗？"
)
"""None shares more than its first word with a sentence of the benches, which shall not measure what was
learned by heart."""
SPEEDS = (0.8, 1.0, 1.2)
"""Of the backchannels."""
ROOMS = 3
"""Each is heard in so many rooms, a sentence also from ``WORDS`` of its words on ..."""
WORDS = 9
LOOKS = (0.38, 0.42, 0.46, 0.5, 0.54)
"""... and looked at so many seconds after its onset, give or take ``JITTER``."""
JITTER = 0.016
OTHER_THROATS, THROATS = 0.6, (0.88, 1.14)
"""So many of them are played slower or faster by up to so much: somebody else's voice."""
LEAD = RATE
"""Samples before the onset."""
L2 = 0.03
"""The penalty of large weights; 0.01 and 0.1 tell as many pairs apart."""


@dataclass(frozen=True)
class Clip:
    """What was said."""

    voice: str
    text: str
    backchannel: bool
    speed: float = 1.0


def clips() -> Iterator[Clip]:
    """Everything that is learned from."""
    for voices, hums, sentences in (
        (ENGLISH_VOICES, ENGLISH, ENGLISH_SENTENCES),
        (CHINESE_VOICES, CHINESE, CHINESE_SENTENCES),
    ):
        for voice in voices:
            yield from (Clip(voice, text, True, speed) for text in hums.split("|") for speed in SPEEDS)
            yield from (Clip(voice, text, False) for text in sentences.split("|"))


def residues() -> list[Pcm]:
    """What the linear path leaves of replies in twelve rooms, from 3 s on."""
    found = []
    for number in range(12):
        teller, reply = (("heart", TEA), ("zf_xiaoxiao", CAT))[number % 2]
        scene = Scene(reply, teller, room=number % 3, rt60=(0.15, 0.25, 0.4)[number // 4], seconds=7.0)
        outcome = play(scene)
        assert outcome.front_end is not None
        found.append(outcome.front_end.audio(3 * RATE, 6 * RATE))
    return found


def onsets(said: Pcm) -> list[int]:
    """The samples at which words may begin: the quietest 10 ms between two syllables, 12 dB below them."""
    blocks = said[: len(said) // 160 * 160].reshape(-1, 160).astype(np.float64)
    level = np.convolve(10 * np.log10(np.mean(blocks**2, axis=1) + 1), np.ones(3) / 3, "same")
    found: list[int] = []
    for i in range(10, len(level) - 60):
        dip = level[i] < np.percentile(level, 90) - 12 and level[i] == level[max(0, i - 6) : i + 7].min()
        if dip and (not found or i * 160 - found[-1] > 2400):
            found.append(i * 160)
    return found


def renderings(clip: Clip, rng: np.random.Generator) -> Iterator[Pcm]:
    """What is learned from a clip: as it is, and from some of its words on if it is a sentence."""
    said = Line(0.0, say(clip.text, clip.voice, speed=clip.speed)).render()
    starts = [] if clip.backchannel else onsets(said)
    for start in [0] * ROOMS + [int(one) for one in rng.permutation(starts)[:WORDS]]:
        part = said[start:].copy()
        if start:
            part[:80] = (part[:80] * np.linspace(0, 1, 80)).astype(np.int16)
            part = Line(0.0, part).render()
        if rng.random() < OTHER_THROATS:
            part = soxr.resample(part, RATE, RATE * rng.uniform(*THROATS))
        yield part


def in_a_room(said: Pcm, residue: Pcm, rng: np.random.Generator) -> Pcm:
    """``LEAD`` samples of ``residue``, then the person, over whom the residue goes on for 0.12 to 0.3 s."""
    room = impulse_response(float(rng.choice([0.1, 0.15, 0.25, 0.4, 0.5])), rng)
    level = active_rms(said.astype(np.float64))
    person = fftconvolve(said.astype(np.float64), room) * 10 ** (rng.uniform(-38, -18) / 20) * 32768 / level
    heard = np.zeros(LEAD + len(person))
    heard[LEAD:] = person
    held = LEAD + int(rng.uniform(0.12, 0.3) * RATE)
    if rng.random() < 0.7:
        heard[:held] += residue[-held:] * 10 ** (rng.uniform(-6, 3) / 20)
    heard += rng.standard_normal(len(heard)) * 10 ** (rng.uniform(-75, -60) / 20) * 32768
    mixed: Pcm = np.clip(heard, -32768, 32767).astype(np.int16)
    return mixed


def looked_at(said: list[Clip]) -> tuple[Floats, list[Clip]]:
    """The features of every look, (looks, 288), and whose they are."""
    rng = np.random.default_rng(1)
    heard_by, behind = networks(models_dir() / "openwakeword"), residues()
    rows, whose = [], []
    for number, clip in enumerate(said):
        print(f"\r{100 * number // len(said):3} % looked at", end="", file=sys.stderr)
        for part in renderings(clip, rng):
            heard = in_a_room(part, behind[rng.integers(len(behind))], rng)
            for at in LOOKS:
                end = LEAD + int((at + rng.uniform(-JITTER, JITTER)) * RATE)
                rows.append(features(heard_by, heard[:end]))
                whose.append(clip)
    print(file=sys.stderr)
    return np.array(rows, np.float64), whose


def fitted(rows: Floats, backchannel: NDArray[np.bool_]) -> Floats:
    """The weights of a ridge-penalised logistic regression, both classes counting alike: (289,)."""
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    known, truth = (rows - mean) / spread, backchannel.astype(np.float64)
    share = np.where(backchannel, 0.5 / truth.mean(), 0.5 / (1 - truth.mean())) / len(truth)

    def loss(weights: Floats) -> tuple[float, Floats]:
        odds = known @ weights[:-1] + weights[-1]
        wrong = share * (1 / (1 + np.exp(-odds)) - truth)
        value = np.sum(share * (np.logaddexp(0, odds) - truth * odds)) + L2 * np.sum(weights[:-1] ** 2)
        return float(value), np.append(known.T @ wrong + 2 * L2 * weights[:-1], wrong.sum())

    start = np.zeros(rows.shape[1] + 1)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    weights: Floats = np.append(best[:-1] / spread, best[-1] - mean / spread @ best[:-1])
    return weights


def told_apart(rows: Floats, whose: list[Clip]) -> float:
    """How often a backchannel scores above a sentence, in voices left out of the training."""
    backchannel = np.array([clip.backchannel for clip in whose])
    voices = np.array([clip.voice for clip in whose])
    score = np.zeros(len(whose))
    every = [*ENGLISH_VOICES, *CHINESE_VOICES]
    for first in range(5):
        left_out = np.isin(voices, every[first::5])
        weights = fitted(rows[~left_out], backchannel[~left_out])
        score[left_out] = rows[left_out] @ weights[:-1] + weights[-1]
    return float(np.mean(score[backchannel][:, None] > score[~backchannel][None]))


def main() -> None:
    """Train and write."""
    rows, whose = looked_at(list(clips()))
    np.save(WEIGHTS, fitted(rows, np.array([clip.backchannel for clip in whose])).astype(np.float32))
    print(f"wrote {WEIGHTS}")
    print(f"in other voices {100 * told_apart(rows, whose):.1f} % of the pairs are told apart")


if __name__ == "__main__":
    main()
