"""How well the canceller hears past the speaker: measured while it sounds and nobody else speaks.

"Nobody else" is what the strict path says: where it takes out more than ``ALONE_DB``, or all that is louder
than the room, what the microphone heard was the speaker. The linear path's own reduction in those moments
is the quality (ERLE).

How often that is so tells whether the canceller is any good here. Of the quarter seconds in which the
microphone hears more than the room while the speaker sounds, AEC3 empties 80 to 100 % (echo of -20 to
+6 dB, drift, a moved microphone); of a loudspeaker that sounds 0.9 s later than its samples are handed
over, and so out of every filter's reach, 30 %.

Three things look alike to that and are not: an echo that cannot be taken out, a person who talks over the
speaker, and both where no echo is to be heard at all (headphones, a speakerphone with its own canceller).
So what AEC3 leaves counts against the canceller only if it rises and falls as the speaker does, however late
(``audio.echo.own_sound``): of somebody else nothing is learned. And a microphone that has heard nothing of
the speaker for 3 s of its sound proves that there is nothing to take out, whatever was thought before.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from hearthd.audio.echo import own_sound
from hearthd.common.audio import Pcm

PERIOD = 25
"""Frames (10 ms) judged at a time: a syllable or two."""
FAR_ACTIVE = 100.0**2
"""Mean power from which the reference counts as sounding (-50 dB of full scale)."""
ALONE_DB = 12.0
"""AEC3 reaches 20 to 38 dB on the speaker alone, and 0 to 10 dB while somebody talks over it."""
CONVERGED_DB = 8.0
"""The linear path has learned the room from here on: what it leaves is quieter than a person at -5 dB."""
LOST_DB = 4.0
"""Below this it is not, after ``LOST_PERIODS`` in a row (a person whom AEC3 ate looks the same, shortly)."""
LOST_PERIODS = 6
LEARNING_PERIODS = 12
"""So long (3 s of sound) must nothing be heard of the speaker before there is nothing to take out."""
FAINT_PERIODS = 5
"""After so long (1.3 s) nothing of the speaker seems to be heard: a person would be, by either path."""
HEARD_DB = 10.0
"""The microphone hears more than the room from so far above the room's own level."""
ROOM_DB = 3.0
"""What is left at most so far above the room's level is the room."""
RISE_RESTING, RISE_SOUNDING = 10**0.004, 10**0.0002
"""By how much the room's level may rise with a block of 20 ms, as a factor of its power: 2 dB a second; and
with a frame of 10 ms while the speaker sounds, whose voice has pauses in which the room is heard: a tenth."""
JUDGED = 40
"""The latest periods that say whether the canceller is any good (10 s with something to hear): somebody who
talks over the speaker for 3 s does not make them bad."""
KNOWN = 12
"""Before so many (3 s) nothing is known."""
EMPTIED = 0.4
"""The share of them that AEC3 must have emptied for the canceller to stay good ..."""
EMPTIED_AT_FIRST = 0.6
"""... not to be found bad while it is not known ..."""
EMPTIED_AGAIN = 0.75
"""... and to become good. That alone proves nothing: AEC3 at first silences much that it cannot explain."""
LEARNED_DB = 2.0
"""So the linear path must have learned something, too: out of its reach it takes out 0 to 1 dB."""
OWN_LIKENESS = 0.6
"""What the microphone hears is the speaker if the two are as alike as this. Measured: see ``tests/audio``."""
OWN_FRAMES, OWN_LATEST = 200, 160
"""Frames (10 ms) that are laid side by side, and by how many more the speaker may be heard late."""
SMOOTHING = 0.25
"""Weight of a new period in the published figure: it follows a moved microphone within 1 s."""


