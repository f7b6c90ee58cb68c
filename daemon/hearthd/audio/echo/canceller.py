"""Takes the speaker's own voice out of what the microphone hears: two paths with one reference.

The *linear* path is linear (``audio.echo.speex``): it keeps a person who talks over the speaker whole
and leaves some residue of the speaker. It feeds the ring buffer, the wake word, Whisper and Silero. The
*strict* path is WebRTC's AEC3: nearly nothing of the speaker is left, and little of the person. It
certifies who talks over the speaker (``frontend.near_end``), and until the faithful one has converged they
are looked for in nothing else.

Measured, "Hey Jarvis, turn off the kitchen light" over the speaker's voice, 7 voices, wake words found
and word error rate of the sentence:

====================  ==========  ===============  ===============
person over speaker   untouched   strict (AEC3)    faithful (Speex)
====================  ==========  ===============  ===============
+5 dB                 7, 0.53     5, 0.53          7, 0.00
-5 dB                 2, 1.71     3, 0.84          7, 0.00
-10 dB                0, 1.90     1, 0.98          7, 0.06
====================  ==========  ===============  ===============

The same 1.5 s after the speaker has begun in a room it does not know yet, with the linear path as the
faithful one from the first sample on, and with AEC3 in its place until it has converged. What is not
learned yet stays in, as if there were no canceller; AEC3 silences the person instead:

====================  ================  ===============
person over speaker   AEC3 until then   Speex all along
====================  ================  ===============
+12 dB                6, 0.43           7, 0.00
+5 dB                 6, 0.57           7, 0.00
0 dB                  4, 0.86           5, 0.71
-5 dB                 2, 1.00           4, 0.86
====================  ================  ===============

Both paths rest, and the microphone passes untouched, when nothing has sounded for ``REST_SECONDS``.
"""

from __future__ import annotations

import logging

import numpy as np
from pywebrtc_audio import EchoCanceller as Aec3

from hearthd.audio.echo.delay import DelayTracker
from hearthd.audio.echo.quality import Quality
from hearthd.audio.echo.reference import Reference
from hearthd.audio.echo.reporting import EchoReport
from hearthd.audio.echo.speex import FRAME, SpeexCanceller
from hearthd.audio.playback.reference_ring import ReferenceRing
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.parts import OnHealth
from hearthd.dialogue import events as e

log = logging.getLogger(__name__)

