"""Plays a scene: mixer → room → canceller → dialogue → mixer, in virtual time, 20 ms a step."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from hearthd.actions.timers.ringer import PAUSE_SECONDS, ROUNDS_A_NAME
from hearthd.audio.chime import RING_LEVELS, ring
from hearthd.audio.echo.canceller import DualCanceller
from hearthd.audio.playback.mixer import Mixer
from hearthd.config.settings import Settings
from hearthd.conversation.overheard_words import DOUBTFUL, ended_by, meant, ring_ended_by
from hearthd.dialogue import events as e
from hearthd.dialogue import ring_events as r
from hearthd.dialogue.machine import step
from hearthd.dialogue.ring_events import Over
from hearthd.dialogue.state import State
from hearthd.engines.protocols import Transcript, WakeHit
from hearthd.engines.vad.vad import Silero
from hearthd.frontend.frontend import FrontEnd, WakeEngine
from hearthd.frontend.near_end import NearEndListener
from tests.scenes.scene import PERSON_DB, RATE, Floats, Pcm, Scene, active_rms
from tests.utterances import say

BLOCK = 320
AHEAD = 2
"""Blocks that the device holds between ``render`` and the loudspeaker (40 ms)."""
BEHIND = 3
"""Blocks between a sample's capture and its processing (60 ms)."""
LATE = (BEHIND - 1) * 0.02
"""Seconds by which a decision comes later than the last sample it heard: what a figure "in samples" leaves
out."""
TRANSCRIPT_SECONDS, AGAIN_SECONDS = 0.5, 1.5
"""What a quick transcript takes, and a second attempt after it."""


class Recognise(Protocol):
    """What is said in 16 kHz samples."""

    def __call__(self, pcm: Pcm, *, quick: bool = False) -> Transcript: ...


class NoWake:
    """No wake word ever: a scene that is not about it need not pay for it."""

    strict = False

    def process(self, block: Pcm, *, alone: bool = False) -> list[WakeHit]:
        return []


@dataclass
class Outcome:
    """What became of a scene; times in seconds since the reply began."""

    events: list[tuple[float, e.Event]] = field(default_factory=list)
    holds: list[float] = field(default_factory=list)
    resumes: list[float] = field(default_factory=list)
    cancelled_at: float | None = None
    stopped: bool = False
    over: Over | None = None
    """How the ring ended, if it was one."""
    silent_at: float | None = None
    """Since when nothing has sounded, if it was cancelled."""
    onsets: list[float] = field(default_factory=list)
    """When each line was first audible, at the microphone."""
    ends: list[float] = field(default_factory=list)
    listen_from: int | None = None
    front_end: FrontEnd | None = None
    canceller: DualCanceller | None = None
    ears_seconds: float = 0.0
    seconds: float = 0.0
    played: Pcm = field(default_factory=lambda: np.zeros(0, np.int16))
    """What the speaker sounded, at its 48 kHz."""
    reply: Pcm = field(default_factory=lambda: np.zeros(0, np.int16))
    """What it would have sounded if nobody had held it."""
    near: list[Pcm] = field(default_factory=list)
    """The microphone's blocks."""
    strict: list[Pcm] = field(default_factory=list)
    """What the strict path made of them; the faithful one's version is the front end's ``audio``."""


def play(scene: Scene, wake: WakeEngine | None = None, recognise: Recognise | None = None) -> Outcome:
    """Play ``scene``. ``recognise`` is the quick transcript; without one, short words mean nothing."""
    return _Stage(
        scene, wake or NoWake(), recognise or (lambda pcm, *, quick=False: Transcript("", ""))
    ).play()


