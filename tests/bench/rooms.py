"""What more rooms cost: CPU and memory of 1, 2, 5 and 10 quiet ones, and the first sound over Wyoming.

Each room has a microphone (faint noise, 20 ms blocks), a front end with its own wake word, a mixer that is
rendered, a dialogue; a satellite streams always, or is called by its own wake word and sends nothing. The
engines are shared, so here they are stand-ins that cost nothing. The baseline is one room in the same run.
The first sound is counted from the end of the words, in the median of five turns.
"""

from __future__ import annotations

import json
import subprocess
import sys

from tests.bench import CannotRun, Figure

SECONDS = 6.0
ROOMS = (1, 2, 5, 10)


def run() -> list[Figure]:
    """Measure; raises CannotRun where the wake word's models are missing."""
    found = {rooms: _child("idle", str(rooms), str(SECONDS)) for rooms in ROOMS}
    one = found[1]
    figures = []
    for rooms, cost in found.items():
        cpu, memory = cost["cpu"], cost["memory"]
        figures.append(
            Figure("rooms", f"cpu, {rooms} quiet", cpu, "% of a core", one["cpu"], cpu / one["cpu"])
        )
        figures.append(
            Figure("rooms", f"memory, {rooms}", memory, "MB", one["memory"], memory / one["memory"])
        )
    most = max(ROOMS)
    each = (found[most]["memory"] - one["memory"]) / (most - 1)
    figures.append(
        Figure("rooms", "memory, each further one", each, "MB", one["memory"], each / one["memory"])
    )
    for kind in ("streaming", "called"):
        cpu = _child(kind, str(most), str(SECONDS))["cpu"]
        name = f"cpu, {most} quiet, all but one satellites, {kind}"
        figures.append(Figure("rooms", name, cpu, "% of a core", one["cpu"], cpu / one["cpu"]))
    sound = _child("first")
    here, there = sound["local"], sound["wyoming"]
    figures.append(Figure("rooms", "first sound, Wyoming", there, "ms", here, there / here))
    return figures


def _child(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench._rooms_child", *arguments]
    child = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if child.returncode:
        raise CannotRun(child.stderr.strip().splitlines()[-1] if child.stderr.strip() else "it ended at once")
    found: dict[str, float] = json.loads(child.stdout.splitlines()[-1])
    return found
