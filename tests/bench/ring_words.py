"""What people say over a ring, in a rendered room with the real canceller and Whisper: heeded, and how soon.

Eight orders in both languages and four voices, at random moments of a ring that nobody has taught the
canceller yet, 5 dB below to 5 dB above it, in three rooms, 20 to 220 ms late; and as many other sentences,
which must change nothing. The end of the word is its last sample at the microphone.
"""

from __future__ import annotations

import asyncio

import numpy as np

from hearthd.config.settings import AsrSettings
from hearthd.dialogue.ring_events import Over
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.protocols import Transcript
from tests.bench import Figure
from tests.scenes.scene import Line, Pcm, Scene
from tests.scenes.stage import Outcome, Recognise, play

ORDERS = (
    ("Stop.", "bf_emma", Over.STOPPED),
    ("停！", "zm_yunxi", Over.STOPPED),
    ("Stop!", "am_michael", Over.STOPPED),
    ("停下！", "zf_xiaoxiao", Over.STOPPED),
    ("Stop the alarm.", "bf_emma", Over.STOPPED),
    ("别响了！", "zm_yunxi", Over.STOPPED),
    ("Five more minutes.", "am_michael", Over.SNOOZED),
    ("再睡五分钟。", "zf_xiaoxiao", Over.SNOOZED),
)
OTHERS = (
    ("Did you hear that?", "bf_emma"),
    ("面条好了没有？", "zm_yunxi"),
    ("The soup is almost ready.", "am_michael"),
    ("是谁的闹钟？", "zf_xiaoxiao"),
)
EACH = 6


def scene(words: str, voice: str, rng: np.random.Generator) -> Scene:
    """Somebody says ``words`` over the ring."""
    return Scene(
        ("The pasta timer.",),
        rings=True,
        people=(Line(float(rng.uniform(2.0, 12.0)), words, voice),),
        near_db=float(rng.choice([5, 0, -5])),
        delay=float(rng.uniform(0.02, 0.22)),
        room=int(rng.integers(0, 3)),
    )


def heeded(recognise: Recognise, each: int, seed: int) -> tuple[list[bool], list[float], list[bool]]:
    """Which orders were carried out, seconds from each one's end to silence, which other words were taken."""
    rng = np.random.default_rng(seed)
    right: list[bool] = []
    after: list[float] = []
    for words, voice, meant in ORDERS * each:
        outcome: Outcome = play(scene(words, voice, rng), recognise=recognise)
        right.append(outcome.over is meant)
        if outcome.silent_at is not None:
            after.append(outcome.silent_at - outcome.ends[0])
    wrong = [play(scene(words, voice, rng), recognise=recognise).over for words, voice in OTHERS * each]
    return right, after, [over is not None for over in wrong]


def run() -> list[Figure]:
    """The shares and the times."""
    loop = asyncio.new_event_loop()
    asr = WhisperAsr(AsrSettings())
    loop.run_until_complete(asr.start())

    def recognise(pcm: Pcm, *, quick: bool = False) -> Transcript:
        return loop.run_until_complete(asr.transcribe(pcm, quick=quick))

    right, after, wrong = heeded(recognise, EACH, seed=14)
    loop.run_until_complete(asr.close())
    loop.close()
    median, late = (round(float(np.percentile(after, share)) * 1000) for share in (50, 95))
    carried_out = round(float(np.mean(right)), 3)
    return [
        Figure("ring_words", "orders over a ring carried out", carried_out, "", n=len(right)),
        Figure("ring_words", "end of the word to silence, median", median, "ms", n=len(after)),
        Figure("ring_words", "end of the word to silence, p95", late, "ms", n=len(after)),
        Figure("ring_words", "other words that ended it", sum(wrong), "", n=len(wrong)),
    ]