class _Stage:
    def __init__(self, scene: Scene, wake: WakeEngine, recognise: Recognise) -> None:
        self._scene = scene
        self._now = 0.0
        self._mixer = Mixer(clock=lambda: self._now)
        self._canceller = DualCanceller(self._mixer.reference, self._health)
        near_end = NearEndListener(self._canceller)
        self._front_end = FrontEnd(wake, Silero(), Settings(), echo=self._canceller, near_end=near_end)
        self._recognise = recognise
        self._outcome = Outcome(front_end=self._front_end, canceller=self._canceller)
        self._rng = np.random.default_rng(scene.room + 7)
        self._due: list[tuple[float, e.Event]] = []
        self._state = State()
        self._happen(e.Ready(0.0))
        if scene.rings:
            self._happen(r.RingDue(0.0, "pasta"))
        else:
            self._happen(e.AskRequested(0.0, "tell me a story"))
            self._happen(e.ReplyAudible(0.0, 1))

    def play(self) -> Outcome:
        scene, outcome = self._scene, self._outcome
        spoken = np.concatenate([say(text, scene.voice, 48_000) for text in scene.reply])
        reply = _ringing(spoken) if scene.rings else spoken
        last = max((line.at for line in scene.people), default=5.0)
        seconds = scene.seconds or last + 4.5
        reply = np.tile(reply, int(np.ceil((seconds + 1) * 48_000 / len(reply))))
        level = active_rms(reply[: 20 * 48_000].astype(np.float64))
        echo_gain = 10 ** ((PERSON_DB + scene.echo_db) / 20) * 32768 / level
        self._mixer.play(1, 0, reply)
        outcome.reply = reply
        steps = int(seconds / 0.02)
        people = self._people((steps + 8) * BLOCK)
        echo = np.zeros((steps + 60) * BLOCK)
        before, after = scene.response(), scene.response(moved=True)
        played: list[Pcm] = []
        pace = 1 + scene.drift_ppm * 1e-6
        for number in range(steps):
            self._now = number * 0.02
            block = self._mixer.render(
                960, (number + AHEAD) * 0.02 * pace + self._rng.normal(0, scene.jitter)
            )
            played.append(block)
            # The block before: the decimation looks 1 ms ahead.
            speaker_block = number + AHEAD - 1
            far = self._mixer.reference.read_from((number - 1) * 960, BLOCK).astype(np.float64)
            response = after if scene.moved_at is not None and self._now >= scene.moved_at else before
            if far.any():
                loud = 12_000.0 * np.tanh(far / 12_000.0) * echo_gain
                first = speaker_block * BLOCK
                from scipy.signal import fftconvolve  # 1.4 s, which nobody shall wait for who only collects

                echo[first : first + BLOCK + len(response) - 1] += fftconvolve(loud, response)
            if number >= BEHIND:
                self._hear(number - BEHIND, echo, people, pace)
            while self._due and self._due[0][0] <= self._now:
                self._happen(self._due.pop(0)[1])
        outcome.seconds = seconds
        outcome.played = np.concatenate(played)
        if outcome.cancelled_at is not None:
            sounding = np.flatnonzero(outcome.played) + AHEAD * 960
            outcome.silent_at = float(sounding[-1]) / 48_000
        return outcome

    def _people(self, count: int) -> Floats:
        scene = self._scene
        out = self._rng.standard_normal(count) * 10 ** (scene.noise_db / 20) * 32768
        for line in scene.people:
            pcm = line.render().astype(np.float64)
            level = 10 ** ((PERSON_DB + scene.echo_db + scene.near_db + line.db) / 20) * 32768
            first = int(line.at * RATE)
            pcm = pcm[: count - first] * level / active_rms(pcm)
            out[first : first + len(pcm)] += pcm
            self._outcome.onsets.append(line.at)
            self._outcome.ends.append(line.at + len(pcm) / RATE)
        return out

    def _hear(self, number: int, echo: Floats, people: Floats, pace: float) -> None:
        at = number * 0.02
        first = number * BLOCK
        times = (np.arange(first, first + BLOCK) / RATE - self._scene.delay) / pace * RATE
        low = max(0, int(times[0]) - 1)
        window = echo[low : low + BLOCK + 4]
        heard = people[first : first + BLOCK] + np.interp(
            times - low, np.arange(len(window)), window, left=0.0
        )
        near = np.clip(np.rint(heard), -32768, 32767).astype(np.int16)
        began = time.thread_time()
        found = self._front_end.process(near, at)
        self._outcome.ears_seconds += time.thread_time() - began
        self._outcome.near.append(near)
        self._outcome.strict.append(self._canceller.strict)
        for event in found:
            self._outcome.events.append((at + 0.02, event))
            self._happen(event)

    def _health(self, part: str, ok: bool, _: str) -> None:
        self._happen(e.PartRecovered(self._now, part) if ok else e.PartFailed(self._now, part))

    def _happen(self, event: e.Event) -> None:
        self._state, commands = step(self._state, event)
        for command in commands:
            self._do(command)

    def _do(self, command: e.Command) -> None:
        outcome = self._outcome
        match command:
            case e.WatchNearEnd(on=on, over_ring=over_ring):
                self._front_end.watch_near_end(on, over_ring=over_ring)
            case e.Hold():
                outcome.holds.append(self._now)
                self._mixer.hold()
            case e.Resume():
                outcome.resumes.append(self._now)
                self._mixer.resume()
            case e.JudgeWords():
                self._judge(command)
            case e.EndTurn(turn_id=1, ended=ended):
                outcome.cancelled_at = self._now
                outcome.stopped = ended is e.Ended.STOPPED
                self._mixer.flush(1)
            case r.RingOver(how=how):
                outcome.cancelled_at, outcome.over = self._now, how
                self._mixer.flush(1)
            case r.Duck(on=on):
                self._mixer.duck(on)
            case e.Listen(sample=sample, seconds=seconds, include_from=include_from):
                outcome.listen_from = include_from
                if self._scene.rings:
                    self._front_end.listen(sample, seconds, include_from)
            case e.StopListening() if self._scene.rings:
                self._front_end.stop_listening()

    def _judge(self, command: e.JudgeWords) -> None:
        at = self._now + TRANSCRIPT_SECONDS
        audio = self._front_end.audio(command.start, command.end)
        heard = self._recognise(audio, quick=True)
        event = self._ends(command, heard, at)
        if event is None and heard.likelihood < DOUBTFUL:
            at += AGAIN_SECONDS
            event = self._ends(command, self._recognise(audio), at, again=True)
        self._due.append((at, event or e.NearEndGone(at)))
        self._due.sort(key=lambda due: due[0])

    def _ends(
        self, command: e.JudgeWords, heard: Transcript, at: float, *, again: bool = False
    ) -> e.Event | None:
        nearby = "".join(self._scene.reply)
        if command.over_ring:
            return ring_ended_by(heard.text, at, nearby)
        found = meant(heard, nearby=nearby)
        return ended_by(found, at, command.start, only_stop=command.only_stop, again=again)


def _ringing(words: Pcm) -> Pcm:
    """A ring as ``ringer`` makes it, at 48 kHz: two rounds, the name, and so on, ever louder."""
    pause = np.zeros(round(PAUSE_SECONDS * 48_000), np.int16)
    pieces: list[Pcm] = []
    for number in range(len(RING_LEVELS) + 2):
        pieces += [ring(number), pause]
        if number % ROUNDS_A_NAME == ROUNDS_A_NAME - 1:
            pieces += [words, pause]
    return np.concatenate(pieces)
