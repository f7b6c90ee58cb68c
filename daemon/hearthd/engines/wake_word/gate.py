"""Says when the wake word's network may sleep.

openWakeWord's shared network costs 1.7 ms of every 80 ms, 2.1 % of a core, day and night. In a quiet
room nothing can be a wake word, and this costs 0.05 ms to find out: the level of the last 80 ms is
at the noise floor of the last seconds. A steady noise (fan, fridge, hum) raises the floor and so
stays asleep; webrtcvad, which hears speech in any hum, is asked only about what is a little louder
than the floor. Of what is a sound Silero (0.4 ms) says whether it may be speech: dishes, a washing
machine, an office, music without song kept the network awake for 90 % of the time, and 14 % with it.

Measured on a microphone in a quiet room, 20 ms blocks: the whole front end uses 1.2 % of a core and
110 MB (the bare openwakeword loop: 5.1 %, 207 MB), 2.4 % while somebody speaks.

Nothing is lost while it sleeps: on waking, the network first works through what it slept through
(``openwakeword``), so the scores are the ones that it would have given.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from hearthd.common.audio import Pcm
from hearthd.engines.vad.vad import Silero, WebRtcVad, level_db

LOUD_DB = 1.5
"""This much above the floor is a sound. At 3 dB the network slept through the wake word in white noise as
loud as the voice; at 1.5 dB it is 3 dB louder before that happens, and a steady noise stays below it."""
FAINT_DB = 0.8
"""This much above the floor is a sound if webrtcvad takes it for speech."""
SILENCE_DB = -80.0
"""Nothing below this level is a sound: the floor of a microphone that gates its own noise is zero."""
FLOOR_CHUNKS = 62
"""The floor is the quietest chunk of the last 5 s: speech and music have gaps in that time."""
RECENT, SOUNDS = 6, 3
"""Awake when 3 of the last 6 chunks (0.5 s) hold a sound: a wake phrase lasts longer, a click does not."""
HANG = 8
"""Chunks to stay awake after the last sound. A score peaks at most 0.2 s after its phrase."""
SPEECH = 0.1
"""Silero's probability from which a sound may be speech. On recordings of people who say a wake word in such
noises, at 10, 3 and -3 dB, it reached 0.3 in each of the 91 that the network recognised; of 182 on other
recordings, in other noises at 5, 0 and -5 dB or far away, this gate let the network miss none."""


class Gate:
    """Fed every chunk of 80 ms; says whether the network must look at it. Raises EngineError."""

    def __init__(self) -> None:
        self._vad = WebRtcVad(mode=2)
        self._silero = Silero()
        self._listens = False
        """Silero does, as there is a sound."""
        self._speech = 0
        """Chunks for which what may have been speech counts still."""
        self._last: deque[Pcm] = deque(maxlen=RECENT)
        # An unknown room counts as silent, so that all is heard until its floor is known.
        self._levels = deque([SILENCE_DB] * FLOOR_CHUNKS, maxlen=FLOOR_CHUNKS)
        self._sounds = deque([False] * RECENT, maxlen=RECENT)
        self._hang = 0

    def process(self, chunk: Pcm, *, any_sound: bool = False) -> bool:
        """Feed the next chunk; True while the network must be awake.

        ``any_sound``: for what is no speech, too.
        """
        self._last.append(chunk)
        if not self._sounds_now(chunk):
            self._listens = False
            return False
        if not self._listens:
            self._silero.reset()
            self._listens, self._speech = True, 0
            chunk = np.concatenate(self._last)
        if max(self._silero.process(chunk), default=0.0) >= SPEECH:
            self._speech = HANG
        elif self._speech:
            self._speech -= 1
        return any_sound or self._speech > 0

    def _sounds_now(self, chunk: Pcm) -> bool:
        level = max(SILENCE_DB, level_db(chunk))
        self._levels.append(level)
        above = level - min(self._levels)
        speech = any(self._vad.process(chunk))
        sound = above >= LOUD_DB or (speech and above >= FAINT_DB)
        self._sounds.append(sound)
        if sum(self._sounds) >= SOUNDS:
            self._hang = HANG
        elif self._hang:
            self._hang -= 1
        return self._hang > 0
