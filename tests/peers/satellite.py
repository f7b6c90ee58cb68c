"""A wyoming-satellite as the real one behaves on the wire, with what a real one cannot be told to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np
from wyoming.event import Event, async_read_event, async_write_event

INFO = Event("info", {"satellite": {"name": "peer", "installed": True, "description": "", "attribution": {}}})


class SatellitePeer:
    """Listens on a port of this machine; ``events`` is what came, with its time."""

    def __init__(self) -> None:
        self.events: list[tuple[float, Event]] = []
        self.answers = True
        self.owned = False
        """Another server has it: it answers nothing but what it is."""
        self.writer: asyncio.StreamWriter | None = None
        self.connections = 0
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> SatellitePeer:
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.die()

    async def listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def die(self) -> None:
        """As after kill -9: the port is closed and the connection reset."""
        if self._server is not None:
            self._server.close()
        if self.writer is not None:
            self.writer.transport.abort()
            self.writer = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.connections += 1
        try:
            while (event := await async_read_event(reader)) is not None:
                self.events.append((time.monotonic(), event))
                if not self.answers:
                    continue
                if event.type == "describe":
                    await async_write_event(INFO, writer)
                elif event.type == "ping" and not self.owned:
                    await async_write_event(Event("pong", {"text": ""}), writer)
        except OSError:
            pass
        finally:
            writer.close()

    async def send(self, event: Event) -> None:
        assert self.writer is not None
        await async_write_event(event, self.writer)

    async def send_raw(self, data: bytes) -> None:
        assert self.writer is not None
        self.writer.write(data)
        await self.writer.drain()

    async def speaks(self, samples: int = 1024, value: int = 5) -> None:
        form = {"rate": 16_000, "width": 2, "channels": 1}
        await self.send(Event("audio-chunk", form, np.full(samples, value, "<i2").tobytes()))

    async def calls(self) -> None:
        """Its own wake word was said."""
        await self.send(Event("detection", {"name": "ok_nabu"}))
        await self.send(Event("run-pipeline", {"start_stage": "asr", "end_stage": "tts"}))

    def kinds(self) -> list[str]:
        return [event.type for _, event in self.events]


async def until(condition: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it never happened: {what}"
        await asyncio.sleep(0.01)
