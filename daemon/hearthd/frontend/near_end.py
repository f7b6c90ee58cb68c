"""Listens for a person who talks over the speaker: both paths, Silero on each, and the decision.

While that is open, the sound of what was said so far is judged, too: a backchannel, or something longer?

Where the canceller cannot tell the speaker's own voice from a person (a reference that does not fit),
suspicions come again and again and nothing certifies them. The report of the canceller then says that they
fail, and speech no longer holds the reply; the wake word and "stop" still end it.

Before a suspicion interrupts anything, or costs a transcript, its sound is laid beside the reply's
(``audio.echo.own_sound``): what rises and falls with the reply is the reply, unless it goes on when that is
held. So it is told who talks over the first seconds of the first reply, when it is not known yet what the
canceller leaves: the reply is not held for a suspicion then, but a person who is certain and surely no echo
interrupts it. Who is much louder than all that was heard of the reply is looked for in the microphone
itself: AEC3 silences people at first.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection

import numpy as np

from hearthd.audio.echo import own_sound
from hearthd.audio.echo.canceller import DualCanceller
from hearthd.audio.echo.residual import ROOM_WINDOWS, Residue, floor_db
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.dialogue import events as e
from hearthd.engines.vad.backchannel_classifier import SAMPLES, BackchannelSound
from hearthd.engines.vad.vad import Silero, voice_levels_db
from hearthd.turn_taking.barge_in import (
    ABOVE_DB,
    HINTED,
    UNKNOWN_DB,
    VOICED,
    WINDOW,
    BargeInChange,
    BargeInDetector,
    BargeInMark,
    Window,
)

PRE_ROLL = SAMPLE_RATE // 4
"""What the listening after an interruption gets before the first voiced window: a soft first sound."""
FAR_DB = -55.0
"""The reference sounds from this level on."""
TAIL_WINDOWS = 6
"""The speaker is still in the room for 190 ms after its last sample."""
RINGING_WINDOWS = 16
"""... and for half a second where the room echoes, if what is heard is no louder than that would be: with
190 ms only, one of 264 first replies was held for its own voice, took what rang on for somebody, and in that
heard "stop"."""
SPEAKING_WINDOWS = 31
"""It is speaking, not thinking, for 1 s after it sounded: sentences have pauses between them."""
ENVELOPE_WINDOWS = 16
"""A voice is as loud as the loudest of so many windows (0.5 s)."""
ECHO_WINDOWS = 94
"""How loud the echo is, is known from so many windows in which the speaker sounded (3 s)."""
OWN_DB = -2.0
"""What is so far below the most that the canceller leaves of it is the speaker, and tells nothing of how loud
somebody else is. With it 14 of 50 televisions at -15 dB hold the reply, without it 19; from 1 dB on persons
at -5 dB are noticed later (844 ms, 95th percentile of the interruptions)."""
LOUD_SHARE = 0.95
"""It is as loud as one window in twenty. By the loudest of all, which may be a single cry, 10 of 50
televisions at -15 dB ended the reply where all 24 persons at -5 dB were to do so; like this it is one."""
ASKER_DB = 24.0
"""Who asked is taken to be so far above the room where nobody was heard asking (a reply that was ordered)
and nothing of the speaker is heard. Without it one of 24 first replies in a noisy room (-51 dB), whose faint
echo (-48 dB) counts for none, was its own "stop"."""
STRANGER_DB = 8.0
"""While the canceller is not known, who is so much louder than all that the microphone has heard of the reply
is looked for in the microphone itself: AEC3 silences even those 20 dB louder than the echo at first."""
FAINTEST_DB = -62.0
"""A voice below this is not meant for it, however quiet the speaker."""
CATCH_UP = 4
"""Windows (128 ms) from the present one back that Silero hears of a path when it begins to matter. It costs
1.3 % of a core a path. Of the linear path, whose residue it takes for speech anyway, it is not asked while
nothing else hints at a person; of the strict one not while that is as quiet as the room."""
STRICT_QUIET_DB, STRICT_HANG = 3.0, 6
"""The strict path is quiet when it was not so far above its floor for so many windows. In 21 phrases over
a reply (0 to -10 dB) that misses no window in which Silero heard a person; of the reply alone a quarter is
left."""
ALONE_WINDOWS = 31
"""Without any hint for so long (1 s) the speaker talks alone. A wake word gives its first hint within 130 ms,
and AEC3 may have given it up 0.4 s before its end, 0.7 s before it is recognised; the reply itself gives one
every seven seconds. Of 84 wake words over a reply the sleep cost one, at -10 dB: 21, 41 and 17 of 21, 42 and
21 (0, -5, -10 dB); of 20 windows another."""
MAX_FALSE = 3
"""So many suspicions in ``FALSE_WINDOWS`` that nothing certified: its own voice is taken for a person."""
FALSE_WINDOWS = 30 * SAMPLE_RATE // WINDOW
OWN_NEAR, OWN_WATCHED = 0.85, 0.5
"""It is the reply itself if the microphone follows it so well, and the path that is watched does, too. Of 19
suspicions of the reply alone (echo -20 to +6 dB, two languages) the microphone had .89 to .97, the path .51
to .84; of 18 persons at +5, 0 and -5 dB the microphone 0 to .79, the path 0 to .66."""
STRANGE_NEAR = 0.75
"""While the canceller is not known, who interrupts must follow it less than that."""
OWN_SECONDS = 1.0
"""Of a suspicion so much is laid beside the reply, but a quarter of a second at least ..."""
OWN_EARLY, OWN_LATE, OWN_LATEST = 4, 16, 100
"""... at delays of -64 to 256 ms (the reference is read 50 ms early, and clocks err), and of up to 1.6 s
while the canceller is not known: a loudspeaker may sound so late that they will never take it out."""
KEPT_WINDOWS = math.ceil((OWN_SECONDS * SAMPLE_RATE + (OWN_EARLY + OWN_LATEST + 2) * own_sound.HOP) / WINDOW)


class NearEndListener:
    """``frontend.NearEnd``: fed while the speaker thinks or sounds. For the front end's thread."""

    def __init__(self, canceller: DualCanceller) -> None:
        """``canceller`` have cleaned the very block that ``process`` is given. Raises EngineError."""
        self._canceller = canceller
        self._sound = BackchannelSound()
        self._linear, self._strict = _Dozing(), _Dozing()
        self._far = Silero()
        """Tells the words of a ring from its tones."""
        self._decision = BargeInDetector()
        self._false: deque[int] = deque(maxlen=MAX_FALSE)
        self._windows = 0
        self._echo: deque[float] = deque(maxlen=ECHO_WINDOWS)
        self._residue = Residue()
        self._echoes = Residue()
        """The same of the microphone: how loud the speaker can be in it."""
        self.reset(np.zeros(0, np.int16))

    def reset(self, before: Pcm, *, over_ring: bool = False) -> None:
        """The speaker begins to think or sound (or has stopped): forget what came before.

        ``before`` is what was heard last: until it sounds, whoever is much quieter than the person who asked
        is a television. ``over_ring``: over the tones of a ring suspicions are told even if the canceller is
        not known yet: nobody takes a tone for a voice, and "stop" is to be heard in the first ring of a day.
        """
        self._over_ring, self._since_words = over_ring, math.inf
        self._far.reset()
        windows = before[: len(before) // WINDOW * WINDOW].reshape(-1, WINDOW)
        self._asked_db = _loudness(voice_levels_db(windows))
        for silero in (self._linear, self._strict):
            silero.reset()
        self._decision.reset()
        self._signals = np.zeros((4, 0), np.int16)
        """Not yet a window of: the path that is watched, the strict one, the microphone, the reference."""
        self._said: deque[Pcm] = deque(maxlen=math.ceil(SAMPLES / WINDOW))
        self._kept: deque[Pcm] = deque(maxlen=KEPT_WINDOWS)
        """The last windows of ``_signals``."""
        self._first: int | None = None
        self._levels: deque[float] = deque(maxlen=ENVELOPE_WINDOWS)
        self._room: deque[float] = deque(maxlen=ROOM_WINDOWS)
        """What the microphone heard."""
        self._strict_levels: deque[float] = deque(maxlen=ROOM_WINDOWS)
        self._strict_hang = 0
        self._since_sound = math.inf
        """Windows; it has not sounded yet."""
        self._told_of = False
        """The open suspicion was told."""
        self._since_hint = 0
        """Windows since a person was last possible."""

    @property
    def alone(self) -> bool:
        """The speaker sounds, the canceller takes it out, and nothing hints at anybody else."""
        taken_out = self._canceller.awake and self._canceller.quality.good is True
        return taken_out and self._since_hint >= ALONE_WINDOWS

    def process(self, near: Pcm, at: float, sample: int) -> list[e.Event]:
        """Feed the next block, whose first sample has the number ``sample`` and was captured at ``at``."""
        if self._first is None:
            self._first = sample
        canceller = self._canceller
        heard = (canceller.watched, canceller.strict, canceller.near, canceller.far)
        self._signals = np.concatenate((self._signals, heard), axis=1)
        end_at = at + len(near) / SAMPLE_RATE
        found: list[e.Event] = []
        while self._signals.shape[1] >= WINDOW:
            mark = self._window(self._signals[:, :WINDOW])
            self._signals = self._signals[:, WINDOW:]
            if mark is not None:
                found += self._events(mark, end_at)
        recent = sum(self._windows - one < FALSE_WINDOWS for one in self._false)
        canceller.report.fooled = recent >= MAX_FALSE
        return found

    def _window(self, signals: Pcm) -> BargeInMark | None:
        self._windows += 1
        self._kept.append(signals)
        faithful, strict, near, far = signals
        level_db, strict_db, near_db, far_db = voice_levels_db(signals)
        sounds = far_db >= FAR_DB
        self._since_sound = 0 if sounds else self._since_sound + 1
        if self._over_ring:
            [words] = self._far.process(far)
            self._since_words = 0 if words >= VOICED else self._since_words + 1
        if sounds:
            self._echo.append(near_db)
        self._room.append(near_db)
        inaudible = self._canceller.quality.inaudible
        awake = self._canceller.awake
        above_db = self._residue.process(far_db, near_db, level_db, strict_db) if awake else UNKNOWN_DB
        echo_db = self._echoes.process(far_db, near_db, near_db, strict_db) if awake else UNKNOWN_DB
        rings = self._since_sound < RINGING_WINDOWS and UNKNOWN_DB < above_db < OWN_DB
        sounding = (self._since_sound < TAIL_WINDOWS or rings) and not inaudible
        stranger = not self._known and echo_db >= STRANGER_DB
        if stranger:
            faithful, level_db, above_db = near, near_db, echo_db
        self._said.append(faithful)
        own = sounding and UNKNOWN_DB < above_db < OWN_DB
        self._levels.append(-math.inf if own else level_db)
        certified = self._strict.process(strict, matters=self._loud(strict_db)) if awake else 1.0
        matters = not sounding or certified >= HINTED or above_db >= ABOVE_DB or self._decision.suspicious
        heard = self._linear.process(faithful, matters=matters)
        if stranger:
            certified = max(certified, heard)
        hum = self._sound.score(np.concatenate(self._said)) if self._decision.asks_for_sound else 0.0
        measured = Window(heard, certified, sounding, above_db, self._behind(), level_db, hum)
        mark = self._decision.process(measured, thinking=self._since_sound >= SPEAKING_WINDOWS)
        possible = certified >= HINTED or self._decision.hinted
        self._since_hint = 0 if possible else self._since_hint + 1
        return mark

    def _loud(self, strict_db: float) -> bool:
        """Whether the strict path has left more than the room's own sound, just now or shortly before."""
        self._strict_levels.append(strict_db)
        loud = strict_db >= floor_db(self._strict_levels) + STRICT_QUIET_DB
        self._strict_hang = STRICT_HANG if loud else self._strict_hang - 1
        return self._strict_hang > 0

    def _behind(self) -> float:
        """How much quieter (dB) the loudest of the last half second was than the speaker, or who asked it."""
        loudest = max(self._levels)
        if loudest < FAINTEST_DB:
            return math.inf
        by_echo = self._since_sound < math.inf and not self._canceller.quality.inaudible
        asked_db = self._asked_db if self._asked_db > -math.inf else floor_db(self._room) + ASKER_DB
        return (_loudness(self._echo) if by_echo else asked_db) - loudest

    def _events(self, mark: BargeInMark, at: float) -> list[e.Event]:
        assert self._first is not None
        start, end = self._first + mark.start, self._first + mark.end
        if mark.change in (BargeInChange.CERTAIN, BargeInChange.SHORT):
            self._residue.was_somebody()
        elif mark.change is BargeInChange.GONE:
            self._residue.came_to_nothing()
        if mark.change is BargeInChange.SUSPECTED:
            self._told_of = self._known or self._tones
            return [e.NearEndSuspected(at, start)] if self._told_of else []
        if mark.change is BargeInChange.GONE:
            if self._told_of and self._decision.proofs == 0:
                self._false.append(self._windows)
            return [e.NearEndGone(at)] if self._told_of else []
        own = self._own(mark)
        if own and mark.change is BargeInChange.CERTAIN and self._told_of and not self._decision.doubted:
            self._decision.doubt()
            return []
        if own or (mark.change is BargeInChange.CERTAIN and self._unlearned_words):
            self._decision.dismiss()
            return [e.NearEndGone(at)] if self._told_of else []
        if mark.change is BargeInChange.SHORT:
            return [e.NearEndShort(at, max(0, start - PRE_ROLL), end + PRE_ROLL)]
        held: list[e.Event] = [] if self._told_of else [e.NearEndSuspected(at, start)]
        return [*held, e.NearEndCertain(at, max(0, start - PRE_ROLL))]

    @property
    def _known(self) -> bool:
        """What the canceller leaves of the reply is known, or nothing of it has sounded yet."""
        return not self._echo or self._canceller.quality.good is not None

    @property
    def _tones(self) -> bool:
        """A ring sounds, and says nothing."""
        return self._over_ring and self._since_words > SPEAKING_WINDOWS

    @property
    def _unlearned_words(self) -> bool:
        """A ring says something, and it is not known what the canceller leaves of it."""
        return self._over_ring and not self._tones and not self._known

    def _own(self, mark: BargeInMark) -> bool:
        """Whether what was suspected is the reply itself, by its rise and fall."""
        if self._since_sound > KEPT_WINDOWS:
            return False
        seconds = min(OWN_SECONDS, max(0.25, (self._decision.count * WINDOW - mark.start) / SAMPLE_RATE))
        watched, _, near, far = np.concatenate(self._kept, axis=1)
        end, length = len(far) - OWN_EARLY * own_sound.HOP, int(seconds * SAMPLE_RATE)
        first = max(0, end - length)
        late = OWN_LATE if self._known else OWN_LATEST
        played = own_sound.levels(far[max(0, first - late * own_sound.HOP) :])
        by_near, by_watched = (
            own_sound.likeness(own_sound.levels(one[first:end]), played) for one in (near, watched)
        )
        if not self._known and by_near >= STRANGE_NEAR:
            return True
        return by_near >= OWN_NEAR and by_watched >= OWN_WATCHED


def _loudness(levels_db: Collection[float]) -> float:
    """The level that only the loudest windows exceed."""
    return sorted(levels_db)[int(LOUD_SHARE * (len(levels_db) - 1))] if levels_db else -math.inf


class _Dozing:
    """Silero that is asked only about the windows that matter, and hears a few before them."""

    def __init__(self) -> None:
        self._silero = Silero()
        self._unheard: deque[Pcm] = deque(maxlen=CATCH_UP)

    def reset(self) -> None:
        """Forget what was heard so far."""
        self._silero.reset()
        self._unheard.clear()

    def process(self, window: Pcm, *, matters: bool) -> float:
        """The probability of speech in ``window``; 0 if it does not matter."""
        self._unheard.append(window)
        if not matters:
            return 0.0
        probability = 0.0
        for one in self._unheard:
            [probability] = self._silero.process(one)
        self._unheard.clear()
        return probability
