"""The tools of a Home Assistant's MCP endpoint (``mcp_server`` 2026.11): JSON-RPC, a request by itself.

``HassTurnOn`` and ``HassTurnOff`` take a name and kinds of things ("domain"); turned off, a lock opens.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.peers.home_assistant_http import House, Thing

DEVICE = "io.home-assistant/device_id"
_SLOTS = {
    "name": {"type": "string"},
    "area": {"type": "string"},
    "floor": {"type": "string"},
    "domain": {"type": "array", "items": {"type": "string"}},
}


def _tool(name: str, description: str, *, reads_only: bool = False) -> dict[str, Any]:
    schema = {"type": "object", "properties": _SLOTS}
    annotations = {"readOnlyHint": reads_only}
    return {"name": name, "description": description, "inputSchema": schema, "annotations": annotations}


TOOLS = [
    _tool("intent__HassTurnOn", "Turns on/opens a device. For locks, this performs a 'lock' action."),
    _tool("intent__HassTurnOff", "Turns off/closes a device. For locks, this performs an 'unlock' action."),
    _tool("homeassistant__GetLiveContext", "Provides real-time information about devices.", reads_only=True),
    _tool("script__open_the_gate", "Opens the gate."),
]  # fmt: skip


def answer(house: House, body: dict[str, Any]) -> dict[str, Any]:
    """What is answered to ``body``."""
    params = body["params"]
    if body["method"] == "tools/list":
        return {"jsonrpc": "2.0", "id": body["id"], "result": {"tools": TOOLS}}
    if body["method"] != "tools/call" or params["name"] not in {tool["name"] for tool in TOOLS}:
        return {"jsonrpc": "2.0", "id": body["id"], "error": {"code": -32601, "message": "Method not found"}}
    text, failed = _called(house, params["name"], params["arguments"], params.get("_meta", {}).get(DEVICE))
    result = {"content": [{"type": "text", "text": text}], "isError": failed}
    return {"jsonrpc": "2.0", "id": body["id"], "result": result}


def _called(house: House, tool: str, arguments: dict[str, Any], device: str | None) -> tuple[str, bool]:
    if tool.endswith("GetLiveContext"):
        return "\n".join(f"{thing.english}: {'on' if thing.on else 'off'}" for thing in house.things), False
    room = house.speakers.get(device or "", "")
    found = [thing for thing in house.things if _is_meant(thing, arguments, room)]
    if not found:
        return "MatchFailedError: no entity matches", True
    lists: dict[str, list[dict[str, str]]] = {"success": [], "failed": []}
    for thing in found:
        thing.on = thing.on if thing.broken else tool.endswith("TurnOn")
        named = {"name": thing.english, "type": "entity", "id": thing.id}
        lists["failed" if thing.broken else "success"].append(named)
    return json.dumps({"response_type": "action_done", "data": lists}), False


def _is_meant(thing: Thing, arguments: dict[str, Any], room: str) -> bool:
    kinds, name = arguments.get("domain"), str(arguments.get("name", "")).lower()
    if kinds and thing.id.partition(".")[0] not in kinds:
        return False
    return thing.english == name or (not name and bool(room) and thing.room == room)
