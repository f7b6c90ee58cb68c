"""From `hearthd run` to READY, and the memory of the whole speaker with Whisper and the chat model loaded.

The baseline of the start is the interpreter with the libraries alone, started in the same run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.bench import CannotRun, Figure
from tests.room.room import Room, missing

LIBRARIES = "import numpy, onnxruntime, ctranslate2, faster_whisper, pydantic, httpx, sounddevice"


def run() -> list[Figure]:
    """Seconds to READY, megabytes of the daemon and of its children."""
    if (reason := missing()) is not None:
        raise CannotRun(reason)
    from tests.living import Living

    began = time.monotonic()
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True)
    bare = time.monotonic() - began
    with Room() as room, tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        with Living(room, Path(folder)) as speaker:
            took = time.monotonic() - began
            process = psutil.Process(speaker.process.pid)
            own = process.memory_info().rss / 1e6
            children = sum(child.memory_info().rss for child in process.children(recursive=True)) / 1e6
    return [
        Figure("startup", "start to READY", took, "s", bare, took / bare),
        Figure("startup", "RSS with Whisper and the voice", own, "MB"),
        Figure("startup", "RSS of the chat model's process", children, "MB"),
    ]
