"""What the loudspeaker plays, sample by sample: play, hold, resume, flush, and what was really heard.

The mixer is the loudspeaker without a device. A device's callback (or a test) calls ``render`` for the
next block and says when that block will leave the loudspeaker; everything the mixer knows about time comes
from there. All methods may be called from any thread; the lock is held for microseconds.

Turns are numbered upwards. What belongs to a flushed turn never sounds, however late it arrives.

If there is no device (``detach``), a reply waits for it; once ``abandon`` is called the waiting audio is
dropped unheard and turns finish as soon as ``finish`` is called: a missing loudspeaker ends no turn late.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hearthd.audio.playback import gain
from hearthd.audio.playback.gain import DUCK_GAIN, Gain
from hearthd.audio.playback.played_counter import PlayedCounter
from hearthd.audio.playback.reference_ring import ReferenceRing
from hearthd.audio.playback.turn_stats import PlayedTurns, Playing
from hearthd.common.audio import Pcm

Floats = NDArray[np.float32]
MixerNotice = Literal["first_audible", "finished", "held", "flushed", "underrun"]
Notify = Callable[[MixerNotice, int, float], None]

AUDIBLE = 104
"""-50 dB of full scale, before the volume: quieter is a voice's lead-in of near silence."""
MAX_BLOCK = 48_000
"""Samples; no device asks for more at a time."""


@dataclass(slots=True)
class _Piece:
    turn_id: int
    turn: Playing
    chunk: int
    pcm: Pcm
    position: int = 0


@dataclass(slots=True)
class _Overlay:
    """Audio mixed over the queue: a chime, or the fading tail of a flushed turn."""

    pcm: Floats
    flushed: tuple[int, ...] = ()
    position: int = 0


