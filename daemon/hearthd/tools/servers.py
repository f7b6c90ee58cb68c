"""All servers whose tools the chat model may call: Home Assistant, and those of ``[[tools.mcp]]``."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from hearthd.common.secret_file import SecretError, read_token
from hearthd.config.server_settings import McpServerSettings
from hearthd.config.settings import Settings
from hearthd.tools.home_assistant_session import harmless, home_assistant
from hearthd.tools.mcp_session import McpSession, address, process
from hearthd.tools.pins import Pins
from hearthd.tools.server import Connect, ServerError, ToolServer
from hearthd.tools.tool import Tool

log = logging.getLogger(__name__)

HOME_ASSISTANT = "home_assistant"
"""What Home Assistant is called among the servers."""


class ToolServers:
    """Those of the settings. ``run`` keeps them connected."""

    def __init__(self, settings: Settings, pins: Path) -> None:
        """``pins``: the file of what was accepted."""
        self.pins = Pins(pins)
        self.servers: list[ToolServer] = []
        home = settings.home_assistant
        if home.enabled and settings.tools.home_assistant:
            connect = functools.partial(home_assistant, home, settings.tools.home_assistant_device)
            allow = settings.tools.home_assistant
            self.servers.append(ToolServer(HOME_ASSISTANT, connect, allow, self.pins, fitted=harmless))
        for one in settings.tools.mcp:
            self.servers.append(
                ToolServer(one.name, connection(one), one.allow, self.pins, prefix=f"{one.name}_")
            )

    @property
    def tools(self) -> Sequence[Tool]:
        """What may be offered of all of them."""
        return [*itertools.chain.from_iterable(server.tools for server in self.servers)]

    async def run(self) -> None:
        """Never returns."""
        await asyncio.gather(*(server.run() for server in self.servers), asyncio.Event().wait())


def connection(settings: McpServerSettings) -> Connect:
    """How a server of ``[[tools.mcp]]`` is reached."""
    if settings.command:
        return functools.partial(process, settings.command, settings.env)
    return functools.partial(_at_address, settings)


@asynccontextmanager
async def _at_address(settings: McpServerSettings) -> AsyncGenerator[McpSession, None]:
    token = await asyncio.to_thread(_token, settings.token_file) if settings.token_file else ""
    async with address(settings.url, token) as session:
        yield session


def _token(file: str) -> str:
    try:
        return read_token(file)
    except SecretError as error:
        raise ServerError(str(error)) from None
