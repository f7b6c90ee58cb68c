"""Decides whether somebody talks over the speaker: suspected, certain, or gone again.

Fed one window (512 samples, 32 ms) at a time. A voiced window is a *hint* of a person if the strict path
does not quite rule them out, or if it is louder than all that the canceller leaves of the reply; it is a
*proof* if the strict path heard them clearly, or if nothing sounds at the moment. The second is what
holding the reply buys: what was left of the speaker's own voice is gone a moment later, a person is not.

Three hints hold the reply. What goes on and is proven interrupts it: after 0.4 s if it does not sound like a
backchannel (``vad.backchannel_classifier``), else after 0.64 s. What ends sooner may be "mm-hm" or "stop",
and its words decide (``turn_taking.backchannel``).

What decided the hints, 108 scenes (twelve voices, three rooms, delays of 20 to 250 ms, the canceller not
held by the decision): suspicions in 4.5 minutes of its own voice (echo -20 to +6 dB, 100 ppm of drift, a
moved microphone), and milliseconds from a person's onset to the suspicion, median and 95th percentile, on
the voices it was chosen with and on others:

============================  ====  ============  ==================  =================
a hint is                     own   0 dB          -5 dB               -5 dB, others
============================  ====  ============  ==================  =================
strict .35, 3 of 8            –     176, 392      186, 554            –
strict .10, 3 of 8            1     158, 215      168, 251            152, 319
... or 6 dB above, 3 of 8     2     154, 215      168, 231            143, 314
... or 3 dB above, 3 of 8     4     147, 215      168, 219            143, 246
... or 3 dB above, 4 of 8     2     179, 247      200, 251            175, 292
... or 0 dB above, 3 of 8     8     147, 215      168, 219            133, 196
============================  ====  ============  ==================  =================

What decided the length, over a reply: milliseconds from a person's onset to the interruption (median and 95th
percentile of 24 sentences each, in voices and with beginnings that the sound was not learned from), and what
else interrupted: 54 backchannels at 0 dB, 50 televisions at -15 dB. The longer it waits, the fewer of the
slow hums ("okay", "uh-huh": 0.5 to 0.7 s) do; the reply is silent meanwhile.

===============================  ========  ========  ========  =====  ===========
windows                          +5 dB     0 dB      -5 dB     hums   televisions
===============================  ========  ========  ========  =====  ===========
11                               404, 500  400, 494  445, 555  11     3
12                               427, 504  432, 582  465, 590  6      3
13                               470, 599  456, 599  494, 601  4      3
14                               493, 599  491, 608  535, 625  3      1
12 if it sounds so, by 0.0       419, 501  454, 542  514, 673  1      1
12 if it sounds so, by 0.3       418, 500  454, 539  491, 590  3      1
12 if it sounds so, by 0.5       418, 500  454, 539  490, 555  4      1
13 if it sounds so, by 0.3       447, 504  454, 542  505, 621  3      1
===============================  ========  ========  ========  =====  ===========

Real people's sentences sound more like hums to it than synthetic ones. 40 English and 37 Chinese speakers
over a reply, the same measure, the 54 hums, and 30 said slowly by other voices (real ones were not recorded):

=================================  ========  =========  ========  ========  =====  ====
at most so many windows            en 0 dB   en -5 dB   zh 0 dB   zh -5 dB  hums   slow
=================================  ========  =========  ========  ========  =====  ====
20, by 0.3 from 12 on              520, 778  600, 1534  488, 731  552, 952  3      6
17, by 0.3 from 12 on              520, 744  584, 1534  488, 648  552, 872  3      9
17, by 0.3 from 12, 0.8 from 14    504, 714  584, 1534  488, 590  552, 872  3      9
20, the same, 1.5 from 16          504, 683  584, 1534  488, 584  552, 848  3      7
=================================  ========  =========  ========  ========  =====  ====

What is left are voices that the strict path loses at -5 dB and people who pause after their first word.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

WINDOW = 512
"""Samples of a window at 16 kHz."""
VOICED = 0.5
"""Silero's probability from which a window is voiced. Alone it says little while a reply sounds: Silero does
not mind levels, and what a linear canceller leaves is still speech."""
HINTED = 0.1
"""Silero's probability on the strict path from which a person is possible: of the reply alone it stays below
0.06 once AEC3 has learned the room (999 windows of 1,000); of a person at -5 and -10 dB five windows of six
are above."""
ABOVE_DB = 3.0
"""So far above what the canceller leaves of the reply, it is not what that leaves."""
UNKNOWN_DB = -99.0
"""How far above, while it is not known what they leave."""
HINT_BEHIND_DB, PROOF_BEHIND_DB = 10.0, 8.0
"""A voice so much quieter than the speaker at the microphone is not meant for it: a television. A hold is
undone easily, so it may come of a quieter one."""
RECENT = 8
"""The windows looked back on for a suspicion (256 ms)."""
SUSPECTED = 3
"""Hints among them (96 ms) while it speaks."""
SUSPECTED_THINKING = 6
"""The same while it thinks: nothing sounds that the person must be heard over, so patience costs nothing."""
CERTIFIED = 0.2
"""Silero's probability on the strict path from which it certifies: AEC3 thins a voice out. At -5 dB 19 of 20
interruptions are certain within 629 ms; from 0.35 on it would be 683 ms."""
EARLY = 12
"""Windows (384 ms) from its first on that tell what it is ..."""
GOES_ON = (EARLY, 0.3), (14, 0.8), (16, 1.5)
"""... by the log odds of a backchannel, which are below this if it goes on; from so many windows on, for the
longer it is, the fewer are hums ..."""
SURELY_GOES_ON = -2.0
"""... or, while it fades, below this: "How long | does it", 帮我 | 打开."""
LONG = 20
"""Windows (640 ms) after which it goes on, whatever it sounds like ..."""
LONG_THINKING = 18
"""... and while it thinks (576 ms), when its sound is not asked for: a sigh, a word to somebody else."""
PROOFS = 3
"""So many windows of it (96 ms) must be proofs; their last one comes with the decision. Five cost one
interruption in twenty at -5 dB another 30 ms and spare no hum and no television."""
LOUD_DB = 11.0
"""A word that fades is ending: its last window is this much quieter than its loudest."""
QUIET = 8
"""Windows without a voice (256 ms) that end a suspicion or a short utterance: longer than the closure
of a plosive, shorter than a pause between sentences."""
UNCLEAR = 16
"""Windows (512 ms) without a hint that end it although the linear path hears a voice: the reply that was
just held is in the room for 250 ms more, and AEC3, when it must give up one of two voices, gives up the
person's. With 8, as for silence, two of 24 interruptions at -5 dB were given up and begun anew."""
AFTER_SHORT = 94
"""Windows (3 s) after something short, "对，" or a name, in which who goes on is certain as soon as over a
reply that sounds: the reply is silent because it was held, not because the speaker thinks. Three of 20
Chinese speakers began so, and were certain only 1.6, 2.2 and 3.8 s after their first word."""
WORD = 1
"""Windows of proof from which it may have been a word: the strict path may leave no more of a "stop" over a
loud reply, and what was none costs a transcript in which nothing is found."""


