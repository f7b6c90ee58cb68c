"""A server whose tools the chat model may call: kept connected, asked, and left alone while it is away.

Each connection lives in a task of its own, which ends when the server dies or hangs and is made anew after
growing waits: the MCP SDK never connects again by itself, and cancels whoever opened it when its connection
breaks. A turn neither waits for that nor notices it: what the model is offered stands in the pins, and a call
to a server that is away is refused at once.
"""

from __future__ import annotations

import asyncio
import fnmatch
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from hearthd.common.backoff import Backoff
from hearthd.common.errors import EngineError
from hearthd.engines.messages import ToolSpec
from hearthd.tools.pins import OfferedTool, Pins, PinsError
from hearthd.tools.tool import Tool, ToolRefusedError

log = logging.getLogger(__name__)

_STAGE = {"stage": "llm"}

CONNECT_SECONDS = 20.0
"""A server that is started takes seconds to import what it needs."""
LIST_SECONDS = 10.0
CALL_SECONDS = 7.0
"""Less than the tool box gives (``conversation.tools``), so that a server that hangs is known for one."""
LOOK_SECONDS = 60.0
"""How often a quiet connection is tried, by asking for its tools: nobody tells that a server has died."""
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
MAX_TOOL_NAME = 64
"""Of what a model is told: longer ones are refused by some servers of models."""
AWAY = "That tool's server is away; nothing is done."
LATE = "It did not answer in time; nothing is known to be done."


class ServerError(EngineError):
    """The server is away, or says something that is no answer. The message names it and the reason."""


class UnwelcomeError(ServerError):
    """It refuses the token: who tries again too soon is shut out."""


class Session(Protocol):
    """One open connection."""

    async def tools(self) -> Sequence[OfferedTool]:
        """What it offers. Raises ServerError."""
        ...

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Have it done; what came of it. Raises ServerError, or ToolRefusedError with what the tool says."""
        ...


Connect = Callable[[], AbstractAsyncContextManager[Session]]
"""Opens a connection; entering raises ServerError."""
Fitted = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Arguments of a tool as they may be sent."""