REST_SECONDS = 0.8
"""The longest delay that is looked for, the filter's 256 ms, and a little."""
LOOK_EVERY = SAMPLE_RATE // 2
"""Samples between two looks for the delay, while it is not found or not right."""
LOOK_AGAIN = 4 * SAMPLE_RATE
"""Samples between two looks once it is right."""
AHEAD = SAMPLE_RATE // 20
"""The direct path is put 50 ms into the filter: clocks that err by less need no new alignment. (A sound
server's stamps put the echo 14 ms before the sound; no filter can cancel that.)"""
GOOD = range(SAMPLE_RATE // 500, SAMPLE_RATE // 8)
"""Delays (2 to 125 ms) that are left as they are: the filter still has 130 ms for the room, and a new
alignment costs both paths what they learned (3 s at 3 to 6 dB)."""


class DualCanceller:
    """The echo canceller of the front end (its ``EchoCanceller`` protocol). For one thread."""

    def __init__(self, played: ReferenceRing, on_health: OnHealth = lambda *_: None) -> None:
        """``played`` is what the speaker really sounded (``Mixer.reference``).

        ``on_health`` is called (in the thread of ``process``) when it stops being good, and when it
        is good again.
        """
        self._reference = Reference(played)
        self._delay = DelayTracker()
        self.quality = Quality()
        self.report = EchoReport(self.quality, on_health)
        self._linear: SpeexCanceller | None = None
        try:
            self._linear = SpeexCanceller()
        except EngineError as error:
            log.warning("%s", error, extra={"stage": "audio", "part": "echo"})
        self._aec3 = Aec3(SAMPLE_RATE, 1, 0)
        self.strict: Pcm = np.zeros(0, np.int16)
        """The strict path's version of the block that ``process`` cleaned last."""
        self.watched: Pcm = np.zeros(0, np.int16)
        """What somebody who talks over the speaker is looked for in: the linear path's version, but the
        strict one's until the linear filter has converged: what it leaves at first is taken for a person."""
        self.far: Pcm = np.zeros(0, np.int16)
        """What the speaker sounded meanwhile."""
        self.near: Pcm = np.zeros(0, np.int16)
        """The block as it came from the microphone."""
        self.delay = -AHEAD
        """Samples (16 kHz) by which the reference is read earlier than the clocks say."""
        self._reference.align(self.delay)
        self._quiet = self._rest = int(REST_SECONDS * SAMPLE_RATE)
        self._until_look = LOOK_EVERY
        self._share = 0.0
        """Of the linear path in ``watched``, 0 to 1: fades from frame to frame."""

    @property
    def awake(self) -> bool:
        """Whether the speaker has sounded lately, so that the canceller works."""
        return self._quiet < self._rest

    def process(self, near: Pcm, at: float) -> Pcm:
        """Return ``near`` (its first sample captured at ``at``) as the linear path hears it.

        Works in frames of 160; of a block that is no multiple, the first samples pass as they are
        (the microphone's blocks have 320, and are longer only after a loss).
        """
        whole = len(near) // FRAME * FRAME
        head = len(near) - whole
        far = self._reference.read(at + head / SAMPLE_RATE, whole) if whole else None
        if far is None:
            self._delay.restart()
            far = np.zeros(whole, np.int16)
        self._quiet = 0 if far.any() else min(self._rest, self._quiet + whole)
        self.near = self.strict = self.watched = near
        self.far = np.concatenate((np.zeros(head, np.int16), far)) if head else far
        if not self.awake or not whole:
            self.quality.rest(near)
            return near
        faithful, strict, watched = near.copy(), near.copy(), near.copy()
        for first in range(head, len(near), FRAME):
            frame = slice(first, first + FRAME)
            strict[frame] = self._aec3.process(np.ascontiguousarray(near[frame]), self.far[frame].copy())
            faithful[frame] = self._faithful(near[frame], self.far[frame], strict[frame])
            watched[frame] = self._watched(faithful[frame], strict[frame])
        self.strict, self.watched = strict, watched
        self._align(near[head:], far)
        return faithful

    def news(self, at: float) -> list[e.Event]:
        """What is to be told of the canceller after a block."""
        return self.report.news(at, (self.delay + AHEAD) * 1000 / SAMPLE_RATE) if self.awake else []

    def _faithful(self, near: Pcm, far: Pcm, strict: Pcm) -> Pcm:
        if self._linear is None:
            self.quality.hear(near, far, strict, strict)
            return strict
        linear = self._linear.process(near, far)
        self.quality.hear(near, far, linear, strict)
        if self.quality.diverged:
            self._linear.reset()
            self.quality.restart()
        return linear

    def _watched(self, faithful: Pcm, strict: Pcm) -> Pcm:
        wanted = 1.0 if self.quality.converged else 0.0
        if wanted == self._share:
            return faithful if wanted else strict
        ramp = np.linspace(self._share, wanted, len(faithful), dtype=np.float32)
        self._share = wanted
        mixed: Pcm = np.rint(faithful * ramp + strict * (1 - ramp)).astype(np.int16)
        return mixed

    def _align(self, near: Pcm, far: Pcm) -> None:
        """Look for the delay now and then; a stable one outside ``GOOD`` moves the reference."""
        if not self.quality.far_active:
            return
        self._delay.feed(near, far)
        self._until_look -= len(near)
        if self._until_look > 0:
            return
        self._until_look = LOOK_EVERY
        found = self._delay.look()
        if found is None:
            return
        if found in GOOD:
            self._until_look = LOOK_AGAIN
            return
        self.delay += found - AHEAD
        self._reference.align(self.delay)
        self._delay.restart()
        self._aec3.reset()
        if self._linear is not None:
            self._linear.reset()
        self.quality.restart()
        log.info(
            "the echo comes %.0f ms later than the clocks say",
            (self.delay + AHEAD) * 1000 / SAMPLE_RATE,
            extra={"stage": "audio", "part": "echo"},
        )
