"""How loud: gains that move over a block, and fades, so that nothing that changes or ends clicks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

DUCK_GAIN = 10 ** (-15 / 20)
"""Ducked speech stays intelligible but is well below a person at the table."""

HOLD_FADE_SECONDS = 0.005
"""From the gain to silence, and back, where a reply is held and goes on."""
FLUSH_FADE_SECONDS = 0.010
"""From the gain to silence where a reply is broken off."""


def fade_out(samples: NDArray[np.float32], gain: float) -> None:
    """Multiply ``samples`` by ``gain`` at their beginning, by nothing at their end."""
    samples *= np.linspace(gain, 0.0, len(samples), dtype=np.float32)


def of_volume(volume: int) -> float:
    """The gain of a volume of 0 to 100: its square, so that 50 is -12 dB, about half as loud to the ear."""
    return (volume / 100) ** 2


class Gain:
    """A factor on its way to ``target``."""

    def __init__(self) -> None:
        self.target = 1.0
        self.now = 1.0

    def apply(self, samples: NDArray[np.float32]) -> None:
        """Multiply a block, moving to the target within it."""
        if self.now != self.target:
            samples *= np.linspace(self.now, self.target, len(samples), dtype=np.float32)
            self.now = self.target
        elif self.now != 1.0:
            samples *= self.now

    def settle(self) -> None:
        """Nothing sounds: be at the target at once."""
        self.now = self.target