class BargeInChange(StrEnum):
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
    """Silero's probability of speech on the linear path."""
    strict: float
    """The same on the strict path."""
    sounding: bool
    """The speaker (or its echo's tail) can be heard in the room."""
    above_db: float = UNKNOWN_DB
    """How far the linear path is above what it leaves of the speaker."""
    behind_db: float = 0.0
    """How much quieter the loudest of the last half second is than the speaker at the microphone, or, while
    nothing sounds, than the person who asked."""
    level_db: float = -30.0
    """Of the linear path."""
    backchannel: float = 0.0
    """Log odds that what was said so far is a backchannel, by its sound; 0 while not asked for."""


@dataclass(frozen=True, slots=True)
class BargeInMark:
    """A change, and the samples (counted from the last ``reset``) that it speaks of."""

    change: BargeInChange
    start: int
    """The first sample of the voice."""
    end: int
    """One past the last sample of the voice."""


class BargeInDetector:
    """The decision; pure, counted in windows."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """The speaker begins to think or sound: forget what came before."""
        self._count = 0
        self._recent: deque[tuple[bool, bool, float]] = deque(maxlen=RECENT)
        """Of the last windows: hint, proof, level."""
        self._start: int | None = None
        """The first window of the open suspicion."""
        self._end = 0
        self._proofs = 0
        self._loudest = 0.0
        self._quiet = 0
        """Windows since the last hint."""
        self._silent = 0
        """Windows since the last voiced one."""
        self._told = False
        self._doubted = False
        """The open suspicion may be of the reply itself."""
        self._thinking = False
        """When it was suspected."""
        self._since_short = AFTER_SHORT
        """Windows since something short was said."""

    @property
    def count(self) -> int:
        """Windows since the last ``reset``."""
        return self._count

    def dismiss(self) -> None:
        """What was suspected was the reply itself: look anew."""
        self._start, self._told, self._doubted = None, False, False
        self._recent.clear()

    def doubt(self) -> None:
        """What was certain may be the reply itself, which is held: it must go on where nothing sounds.

        Given up and begun anew, three of 24 persons at -5 dB were certain 0.2 to 0.6 s later.
        """
        self._told, self._doubted, self._proofs = False, True, 0

    @property
    def doubted(self) -> bool:
        """Of the open suspicion, ``doubt`` was told."""
        return self._doubted

    @property
    def suspicious(self) -> bool:
        """A suspicion is open."""
        return self._start is not None

    @property
    def hinted(self) -> bool:
        """The last window was a hint."""
        return self._quiet == 0

    @property
    def asks_for_sound(self) -> bool:
        """The next window's ``backchannel`` matters."""
        return not self._told and not self._thinking and EARLY - 1 <= self._length < LONG - 1

    @property
    def proofs(self) -> int:
        """Windows of proof in the open suspicion (of the last one, when it is over)."""
        return self._proofs

    def process(self, window: Window, *, thinking: bool) -> BargeInMark | None:
        """Feed the next window. ``thinking``: no reply sounds yet, so none can be taken for a person."""
        self._count += 1
        self._since_short += 1
        thinking = thinking and self._since_short > AFTER_SHORT
        voiced = window.faithful >= VOICED and window.behind_db <= HINT_BEHIND_DB
        hint = voiced and (not window.sounding or window.strict >= HINTED or window.above_db >= ABOVE_DB)
        proof = (
            voiced
            and window.behind_db <= PROOF_BEHIND_DB
            and (not window.sounding or (window.strict >= CERTIFIED and not self._doubted))
        )
        self._recent.append((hint, proof, window.level_db))
        self._silent = 0 if voiced else self._silent + 1
        if hint:
            self._end, self._quiet = self._count * WINDOW, 0
        else:
            self._quiet += 1
        if self._start is None:
            self._thinking = thinking  # a reply that is held for a second is none that is thought of
            return self._look(SUSPECTED_THINKING if thinking else SUSPECTED)
        self._proofs += proof
        self._loudest = max(self._loudest, window.level_db)
        if self._told:
            return self._over(None) if self._ended else None
        if proof and self._proofs >= PROOFS and self._goes_on(window):
            self._told = True
            return BargeInMark(BargeInChange.CERTAIN, self._start * WINDOW, self._end)
        if self._ended and self._proofs >= (PROOFS if self._doubted else WORD):
            self._since_short = 0
            return self._over(BargeInChange.SHORT)
        return self._over(BargeInChange.GONE) if self._ended else None

    def _goes_on(self, window: Window) -> bool:
        """Whether it is longer than a backchannel, or sounds as if it were going to be."""
        length = self._length
        loud = window.level_db >= self._loudest - LOUD_DB
        if self._thinking:
            return loud and length >= LONG_THINKING
        if length >= LONG:
            return loud
        below = [odds for windows, odds in GOES_ON if length >= windows]
        return bool(below) and window.backchannel < (below[-1] if loud else SURELY_GOES_ON)

    @property
    def _length(self) -> int:
        return 0 if self._start is None else self._count - self._start

    @property
    def _ended(self) -> bool:
        return self._silent >= QUIET or self._quiet >= UNCLEAR

    def _look(self, needed: int) -> BargeInMark | None:
        hints = [number for number, (hint, _, _) in enumerate(self._recent) if hint]
        if len(hints) < needed:
            return None
        since = list(self._recent)[hints[0] :]
        self._start = self._count - len(since)
        self._proofs = sum(proof for _, proof, _ in since)
        self._loudest = max(level for _, _, level in since)
        return BargeInMark(BargeInChange.SUSPECTED, self._start * WINDOW, self._end)

    def _over(self, change: BargeInChange | None) -> BargeInMark | None:
        start, self._start = self._start, None
        self._told = self._doubted = False
        self._recent.clear()
        return (
            BargeInMark(change, start * WINDOW, self._end)
            if change is not None and start is not None
            else None
        )
