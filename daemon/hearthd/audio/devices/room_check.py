"""What a microphone and a loudspeaker are worth where they stand: measured, and judged, with what mends it.

Pure: stretches of samples in, figures and findings out. ``hearthd devices --test`` records the stretches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hearthd.audio.devices.level_meter import FLOOR_DB, QUIET_DB, decibels
from hearthd.audio.echo.delay import EARLIEST, HISTORY, WINDOW, find_delay
from hearthd.common.audio import SAMPLE_RATE, Pcm

FRAME = SAMPLE_RATE // 50
FULL = 32_700
"""A sample this large stands at the converter's end."""
CLIPPED = 0.001
"""So many of the samples there can be heard, and cost words."""
HUM_SHARE = 0.5
"""Of the power of a quiet room, so much at the mains' frequency and its overtones is a hum; in hiss .05."""
HUM_DB = -60.0
"""A quieter hum disturbs nobody."""
ABOVE_FLOOR_DB, ABOVE_FLOOR_DOOR_DB = 15.0, 8.0
"""A voice so far above the room. At 10 dB of noise 96 % of 110 calls were heard, at 5 dB 89 %."""
LATEST_MS = 250.0
"""The canceller's filter is 256 ms long: an echo that comes later it has to align first."""
LOUD_ECHO_DB = 15.0
"""An echo so far above the person hides them: of wake words at -10 dB it hears nine of ten."""
CALLS, ENOUGH_CALLS = 5, 4


@dataclass(frozen=True, slots=True)
class RoomSound:
    """A stretch of the microphone."""

    level_db: float
    """Of its loudest twentieth, in dB of full scale: how loud a voice in it is."""
    floor_db: float
    """Of its quietest tenth."""
    clipped: float
    """Share of the samples at full scale."""
    hum: float
    """Share of the power at 50 or 60 Hz and overtones."""


@dataclass(frozen=True, slots=True)
class HeardEcho:
    """What the microphone hears of the loudspeaker."""

    level_db: float
    """How loud, in dB of full scale."""
    loss_db: float
    """How much quieter than what was played."""
    delay_ms: float
    """How much later than the devices' clocks say."""


@dataclass(frozen=True, slots=True)
class Check:
    """The whole check; None is what could not be tried."""

    quiet: RoomSound | None = None
    here: RoomSound | None = None
    door: RoomSound | None = None
    echo: HeardEcho | None = None
    played: bool = False
    """Whether something was played, and listened to."""
    calls: int | None = None
    """How many of ``CALLS`` calls were recognised."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found out. ``mend`` is empty where it is as it should be."""

    what: str
    mend: str = ""

    def __str__(self) -> str:
        return f"[!!] {self.what}: {self.mend}" if self.mend else f"[ok] {self.what}"


