"""Tells the person who speaks from what speaks behind them.

Silero knows speech from noise, but a television's speech is speech. What tells the person from it
is loudness: they talk to the speaker, from nearby. So a window counts as theirs while Silero says
speech (with hysteresis: a voice that trails off is still a voice) and it is not much quieter than
they have been in this utterance.

A pure object, fed Silero's probability and the window's level.
"""

from __future__ import annotations

from collections import deque

ENTER = 0.5
"""Probability from which silence becomes speech."""
STAY = 0.35
"""Probability down to which speech stays speech."""
BELOW_DB = 15.0
"""Quieter than the utterance by this much is something behind the person."""
ENVELOPE_WINDOWS = 8
"""A level is the loudest of so many windows (0.26 s): a syllable is loud, its consonants are not."""


class Foreground:
    """Says of each window whether the person speaks in it."""

    def __init__(self) -> None:
        self._speaking = False
        self._recent: deque[float] = deque(maxlen=ENVELOPE_WINDOWS)
        self._loudness: float | None = None

    def process(self, probability: float, level_db: float) -> bool:
        """Feed the next window: how likely it is speech, and its level in dB (any reference)."""
        self._recent.append(level_db)
        self._speaking = probability >= (STAY if self._speaking else ENTER)
        if not self._speaking:
            return False
        envelope = max(self._recent)
        if self._loudness is None:
            self._loudness = envelope
        if envelope < self._loudness - BELOW_DB:
            return False
        self._loudness = max(self._loudness - 0.1, envelope)
        return True