def _as_they_are(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return arguments


class ToolServer:
    """One server. ``run`` keeps it; ``tools`` are those that may be offered now."""

    def __init__(
        self,
        name: str,
        connect: Connect,
        allow: Sequence[str],
        pins: Pins,
        *,
        prefix: str = "",
        fitted: Fitted = _as_they_are,
    ) -> None:
        """``allow``: names of its tools that are wanted, or patterns. ``prefix`` stands before each."""
        self.name = name
        self._connect, self._allow, self._pins, self._fitted = connect, tuple(allow), pins, fitted
        self._prefix = prefix
        self._session: Session | None = None
        self._broken = asyncio.Event()
        """The connection is of no use any more."""
        self._told = ""
        """The fault that was logged last."""
        self._tools: tuple[Tool, ...] = ()
        self._show()

    @property
    def tools(self) -> Sequence[Tool]:
        """Those that are wanted and accepted, whether it is there or away."""
        return self._tools

    @property
    def away(self) -> bool:
        """It cannot be asked at present."""
        return self._session is None

    # --- kept ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Connect, and again when that breaks; never returns."""
        backoff = Backoff(FIRST_WAIT, LONGEST_WAIT, jitter=0.3)
        while True:
            self._broken = asyncio.Event()
            life = asyncio.create_task(self._live(backoff))
            broken = asyncio.create_task(self._broken.wait())
            try:
                await asyncio.wait({life, broken}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._session = None
                broken.cancel()
                life.cancel()
                await asyncio.wait({life}, timeout=CONNECT_SECONDS)
            self._tell(_reason(life))
            await asyncio.sleep(LONGEST_WAIT if _is_unwelcome(life) else backoff.wait())

    async def _live(self, backoff: Backoff) -> None:
        async with asyncio.timeout(CONNECT_SECONDS) as opening, self._connect() as session:
            opening.reschedule(None)
            await self._look(session)
            self._session = session
            backoff.reset()
            self._tell("")
            while True:
                await asyncio.sleep(LOOK_SECONDS)
                await self._look(session)

    async def _look(self, session: Session) -> None:
        """Ask for the tools: it shows that the server lives, and whether they are what they were."""
        async with asyncio.timeout(LIST_SECONDS):
            there = await session.tools()
        self._pins.look()
        wanted = [tool for tool in there if self._wants(tool.name)]
        try:
            changed = self._pins.see(self.name, wanted)
        except PinsError as error:
            raise ServerError(str(error)) from error
        if changed:
            for name, pinned in self._pins.of(self.name).items():
                if pinned.changed is not None:
                    log.warning(
                        '%s has changed its tool "%s": it is refused until you have looked and accepted it '
                        "(hearthd tools list, hearthd tools accept %s)",
                        *(self.name, name, self.name),
                        extra=_STAGE,
                    )
        self._show()

    def _wants(self, name: str) -> bool:
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in self._allow)

    def _show(self) -> None:
        """What may be offered, from the pins."""
        found: dict[str, Tool] = {}
        for name, pinned in self._pins.of(self.name).items():
            shown = tool_name(self._prefix, name)
            if pinned.accepted is None or pinned.changed is not None or not self._wants(name):
                continue
            found.setdefault(shown, ServerTool(self, pinned.accepted, shown))
        if tuple(tool.spec for tool in found.values()) != tuple(tool.spec for tool in self._tools):
            self._tools = tuple(found.values())

    def _tell(self, fault: str) -> None:
        """Log a fault once, and that it is over."""
        if fault == self._told:
            return
        self._told = fault
        if fault:
            log.warning("the tools of %s are away: %s", self.name, fault, extra=_STAGE)
        else:
            log.info("the tools of %s are there", self.name, extra=_STAGE)

    async def look(self) -> list[str]:
        """Connect once and tell which of its tools are wanted, without taking them up. Raises EngineError."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS), self._connect() as session:
                there = await session.tools()
        except Exception as error:  # the SDK raises anything, in groups
            raise EngineError(_why(error)) from None
        names = [tool.name for tool in there]
        wanted = [name for name in names if self._wants(name)]
        if not wanted:
            raise EngineError(f"none of its tools is in allow: it has {', '.join(names) or 'none'}")
        return [
            f"{name} (changed: not offered)" if self._is_changed(name, there) else name for name in wanted
        ]

    def _is_changed(self, name: str, there: Sequence[OfferedTool]) -> bool:
        pinned = self._pins.of(self.name).get(name)
        now = next(tool for tool in there if tool.name == name)
        return pinned is not None and (pinned.accepted is None or pinned.accepted.digest != now.digest)

    # --- asked ---------------------------------------------------------------------------------------

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Have a tool called, in a task that nothing of the connection's can cancel but its end."""
        session = self._session
        if session is None:
            raise ToolRefusedError(AWAY)
        broken = self._broken
        work = asyncio.create_task(_called(session, name, self._fitted(name, dict(arguments))))
        gone = asyncio.create_task(broken.wait())
        try:
            await asyncio.wait({work, gone}, timeout=CALL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            self._give_up(session)  # it hangs: a new connection is made
            raise ToolRefusedError(LATE)
        except ServerError as error:
            self._give_up(session)
            log.warning("%s: %s", self.name, error, extra=_STAGE)
            raise ToolRefusedError("Its server broke off; nothing is known to be done.") from None
        finally:
            gone.cancel()
            work.cancel()
            work.add_done_callback(_heard)

    def _give_up(self, session: Session) -> None:
        if self._session is session:
            self._session = None
            self._broken.set()


class ServerTool:
    """A ``Tool`` of another server."""

    def __init__(self, server: ToolServer, tool: OfferedTool, name: str) -> None:
        self._server, self._tool = server, tool
        self._spec = ToolSpec(name, tool.description, dict(tool.schema))

    @property
    def spec(self) -> ToolSpec:
        """As it was accepted."""
        return self._spec

    @property
    def finishes(self) -> bool:
        """What changes something is done, once it was sent."""
        return not self._tool.reads_only

    async def call(self, arguments: Mapping[str, Any], language: str) -> str:
        """Have its server do it."""
        return await self._server.call(self._tool.name, arguments)


def tool_name(prefix: str, name: str) -> str:
    """A name as servers of models take it: letters, digits, ``_`` and ``-``."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", f"{prefix}{name}")[:MAX_TOOL_NAME]


def _heard(work: asyncio.Task[str]) -> None:
    """Nobody waits for its failure."""
    if not work.cancelled():
        work.exception()


async def _called(session: Session, name: str, arguments: Mapping[str, Any]) -> str:
    """The call. Whatever the SDK raises, even a cancellation of its own, is a server that is away."""
    try:
        return await session.call(name, arguments)
    except (ServerError, ToolRefusedError):
        raise
    except asyncio.CancelledError:
        raise ServerError("the connection ended") from None
    except Exception as error:
        raise ServerError(f"{type(error).__name__}") from error


def _reason(life: asyncio.Task[None]) -> str:
    """Why a connection ended, in a few words."""
    if not life.done() or life.cancelled():
        return "it does not answer any more"
    error = life.exception()
    return "it has ended" if error is None else _why(error)


def _is_unwelcome(life: asyncio.Task[None]) -> bool:
    return life.done() and not life.cancelled() and isinstance(life.exception(), UnwelcomeError)


def _why(error: BaseException) -> str:
    """What an exception means; of a group, the first one."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    if type(error).__name__ in ("ConnectError", "ConnectTimeout"):  # of httpx2, which comes with the SDK
        return "nobody answers at its address"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ServerError):
        return str(error)
    return f"it broke off ({type(error).__name__})"
