"""A voice process whose engine does what its text says, for what can go wrong with a process."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearthd.engines.tts.gsv_lite.engine import LoadError
from hearthd.engines.tts.gsv_lite.frames import HEADER
from hearthd.engines.tts.gsv_lite.worker import Server


class FakeEngine:
    """Speaks "chunks" of a tenth of a second; each clip begins with the tail that the last one left."""

    rate = 32_000

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._grown = 0

    def load(self, voice: dict[str, Any]) -> None:
        if voice["text"] == "broken":
            raise LoadError("missing: s1v3.ckpt")
        self._level = 0.5 if voice["text"] == "loud" else 0.25

    def speak(self, text: str, language: str) -> Iterator[NDArray[np.float32]]:
        chunk = np.full(3_200, self._level, np.float32)
        match text.split(maxsplit=1)[0]:
            case "die":
                yield chunk
                os._exit(3)
            case "hang":
                yield chunk
                while True:
                    os.read(os.pipe()[0], 1)
            case "raise":
                raise ValueError(f"cannot say {text}")
            case "garbage":
                self._connection.sendall(b"\xff" * 64)
            case "huge":
                self._connection.sendall(HEADER.pack(17, 1, 2**31))
            case "silence":
                yield np.zeros(3_200, np.float32)
            case "nothing":
                yield from ()
            case "forever":
                while True:
                    yield chunk
            case "trickle":
                while True:
                    time.sleep(0.05)
                    yield chunk[:1]
            case "grow":
                self._grown += 1_000_000_000
                yield chunk
            case "unspeakable":
                yield np.array([np.nan, 9.0, -9.0], np.float32)
            case _:
                for _ in range(20):
                    yield chunk

    def memory(self) -> int:
        return self._grown


if __name__ == "__main__":
    inherited = socket.socket(fileno=int(sys.argv[1]))
    Server(FakeEngine(inherited), inherited).serve()
