"""The level of a microphone, to look at."""

from __future__ import annotations

import math
import time

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.live import Live
from rich.text import Text

from hearthd.audio.devices.microphone import Microphone

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


def bar(level: float, peak: float) -> Text:
    """A line that shows ``level`` and the loudest so far, ``peak`` (both dB of full scale)."""

    def column(value: float) -> int:
        return round(WIDTH * (min(0.0, value) - FLOOR_DB) / -FLOOR_DB)

    filled, mark = column(level), min(column(peak), WIDTH - 1)
    cells = ["█" if n < filled else "│" if n == mark else "·" for n in range(WIDTH)]
    style = "red" if peak > LOUD_DB else "green" if level > QUIET_DB else "dim"
    return Text(f"{level:6.1f} dB ").append("".join(cells), style=style).append(f" peak {peak:.1f} dB")


def show_level(microphone: Microphone, seconds: float, console: Console) -> float:
    """Show the level for so long: a moving bar on a terminal, a line a second elsewhere.

    Blocks. Returns the largest sample seen (0: nothing but exact silence).
    """
    end = time.monotonic() + seconds
    peak, largest = FLOOR_DB, 0
    told = time.monotonic()
    second: list[float] = []
    with Live(console=console, refresh_per_second=15, transient=True) as live:
        while time.monotonic() < end:
            block = microphone.read(0.1)
            if block is None:
                continue
            level = decibels(block.pcm)
            largest = max(largest, int(np.abs(block.pcm.astype(np.int32)).max()))
            peak = max(peak, level)
            second.append(level)
            if console.is_terminal:
                live.update(bar(level, peak))
            elif time.monotonic() - told >= 1:
                console.print(f"level {max(second):.1f} dB, peak {peak:.1f} dB", highlight=False)
                told, second = time.monotonic(), []
    console.print(f"loudest: {peak:.1f} dB of full scale: {_verdict(peak, largest)}", highlight=False)
    return float(largest)


def _verdict(peak: float, largest: int) -> str:
    if largest == 0:
        return "exact silence, muted or not connected"
    if largest >= 32_700:
        return "clipped: turn the capture level down"
    return "fine" if peak > QUIET_DB else "quiet: come nearer or turn the capture level up"