class Quality:
    """Fed each frame of both paths; says how well the linear one does, and whether they are any good here."""

    def __init__(self) -> None:
        self.far_active = False
        """Whether the speaker sounded in the last frame."""
        self.converged = False
        """The linear path cancels."""
        self.diverged = False
        """The linear path adds more than it takes: it must begin anew."""
        self.erle_db: float | None = None
        """What the linear path takes of the speaker's voice; None before it was measured."""
        self.echo_db: float | None = None
        """How loud the microphone hears the speaker, in dB of full scale."""
        self.good: bool | None = None
        """Whether the canceller takes the speaker's voice out; None while that is not known. Where it cannot
        be heard above the room there is nothing to take out: that is good."""
        self.periods = 0
        """How many have been judged."""
        self._room = 10.0**9
        """How loud the room is by itself, in power: until something was heard, very."""
        self._emptied: deque[bool] = deque(maxlen=JUDGED)
        """Of the latest periods in which more than the room was heard: AEC3 took it out."""
        self._unheard = 0
        """Periods of the speaker's sound, since it was last heard, in which nothing of it was."""
        self._signals: deque[tuple[Pcm, Pcm]] = deque(maxlen=OWN_FRAMES + OWN_LATEST)
        """The last frames of the microphone and of the speaker, its pauses included."""
        self._lost = 0
        self._sums = np.zeros(3)
        self._frames = 0

    @property
    def inaudible(self) -> bool:
        """Nothing of the speaker is heard while it sounds: whatever is heard is somebody else."""
        return self._unheard >= FAINT_PERIODS

    @property
    def reduction_db(self) -> float | None:
        """What the linear path takes out now; None as long as the canceller has not learned the room.

        Where no echo can be heard there is nothing to take out, and nothing left: 60 dB.
        """
        if self.good is None:
            return None
        return 60.0 if self.erle_db is None else self.erle_db

    def rest(self, near: Pcm) -> None:
        """A block (20 ms) in which the speaker has long been silent: how loud the room is."""
        self._hear_room(_power(near), RISE_RESTING)

    def hear(self, near: Pcm, far: Pcm, linear: Pcm, strict: Pcm) -> None:
        """The next frame."""
        self.diverged = False
        self.far_active = _power(far) >= FAR_ACTIVE
        heard = _power(near)
        self._signals.append((near, far))
        self._hear_room(heard, RISE_SOUNDING)
        if not self.far_active:
            return
        self._sums += (heard, _power(linear), _power(strict))
        self._frames += 1
        if self._frames == PERIOD:
            heard, left, left_strict = 10 * np.log10(self._sums / PERIOD + 1.0)
            self._frames, self._sums = 0, np.zeros(3)
            self._judge(float(heard), float(left), float(left_strict))

    def restart(self) -> None:
        """The linear path begins anew."""
        self.converged, self._lost = False, 0
        self._frames, self._sums = 0, np.zeros(3)

    def _hear_room(self, power: float, rise: float) -> None:
        self._room = max(1.0, min(power, self._room * rise))

    def _judge(self, heard: float, left: float, left_strict: float) -> None:
        self.periods += 1
        room = 10 * math.log10(self._room)
        if heard < room + HEARD_DB:
            self._unheard += 1
            if self.inaudible:  # the strict path had better not take the linear one's place: it eats people
                self.converged = True
            if self._unheard >= LEARNING_PERIODS and not self.good:
                self._emptied.clear()
                self.good = True
            return
        erle = heard - left
        emptied = heard - left_strict >= ALONE_DB or left_strict <= room + ROOM_DB
        self.diverged = not emptied and erle < -3.0
        if (not emptied or self.inaudible) and not self._own():
            return
        self._unheard = 0
        self._emptied.append(emptied)
        if emptied:
            self._measure(heard, erle)
        self._conclude()

    def _measure(self, heard: float, erle: float) -> None:
        """Of a period in which nobody but the speaker was heard."""
        self.erle_db = _smooth(self.erle_db, erle)
        full_scale = 20 * np.log10(32768.0)
        self.echo_db = _smooth(self.echo_db, heard - float(full_scale))
        if erle >= CONVERGED_DB:
            self.converged, self._lost = True, 0
        elif erle < LOST_DB:
            self._lost += 1
            if self._lost >= LOST_PERIODS:
                self.converged = False

    def _own(self) -> bool:
        """Whether what the microphone heard lately is the speaker, and not somebody else."""
        near, far = (np.concatenate(each) for each in zip(*self._signals, strict=True))
        heard = own_sound.levels(near[-OWN_FRAMES * len(self._signals[0][0]) :])
        return own_sound.likeness(heard, own_sound.levels(far)) >= OWN_LIKENESS

    def _conclude(self) -> None:
        """Say whether the canceller is good, once enough is known."""
        if len(self._emptied) < KNOWN:
            return
        share = sum(self._emptied) / len(self._emptied)
        if self.good:
            self.good = share >= EMPTIED
        elif share < EMPTIED_AT_FIRST:
            self.good = False
        elif share >= EMPTIED_AGAIN and (self.erle_db or 0.0) >= LEARNED_DB:
            self.good = True


def _smooth(before: float | None, now: float) -> float:
    return now if before is None else before + SMOOTHING * (now - before)


def _power(pcm: Pcm) -> float:
    samples = pcm.astype(np.float32)
    return float(np.dot(samples, samples)) / max(1, len(samples))
