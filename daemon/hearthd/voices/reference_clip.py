"""Judges a recording as a reference for cloning: what the clone will repeat of it, good and bad.

GPT-SoVITS refuses clips outside 3 to 10 s, and copies whatever is in the rest: hiss, hum, a clipped
peak, the room. Limits are errors, everything else is advice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from wave import open as open_wave

import numpy as np
from numpy.typing import NDArray

from hearthd.common.audio import Pcm

RATE = 32_000
"""What the server works at; more is thrown away there."""
SHORTEST, LONGEST = 3.0, 10.0
"""Seconds that the server takes, ends included."""
MARGIN = 0.1
"""Seconds of silence kept at each end: the server measures length before it trims."""
SILENCE_DBFS = -45.0
FRAME = RATE // 100
QUIET_DBFS = -32.0
"""Speech below this was recorded from too far away."""
TOO_QUIET_DBFS = -45.0
FULL = 32_600
CLIPPED_RUN = 3
"""So many neighbouring samples at full scale are a peak cut off, not a peak."""
NOISY_DB, TOO_NOISY_DB = 30.0, 15.0
"""Speech over what is between the words: 30 dB is a quiet room, at 15 dB the clone hisses."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The clip as it will be stored (mono at ``RATE``), its figures, and what is wrong with it."""

    pcm: Pcm
    seconds: float
    noise_db: float
    """Speech level over the level between the words."""
    errors: list[str]
    advice: list[str]


def judge(pcm: Pcm) -> Judgement:
    """Trim ``pcm`` (mono at ``RATE``), bring it to a good level and judge it."""
    trimmed = _trim(pcm)
    errors: list[str] = []
    advice: list[str] = []
    frames = levels(trimmed)
    loud = frames[frames >= SILENCE_DBFS]
    if not len(loud):
        return Judgement(trimmed, len(trimmed) / RATE, 0.0, ["there is no sound in it"], [])
    speech = float(np.percentile(frames, 90))
    noise_db = speech - float(np.percentile(frames, 5))
    seconds = len(trimmed) / RATE
    if not SHORTEST <= seconds <= LONGEST:
        errors.append(
            f"it holds {seconds:.1f} s of speech; the voice server takes {SHORTEST:g} to {LONGEST:g} s"
        )
    elif seconds < 5:
        advice.append(f"{seconds:.1f} s is short: 5 to 9 s make a steadier voice")
    if speech < TOO_QUIET_DBFS:
        errors.append(f"it is too quiet ({speech:.0f} dB of full scale)")
    elif speech < QUIET_DBFS:
        advice.append(f"it is quiet ({speech:.0f} dB): nearer to the microphone is better")
    clipped = clipped_peaks(trimmed)
    if clipped > 20:
        errors.append(f"{clipped} peaks are cut off (recorded too loud): the clone will crackle")
    elif clipped:
        advice.append(f"{clipped} peaks are cut off: a softer recording is better")
    if noise_db < TOO_NOISY_DB:
        errors.append(f"speech is only {noise_db:.0f} dB above the noise: the clone will hiss")
    elif noise_db < NOISY_DB:
        advice.append(f"speech is {noise_db:.0f} dB above the noise: a quieter room is better")
    return Judgement(_levelled(trimmed), seconds, noise_db, errors, advice)


def wav_bytes(pcm: Pcm) -> bytes:
    """``pcm`` at ``RATE`` as a WAV file."""
    buffer = BytesIO()
    with open_wave(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(pcm.astype("<i2").tobytes())
    return buffer.getvalue()


def file_name(wav: bytes) -> str:
    """A name that no other clip has: the voice server remembers clips by their path."""
    return f"clip-{hashlib.sha256(wav).hexdigest()[:12]}.wav"


def levels(pcm: Pcm) -> NDArray[np.float64]:
    """Level of each 10 ms in dB of full scale."""
    whole = len(pcm) - len(pcm) % FRAME
    frames = pcm[:whole].reshape(-1, FRAME).astype(np.float64) / 32768
    found: NDArray[np.float64] = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    return found


def _trim(pcm: Pcm) -> Pcm:
    """``pcm`` without the silence at its ends."""
    loud = np.flatnonzero(levels(pcm) >= SILENCE_DBFS)
    if not len(loud):
        return pcm
    margin = round(MARGIN * RATE)
    return pcm[max(0, int(loud[0]) * FRAME - margin) : (int(loud[-1]) + 1) * FRAME + margin]


def clipped_peaks(pcm: Pcm) -> int:
    """How many peaks lie flat at full scale."""
    flat = np.concatenate([[0], (np.abs(pcm.astype(np.int32)) >= FULL).astype(np.int8), [0]])
    edges = np.flatnonzero(np.diff(flat))
    return int(np.count_nonzero(edges[1::2] - edges[::2] >= CLIPPED_RUN))


def _levelled(pcm: Pcm) -> Pcm:
    """``pcm`` with its peak at -3 dB: the server takes loudness for part of the voice."""
    peak = int(np.abs(pcm.astype(np.int32)).max(initial=1))
    gain = min(23_170 / peak, 10.0)
    levelled: Pcm = np.rint(pcm * gain).astype(np.int16)
    return levelled
