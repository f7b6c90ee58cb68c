"""Two hundred noises over the speaker that interrupt nothing: listeners' hums, coughs, doors, a television.

A hum and a word are at the speaker's own level, coughs and doors up to 6 dB louder, the television 15 dB
below it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from hearthd.config.settings import WakeSettings
from hearthd.engines.wake_word.openwakeword import open_wake_word
from tests.bench import CannotRun, Figure
from tests.bench._talk import DELAYS, ROOMS, TELLERS, Whisper
from tests.scenes.scene import RATE, Line, Pcm, Scene
from tests.scenes.stage import play
from tests.utterances import available

ENGLISH = ("Mm-hm.", "Yeah.", "Right.", "Uh-huh.", "Okay.", "Oh.")
CHINESE = ("嗯。", "对。", "哦。", "是的。", "好的。", "嗯嗯。")
NEWS = (
    "And now the news: the government has announced a new tax on sugar today.",
    "It will be cloudy in the north, with some rain towards the evening.",
    "Our next guest has travelled around the world on a bicycle.",
)
CHINESE_NEWS = ("下面是今天的主要新闻，政府宣布了新的交通计划。", "明天北方多云，南方有小雨。")
AT = 6.0


def run() -> list[Figure]:
    """What each kind held, and what it ended."""
    if not available():
        raise CannotRun("the voices are not installed: `hearthd models pull`")
    whisper = Whisper()
    figures, all_cancelled, all_held, count = [], 0, 0, 0
    for kind, lines in kinds().items():
        cancelled = held = 0
        for number, line in enumerate(lines):
            outcome = play(_scene(number, line), open_wake_word(WakeSettings()), whisper)
            cancelled += outcome.cancelled_at is not None
            held += any(hold >= AT for hold in outcome.holds)
        figures.append(
            Figure("bargein_noises", f"{kind}: cancelled", 100 * cancelled / len(lines), "%", n=len(lines))
        )
        figures.append(Figure("bargein_noises", f"{kind}: held", 100 * held / len(lines), "%", n=len(lines)))
        all_cancelled, all_held, count = all_cancelled + cancelled, all_held + held, count + len(lines)
    figures.append(Figure("bargein_noises", "all: cancelled", 100 * all_cancelled / count, "%", n=count))
    figures.append(Figure("bargein_noises", "all: held", 100 * all_held / count, "%", n=count))
    return figures


def kinds() -> dict[str, list[Line]]:
    """Fifty or so of each."""
    return {
        "backchannels": [Line(AT, text, voice) for voice, text in _backchannels()],
        "coughs": [Line(AT, cough(seed), db=seed % 7) for seed in range(50)],
        "door slams": [Line(AT, slam(seed), db=seed % 7) for seed in range(46)],
        "television at -15 dB": [Line(AT, text, voice, db=-15) for voice, text in _news()],
    }


def cough(seed: int) -> Pcm:
    """Two bursts of breath noise, 120 to 180 ms each, with the throat's resonances."""
    rng = np.random.default_rng(seed)
    count = int((0.12 + 0.01 * (seed % 7)) * RATE)
    burst = rng.standard_normal(count) * np.exp(-np.arange(count) / (0.04 * RATE))
    for frequency in (600 + 20 * (seed % 11), 1300 + 100 * (seed % 6)):
        burst = (
            burst + 0.7 * np.convolve(burst, np.cos(2 * np.pi * frequency / RATE * np.arange(80)), "same") / 8
        )
    sound = np.concatenate((burst, np.zeros(int(0.12 * RATE)), 0.7 * burst))
    made: Pcm = np.rint(sound / np.abs(sound).max() * 16_000).astype(np.int16)
    return made


def slam(seed: int) -> Pcm:
    """A door: a thud of 70 to 120 Hz and a crack, gone after 300 ms."""
    rng = np.random.default_rng(seed)
    n = np.arange(int(0.3 * RATE))
    thud = np.sin(2 * np.pi * (70 + 5 * (seed % 11)) / RATE * n) * np.exp(-n / (0.08 * RATE))
    crack = rng.standard_normal(len(n)) * np.exp(-n / (0.01 * RATE))
    made: Pcm = np.rint((thud + crack) / np.abs(thud + crack).max() * 16_000).astype(np.int16)
    return made


def _backchannels() -> Iterator[tuple[str, str]]:
    yield from itertools.product(("bf_emma", "am_michael", "bm_george", "af_bella"), ENGLISH)
    yield from itertools.product(
        ("zm_yunxi", "zf_xiaoxiao", "zm_yunyang", "zf_xiaoni", "zm_yunjian"), CHINESE
    )


def _news() -> Iterator[tuple[str, str]]:
    speakers = itertools.product(("bm_george", "af_bella", "am_fenrir"), NEWS)
    chinese = itertools.product(("zm_yunjian", "zf_xiaoni"), CHINESE_NEWS)
    yield from itertools.islice(itertools.cycle((*speakers, *chinese)), 50)


def _scene(number: int, line: Line) -> Scene:
    teller, reply = TELLERS[number % len(TELLERS)]
    return Scene(
        reply,
        teller,
        people=(line,),
        room=number % 3,
        rt60=ROOMS[number % 3],
        delay=DELAYS[number % 5],
        seconds=AT + 2.2,
    )
