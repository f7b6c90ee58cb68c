"""Talking over the speaker: how soon it is noticed, what is heard of it, and what is no interruption.

Every scene is rendered sample by sample to the real ears, and the hold they ask for is heard by them
(``tests.scenes``). Onsets are the first audible sample of a person at the microphone.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from hearthd.engines.asr import WhisperAsr
from hearthd.engines.protocols import EngineError
from hearthd.engines.wake import open_wake_word
from hearthd.settings import Asr, Wake
from tests.bench import CannotRun, Figure
from tests.scenes.scene import CAT, RATE, TEA, Line, Pcm, Scene
from tests.scenes.stage import Outcome, play
from tests.speech import available

SENTENCES = (
    ("bf_emma", "Wait, what is the weather like tomorrow?"),
    ("am_michael", "Please turn off the kitchen light."),
    ("zm_yunxi", "等一下，明天的天气怎么样？"),
    ("zf_xiaoxiao", "请把厨房的灯关掉。"),
)
STOPS = (
    ("bf_emma", "Stop!"),
    ("am_michael", "Stop."),
    ("zm_yunxi", "停！"),
    ("zf_xiaoxiao", "闭嘴！"),
    ("zm_yunxi", "够了！"),
)
BACKCHANNELS = (
    ("bf_emma", "Mm-hm."), ("am_michael", "Yeah."), ("bf_emma", "Right."), ("am_michael", "Okay."),
    ("zm_yunxi", "嗯。"), ("zf_xiaoxiao", "对。"), ("zm_yunxi", "哦。"), ("zf_xiaoxiao", "对对对。"),
)  # fmt: skip
DELAYS = (0.02, 0.06, 0.12, 0.25)
AT = 9.0
"""When people begin: the ears have heard the speaker for so long."""


def run() -> list[Figure]:
    """The table."""
    if not available():
        raise CannotRun("the voices are not installed: `hearthd models pull`")
    whisper = _Whisper()
    figures = [figure for near in (5, 0, -5, -10) for figure in _people(near, whisper)]
    figures += _wake_word()
    figures += _stop_words(whisper)
    figures += _no_interruptions(whisper)
    figures += _own_voice()
    return figures


def scenes(near_db: float) -> Iterator[Scene]:
    """Four voices in three rooms, at four delays."""
    for number, (room, (voice, text)) in enumerate(itertools.product(range(3), SENTENCES)):
        yield Scene(
            reply=CAT if number % 2 else TEA,
            voice="zf_xiaoxiao" if number % 2 else "heart",
            people=(Line(AT, text, voice),),
            near_db=near_db,
            room=room,
            rt60=(0.15, 0.25, 0.4)[room],
            delay=DELAYS[(number + room) % 4],
        )


def _people(near_db: int, whisper: _Whisper) -> Iterator[Figure]:
    holds, cancels, heard_in_time, errors, cpu = [], [], 0, [], []
    played = list(scenes(near_db))
    for scene in played:
        outcome = play(scene, recognise=whisper)
        held = [hold - AT for hold in outcome.holds if hold >= AT]
        cpu.append(outcome.ears_seconds / outcome.seconds)
        if outcome.cancelled_at is None or outcome.cancelled_at < AT:
            continue
        heard_in_time += 1
        holds.append(held[0] if held else outcome.cancelled_at - AT)
        cancels.append(outcome.cancelled_at - AT)
        errors.append(_errors(scene, outcome, whisper))
    count, name = len(played), f"at {near_db:+d} dB"
    yield Figure("bargein", f"{name}: detected", 100 * heard_in_time / count, "%", n=count)
    if not heard_in_time:
        return
    yield Figure(
        "bargein", f"{name}: onset to hold, median", 1000 * float(np.median(holds)), "ms", n=len(holds)
    )
    yield Figure("bargein", f"{name}: onset to hold, p95", 1000 * _p95(holds), "ms", n=len(holds))
    yield Figure("bargein", f"{name}: onset to cancel, p95", 1000 * _p95(cancels), "ms", n=len(cancels))
    yield Figure("bargein", f"{name}: words wrong", 100 * float(np.mean(errors)), "%", n=len(errors))
    yield Figure("bargein", f"{name}: CPU of the ears", 100 * float(np.median(cpu)), "% of a core", n=count)


def _errors(scene: Scene, outcome: Outcome, whisper: _Whisper) -> float:
    assert outcome.front_end is not None
    assert outcome.listen_from is not None
    text = whisper(outcome.front_end.audio(outcome.listen_from, int((outcome.ends[0] + 0.4) * RATE)))
    return word_error_rate(str(scene.people[0].sound), text)


def _wake_word() -> Iterator[Figure]:
    found, count = 0, 0
    for number, voice in enumerate(("heart", "bf_emma", "am_michael", "am_fenrir")):
        for room in range(2):
            scene = Scene(
                people=(Line(AT, "Hey Jarvis!", voice),), near_db=-5, room=room, delay=DELAYS[number]
            )
            outcome = play(replace(scene, seconds=AT + 2.5), wake=open_wake_word(Wake()))
            found += any(type(event).__name__ == "Wake" for at, event in outcome.events if at > AT)
            count += 1
    yield Figure("bargein", "wake word over the reply at -5 dB", 100 * found / count, "%", n=count)


def _stop_words(whisper: _Whisper) -> Iterator[Figure]:
    silent, stopped = [], 0
    for number, (voice, text) in enumerate(STOPS):
        scene = Scene(people=(Line(AT, text, voice),), near_db=0, delay=DELAYS[number % 3], room=number % 3)
        outcome = play(scene, recognise=whisper)
        held = [hold for hold in outcome.holds if hold >= AT]
        stopped += outcome.cancelled_at is not None
        if held:  # silent from the hold on: 5 ms of fade and the device's buffer
            silent.append(held[0] + 0.06 - outcome.ends[0])
    yield Figure("bargein", "stop word: ended the reply", 100 * stopped / len(STOPS), "%", n=len(STOPS))
    if silent:
        yield Figure(
            "bargein", "stop word's end to silence, longest", 1000 * max(silent), "ms", n=len(silent)
        )


def _no_interruptions(whisper: _Whisper) -> Iterator[Figure]:
    television = Line(
        AT, "And now the news: the government has announced a new tax on sugar today.", "bm_george", -15
    )
    kinds: dict[str, list[Line]] = {
        "backchannels": [Line(AT, text, voice) for voice, text in BACKCHANNELS],
        "coughs": [Line(AT, cough(seed)) for seed in range(6)],
        "door slams": [Line(AT, slam(seed), db=6) for seed in range(6)],
        "television at -15 dB": [television, replace(television, voice="af_bella")],
    }
    for kind, lines in kinds.items():
        outcomes = [
            play(Scene(people=(line,), room=number % 3), recognise=whisper)
            for number, line in enumerate(lines)
        ]
        cancelled = sum(outcome.cancelled_at is not None for outcome in outcomes)
        held = sum(any(hold >= AT for hold in outcome.holds) for outcome in outcomes)
        yield Figure("bargein", f"{kind}: cancelled", 100 * cancelled / len(lines), "%", n=len(lines))
        yield Figure("bargein", f"{kind}: held", 100 * held / len(lines), "%", n=len(lines))


def _own_voice() -> Iterator[Figure]:
    holds, cancels, minutes = 0, 0, 0.0
    voices = (("heart", TEA), ("am_michael", TEA), ("zf_xiaoxiao", CAT))
    for (voice, reply), echo_db in itertools.product(voices, (-20.0, -6.0, 6.0)):
        scene = Scene(
            reply=reply, voice=voice, echo_db=echo_db, drift_ppm=100, moved_at=30, seconds=60, delay=0.12
        )
        outcome = play(scene)
        holds += len(outcome.holds)
        cancels += outcome.cancelled_at is not None
        minutes += outcome.seconds / 60
    yield Figure("bargein", "own voice alone: holds", holds / minutes, "a minute", n=round(minutes))
    yield Figure("bargein", "own voice alone: cancelled replies", float(cancels), "", n=round(minutes))


def cough(seed: int) -> Pcm:
    """Two bursts of breath noise, 150 ms each, with the throat's resonances."""
    rng = np.random.default_rng(seed)
    count = int(0.15 * RATE)
    burst = rng.standard_normal(count) * np.exp(-np.arange(count) / (0.04 * RATE))
    for frequency in (700, 1300 + 100 * seed):
        burst = (
            burst + 0.7 * np.convolve(burst, np.cos(2 * np.pi * frequency / RATE * np.arange(80)), "same") / 8
        )
    sound = np.concatenate((burst, np.zeros(int(0.12 * RATE)), 0.7 * burst))
    return np.rint(sound / np.abs(sound).max() * 16_000).astype(np.int16)


