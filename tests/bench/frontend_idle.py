"""What listening costs while nobody speaks: CPU and memory of the front end alone in a process.

On a microphone in the virtual room where there is PulseAudio, else fed by a timer. Beside it, in the
same run, the bare openwakeword loop. Afterwards the wake phrase is spoken: a front end that does not
wake any more (a peer's thread had died quietly) costs nothing, and counts for nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from hearthd.common.paths import models_dir
from tests.bench import CannotRun, Figure
from tests.room.room import Room, missing
from tests.utterances import silence

SECONDS = 20.0


def run() -> list[Figure]:
    """Measure; raises CannotRun without the starter models."""
    phrase = _phrase()
    base = _child("baseline", SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "phrase.npy"
        np.save(saved, phrase)
        timed = _child("timer", SECONDS, str(saved))
    figures = _figures("timer", timed, base)
    why = missing()
    if why is None:
        with Room() as room:
            figures += _figures("room", _in_room(room, phrase), base)
    else:
        print(f"frontend_idle: no virtual room: {why}", file=sys.stderr)
    return figures


def _figures(where: str, found: dict[str, Any], base: dict[str, Any]) -> list[Figure]:
    if not found["woke"]:
        raise CannotRun(f"the wake word no longer woke it after the measurement ({where})")
    name = "frontend_idle"
    idle, memory, talking = found["idle"], found["memory"], found["talking"]
    return [
        Figure(name, f"cpu, quiet, {where}", idle, "% of a core", base["idle"], idle / base["idle"]),
        Figure(name, f"cpu, speech, {where}", talking, "% of a core", base["idle"], talking / base["idle"]),
        Figure(name, f"memory, {where}", memory, "MB", base["memory"], memory / base["memory"]),
    ]


def _phrase() -> Any:
    try:
        from tests.utterances import say

        return np.concatenate([say("Hey Jarvis, what time is it?"), silence(1.0)])
    except Exception as error:
        raise CannotRun(f"no voice to say the wake word: {error}") from error


def _child(*arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench._frontend_child", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode:
        raise CannotRun(f"{arguments[0]}: {done.stderr.strip().splitlines()[-1:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _in_room(room: Room, phrase: Any) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench._frontend_child", "room", str(SECONDS), "-"]
    with subprocess.Popen(
        command,
        env={**room.env, "HEARTHD_MODELS": str(models_dir())},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == "speak":
                room.say(phrase, 16_000)
            elif line.startswith("{"):
                return dict(json.loads(line))
    raise CannotRun("the front end ended early in the room")
