"""Talking over the speaker: how soon it is noticed, what is heard of it, and what it costs.

Every scene is rendered sample by sample to the real canceller, and the hold they ask for is heard by them
(``tests.scenes``). Times count from a person's first audible sample, in samples: up to the last one that
the canceller had heard. The devices come on top: 40 ms here before a decision, 40 ms after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from pywebrtc_audio import EchoCanceller as Aec3

from hearthd.audio.echo.speex import FRAME, SpeexCanceller
from hearthd.config.settings import WakeSettings
from hearthd.dialogue import events as e
from hearthd.engines.wake_word.openwakeword import open_wake_word
from hearthd.turn_taking.backchannel import Overheard, overheard
from tests.bench import Figure
from tests.bench._talk import Whisper, scenes, spread
from tests.bench.words import error_rate
from tests.scenes.scene import RATE, TEA, Line, Pcm, Scene
from tests.scenes.stage import LATE, Outcome, play
from tests.utterances import noise

SENTENCES = [  # Whisper base writes each down without an error in a quiet room
    ("bf_emma", "Wait, what is the weather like tomorrow?"),
    ("zm_yunxi", "等一下，明天的天气怎么样？"),
    ("am_michael", "Please turn off the kitchen light."),
    ("zf_xiaoxiao", "请把厨房的灯关掉。"),
    ("bm_george", "What did you just say about it?"),
    ("zm_yunyang", "帮我打开客厅的电视。"),
    ("af_bella", "How long does it take to cook an egg?"),
    ("zf_xiaobei", "你刚才说什么？"),
]
WOKEN_BY = ["heart", "bf_emma", "am_michael", "am_fenrir", "bm_george", "af_bella", "af_heart"]
STOPS = [
    *[(voice, text) for voice in ("bf_emma", "am_michael", "bm_george") for text in ("Stop!", "Stop.")],
    *[
        (voice, text)
        for voice in ("zm_yunxi", "zf_xiaoxiao", "zm_yunyang")
        for text in ("停！", "闭嘴！", "够了！", "停下！")
    ],
    ("af_bella", "Stop!"),
    ("am_fenrir", "Be quiet!"),
]
BENCH = "bargein"


def run() -> list[Figure]:
    """The table."""
    whisper = Whisper()
    alone = {text: _errors_alone(voice, text, whisper) for voice, text in SENTENCES}
    figures = [figure for near in (5, 0, -5, -10) for figure in _people(near, whisper, alone)]
    return [*figures, *_wake_word(), *_stop_words(whisper), *_cost()]


def _people(near_db: int, whisper: Whisper, alone: dict[str, float]) -> Iterator[Figure]:
    holds, cancels, errors, baseline = [], [], [], []
    for scene in scenes(SENTENCES * 3, near_db, after=0.7, seed=near_db + 100):
        outcome = play(scene, recognise=whisper)
        onset = outcome.onsets[0]
        if outcome.cancelled_at is None or outcome.cancelled_at < onset:
            continue
        cancels.append(outcome.cancelled_at - LATE - onset)
        holds.append(min([hold - LATE - onset for hold in outcome.holds if hold >= onset] + cancels[-1:]))
        errors.append(_errors(scene, outcome, whisper))
        baseline.append(alone[str(scene.people[0].sound)])
    count, name = len(SENTENCES) * 3, f"at {near_db:+d} dB"
    yield Figure(BENCH, f"{name}: detected", 100 * len(cancels) / count, "%", n=count)
    yield from spread(BENCH, f"{name}: onset to hold", holds)
    yield from spread(BENCH, f"{name}: onset to cancel", cancels)
    if errors:
        wrong, quiet = 100 * float(np.mean(errors)), 100 * float(np.mean(baseline))
        yield Figure(BENCH, f"{name}: words wrong, beside a quiet room", wrong, "%", quiet, n=len(errors))


def _errors(scene: Scene, outcome: Outcome, whisper: Whisper) -> float:
    assert outcome.front_end is not None
    assert outcome.listen_from is not None
    heard = whisper(outcome.front_end.audio(outcome.listen_from, int((outcome.ends[0] + 0.4) * RATE)))
    return error_rate(str(scene.people[0].sound), heard.text)


def _errors_alone(voice: str, text: str, whisper: Whisper) -> float:
    """A sentence with nothing else to be heard."""
    quiet = np.zeros(RATE // 2, np.int16)
    heard = whisper(np.concatenate((quiet, Line(0.0, text, voice).render(), quiet)))
    return error_rate(text, heard.text)


def _wake_word() -> Iterator[Figure]:
    lines = [(voice, "Hey Jarvis!") for voice in WOKEN_BY * 3]
    found, late = 0, []
    for scene in scenes(lines, -5, after=0.6, seed=1):
        outcome = play(scene, wake=open_wake_word(WakeSettings()))
        woken = [at for at, event in outcome.events if isinstance(event, e.Wake) and at > outcome.onsets[0]]
        found += bool(woken)
        late += [at - outcome.ends[0] for at in woken[:1]]
    yield Figure(BENCH, "wake word over the reply at -5 dB", 100 * found / len(lines), "%", n=len(lines))
    yield from spread(BENCH, "wake word's end to its detection", late)


def _stop_words(whisper: Whisper) -> Iterator[Figure]:
    silent, ended, by_sound, understood = [], 0, 0, 0
    for scene in scenes(STOPS, 0, after=3.0, seed=2):
        outcome = play(scene, open_wake_word(WakeSettings()), whisper)
        if outcome.cancelled_at is None or outcome.silent_at is None:
            continue
        ended += 1
        by_sound += any(isinstance(event, e.StopWord) for _, event in outcome.events)
        understood += outcome.stopped or _said_stop(outcome, whisper)
        silent.append(outcome.silent_at - outcome.ends[0])
    count = len(STOPS)
    yield Figure(BENCH, "stop word: ended the reply", 100 * ended / count, "%", n=count)
    yield Figure(BENCH, "stop word: by its sound, without a transcript", 100 * by_sound / count, "%", n=count)
    yield Figure(BENCH, "stop word: and began no other", 100 * understood / count, "%", n=count)
    yield from spread(BENCH, "stop word's end to silence", silent)


def _said_stop(outcome: Outcome, whisper: Whisper) -> bool:
    """The turn that a drawn "stop" began ends with it: nothing is answered."""
    assert outcome.front_end is not None
    assert outcome.listen_from is not None
    heard = whisper(outcome.front_end.audio(outcome.listen_from, int((outcome.ends[0] + 0.4) * RATE)))
    return overheard(heard.text) is Overheard.STOP


def _cost() -> Iterator[Figure]:
    """CPU time of the whole front end, wake word included, beside each canceller's alone."""
    seconds = 20.0
    outcome = play(Scene(TEA, seconds=seconds), wake=open_wake_word(WakeSettings()))
    front_end = outcome.ears_seconds / outcome.seconds
    near, far = noise(seconds, -30, seed=1), noise(seconds, -20, seed=2)
    aec3, speex = Aec3(RATE, 1, 0), SpeexCanceller()
    for name, canceller in (("AEC3", aec3.process), ("SpeexDSP", speex.process)):
        alone = _alone(canceller, near, far) / seconds
        yield Figure(
            BENCH,
            f"CPU of the front end while it speaks, beside {name} alone",
            100 * front_end,
            "% of a core",
            100 * alone,
            front_end / alone,
        )


def _alone(process: Callable[[Pcm, Pcm], Pcm], near: Pcm, far: Pcm) -> float:
    began = time.thread_time()
    for first in range(0, len(near), FRAME):
        process(near[first : first + FRAME].copy(), far[first : first + FRAME].copy())
    return time.thread_time() - began
