"""Home Assistant's tools, over its MCP endpoint: plain JSON-RPC, each request by itself.

``device``: the speaker's own device there. With it "the light" is that of the speaker's room.

``HassTurnOn`` locks a lock and ``HassTurnOff`` unlocks it; whatever a model wants, neither reaches one: both
are sent with the kinds of things that nobody is harmed by.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hearthd.config.server_settings import HomeAssistantSettings
from hearthd.home_assistant.connection import (
    HomeAssistantError,
    HomeConnection,
    TokenError,
    UncertainError,
)
from hearthd.tools.mcp_session import MAX_RESULT, MOST_BYTES
from hearthd.tools.pins import MAX_TOOLS, OfferedTool, offered
from hearthd.tools.server import CALL_SECONDS, LIST_SECONDS, ServerError, UnwelcomeError
from hearthd.tools.tool import ToolRefusedError

PATH = "/api/mcp/assist"
DEVICE = "io.home-assistant/device_id"
HARMLESS = (
    "light",
    "switch",
    "fan",
    "media_player",
    "scene",
    "input_boolean",
    "climate",
    "humidifier",
)
"""Kinds of things that may be turned on and off without asking again: no locks, doors, valves, alarms."""
_ON_AND_OFF = ("HassTurnOn", "HassTurnOff")


class HomeAssistantSession:
    """A ``server.Session``."""

    def __init__(self, connection: HomeConnection, device: str) -> None:
        self._connection, self._device = connection, device
        self._numbers = itertools.count(1)

    async def tools(self) -> Sequence[OfferedTool]:
        """What is exposed there."""
        result = await self._asked("tools/list", {}, LIST_SECONDS)
        listed = result.get("tools")
        found = []
        for tool in listed[:MAX_TOOLS] if isinstance(listed, list) else []:
            if not isinstance(tool, dict):
                continue
            hints = tool.get("annotations")
            one = offered(
                tool.get("name"),
                tool.get("description"),
                tool.get("inputSchema"),
                reads_only=isinstance(hints, dict) and hints.get("readOnlyHint") is True,
            )
            found += [one] if one is not None else []
        return found

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Have it done there."""
        result = await self._asked("tools/call", {"name": name, "arguments": dict(arguments)}, CALL_SECONDS)
        content = result.get("content")
        texts = [
            one["text"]
            for one in (content if isinstance(content, list) else [])
            if isinstance(one, dict) and isinstance(one.get("text"), str)
        ]
        text = "".join(c if c.isprintable() or c == "\n" else " " for c in "\n".join(texts)[:MAX_RESULT])
        if result.get("isError") or _failed(text):
            raise ToolRefusedError(text or "Home Assistant refused it.")
        return text or "It gave no answer."

    async def _asked(self, method: str, params: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        meta = {"_meta": {DEVICE: self._device}} if self._device else {}
        body = {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": {**params, **meta}}
        try:
            answer = await self._connection.post(PATH, body, seconds=seconds, most=MOST_BYTES)
        except TokenError as error:
            raise UnwelcomeError(str(error)) from error
        except UncertainError as error:
            raise ServerError(str(error)) from error
        except HomeAssistantError as error:
            if method == "tools/call":
                raise ToolRefusedError("Home Assistant is away; nothing is done.") from error
            raise ServerError(str(error)) from error
        if not isinstance(answer, dict):
            raise ServerError("Home Assistant's answer has a form that is not known here")
        if isinstance(fault := answer.get("error"), dict):
            raise ToolRefusedError(str(fault.get("message", "Home Assistant refused it."))[:MAX_RESULT])
        result = answer.get("result")
        if not isinstance(result, dict):
            raise ServerError("Home Assistant's answer has a form that is not known here")
        return result


def _failed(text: str) -> bool:
    """Whether an intent's answer tells that nothing was done: the call itself may have gone well."""
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(answer, dict):
        return False
    data = answer.get("data")
    data = data if isinstance(data, dict) else {}
    return answer.get("response_type") == "error" or bool(data.get("failed") and not data.get("success"))


@asynccontextmanager
async def home_assistant(
    settings: HomeAssistantSettings, device: str
) -> AsyncGenerator[HomeAssistantSession, None]:
    """Its tools. Nothing is opened before something is asked."""
    connection = HomeConnection(settings)
    try:
        yield HomeAssistantSession(connection, device)
    finally:
        await connection.close()


def harmless(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a tool as they may be sent. Raises ToolRefusedError."""
    if not name.endswith(_ON_AND_OFF):
        return arguments
    wanted = arguments.get("domain")
    kinds = [wanted] if isinstance(wanted, str) else wanted if isinstance(wanted, list) else []
    kept = [kind for kind in kinds if kind in HARMLESS]
    if kinds and not kept:
        raise ToolRefusedError(
            "Nothing is done: locks, doors and alarms are not turned on and off from here."
        )
    return {**arguments, "domain": kept or list(HARMLESS)}
