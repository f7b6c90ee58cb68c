"""The daemon's side of one voice process: started, spoken through, ended.

Whatever the process does wrong (dies, hangs, sends rubbish, sends another clip's audio) is an error
with a name here, and never more than that.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import numpy as np

from hearthd.common.audio import Pcm
from hearthd.common.errors import ServerGoneError, ServerSlowError, VoiceRefusedError
from hearthd.engines.supervised_voice import ClipPatience
from hearthd.engines.tts.gsv_lite.frames import (
    HEADER,
    MOST,
    FrameKind,
    WireError,
    frame,
    header,
    json_frame,
    values,
)
from hearthd.engines.worker import WorkerProcess

MOST_RATE = 96_000
END_SECONDS = 2.0
QUIET = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TQDM_DISABLE": "1", "MPLBACKEND": "agg"}
"""No network, no progress bars."""


class VoiceProcess:
    """One running voice process."""

    def __init__(
        self,
        process: WorkerProcess,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader, self._writer = reader, writer
        self._number = 0
        self._answers: asyncio.Queue[tuple[FrameKind, bytes] | None] = asyncio.Queue()
        self.gone = asyncio.Event()
        """It has ended, or cannot be trusted any more."""
        self.memory = 0
        """Bytes it held when it last said so, on the GPU too."""
        self.rate = 0
        self._alone = asyncio.Lock()
        self._task = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, command: Sequence[str]) -> VoiceProcess:
        """Start ``command`` with the number of its socket added. Raises ServerGoneError."""
        ours, theirs = socket.socketpair()
        try:
            process = WorkerProcess(
                [*command, str(theirs.fileno())], environment=QUIET, pass_fds=[theirs.fileno()]
            )
        except OSError as error:
            ours.close()
            raise ServerGoneError(f"the voice process does not start: {error}") from None
        finally:
            theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours, limit=2 * MOST)
        return cls(process, reader, writer)

    async def load(self, voice: dict[str, Any], seconds: float) -> None:
        """Let it load its models and ``voice``. Raises VoiceServerError."""
        async with self._alone:
            self._ask(FrameKind.LOAD, voice)
            kind, told = await self._answer(seconds)
            found = self._values(told)
            if kind is not FrameKind.READY:
                raise VoiceRefusedError(f"the voice process cannot load: {found.get('reason', kind.name)}")
            rate = found.get("rate")
            if not isinstance(rate, int) or not 8_000 <= rate <= MOST_RATE:
                raise self._distrusted("it names no rate")
            self.rate = rate
            self._learn_memory(found)

    async def speak(
        self, text: str, language: str, *, first: float, gap: float, most_seconds: float
    ) -> AsyncGenerator[Pcm, None]:
        """The clip of ``text``; ``first``, ``gap``, ``most_seconds``: see ``ClipPatience``.

        Closing the generator tells the process to stop, and waits for nothing: the next clip is taken up
        when the chunk in progress is done. Raises VoiceServerError.
        """
        async with self._alone:
            try:
                self._ask(FrameKind.SPEAK, {"text": text, "language": language})
            except WireError:
                raise VoiceRefusedError("the text is too long for the voice process") from None
            number, complete = self._number, False
            now = asyncio.get_running_loop().time
            patience = ClipPatience(began=now(), first=first, gap=gap, most_seconds=most_seconds)
            try:
                while True:
                    kind, told = await self._answer(patience.until - now())
                    if kind is FrameKind.AUDIO:
                        if len(told) % 2:
                            raise self._distrusted("it sent half a sample")
                        if told:
                            yield np.frombuffer(told, "<i2").astype(np.int16)
                            patience.sounded(now())
                        continue
                    complete = True
                    found = self._values(told)
                    if kind is not FrameKind.END:
                        raise VoiceRefusedError(f"the voice process failed: {found.get('reason', kind.name)}")
                    self._learn_memory(found)
                    return
            finally:
                if not complete and not self.gone.is_set():
                    self._writer.write(frame(FrameKind.STOP, number))

    async def end(self) -> None:
        """End it: closing its socket is enough for a sound one."""
        self.gone.set()
        self._writer.close()
        await asyncio.to_thread(self._process.wait, END_SECONDS)
        self._process.end()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _ask(self, kind: FrameKind, asked: dict[str, Any]) -> None:
        """Send a request; what still comes for earlier ones is nobody's."""
        if self.gone.is_set():
            raise ServerGoneError("the voice process has ended")
        request = json_frame(kind, self._number + 1, asked)
        self._number += 1
        while not self._answers.empty():
            self._answers.get_nowait()
        self._writer.write(request)

    async def _answer(self, seconds: float) -> tuple[FrameKind, bytes]:
        try:
            async with asyncio.timeout(seconds):
                answer = await self._answers.get()
        except TimeoutError:
            self.gone.set()
            raise ServerSlowError("the voice process gave nothing in the time it is given") from None
        if answer is None:
            raise ServerGoneError("the voice process has ended")
        return answer

    async def _read(self) -> None:
        """Sort what comes, until it ends."""
        try:
            while True:
                kind, number, length = header(await self._reader.readexactly(HEADER.size))
                payload = await self._reader.readexactly(length)
                if number == self._number:
                    self._answers.put_nowait((kind, payload))
        except (WireError, OSError, asyncio.IncompleteReadError):
            self.gone.set()
            self._answers.put_nowait(None)

    def _values(self, payload: bytes) -> dict[str, Any]:
        try:
            return values(payload)
        except WireError as error:
            raise self._distrusted(f"it sent {error}") from None

    def _learn_memory(self, told: dict[str, Any]) -> None:
        memory = told.get("memory")
        if isinstance(memory, int) and memory >= 0:
            self.memory = memory

    def _distrusted(self, why: str) -> ServerGoneError:
        self.gone.set()
        return ServerGoneError(f"the voice process makes no sense: {why}")
