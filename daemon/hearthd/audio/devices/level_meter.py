"""The level of a microphone, to look at."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from rich.text import Text

FLOOR_DB = -70.0
WIDTH = 50
QUIET_DB, LOUD_DB = -45.0, -6.0
"""Speech at a table lies between: quieter is too far away or too low a gain, louder is clipped soon."""


def decibels(pcm: NDArray[np.int16]) -> float:
    """The block's effective level in dB of full scale; ``FLOOR_DB`` at least."""
    if not len(pcm):
        return FLOOR_DB
    power = float(np.mean(np.square(pcm.astype(np.float64))))
    return max(FLOOR_DB, 20 * math.log10(max(1e-9, math.sqrt(power) / 32768)))


def bar(level: float, peak: float, *, ascii_only: bool = False) -> Text:
    """A line that shows ``level`` and the loudest so far, ``peak`` (both dB of full scale)."""
    from rich.text import Text  # the front end measures without it

    def column(value: float) -> int:
        return round(WIDTH * (min(0.0, value) - FLOOR_DB) / -FLOOR_DB)

    filled, mark = column(level), min(column(peak), WIDTH - 1)
    full, line, empty = "#|." if ascii_only else "█│·"
    cells = [full if n < filled else line if n == mark else empty for n in range(WIDTH)]
    style = "red" if peak > LOUD_DB else "green" if level > QUIET_DB else "dim"
    return Text(f"{level:6.1f} dB ").append("".join(cells), style=style).append(f" peak {peak:.1f} dB")
