"""The format of a scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hearthd.common.audio import Pcm
from tests.utterances import say

Floats = NDArray[np.float64]

RATE = 16_000
PERSON_DB = -28.0
"""Active level of a person who stands at ``near_db`` 0 and of the speaker's echo, in dB of full scale."""

TEA = (
    "The history of tea begins in China, where people drank it as a medicine long before pleasure.",
    "Monks carried the leaves along the rivers, and merchants carried them across the mountains.",
    "By the time it reached the sea, every town on the way had its own way of making it.",
)
CAT = (
    "很久以前，山脚下住着一只会说话的猫。",
    "它每天早上都去河边钓鱼，晚上回来给孩子们讲故事。",
    "有一天，河水忽然变成了金色。",
)


@dataclass(frozen=True)
class Line:
    """Somebody (or something) sounds, ``at`` seconds after the reply has begun."""

    at: float
    sound: str | Pcm
    """Words, or a sound at 16 kHz."""
    voice: str = "bf_emma"
    db: float = 0.0
    """Louder (or quieter) than the scene's people."""

    def render(self) -> Pcm:
        """The sound at the level of a person, ends trimmed."""
        pcm = say(self.sound, self.voice) if isinstance(self.sound, str) else self.sound
        loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > np.abs(pcm.astype(np.int32)).max() * 0.03)
        return pcm[loud[0] : loud[-1] + 1]


@dataclass(frozen=True)
class Scene:
    """A room in which the speaker tells something."""

    reply: tuple[str, ...] = TEA
    voice: str = "heart"
    people: tuple[Line, ...] = ()
    echo_db: float = 0.0
    """The speaker at the microphone, against ``PERSON_DB``."""
    near_db: float = 0.0
    """The people, against the echo."""
    noise_db: float = -62.0
    delay: float = 0.06
    """Seconds from what the clocks say to what the microphone hears."""
    rt60: float = 0.25
    """Reverberation: seconds until the room has fallen by 60 dB."""
    room: int = 0
    """Which room response of that reverberation."""
    jitter: float = 0.002
    """Seconds by which the stamps of both devices err; on a loaded machine, more."""
    drift_ppm: float = 0.0
    """How much slower the speaker's clock runs than the microphone's."""
    moved_at: float | None = None
    """When somebody moves the microphone: another response from then on."""
    rings: bool = False
    """It does not tell something: a timer rings, and says the ``reply`` in between."""
    seconds: float = 0.0
    """How long the scene lasts; 0: until 3 s after the last line."""

    def response(self, moved: bool = False) -> Floats:
        """The room's impulse response, before and after the microphone was moved."""
        return impulse_response(self.rt60, np.random.default_rng(100 * self.room + moved))


def impulse_response(rt60: float, rng: np.random.Generator) -> Floats:
    """A room: a direct path and a diffuse tail 6 dB below it that falls by 60 dB in ``rt60`` seconds."""
    count = int(rt60 * RATE)
    tail = rng.standard_normal(count) * 10 ** (-3 * np.arange(count) / count)
    tail[: int(0.002 * RATE)] = 0
    tail *= 0.5 / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail


def active_rms(pcm: Floats) -> float:
    """The level of the speech in ``pcm``, pauses left out."""
    blocks = pcm[: len(pcm) // 320 * 320].reshape(-1, 320)
    powers = np.mean(blocks**2, axis=1)
    return float(np.sqrt(np.mean(powers[powers > powers.max() / 1000])))
