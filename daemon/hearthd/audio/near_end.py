"""Listens for a person who talks over the speaker: both ears, Silero on each, and the decision.

Where the ears cannot tell the speaker's own voice from a person (a reference that does not fit),
suspicions come again and again and nothing certifies them. The report of the ears then says that they
fail, and speech no longer holds the reply; the wake word and "stop" still end it. As long as nothing is
known of what the ears leave, speech is not told of either: the first seconds of the first reply.
"""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from hearthd.audio.echo import TwoEars
from hearthd.audio.echo_residue import Residue
from hearthd.core import events as e
from hearthd.core.bargein import ABOVE_DB, HINTED, WINDOW, BargeIn, Change, Mark, Window
from hearthd.core.events import SAMPLE_RATE
from hearthd.engines.protocols import Pcm
from hearthd.engines.vad import Silero, voice_levels_db

PRE_ROLL = SAMPLE_RATE // 4
"""What the listening after an interruption gets before the first voiced window: a soft first sound."""
FAR_DB = -55.0
"""The reference sounds from this level on."""
TAIL_WINDOWS = 6
"""The speaker is still in the room for 190 ms after its last sample."""
SPEAKING_WINDOWS = 31
"""It is speaking, not thinking, for 1 s after it sounded: sentences have pauses between them."""
ENVELOPE_WINDOWS = 16
"""A voice is as loud as the loudest of so many windows (0.5 s)."""
ECHO_WINDOWS = 94
"""The echo is as loud as the loudest of so many windows in which the speaker sounded (3 s)."""
FAINTEST_DB = -62.0
"""A voice below this is not meant for it, however quiet the speaker."""
CATCH_UP = 4
"""Windows (128 ms) from the present one back that Silero hears of the faithful ear when it begins to matter:
it takes the residue for speech anyway, and is not asked while nothing else hints at a person."""
MAX_FALSE = 3
"""So many suspicions in ``FALSE_WINDOWS`` that nothing certified: the ears do not tell it from a person."""
FALSE_WINDOWS = 30 * SAMPLE_RATE // WINDOW


class NearEndListener:
    """``frontend.NearEnd``: fed while the speaker thinks or sounds. For the front end's thread."""

    def __init__(self, ears: TwoEars) -> None:
        """``ears`` have cleaned the very block that ``process`` is given."""
        self._ears = ears
        self._faithful, self._strict = Silero(), Silero()
        self._decision = BargeIn()
        self._false: deque[int] = deque(maxlen=MAX_FALSE)
        self._windows = 0
        self._echo: deque[float] = deque(maxlen=ECHO_WINDOWS)
        self._residue = Residue()
        self.reset(np.zeros(0, np.int16))

    def reset(self, before: Pcm) -> None:
        """The speaker begins to think or sound (or has stopped): forget what came before.

        ``before`` is what was heard last: while nothing sounds, whoever is much quieter than the person who
        asked is a television.
        """
        windows = before[: len(before) // WINDOW * WINDOW].reshape(-1, WINDOW)
        self._asked_db = max(voice_levels_db(windows), default=-math.inf)
        for silero in (self._faithful, self._strict):
            silero.reset()
        self._decision.reset()
        self._signals = np.zeros((4, 0), np.int16)
        """Not yet a window of: the ear that is watched, the strict one, the microphone, the reference."""
        self._first: int | None = None
        self._levels: deque[float] = deque(maxlen=ENVELOPE_WINDOWS)
        self._unheard: deque[Pcm] = deque(maxlen=CATCH_UP)
        """What Silero has not been fed of the faithful ear: it could have been no hint."""
        self._since_sound = SPEAKING_WINDOWS

    def process(self, near: Pcm, at: float, sample: int) -> list[e.Event]:
        """Feed the next block, whose first sample has the number ``sample`` and was captured at ``at``."""
        if self._first is None:
            self._first = sample
        ears = self._ears
        heard = (ears.watched, ears.strict, ears.near, ears.far)
        self._signals = np.concatenate((self._signals, heard), axis=1)
        end_at = at + len(near) / SAMPLE_RATE
        found: list[e.Event] = []
        while self._signals.shape[1] >= WINDOW:
            mark = self._window(self._signals[:, :WINDOW])
            self._signals = self._signals[:, WINDOW:]
            if mark is not None:
                found += self._events(mark, end_at)
        recent = sum(self._windows - one < FALSE_WINDOWS for one in self._false)
        ears.report.fooled = recent >= MAX_FALSE
        return found

    def _window(self, signals: Pcm) -> Mark | None:
        self._windows += 1
        faithful, strict, _, _ = signals
        level_db, strict_db, near_db, far_db = voice_levels_db(signals)
        sounds = far_db >= FAR_DB
        self._since_sound = 0 if sounds else self._since_sound + 1
        if sounds:
            self._echo.append(near_db)
        self._levels.append(level_db)
        awake, sounding = self._ears.awake, self._since_sound < TAIL_WINDOWS
        above_db = self._residue.process(far_db, near_db, level_db, strict_db) if awake else -99.0
        certified = self._strict.process(strict)[0] if awake else 1.0
        heard = 0.0
        self._unheard.append(faithful)
        if not sounding or certified >= HINTED or above_db >= ABOVE_DB or self._decision.suspicious:
            for window in self._unheard:
                [heard] = self._faithful.process(window)
            self._unheard.clear()
        measured = Window(heard, certified, sounding, above_db, self._behind(awake), level_db)
        return self._decision.process(measured, thinking=self._since_sound >= SPEAKING_WINDOWS)

    def _behind(self, awake: bool) -> float:
        """How much quieter (dB) the loudest of the last half second was than the speaker, or who asked it."""
        loudest = max(self._levels)
        if loudest < FAINTEST_DB:
            return math.inf
        return (max(self._echo) if self._echo and awake else self._asked_db) - loudest

    def _events(self, mark: Mark, at: float) -> list[e.Event]:
        assert self._first is not None
        start, end = self._first + mark.start, self._first + mark.end
        if mark.change in (Change.CERTAIN, Change.SHORT):
            self._residue.was_somebody()
        elif mark.change is Change.GONE:
            self._residue.came_to_nothing()
        if mark.change is Change.SHORT:
            return [e.NearEndShort(at, max(0, start - PRE_ROLL), end + PRE_ROLL)]
        if self._echo and self._ears.quality.good is None:
            return []
        match mark.change:
            case Change.SUSPECTED:
                return [e.NearEndSuspected(at, start)]
            case Change.CERTAIN:
                return [e.NearEndCertain(at, max(0, start - PRE_ROLL))]
        if self._decision.proofs == 0:
            self._false.append(self._windows)
        return [e.NearEndGone(at)]
