"""How well the ears hear past the speaker: measured while it sounds and nobody else speaks.

"Nobody else" is what the strict ear says: where it takes out more than ``ALONE_DB``, what the microphone
heard was the speaker. The linear ear's own reduction in those moments is the quality (ERLE).
"""

from __future__ import annotations

import numpy as np

from hearthd.engines.protocols import Pcm

PERIOD = 25
"""Frames (10 ms) judged at a time: a syllable or two."""
FAR_ACTIVE = 100.0**2
"""Mean power from which the reference counts as sounding (-50 dB of full scale)."""
ALONE_DB = 12.0
"""AEC3 reaches 20 to 38 dB on the speaker alone, and 0 to 10 dB while somebody talks over it."""
CONVERGED_DB = 8.0
"""The linear ear is trusted from here on: what it leaves is then quieter than a person at -5 dB."""
LOST_DB = 4.0
"""Below this it is not, after ``LOST_PERIODS`` in a row (a person whom AEC3 ate looks the same, shortly)."""
LOST_PERIODS = 6
LEARNING_PERIODS = 12
"""For so long after a start (3 s of sound), taking nothing out may mean that neither ear has learned yet."""
SMOOTHING = 0.25
"""Weight of a new period in the published figure: it follows a moved microphone within 1 s."""


class Quality:
    """Fed each frame of both ears; says whether the linear one is to be trusted."""

    def __init__(self) -> None:
        self.far_active = False
        """Whether the speaker sounded in the last frame."""
        self.converged = False
        """The linear ear cancels."""
        self.diverged = False
        """The linear ear adds more than it takes: it must begin anew."""
        self.erle_db: float | None = None
        """What the linear ear takes of the speaker's voice; None before it was measured."""
        self.strict_db: float | None = None
        """The same of the strict ear."""
        self.echo_db: float | None = None
        """How loud the microphone hears the speaker, in dB of full scale."""
        self._lost = 0
        self._periods = 0
        self._sums = np.zeros(3)
        self._frames = 0

    @property
    def reduction_db(self) -> float | None:
        """What the faithful ear takes out now; None as long as neither ear has learned the room.

        Where no echo can be heard there is nothing to take out, and nothing left: 60 dB.
        """
        known = self.erle_db if self.converged else self.strict_db
        if known is None and self._periods > LEARNING_PERIODS:
            return 60.0
        return known

    def hear(self, near: Pcm, far: Pcm, linear: Pcm, strict: Pcm) -> None:
        """The next frame."""
        self.diverged = False
        self.far_active = _power(far) >= FAR_ACTIVE
        if not self.far_active:
            return
        self._sums += (_power(near), _power(linear), _power(strict))
        self._frames += 1
        if self._frames == PERIOD:
            heard, left, left_strict = 10 * np.log10(self._sums / PERIOD + 1.0)
            self._frames, self._sums = 0, np.zeros(3)
            self._judge(float(heard), float(left), float(left_strict))

    def restart(self) -> None:
        """The linear ear begins anew."""
        self.converged, self._lost, self._periods = False, 0, 0
        self._frames, self._sums = 0, np.zeros(3)

    def _judge(self, heard: float, left: float, left_strict: float) -> None:
        erle = heard - left
        self._periods += 1
        if heard - left_strict < ALONE_DB:
            self.diverged = erle < -3.0
            if left <= left_strict + 3.0 and self._periods > LEARNING_PERIODS:
                # Neither ear finds anything to take out: the echo is below the room's noise.
                self.converged = True
            return
        self.erle_db = _smooth(self.erle_db, erle)
        self.strict_db = _smooth(self.strict_db, heard - left_strict)
        full_scale = 20 * np.log10(32768.0)
        self.echo_db = _smooth(self.echo_db, heard - float(full_scale))
        if erle >= CONVERGED_DB:
            self.converged, self._lost = True, 0
        elif erle < LOST_DB:
            self._lost += 1
            if self._lost >= LOST_PERIODS:
                self.converged = False


def _smooth(before: float | None, now: float) -> float:
    return now if before is None else before + SMOOTHING * (now - before)


def _power(pcm: Pcm) -> float:
    samples = pcm.astype(np.float32)
    return float(np.dot(samples, samples)) / max(1, len(samples))