class Mixer:
    """One queue of speech with a sample clock, and chimes over it. Mono int16 at ``rate``.

    ``notify(kind, turn_id, at)`` is called from whichever thread renders (or finishes, flushes):

    - ``first_audible``: the turn's first audible sample sounded at ``at``.
    - ``finished``: its last sample has sounded (at once for a turn that never had audio).
    - ``held``: the fade of ``hold`` is over, the loudspeaker is silent from ``at`` on.
    - ``flushed``: nothing of the turn sounds from ``at`` on, nor ever will.
    - ``underrun``: the speech ran dry and has gone on again at ``at``.

    Each turn gets exactly one of ``finished`` and ``flushed`` if ``finish`` or ``flush`` is called.
    """

    def __init__(
        self, rate: int = 48_000, notify: Notify | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = rate
        self.reference = ReferenceRing(rate)
        self._notify = notify
        self._clock = clock
        self._lock = threading.Lock()
        self._queue: deque[_Piece] = deque()
        self._overlays: list[_Overlay] = []
        self._sounding: int | None = None
        """The turn whose audio was rendered last, while it is unfinished."""
        self._heard = PlayedCounter(rate)
        self._turns = PlayedTurns(forgotten=self._heard.forget)
        self._due: list[tuple[float, MixerNotice, int]] = []
        self._silent_at: float | None = None
        self._attached, self._abandoned = True, False
        self._held = False
        self._hold_fade = round(gain.HOLD_FADE_SECONDS * rate)
        self._open = self._hold_fade
        """The gate of hold, in steps of its fade: 0 is shut."""
        self._duck, self._gain = Gain(), Gain()
        self._volume = 100
        self._ring_volume: int | None = None
        self._silence = np.zeros(MAX_BLOCK, np.int16)
        self._silence.flags.writeable = False

    # --- what the turn asks for -----------------------------------------------------------------

    def play(self, turn_id: int, chunk: int, pcm: Pcm) -> None:
        """Append ``pcm`` to the queue. A chunk may come in pieces; they sound in the order of calls."""
        with self._lock:
            turn = self._turns.open(turn_id)
            if turn is None or turn.over or self._abandoned or len(pcm) == 0:
                return
            self._queue.append(_Piece(turn_id, turn, chunk, np.asarray(pcm, dtype=np.int16)))
            turn.queued += len(pcm)

    def finish(self, turn_id: int) -> None:
        """No more audio will come for the turn."""
        with self._lock:
            turn = self._turns.open(turn_id)
            if turn is not None and not turn.over and not turn.finishing:
                turn.finishing = True
                if turn.queued == 0:
                    self._complete(turn_id, turn, self._clock())
        self._tell()

    def hold(self) -> None:
        """Pause within 5 ms. Every sample of a clip sounds exactly once: none is lost or repeated."""
        with self._lock:
            self._held = True

    def resume(self) -> None:
        """Go on at the very sample where ``hold`` stopped."""
        with self._lock:
            self._held = False

    def duck(self, on: bool) -> None:
        """Speak on at -15 dB (``on``), or as before."""
        with self._lock:
            self._duck.target = DUCK_GAIN if on else 1.0

    def flush(self, turn_id: int | None = None) -> None:
        """Fade out within 10 ms and drop all audio of the turn (None: of every turn); ends a hold.

        Audio that comes for it afterwards is dropped.
        """
        with self._lock:
            wanted = [one for one, _ in self._turns.items()] if turn_id is None else [turn_id]
            ended: list[int] = []
            for one in wanted:
                turn = self._turns.open(one)
                if turn is not None and not turn.over:
                    turn.over, turn.queued = True, 0
                    ended.append(one)
            self._fade_and_drop(ended)
            self._held = False
        self._tell()

    def chime(self, pcm: Pcm) -> None:
        """Mix ``pcm`` over whatever plays, from the next block on. It belongs to no turn."""
        with self._lock:
            if self._attached:
                self._overlays.append(_Overlay(np.asarray(pcm, dtype=np.float32)))

    @property
    def volume(self) -> int:
        """0 (silent) to 100 (as the voice made it)."""
        return self._volume

    @volume.setter
    def volume(self, value: int) -> None:
        with self._lock:
            self._volume = max(0, min(100, int(value)))
            self._set_gain()

    @property
    def ring_volume(self) -> int | None:
        """How loud everything is while it rings, whatever ``volume`` is. None: it does not ring."""
        return self._ring_volume

    @ring_volume.setter
    def ring_volume(self, value: int | None) -> None:
        with self._lock:
            self._ring_volume = value
            self._set_gain()

    # --- what was heard -------------------------------------------------------------------------

    def played_samples(self, turn_id: int) -> dict[int, int]:
        """Samples of each chunk of the turn that have really sounded by now."""
        with self._lock:
            return self._heard.of(turn_id, self._clock())

    def underruns(self, turn_id: int) -> tuple[int, int]:
        """How often the turn's speech ran dry before it was finished, and the gaps' samples in all."""
        with self._lock:
            turn = self._turns.get(turn_id)
            return (turn.underruns, turn.gap) if turn is not None else (0, 0)

    def sounded_until(self, turn_id: int) -> float | None:
        """Until when the turn's speech has been taken to sound, whatever the volume; None if none was."""
        with self._lock:
            turn = self._turns.get(turn_id)
            return turn.ends_at if turn is not None else None

    def silent_at(self) -> float | None:
        """When the last sample rendered so far that is not silence has sounded (may lie ahead)."""
        with self._lock:
            return self._silent_at

    def waiting(self) -> int:
        """Samples of speech not yet rendered."""
        with self._lock:
            return sum(turn.queued for _, turn in self._turns.items())

    # --- what the device asks for ---------------------------------------------------------------

    def render(self, frames: int, dac_time: float) -> Pcm:
        """The next ``frames`` samples; the first leaves the loudspeaker at ``dac_time`` (monotonic)."""
        with self._lock:
            self._attached, self._abandoned = True, False
            out = self._mix(frames, dac_time)
            self.reference.write(out, dac_time, silent=out.base is self._silence)
        self._tell()
        return out

    def starved(self) -> None:
        """The device went without audio for a moment: an underrun of the turn that sounds, if one does."""
        with self._lock:
            turn = self._turns.get(self._sounding)
            if turn is not None and turn.audible:
                turn.underruns += 1

    def detach(self) -> None:
        """The device is gone: what it had not sounded yet never will."""
        with self._lock:
            now = self._clock()
            self._heard.cut(now)
            self._attached = False
            for _, turn in self._turns.items():
                turn.ends_at = None if turn.ends_at is None else min(turn.ends_at, now)
            self._due, pending = [], self._due
            for at, kind, turn_id in pending:
                unheard = self._turns.get(turn_id) if kind == "first_audible" and at > now else None
                if unheard is not None:
                    unheard.audible = False
                else:
                    self._due.append((min(at, now), kind, turn_id))
            for overlay in self._overlays:
                self._due += [(now, "flushed", one) for one in overlay.flushed]
            self._overlays.clear()
            if self._silent_at is not None:
                self._silent_at = min(self._silent_at, now)
            self.reference.interrupted()
        self._tell()

    def abandon(self) -> None:
        """No device in sight: drop what waits, unheard, until a device renders again."""
        with self._lock:
            self._abandoned = True
            self._queue.clear()
            self._sounding = None
            now = self._clock()
            for turn_id, turn in self._turns.items():
                turn.queued = 0
                if turn.finishing and not turn.over:
                    self._complete(turn_id, turn, now)
        self._tell()

    # --- inside (the lock is held) --------------------------------------------------------------

    def _set_gain(self) -> None:
        self._gain.target = gain.of_volume(self._volume if self._ring_volume is None else self._ring_volume)

    def _complete(self, turn_id: int, turn: Playing, now: float) -> None:
        turn.over = True
        if self._sounding == turn_id:
            self._sounding = None
        self._due.append((now if turn.ends_at is None else turn.ends_at, "finished", turn_id))

    def _fade_and_drop(self, turn_ids: list[int]) -> None:
        if not turn_ids:
            return
        audible = self._attached and self._open > 0 and bool(self._queue)
        if audible and self._queue[0].turn_id in turn_ids:
            fade = round(gain.FLUSH_FADE_SECONDS * self.rate)
            tail = np.zeros(fade, np.float32)
            filled = 0
            for piece in self._queue:
                if filled == fade or piece.turn_id not in turn_ids:
                    break
                rest = piece.pcm[piece.position : piece.position + fade - filled]
                tail[filled : filled + len(rest)] = rest
                filled += len(rest)
            gain.fade_out(tail, self._duck.now * self._open / self._hold_fade)
            self._overlays.append(_Overlay(tail, flushed=tuple(turn_ids)))
        else:
            now = self._clock()
            at = now if self._silent_at is None else max(now, self._silent_at)
            self._due += [(at, "flushed", one) for one in turn_ids]
        self._queue = deque(piece for piece in self._queue if piece.turn_id not in turn_ids)
        if self._sounding in turn_ids:
            self._sounding = None

    def _mix(self, frames: int, dac_time: float) -> Pcm:
        pulls = self._open > 0 if self._held else bool(self._queue)
        if not pulls and not self._held:
            self._starve(frames)
        if not pulls and not self._overlays:
            self._duck.settle()
            self._gain.settle()
            if not self._held:
                self._open = self._hold_fade
            return self._silence[:frames]
        mixed = np.zeros(frames, np.float32)
        if pulls:
            self._pull_gated(mixed, dac_time)
            self._duck.apply(mixed)
        for overlay in self._overlays:
            part = overlay.pcm[overlay.position : overlay.position + frames]
            mixed[: len(part)] += part
            overlay.position += frames
            if overlay.position >= len(overlay.pcm):
                at = dac_time + len(part) / self.rate
                self._due += [(at, "flushed", one) for one in overlay.flushed]
        self._overlays = [one for one in self._overlays if one.position < len(one.pcm)]
        self._gain.apply(mixed)
        np.rint(mixed, out=mixed)
        np.clip(mixed, -32768, 32767, out=mixed)
        out = mixed.astype(np.int16)
        sounding = np.flatnonzero(out)
        if len(sounding):
            self._silent_at = dac_time + (int(sounding[-1]) + 1) / self.rate
        return out

    def _pull_gated(self, mixed: Floats, dac_time: float) -> None:
        """Fill ``mixed`` from the queue through the gate of hold and resume."""
        steps = self._hold_fade
        if self._held:
            count = min(len(mixed), self._open)
            self._pull(mixed[:count], dac_time)
            mixed[:count] *= np.arange(self._open, self._open - count, -1, dtype=np.float32) / steps
            self._open -= count
            if self._open == 0:
                at = dac_time + count / self.rate
                self._due.append((at, "held", -1 if self._sounding is None else self._sounding))
            return
        self._pull(mixed, dac_time)
        if self._open < steps:
            count = min(len(mixed), steps - self._open)
            mixed[:count] *= np.arange(self._open + 1, self._open + count + 1, dtype=np.float32) / steps
            self._open += count

    def _pull(self, mixed: Floats, dac_time: float) -> None:
        """Copy the queue's next samples into ``mixed``, and write down which sound when."""
        filled = 0
        while filled < len(mixed) and self._queue:
            piece = self._queue[0]
            at = dac_time + filled / self.rate
            part = piece.pcm[piece.position : piece.position + len(mixed) - filled]
            mixed[filled : filled + len(part)] = part
            self._heard.sent(piece.turn_id, piece.chunk, at, len(part))
            turn = piece.turn
            self._sounding = piece.turn_id
            if turn.starved:
                turn.underruns += 1
                turn.gap += turn.starved
                turn.starved = 0
                self._due.append((at, "underrun", piece.turn_id))
            if not turn.audible:
                loud = np.flatnonzero(np.abs(part.astype(np.int32)) >= AUDIBLE)
                if len(loud):
                    turn.audible = True
                    self._due.append((at + int(loud[0]) / self.rate, "first_audible", piece.turn_id))
            piece.position += len(part)
            turn.queued -= len(part)
            filled += len(part)
            turn.ends_at = at + len(part) / self.rate
            if piece.position == len(piece.pcm):
                self._queue.popleft()
            if turn.finishing and turn.queued == 0:
                self._complete(piece.turn_id, turn, turn.ends_at)
        if filled < len(mixed):
            self._starve(len(mixed) - filled)

    def _starve(self, frames: int) -> None:
        """``frames`` of silence where speech should be; an underrun only if speech goes on later."""
        turn = self._turns.get(self._sounding)
        if turn is not None and turn.audible:
            turn.starved += frames

    def _tell(self) -> None:
        """Call ``notify`` for all that has come to pass (outside the lock)."""
        if not self._due and not self._heard:
            return
        with self._lock:
            now = self._clock()
            self._heard.settle(now)
            told = sorted((item for item in self._due if item[0] <= now), key=lambda item: item[0])
            if told:
                self._due = [item for item in self._due if item[0] > now]
        if self._notify is not None:
            for at, kind, turn_id in told:
                self._notify(kind, turn_id, at)
