"""Makes clips into one speech: trims their silence, evens their loudness, joins them without a click.

Engines leave anything from nothing to half a second of silence around a clip, differ by 15 dB in
loudness, and end where they end. A ``Shaper`` takes one clip as it streams in and gives it out at the
speaker's rate: from just before its first sound to just after its last, at one loudness, beginning and
ending at zero. Pauses between clips are then the caller's to choose. Pure numpy: no clock, no I/O.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hearthd.audio.resample import Resampler
from hearthd.common.audio import Pcm

Samples = NDArray[np.float32]

FRAME_SECONDS = 0.01
"""Length of the frames that are called sound or silence."""
SILENCE_DBFS = -52.0
"""A frame below this is silence: the hiss of a cloned voice lies at -60 to -55, a weak final "s" at -45."""
LEAD_SECONDS = 0.03
"""Kept before the first frame of sound: a soft onset ("h", "f") begins below the threshold."""
TAIL_SECONDS = 0.05
"""Kept after the last frame of sound: the end of a final consonant or of a fading vowel."""
FADE_IN_SECONDS = 0.005
FADE_OUT_SECONDS = 0.010
"""Long enough that the edge is no step, short enough that no consonant is lost."""

TARGET_DBFS = -20.0
"""Loudness of speech: the mean power of its frames of sound. Peaks then lie 12 to 16 dB higher."""
MOST_GAIN_DB = 20.0
SETTLE_FRAMES = 150
"""Frames of sound (1.5 s) after which a clip's gain stays as it is: longer would pump."""
ENOUGH_FRAMES = 12
"""Frames of sound to hear before the first sample goes out: half a syllable says nothing of loudness."""
AGREE_DB = 6.0
"""A clip that begins within this of the last clip's loudness is probably as loud as that clip..."""
LAST_CLIP_FRAMES = 50
"""...which then counts as so many frames of sound."""
SLEW_DB_PER_SECOND = 6.0
"""How fast the gain may move while a clip sounds: slower than anybody hears as a change."""
KNEE = 0.8
CEILING = 0.97
"""Peaks above the knee are bent towards the ceiling instead of cut."""


class Loudness:
    """How loud the voice spoke last, carried from clip to clip."""

    def __init__(self) -> None:
        self.dbfs: float | None = None
        """Mean power of the last clip's frames of sound, in dB of full scale."""


class _Gain:
    """One clip's gain: measured on what has come so far, moved slowly, settled after 1.5 s of sound."""

    def __init__(self, rate: int, loudness: Loudness) -> None:
        self._rate = rate
        self._loudness = loudness
        self._last = loudness.dbfs
        self._waiting: Samples = np.zeros(0, np.float32)
        self._power = 0.0
        self._frames = 0
        self._db: float | None = None

    def apply(self, samples: Samples, *, last: bool = False) -> Samples:
        """What is ready of the samples so far (-1 to 1), at the target loudness; all if ``last``."""
        if self._frames < SETTLE_FRAMES:
            self._measure(samples)
        ready = np.concatenate([self._waiting, samples])
        self._waiting = ready[:0]
        if self._frames < ENOUGH_FRAMES and not last:
            self._waiting = ready
            return ready[:0]
        wanted = self._wanted()
        if self._db is None:
            self._db = wanted
        most = SLEW_DB_PER_SECOND * len(ready) / self._rate
        after = self._db + float(np.clip(wanted - self._db, -most, most))
        exponents = np.linspace(self._db / 20, after / 20, len(ready), dtype=np.float32)
        self._db = after
        return _soft_limit(ready * np.power(np.float32(10), exponents))

    def _measure(self, samples: Samples) -> None:
        powers = _frame_powers(samples, round(self._rate * FRAME_SECONDS))
        sound = powers[powers >= _power(SILENCE_DBFS)]
        self._power += float(sound.sum())
        self._frames += len(sound)

    def _wanted(self) -> float:
        """The gain, in dB, for what has been measured."""
        level = TARGET_DBFS if self._last is None else self._last
        if self._frames:
            level = self._loudness.dbfs = _decibels(self._power / self._frames)
            if self._last is not None and abs(level - self._last) < AGREE_DB:
                power = self._power + LAST_CLIP_FRAMES * _power(self._last)
                level = _decibels(power / (self._frames + LAST_CLIP_FRAMES))
        return float(np.clip(TARGET_DBFS - level, -MOST_GAIN_DB, MOST_GAIN_DB))


