"""What a phrase sounds like at home: in rooms, behind noise, near and far, from other throats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import soxr
from numpy.typing import NDArray

from hearthd.common.audio import SAMPLE_RATE, Pcm

REVERBERATION = (0.08, 0.15, 0.25, 0.4, 0.6, 1.0, 1.6)
"""Seconds until a room has fallen by 60 dB."""
TAIL_DB = (-10.0, 10.0)
"""The reverberation against the direct sound. In nine measured rooms it is -8 to 15 dB."""
ORDINARY_SECONDS, ORDINARY_TAIL_DB = REVERBERATION[:5], (-10.0, 0.0)
"""The same of the rooms in which a head is judged; what it learned in are these and worse ones."""
THROATS, OTHER_THROATS = (0.84, 1.19), 0.6
"""So many of the voices are played slower or faster by up to so much: somebody else's voice."""
MICROPHONES = 0.5
"""So many are heard through a microphone with a colour of its own."""
CORNERS_HZ = (0.0, 100.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0)
COLOUR_DB = 3.0
"""Of a microphone: by so much (standard deviation) one corner differs from the one below it."""
LEVELS_DB = (-46.0, -16.0)
"""Active level of a person at the microphone, of full scale."""
ROOM_DB = (-78.0, -60.0)
"""The room's own noise, white."""

Sound = NDArray[np.float64]


def trimmed(pcm: Pcm) -> Pcm:
    """Without the silence around it: what is 34 dB below its peak."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > np.abs(pcm.astype(np.int32)).max(initial=1) / 50)
    return pcm[loud[0] : loud[-1] + 1] if len(loud) else pcm


def from_another_throat(pcm: Pcm, rng: np.random.Generator) -> Pcm:
    """Perhaps somebody else's voice."""
    if rng.random() >= OTHER_THROATS:
        return pcm
    made: Pcm = soxr.resample(pcm, SAMPLE_RATE, SAMPLE_RATE * rng.uniform(*THROATS))
    return made


def through_a_microphone(pcm: Pcm, rng: np.random.Generator) -> Pcm:
    """Perhaps with another colour: some microphones are dull, some thin, some end at 4 kHz."""
    if rng.random() >= MICROPHONES or not len(pcm):
        return pcm
    gains = np.cumsum(rng.normal(0.0, COLOUR_DB, len(CORNERS_HZ)))
    spectrum = np.fft.rfft(pcm)
    hertz = np.linspace(0, SAMPLE_RATE / 2, len(spectrum))
    coloured = np.fft.irfft(spectrum * 10 ** (np.interp(hertz, CORNERS_HZ, gains) / 20), len(pcm))
    made: Pcm = (coloured / max(1.0, float(np.abs(coloured).max())) * 16_000).astype(np.int16)
    return made


def in_a_room(pcm: Pcm, rng: np.random.Generator, *, ordinary: bool = False) -> Sound:
    """``pcm`` as a microphone hears it in some room, at some distance; full scale is 32768.

    ``ordinary``: no hall, and nobody speaks from behind a corner.
    """
    seconds, tail_db = (ORDINARY_SECONDS, ORDINARY_TAIL_DB) if ordinary else (REVERBERATION, TAIL_DB)
    count = int(rng.choice(seconds) * SAMPLE_RATE)
    tail = rng.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    tail *= 10 ** (rng.uniform(*tail_db) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    size = 1 << (len(pcm) + count - 1).bit_length()
    heard = np.fft.irfft(np.fft.rfft(pcm, size) * np.fft.rfft(tail, size), size)[: len(pcm) + count]
    return np.asarray(heard / active(heard) * 32768 * 10 ** (rng.uniform(*LEVELS_DB) / 20))


def active(sound: NDArray[np.generic]) -> float:
    """Root mean square of what sounds in it."""
    blocks = sound[: len(sound) // 160 * 160].astype(np.float64).reshape(-1, 160)
    powers = np.mean(blocks**2, axis=1) if len(blocks) else np.ones(1)
    return float(np.sqrt(np.mean(powers[powers >= powers.max() / 1000]))) + 1e-9


def noise(count: int, rng: np.random.Generator, others: Sequence[Pcm] = ()) -> Sound:
    """Something that sounds at home, of the level 1: hiss, a fan, hum, music, ``others`` who talk."""
    kind = rng.integers(5 if len(others) else 4)
    time = np.arange(count) / SAMPLE_RATE
    if kind == 0:
        made = rng.standard_normal(count)
    elif kind == 1:  # falls by 3 to 6 dB an octave
        spectrum = np.fft.rfft(rng.standard_normal(count))
        made = np.fft.irfft(spectrum / np.maximum(1, np.arange(len(spectrum))) ** rng.uniform(0.5, 1), count)
    elif kind == 2:
        made = np.sum([np.sin(2 * np.pi * 50 * k * time + k) / k for k in range(1, 9)], axis=0)
    elif kind == 3:
        notes = 220 * 2 ** (rng.integers(0, 25, size=max(1, count // 4000)) / 12)
        pitch = np.repeat(notes, 4000)[:count]
        pitch = np.pad(pitch, (0, count - len(pitch)), mode="edge")
        phase = np.cumsum(2 * np.pi * pitch / SAMPLE_RATE)
        made = np.sum([np.sin(k * phase) / k for k in range(1, 5)], axis=0)
    else:
        made = np.zeros(count)
        for _ in range(int(rng.integers(1, 5))):
            one = others[int(rng.integers(len(others)))]
            made += np.resize(np.roll(one, rng.integers(max(1, len(one)))), count) / active(one)
    return np.asarray(made / active(made))


def heard(person: Sound, snr_db: float, rng: np.random.Generator, others: Sequence[Pcm] = ()) -> Pcm:
    """``person`` with a noise so far below them, and the room's own."""
    behind = noise(len(person), rng, others) * active(person) * 10 ** (-snr_db / 20)
    room = rng.standard_normal(len(person)) * 32768 * 10 ** (rng.uniform(*ROOM_DB) / 20)
    mixed: Pcm = np.clip(np.rint(person + behind + room), -32768, 32767).astype(np.int16)
    return mixed
