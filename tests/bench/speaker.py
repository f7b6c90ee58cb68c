"""What the open devices cost, and how fast the speaker obeys, on devices of the virtual room.

The baseline of the idle cost is two bare PortAudio streams with the same buffers, measured in the same
process: what is above it is ours. Times to sound and to silence are those of the sound's last stage as
the device reports it (the room tests hold that against a recording).
"""

from __future__ import annotations

import json
import subprocess
import sys

from tests.bench import CannotRun, Figure
from tests.room.room import Room, missing


def run() -> list[Figure]:
    """Measure in a child process, because PortAudio takes its devices from the environment."""
    why = missing()
    if why is not None:
        raise CannotRun(why)
    with Room() as room:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench._speaker_child"],
            env=room.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    if done.returncode != 0:
        raise CannotRun(done.stderr.strip().splitlines()[-1] if done.stderr else "the child process failed")
    found: dict[str, float] = json.loads(done.stdout)
    name = "speaker"
    idle, bare = found["idle"], found["bare"]
    return [
        Figure(name, "both devices open, idle", idle, "% of a core", bare, idle / bare),
        Figure(name, "render 20 ms, silent", found["silent_us"], "us", n=5000),
        Figure(name, "render 20 ms, speaking", found["speaking_us"], "us", n=5000),
        Figure(name, "read 20 ms of the echo reference", found["reading_us"], "us", n=5000),
        Figure(name, "flush to silence, median", found["silence_ms"], "ms", n=10),
        Figure(name, "flush to silence, worst", found["worst_silence_ms"], "ms", n=10),
        Figure(name, "play to first sound, median", found["sound_ms"], "ms", n=10),
    ]