class Shaper:
    """Shapes one clip. Feed what the voice yields, play what comes out, ``finish`` at the clip's end."""

    def __init__(self, source: int, target: int, loudness: Loudness) -> None:
        self._frame = max(1, round(source * FRAME_SECONDS))
        self._lead = round(source * LEAD_SECONDS)
        self._tail = round(source * TAIL_SECONDS)
        self._gain = _Gain(source, loudness)
        self._resampler = Resampler(source, target)
        self._fade_in = round(target * FADE_IN_SECONDS)
        self._fade_out = round(target * FADE_OUT_SECONDS)
        self._pending: Pcm = np.zeros(0, np.int16)
        """Input that may yet turn out to be trailing silence."""
        self._held: Pcm = np.zeros(0, np.int16)
        """Output kept back for the fade-out."""
        self._sounded = False
        self._given = 0

    def feed(self, pcm: Pcm) -> Pcm:
        """The next samples of the clip; returns what can be played."""
        return self._give(self._through(self._trim(pcm)))

    def pause(self) -> Pcm:
        """The clip rests here and goes on later: the silence that was kept back, for it is no end's."""
        if not self._sounded:
            return np.zeros(0, np.int16)
        silent = len(self._pending) // self._frame * self._frame
        rest, self._pending = self._pending[:silent], self._pending[silent:]
        return self._give(self._through(rest))

    def finish(self) -> Pcm:
        """The clip has ended (or was broken off): the rest of it, faded out."""
        rest = self._pending
        sound = self._last_sound(rest)
        if not self._sounded and sound == 0:
            return np.zeros(0, np.int16)
        rest = rest[: sound + self._tail]
        if not self._sounded:
            rest = self._after_lead(rest)
        self._pending = np.zeros(0, np.int16)
        out = np.concatenate([self._held, self._faded_in(self._through(rest, last=True))])
        count = min(self._fade_out, len(out))
        fade = np.cos(np.linspace(0, np.pi / 2, count, dtype=np.float32)) ** 2
        faded = out.copy()
        faded[len(out) - count :] = np.rint(out[len(out) - count :] * fade).astype(np.int16)
        self._held = np.zeros(0, np.int16)
        return faded

    def _trim(self, pcm: Pcm) -> Pcm:
        """What of the input is surely part of the speech: up to the last frame of sound so far."""
        pending = np.concatenate([self._pending, pcm])
        whole = len(pending) - len(pending) % self._frame
        sound = self._last_sound(pending[:whole])
        if sound == 0:
            if not self._sounded:
                pending = pending[max(0, whole - self._lead) :] if whole > self._lead else pending
            self._pending = pending
            return np.zeros(0, np.int16)
        self._pending = pending[sound:]
        speech = pending[:sound]
        return speech if self._sounded else self._after_lead(speech)

    def _after_lead(self, speech: Pcm) -> Pcm:
        """``speech`` from shortly before its first frame of sound."""
        self._sounded = True
        powers = _frame_powers(_floats(speech), self._frame)
        loud = np.flatnonzero(powers >= _power(SILENCE_DBFS))
        first = int(loud[0]) * self._frame if len(loud) else 0
        return speech[max(0, first - self._lead) :]

    def _last_sound(self, pcm: Pcm) -> int:
        """One past the last sample of the last frame of sound in ``pcm``; 0 if there is none."""
        powers = _frame_powers(_floats(pcm), self._frame)
        loud = np.flatnonzero(powers >= _power(SILENCE_DBFS))
        return min(len(pcm), (int(loud[-1]) + 1) * self._frame) if len(loud) else 0

    def _through(self, pcm: Pcm, *, last: bool = False) -> Pcm:
        """Gain and resampling."""
        levelled = self._gain.apply(_floats(pcm), last=last)
        out = (
            self._resampler.process(np.rint(levelled * 32767).astype(np.int16)) if len(levelled) else pcm[:0]
        )
        return np.concatenate([out, self._resampler.finish()]) if last else out

    def _give(self, pcm: Pcm) -> Pcm:
        """All but the last few milliseconds, which wait for the fade-out."""
        ready = np.concatenate([self._held, self._faded_in(pcm)])
        cut = max(0, len(ready) - self._fade_out)
        self._held = ready[cut:]
        return ready[:cut]

    def _faded_in(self, pcm: Pcm) -> Pcm:
        position = self._given
        self._given += len(pcm)
        if position >= self._fade_in or len(pcm) == 0:
            return pcm
        count = min(self._fade_in - position, len(pcm))
        angle = (np.arange(position, position + count, dtype=np.float32) / self._fade_in) * (np.pi / 2)
        faded = pcm.copy()
        faded[:count] = np.rint(pcm[:count] * np.sin(angle) ** 2).astype(np.int16)
        return faded


def _frame_powers(samples: Samples, frame: int) -> Samples:
    """Mean square of each frame of ``samples`` (-1 to 1); a last, shorter frame counts as one."""
    whole = len(samples) - len(samples) % frame
    powers = np.zeros(whole // frame + (whole < len(samples)), np.float32)
    np.mean(samples[:whole].reshape(-1, frame) ** 2, axis=1, out=powers[: whole // frame])
    if whole < len(samples):
        powers[-1] = np.mean(samples[whole:] ** 2)
    return powers


def _floats(pcm: Pcm) -> Samples:
    """int16 as -1 to 1."""
    out: Samples = pcm.astype(np.float32)
    out /= 32768
    return out


def _power(dbfs: float) -> float:
    return float(10 ** (dbfs / 10))


def _decibels(power: float) -> float:
    return 10 * float(np.log10(max(power, 1e-12)))


def _soft_limit(samples: Samples) -> Samples:
    size = np.abs(samples)
    if not len(size) or float(size.max()) <= KNEE:
        return samples
    room = CEILING - KNEE
    bent = KNEE + room * np.tanh((size - KNEE) / room)
    limited: Samples = np.where(size > KNEE, np.sign(samples) * bent, samples).astype(np.float32)
    return limited
