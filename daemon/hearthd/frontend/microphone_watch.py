"""Whether the microphone is fit for what it hears: told when it clips, hums, or is too quiet for days.

Judged from what people say to it, so it costs nothing while nobody speaks: of every utterance its loudness
and its clipped samples, of the room before it the hum. One bad utterance tells nothing (a door, a shout).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hearthd.audio.devices.room_check import CLIPPED, HUM_DB, HUM_SHARE, sound_of
from hearthd.common.audio import SAMPLE_RATE, Pcm

log = logging.getLogger(__name__)

LAST, BAD = 5, 3
"""It clips (or hums) if it did in so many of the last utterances."""
QUIET_DB = -55.0
"""Who speaks nearby is at -45 to -20 dB. Far below it the wake word is still heard: 40 of 40 real "Alexa" at
-64 dB, 39 at -70 (noise at -85). 24 dB of gain after the microphone wins 0 and 1 of these, and Silero finds
the same speech to 4 % at -64. So nothing here turns the level up; only its own gain would help."""
QUIET_SECONDS, QUIET_UTTERANCES = 2 * 86_400.0, 10
"""It is too quiet if no utterance of two days was louder, and there were some."""
AGAIN_SECONDS = 86_400.0
"""A fault is told once a day."""
LONGEST = 10 * SAMPLE_RATE
"""Of an utterance that much is looked at."""

CLIPS = "the microphone clips: turn its capture level down (alsamixer, F4; hearthd devices --test)"
HUMS = "the microphone hums: another power supply or USB port, its cable away from power cables"
QUIET = "the microphone is very quiet for days: turn its capture level up (alsamixer, F4), or move it nearer"


def _warn(text: str) -> None:
    log.warning("%s", text, extra={"stage": "audio"})


@dataclass(frozen=True, slots=True)
class _Judged:
    at: float
    clips: bool
    hums: bool
    quiet: bool


class MicrophoneWatch:
    """Fed what was said; tells what is wrong. For one thread."""

    def __init__(self, tell: Callable[[str], None] = _warn) -> None:
        self._tell = tell
        self._judged: deque[_Judged] = deque(maxlen=200)
        self._told: dict[str, float] = {}
        self._first_at: float | None = None

    def heard(self, room: Pcm, voice: Pcm, at: float) -> None:
        """Somebody said ``voice`` at ``at`` (seconds, monotonic); ``room`` is what was heard before it."""
        said, before = sound_of(voice[-LONGEST:]), sound_of(room[-LONGEST:])
        hums = before.hum >= HUM_SHARE and before.level_db >= HUM_DB
        self._judged.append(_Judged(at, said.clipped >= CLIPPED, hums, said.level_db < QUIET_DB))
        self._first_at = at if self._first_at is None else self._first_at
        last = list(self._judged)[-LAST:]
        if sum(one.clips for one in last) >= BAD:
            self._told_daily(CLIPS, at)
        if sum(one.hums for one in last) >= BAD:
            self._told_daily(HUMS, at)
        if self._quiet_for_days(at):
            self._told_daily(QUIET, at)

    def _quiet_for_days(self, at: float) -> bool:
        """Every utterance of the last two days was quiet."""
        if self._first_at is None or at - self._first_at < QUIET_SECONDS:
            return False
        recent = [one for one in self._judged if one.at >= at - QUIET_SECONDS]
        return len(recent) >= QUIET_UTTERANCES and all(one.quiet for one in recent)

    def _told_daily(self, text: str, at: float) -> None:
        if at - self._told.get(text, -AGAIN_SECONDS) >= AGAIN_SECONDS:
            self._told[text] = at
            self._tell(text)
