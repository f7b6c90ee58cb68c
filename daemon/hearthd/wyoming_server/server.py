"""The server: a named address, one session a connection, none of which can harm another.

Home Assistant opens a connection for each request and asks every 30 s what is here (``describe``), which is
answered from memory. There is no password and nothing is encrypted: the protocol has neither. What sends
rubbish, too much, or nothing for long is let go; what is not known is left out, as the protocol wants.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Protocol

from wyoming.error import Error
from wyoming.event import Event
from wyoming.ping import Ping, Pong

from hearthd.common.errors import EngineError
from hearthd.engines.wyoming_wire import MAX_LINE, WyomingError, read_event, text_of, write_event
from hearthd.service.log_redaction import reason_of

log = logging.getLogger(__name__)

_STAGE = {"stage": "wyoming"}

MAX_SESSIONS = 32
"""Connections at once; Home Assistant has one a satellite that listens."""
IDLE_SECONDS = 60.0
"""A connection on which nothing comes and nothing is worked on is closed."""
WORK_SECONDS = 120.0
"""What one request may take, whatever it is."""

Send = Callable[[Event], Coroutine[None, None, None]]


class Service(Protocol):
    """One thing that is done on a connection: made for each connection that asks for it."""

    async def take(self, event: Event, send: Send) -> Coroutine[None, None, None] | None:
        """Take an event of its own; what it returns is run beside the reading of the next. WyomingError."""
        ...

    def close(self) -> None:
        """The connection is gone."""
        ...


class WyomingServer:
    """``run`` is its life. ``services``: for the types of events that each takes, what makes it."""

    def __init__(
        self,
        host: str,
        port: int,
        info: Callable[[], Event],
        services: Mapping[tuple[str, ...], Callable[[], Service]],
        sessions: int | None = None,
    ) -> None:
        """``sessions``: connections at once, if not ``MAX_SESSIONS``."""
        self._most = sessions
        self._host, self.port = host, port
        self._info, self._services = info, services
        self._sessions: set[asyncio.Task[None]] = set()
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled. Raises OSError if the address cannot be listened on."""
        server = await asyncio.start_server(self._accept, self._host, self.port, limit=MAX_LINE)
        self.port = server.sockets[0].getsockname()[1]
        log.info("Wyoming at %s, port %d", self._host, self.port, extra=_STAGE)
        self.listening.set()
        try:
            async with server:
                await server.serve_forever()
        finally:
            self.listening.clear()
            for session in list(self._sessions):
                session.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        most = self._most or MAX_SESSIONS
        if len(self._sessions) >= most:
            log.warning("Wyoming: more than %d connections: one is refused", most, extra=_STAGE)
            writer.transport.abort()
            return
        self._sessions.add(task)
        try:
            await _Session(reader, writer, self._info, self._services).run()
        except WyomingError as error:
            log.debug("Wyoming: %s", error, extra=_STAGE)
        except asyncio.CancelledError:
            pass  # the server ends; asyncio's own callback would log it
        except Exception as error:
            log.error("Wyoming: a session failed: %s", reason_of(error), extra=_STAGE)
        finally:
            self._sessions.discard(task)
            writer.transport.abort()


class _Session:
    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        info: Callable[[], Event],
        services: Mapping[tuple[str, ...], Callable[[], Service]],
    ) -> None:
        self._reader, self._writer, self._info = reader, writer, info
        self._makers = services
        self._made: dict[tuple[str, ...], Service] = {}
        self._sound: Service | None = None
        """Who takes the sound that comes: whoever was asked for last."""
        self._work: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            while (event := await self._next()) is not None:
                await self._take(event)
                await asyncio.sleep(0)  # what is there already is read without a pause: others wait, too
        finally:
            if self._work is not None:
                self._work.cancel()
                await asyncio.wait({self._work})
            for service in self._made.values():
                service.close()

    async def _next(self) -> Event | None:
        reading = asyncio.ensure_future(read_event(self._reader))
        try:
            while not (await asyncio.wait({reading}, timeout=IDLE_SECONDS))[0]:
                if self._work is None or self._work.done():
                    raise WyomingError(f"nothing came for {IDLE_SECONDS:g} s")
            return reading.result()
        finally:
            reading.cancel()

    async def _take(self, event: Event) -> None:
        if event.type == "describe":
            return await self._send(self._info())
        if Ping.is_type(event.type):
            return await self._send(Pong(text=text_of(event, most=200) or None).event())
        service = self._service_for(event.type)
        if service is None:
            return None
        work = await service.take(event, self._send)
        if work is not None:
            if self._work is not None:
                await asyncio.wait({self._work})
            self._work = asyncio.create_task(self._worked(work))
        return None

    def _service_for(self, kind: str) -> Service | None:
        if kind.startswith("audio-"):
            return self._sound
        for kinds, make in self._makers.items():
            if kind in kinds:
                if kinds not in self._made:
                    self._made[kinds] = make()
                self._sound = self._made[kinds]
                return self._sound
        return None

    async def _send(self, event: Event) -> None:
        await write_event(self._writer, event)

    async def _worked(self, work: Coroutine[None, None, None]) -> None:
        try:
            async with asyncio.timeout(WORK_SECONDS):
                await work
        except WyomingError as error:
            log.debug("Wyoming: %s", error, extra=_STAGE)
            self._writer.transport.abort()
        except (EngineError, TimeoutError) as error:
            text = str(error) or f"not done within {WORK_SECONDS:g} s"
            log.warning("Wyoming: %s", text, extra=_STAGE)
            await self._failed(text)
        except Exception as error:
            log.error("Wyoming: a request failed: %s", reason_of(error), extra=_STAGE)
            await self._failed("it failed")

    async def _failed(self, text: str) -> None:
        """Say so, and close: Home Assistant before 2026.11 knows no errors and would wait."""
        with contextlib.suppress(WyomingError):
            await self._send(Error(text=text, code="hearthd").event())
        self._writer.close()
