"""The voice process: ``python -m hearthd.engines.tts.gsv_lite.worker FD``.

A process of its own because torch's crashes, leaks and locks must not reach the speaker, and because
ending it gives all the memory back, that of the GPU too. It speaks one clip after the other, and looks
between two chunks whether anybody still wants the clip. When its socket closes, the daemon is gone, and
so is it: at once, whatever it is doing.

``Engine`` is the narrow place where gsv-tts-lite is plugged in.
"""

from __future__ import annotations

import os
import queue
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hearthd.engines.tts.gsv_lite.engine import GsvEngine, LoadError
from hearthd.engines.tts.gsv_lite.frames import (
    AUDIO_BYTES,
    HEADER,
    FrameKind,
    WireError,
    frame,
    header,
    json_frame,
    values,
)


class Engine(Protocol):
    """What speaks in the process."""

    rate: int

    def load(self, voice: dict[str, Any]) -> None:
        """Make ready for a voice. Raises LoadError."""
        ...

    def speak(self, text: str, language: str) -> Iterator[NDArray[np.float32]]:
        """A generator of audio (-1 to 1); closing it leaves nothing behind for the next clip."""
        ...

    def memory(self) -> int:
        """Bytes that it holds beside the process's own memory."""
        ...


class Server:
    """Answers the frames of one daemon."""

    def __init__(self, engine: Engine, connection: socket.socket) -> None:
        self._engine = engine
        self._connection = connection
        self._asked: queue.SimpleQueue[tuple[FrameKind, int, dict[str, Any]]] = queue.SimpleQueue()
        self._stopped = -1
        """Clips up to this number are not wanted any more."""

    def serve(self) -> None:
        """Answer until the daemon is gone; does not return."""
        threading.Thread(target=self._listen, daemon=True).start()
        while True:
            kind, number, asked = self._asked.get()
            try:
                if kind is FrameKind.LOAD:
                    self._engine.load(asked)
                    ready = {"rate": self._engine.rate, "memory": self._memory()}
                    self._connection.sendall(json_frame(FrameKind.READY, number, ready))
                elif kind is FrameKind.SPEAK:
                    self._speak(number, str(asked["text"]), str(asked["language"]))
            except OSError:
                os._exit(0)  # nobody is there to be told
            except Exception as error:  # whatever torch and the dictionaries raise; the text may be in it
                reason = str(error)[:500] if isinstance(error, LoadError) else type(error).__name__
                self._connection.sendall(json_frame(FrameKind.FAILED, number, {"reason": reason}))

    def _speak(self, number: int, text: str, language: str) -> None:
        if number > self._stopped:
            with closing(self._engine.speak(text, language)) as clip:  # type: ignore[type-var]
                for sound in clip:
                    if number <= self._stopped:
                        break
                    self._send(number, sound)
        self._connection.sendall(json_frame(FrameKind.END, number, {"memory": self._memory()}))

    def _send(self, number: int, sound: NDArray[np.float32]) -> None:
        pcm = np.rint(np.clip(np.nan_to_num(sound), -1, 1) * 32767).astype("<i2").tobytes()
        for start in range(0, len(pcm), AUDIO_BYTES):
            self._connection.sendall(frame(FrameKind.AUDIO, number, pcm[start : start + AUDIO_BYTES]))

    def _memory(self) -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") + self._engine.memory()

    def _listen(self) -> None:
        try:
            with self._connection.makefile("rb") as stream:
                while len(head := stream.read(HEADER.size)) == HEADER.size:
                    kind, number, length = header(head)
                    payload = stream.read(length)
                    if kind is FrameKind.STOP:
                        self._stopped = max(self._stopped, number)
                    else:
                        self._asked.put((kind, number, values(payload)))
        except (OSError, WireError):
            os._exit(1)
        os._exit(0)


def main() -> None:
    """Serve the socket that is inherited as the file descriptor named on the command line."""
    Server(GsvEngine(), socket.socket(fileno=int(sys.argv[1]))).serve()


if __name__ == "__main__":
    main()
