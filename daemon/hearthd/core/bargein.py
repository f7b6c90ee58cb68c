"""Decides whether somebody talks over the speaker: suspected, certain, or gone again.

Fed one window (512 samples, 32 ms) at a time. Two things make a voiced window *evidence* of a person:
the strict ear heard it too, or nothing sounds at the moment. The second is what holding the reply buys:
what the canceller left of the speaker's own voice is gone a moment after the hold, a person is not.

Short utterances are not decided here: they may be "mm-hm" or "stop", and their words decide
(``core.backchannel``). What goes on for longer is an interruption whatever the words.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

WINDOW = 512
"""Samples of a window at 16 kHz."""
VOICED = 0.5
"""Silero's probability from which a window is voiced: on the linear ear's residue of a reply of 16 s it
fires once, and on a person 5 dB below the reply 7 times of 7."""
RECENT = 8
"""The windows looked back on for a suspicion (256 ms)."""
SUSPECTED = 4
"""Voiced ones among them (128 ms) while it speaks: median 140 ms from the onset at -10 to +5 dB."""
SUSPECTED_THINKING = 6
"""The same while it thinks: nothing sounds that the person must be heard over, so patience costs nothing."""
CERTIFIED = 0.35
"""Silero's probability on the strict ear from which it certifies: AEC3 thins a voice out."""
CERTAIN = 12
"""Windows of evidence (384 ms) that make an interruption."""
CERTAIN_THINKING = 16
"""The same while it thinks (512 ms): a sigh, a word to somebody else."""
QUIET = 8
"""Windows without a voice (256 ms) that end a suspicion or a short utterance: longer than the closure
of a plosive, shorter than a pause between sentences."""
WORD = 3
"""Windows of evidence (96 ms) that may be a word: the shortest "嗯" has 4."""


class Change(StrEnum):
    """What has become clear."""

    SUSPECTED = "suspected"
    CERTAIN = "certain"
    SHORT = "short"
    """Something short was said: its words must decide."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Window:
    """What was measured of 512 samples."""

    faithful: float
    """Silero's probability of speech on the faithful ear."""
    strict: float
    """The same on the strict ear."""
    sounding: bool
    """The speaker (or its echo's tail) can be heard in the room."""
    near: bool = True
    """Loud enough to be meant for the speaker."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A change, and the samples (counted from the last ``reset``) that it speaks of."""

    change: Change
    start: int
    """The first sample of the voice."""
    end: int
    """One past the last sample of the voice."""


class BargeIn:
    """The decision; pure, counted in windows."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The speaker begins to think or sound: forget what came before."""
        self._count = 0
        self._recent: deque[tuple[bool, bool]] = deque(maxlen=RECENT)
        """Of the last windows: voiced, and evidence."""
        self._start: int | None = None
        self._end = 0
        self._evidence = 0
        self._quiet = 0
        self._told = False

    @property
    def suspicious(self) -> bool:
        """A suspicion is open."""
        return self._start is not None

    @property
    def evidence(self) -> int:
        """Windows of evidence in the open suspicion (of the last one, when it is over)."""
        return self._evidence

    def process(self, window: Window, *, thinking: bool) -> Mark | None:
        """Feed the next window. ``thinking``: no reply sounds yet, so none can be taken for a person."""
        self._count += 1
        voiced = window.faithful >= VOICED and window.near
        evidence = voiced and (not window.sounding or window.strict >= CERTIFIED)
        self._recent.append((voiced, evidence))
        if voiced:
            self._end, self._quiet = self._count * WINDOW, 0
        else:
            self._quiet += 1
        if self._start is None:
            return self._look(SUSPECTED_THINKING if thinking else SUSPECTED)
        self._evidence += evidence
        if self._told:
            return self._over(None) if self._quiet >= QUIET else None
        if self._evidence >= (CERTAIN_THINKING if thinking else CERTAIN):
            self._told = True
            return Mark(Change.CERTAIN, self._start, self._end)
        if self._quiet >= QUIET:
            return self._over(Change.SHORT if self._evidence >= WORD else Change.GONE)
        return None

    def _look(self, needed: int) -> Mark | None:
        voiced = [number for number, (heard, _) in enumerate(self._recent) if heard]
        if len(voiced) < needed:
            return None
        self._start = (self._count - len(self._recent) + voiced[0]) * WINDOW
        self._evidence = sum(evidence for _, evidence in self._recent)
        return Mark(Change.SUSPECTED, self._start, self._end)

    def _over(self, change: Change | None) -> Mark | None:
        start, self._start = self._start, None
        self._told = False
        self._recent.clear()
        return Mark(change, start, self._end) if change is not None and start is not None else None