def sound_of(pcm: Pcm) -> RoomSound:
    """What ``pcm`` (16 kHz) holds."""
    frames = pcm[: len(pcm) // FRAME * FRAME].reshape(-1, FRAME)
    levels = sorted(decibels(frame) for frame in frames) or [FLOOR_DB]
    largest = np.abs(pcm.astype(np.int32)) >= FULL
    return RoomSound(
        level_db=round(levels[int(0.95 * (len(levels) - 1))], 1),
        floor_db=round(levels[int(0.1 * (len(levels) - 1))], 1),
        clipped=round(float(np.mean(largest)), 5) if len(pcm) else 0.0,
        hum=round(hum_of(pcm), 2),
    )


def hum_of(pcm: Pcm) -> float:
    """The share of its power that lies within 1 Hz of 50 (or of 60) Hz and nine overtones."""
    if len(pcm) < SAMPLE_RATE:
        return 0.0
    sound = pcm.astype(np.float64) - float(np.mean(pcm))
    power: NDArray[np.float64] = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    whole = float(power.sum())
    if whole <= 0:
        return 0.0
    width = max(1.0, 2 * SAMPLE_RATE / len(sound))
    shares = []
    for mains in (50.0, 60.0):
        overtone = np.rint(frequencies / mains)
        near = (np.abs(frequencies - overtone * mains) <= width) & (overtone >= 1) & (overtone <= 10)
        shares.append(float(power[near].sum()) / whole)
    return max(shares)


def echo_of(near: Pcm, far: Pcm) -> HeardEcho | None:
    """What of ``far`` (what was played, by time) is heard in ``near``; None if nothing of it is."""
    if len(near) < HISTORY or len(near) != len(far):
        return None
    found = find_delay(near[-HISTORY:], far[-HISTORY:])
    if found is None:
        return None
    delay = found[0]
    first = len(far) - WINDOW - max(0, delay)
    if first < 0 or delay < EARLIEST:
        return None
    played = decibels(far[first : first + WINDOW])
    heard = decibels(near[-WINDOW:])
    return HeardEcho(round(heard, 1), round(played - heard, 1), round(1000 * delay / SAMPLE_RATE, 1))


def findings(check: Check) -> Iterator[Finding]:
    """What the figures mean, one thing at a time."""
    heard = [sound for sound in (check.quiet, check.here, check.door) if sound is not None]
    if heard and all(sound.level_db <= FLOOR_DB for sound in heard):
        what = "the microphone gives nothing but silence"
        yield Finding(what, "is it muted, or its capture level at 0 (alsamixer, F4)?")
        return
    if check.quiet is not None:
        yield from _room(check.quiet)
    floor = FLOOR_DB if check.quiet is None else check.quiet.level_db
    if check.here is not None:
        yield _voice("your voice from here", check.here, floor, ABOVE_FLOOR_DB)
    if check.door is not None:
        yield _voice("your voice from the door", check.door, floor, ABOVE_FLOOR_DOOR_DB)
    if check.played:
        yield _echo(check)
    if check.calls is not None:
        what = f"{check.calls} of {CALLS} calls were recognised"
        mend = "lower wake.threshold (0.4), speak nearer, or move it away from what makes noise"
        yield Finding(what, "" if check.calls >= ENOUGH_CALLS else mend)


def _room(quiet: RoomSound) -> Iterator[Finding]:
    yield Finding(f"the quiet room is at {quiet.floor_db:.0f} dB")
    if quiet.hum >= HUM_SHARE and quiet.level_db >= HUM_DB:
        yield Finding(
            f"the microphone hums: {100 * quiet.hum:.0f} % of the quiet room is the mains",
            "use another power supply or USB port, or keep its cable away from power cables",
        )


def _voice(name: str, voice: RoomSound, floor_db: float, wanted_db: float) -> Finding:
    what = f"{name} is at {voice.level_db:.0f} dB, {voice.level_db - floor_db:.0f} dB above the room"
    if voice.clipped >= CLIPPED:
        return Finding(f"{what}, and clips", "turn the capture level down (alsamixer, F4), until it does not")
    if voice.level_db - floor_db < wanted_db:
        return Finding(what, "move it nearer to where you speak, or away from what makes noise")
    if voice.level_db < QUIET_DB - 15:
        return Finding(what, "turn the capture level up (alsamixer, F4)")
    return Finding(what)


def _echo(check: Check) -> Finding:
    echo = check.echo
    if echo is None:
        return Finding("it does not hear its own loudspeaker: there is no echo to take out")
    what = f"its loudspeaker comes back at {echo.level_db:.0f} dB ({echo.loss_db:.0f} dB lost), "
    what += f"{echo.delay_ms:.0f} ms late"
    voice = check.here.level_db if check.here is not None else FLOOR_DB
    if check.here is not None and echo.level_db - voice >= LOUD_ECHO_DB:
        return Finding(what, "turn audio.volume down, or move the microphone away from the loudspeaker")
    if echo.delay_ms > LATEST_MS:
        return Finding(
            what, "a loudspeaker so late (Bluetooth, a television) is hard to talk over: use a cable"
        )
    return Finding(what)
