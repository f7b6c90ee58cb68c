"""Tells the person who speaks from what speaks behind them.

Silero knows speech from noise, but a television's speech is speech. What tells the person from it
is loudness: they talk to the speaker, from nearby. So a window is theirs while Silero says speech
(with hysteresis: a voice that trails off is still a voice) unless it has been much quieter than
they were, for half a second. How much is ``BEHIND_DB``, and in a room that was quiet a moment ago, or
before they began, where nothing else speaks, ``BEHIND_IN_QUIET_DB``: people drop their voice, or turn away.

What decided the numbers: two sentences with a pause of 0.6 s, twelve voices in two languages, 0.75 s
of silence to end them. Given are the ends found right (none cut off, none still open 12 s later) and
their delay after the last word, median and longest; "alone" is Silero with the hysteresis.

====================  ===============  ====================
behind the person     Silero alone     with the level
====================  ===============  ====================
nothing               36 of 36, 0.8 s  36 of 36, 0.8, 0.8 s
white noise, 10 dB    36 of 36, 0.9 s  36 of 36, 0.9, 1.0 s
white noise, 5 dB     12 of 12, 0.9 s  12 of 12, 0.9, 0.9 s
pink noise, 10 dB     12 of 12, 0.9 s  12 of 12, 0.9, 0.9 s
mains hum, 5 dB       12 of 12, 0.8 s  12 of 12, 0.8, 0.9 s
music, 10 dB          12 of 12, 0.8 s  12 of 12, 0.8, 0.8 s
music, 5 dB           11 of 12, 0.8 s  11 of 12, 0.8, 0.9 s
babble, 15 dB          2 of 12, 1.0 s  12 of 12, 1.0, 1.1 s
babble, 10 dB          0 of 12         12 of 12, 1.2, 2.1 s
babble, 5 dB           0 of 12          2 of 12
television, 20 dB      0 of 12         12 of 12, 1.1, 2.2 s
television, 15 dB      0 of 12         12 of 12, 1.1, 4.4 s
television, 10 dB      0 of 12         12 of 12, 1.4, 7.7 s
television, 6 dB       0 of 12         12 of 12, 3.3, 4.6 s
====================  ===============  ====================

A second sentence 10 dB quieter than the first in a quiet room: 36 of 36. The level must be that of
the voice's own band, not of its differences: measured so, a sentence's hissed first consonant makes
its falling end look 15 dB down, and three of 36 were cut off.

Where a room echoes, no pause of a sentence is quiet. Recordings of real people, in nine measured rooms: 4 of
124 were cut off (10 of 134 of those that nothing was chosen with), with what was heard before they began 0
(2); the end is told as soon as before, in Chinese 20 to 40 ms later. With other people's talk 10, 15 and
20 dB behind them, 24 each, none was cut off either way; one at 10 dB stayed open. To remember a quiet moment
for 6 s instead of 3 cut 0, too, but at 15 dB the delay (95th percentile) was 4.2 s instead of 1.6.

A pure object, fed Silero's probability and the window's level.
"""

from __future__ import annotations

from collections import deque

ENTER = 0.5
"""Probability from which silence becomes speech."""
STAY = 0.35
"""Probability down to which speech stays speech."""
ENVELOPE_WINDOWS = 16
"""The level is that of the loudest of so many windows (0.5 s): every word has a loud syllable."""
BEHIND_DB = 11.0
"""So much quieter than the person's loudest half second is something behind them."""
QUIET_DB = 26.0
"""A room is quiet if it fell so far below the person's loudest half second ..."""
QUIET_WINDOWS = 94
"""... within so many windows (3 s)."""
BEFORE_WINDOWS = 31
"""... or for so many and more before the person began (1 s)."""
BEHIND_IN_QUIET_DB = 20.0
"""What ``BEHIND_DB`` is in a quiet room."""


class TalkerGate:
    """Says of each window whether the person speaks in it."""

    def __init__(self) -> None:
        self._speaking = False
        self._levels: deque[float] = deque(maxlen=ENVELOPE_WINDOWS)
        self._envelopes: deque[float] = deque(maxlen=QUIET_WINDOWS)
        self._loudest: float | None = None
        self._before: list[float] = []
        """The envelope before the person's turn."""

    def room(self, level_db: float) -> float:
        """Feed the level of a window from before the person's turn; returns the envelope's."""
        self._before.append(self._follow(level_db))
        return self._before[-1]

    def process(self, probability: float, level_db: float) -> bool:
        """Feed the next window: how likely it is speech, and its level in dB (any reference)."""
        envelope = self._follow(level_db)
        self._speaking = probability >= (STAY if self._speaking else ENTER)
        if not self._speaking:
            return False
        self._loudest = envelope if self._loudest is None else max(self._loudest, envelope)
        silent = self._loudest - QUIET_DB
        quiet = min(self._envelopes) <= silent
        if len(self._before) >= BEFORE_WINDOWS:
            quiet = quiet or max(self._before) <= silent
        return envelope >= self._loudest - (BEHIND_IN_QUIET_DB if quiet else BEHIND_DB)

    def _follow(self, level_db: float) -> float:
        self._levels.append(level_db)
        self._envelopes.append(max(self._levels))
        return self._envelopes[-1]