def slam(seed: int) -> Pcm:
    """A door: a thud of 80 Hz and a crack, gone after 300 ms."""
    rng = np.random.default_rng(seed)
    n = np.arange(int(0.3 * RATE))
    thud = np.sin(2 * np.pi * (70 + 5 * seed) / RATE * n) * np.exp(-n / (0.08 * RATE))
    crack = rng.standard_normal(len(n)) * np.exp(-n / (0.01 * RATE))
    return np.rint((thud + crack) / np.abs(thud + crack).max() * 16_000).astype(np.int16)


def word_error_rate(said: str, heard: str) -> float:
    """Edits a word (Chinese: a character) that make ``heard`` of ``said``."""
    first, second = (re.findall(r"[a-z']+|[\u4e00-\u9fff]", text.lower()) for text in (said, heard))
    row = list(range(len(second) + 1))
    for number, one in enumerate(first, 1):
        before, row[0] = row[0], number
        for column, other in enumerate(second, 1):
            before, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, before + (one != other)),
            )
    return row[-1] / max(1, len(first))


def _p95(values: list[float]) -> float:
    return float(np.percentile(values, 95))


class _Whisper:
    """Whisper base, called without waiting."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._asr = WhisperAsr(Asr())
        try:
            self._loop.run_until_complete(self._asr.start())
        except EngineError as error:
            raise CannotRun(str(error)) from None

    def __call__(self, pcm: Pcm) -> str:
        return self._loop.run_until_complete(self._asr.transcribe(pcm)).text
