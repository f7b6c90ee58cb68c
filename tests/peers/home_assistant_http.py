"""A protocol peer of Home Assistant 2026.11: the statuses, schemas and JSON of what hearthd asks of it.

It speaks HTTP over bare sockets, so that it can also do what a server never means to: hang, break off,
answer with garbage. Behind it is a small house: a light, a fan and a thermometer in two rooms and a lock,
called in English and in Chinese, and a room for each entity that speaks. The shapes are those of
``components/conversation/http.py``, ``helpers/intent.py`` and ``components/api``; the sentences that it
understands are a few of those that home-assistant-intents has.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
from dataclasses import dataclass, field
from typing import Any

from tests.peers import home_assistant_mcp

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJoZWFydGhkIn0.c2VjcmV0LXNpZ25hdHVyZQ"
AGENT = "conversation.home_assistant"
CHINESE = re.compile(r"zh\b")
REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    500: "Server Error",
}
KEYS = {"text", "conversation_id", "language", "agent_id", "device_id", "satellite_id"}


@dataclass
class Thing:
    """An entity: what it is called in each language, its room, and whether it is on."""

    id: str
    english: str
    chinese: str
    room: str
    on: bool = False
    broken: bool = False
    """Home Assistant fails to switch it."""


ROOMS = {"kitchen": "厨房", "bedroom": "卧室"}


@dataclass
class House:
    """What Home Assistant knows."""

    things: list[Thing] = field(
        default_factory=lambda: [
            Thing("light.kitchen", "kitchen light", "厨房的灯", "kitchen"),
            Thing("light.bedroom", "bedroom light", "卧室的灯", "bedroom"),
            Thing("fan.bedroom", "ceiling fan", "吊扇", "bedroom"),
            Thing("lock.front_door", "front door", "大门", "hall", on=True),
        ]
    )
    speakers: dict[str, str] = field(default_factory=dict)
    """The rooms of entities that speak."""

    @property
    def states(self) -> list[dict[str, Any]]:
        """As ``/api/states`` tells them."""
        return [
            {"entity_id": t.id, "state": "on" if t.on else "off", "attributes": {"friendly_name": t.english}}
            for t in self.things
        ]

    def is_on(self, entity: str) -> bool:
        return next(thing.on for thing in self.things if thing.id == entity)


class HomeAssistantPeer:
    """A Home Assistant for one test. ``async with HomeAssistantPeer() as peer: peer.url``.

    Set ``fault`` to have requests fail: ``hang`` (no answer), ``cut`` (the connection, once it has acted),
    ``garbage``, ``huge`` (endless), ``deep``, ``gzip``, ``redirect``, ``error`` (500), ``starting`` (no
    conversation yet), ``odd`` (JSON of a strange form: what is in ``odd``). ``old``: it knows no satellites.
    ``delay`` seconds pass before each answer to a sentence.
    """

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.house = House()
        self.token = TOKEN
        self.fault = ""
        self.old = False
        self.delay = 0.0
        self.odd: Any = None
        self.states: Any = ...
        """What it says its states are, in the place of those of the house."""
        self.asked: list[dict[str, Any]] = []
        """The bodies of the sentences, in order."""
        self.tool_requests: list[dict[str, Any]] = []
        """The bodies of what its tools were asked."""
        self.requests: list[tuple[str, str, int]] = []
        """Method, path and status of everything."""
        self.scripted: dict[str, dict[str, Any]] = {}
        """Whole answers to certain sentences."""
        self._conversations = 0
        self._port, self._tls = port, tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """For a name that a certificate may have."""
        return f"https://localhost:{self._port}" if self._tls else f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> HomeAssistantPeer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; on the port of before, if it was started before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop at once, like a killed server."""
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def texts(self) -> list[str]:
        """The sentences that were asked."""
        return [body["text"] for body in self.asked]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            first = await reader.readexactly(1)
            if not first.isalpha():  # TLS, say
                writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                return
            while True:
                head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first = b""
                length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
                raw = await reader.readexactly(int(length.group(1)) if length else 0)
                await self._serve(writer, head, raw)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, _CutError, ssl.SSLError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _serve(self, writer: asyncio.StreamWriter, head: str, raw: bytes) -> None:
        method, path, _ = head.split("\r\n", 1)[0].split(" ")
        status, value = await self._answer(writer, method, path, head, raw)
        self.requests.append((method, path, status))
        if isinstance(value, str):
            return await self._send(writer, status, value.encode(), "text/plain; charset=utf-8")
        return await self._send(writer, status, json.dumps(value, ensure_ascii=False).encode())

    async def _answer(
        self, writer: asyncio.StreamWriter, method: str, path: str, head: str, raw: bytes
    ) -> tuple[int, Any]:
        if self.fault == "redirect":
            return 302, ""
        if f"authorization: bearer {self.token}".lower() not in head.lower():
            return 401, "401: Unauthorized"
        if (method, path) == ("GET", "/api/config"):
            components = ["api", "http", *([] if self.fault == "starting" else ["conversation"])]
            return 200, {"version": "2026.11.0", "state": "RUNNING", "components": components}
        if (method, path) == ("POST", "/api/mcp/assist"):
            return await self._mcp(json.loads(raw))
        if (method, path) == ("GET", "/api/states"):
            return 200, self.house.states if self.states is ... else self.states
        if (method, path) != ("POST", "/api/conversation/process") or self.fault == "starting":
            return 404, "404: Not Found"
        return await self._process(writer, json.loads(raw))

    async def _mcp(self, body: dict[str, Any]) -> tuple[int, Any]:
        """A request to its tools, by itself: no session is begun."""
        self.tool_requests.append(body)
        if self.fault == "hang":
            await asyncio.Event().wait()
        if self.fault == "cut":
            raise _CutError
        return 200, self.odd if self.fault == "odd" else home_assistant_mcp.answer(self.house, body)

    async def _process(self, writer: asyncio.StreamWriter, body: dict[str, Any]) -> tuple[int, Any]:
        known = KEYS - {"device_id", "satellite_id"} if self.old else KEYS
        if unknown := sorted(body.keys() - known):
            message = f"Message format incorrect: extra keys not allowed @ data['{unknown[0]}']"
            return 400, {"message": message}
        if body.get("agent_id") != AGENT:
            wrong = "invalid agent ID for dictionary value @ data['agent_id']"
            return 400, {"message": f"Message format incorrect: {wrong}"}
        self.asked.append(body)
        await asyncio.sleep(self.delay)
        answer = self._understood(body)
        match self.fault:
            case "hang":
                await asyncio.Event().wait()
            case "cut":
                raise _CutError
            case "error":
                return 500, "500: Internal Server Error\n\nServer got itself in trouble"
            case "garbage":
                await self._send(writer, 200, b"\x00\xff{]\n")
                raise _CutError
            case "huge":
                await self._endless(writer)
            case "deep":
                await self._send(writer, 200, b"[" * 100_000)
                raise _CutError
            case "gzip":
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00"
                )
                raise _CutError
            case "odd":
                return 200, self.odd
        return 200, answer

    def _understood(self, body: dict[str, Any]) -> dict[str, Any]:
        text = body["text"].strip().rstrip(".?!。？！").lower()
        if text in self.scripted:
            return self.scripted[text]
        chinese = bool(CHINESE.match(body["language"]))
        self._conversations += 1
        room = self.house.speakers.get(body.get("satellite_id") or "", "")
        response = self._chinese(text, room) if chinese else self._english(text, room)
        conversation = body.get("conversation_id") or f"01JCONVERSATION{self._conversations:011d}"
        return {
            "response": {**response, "card": {}, "language": body["language"]},
            "conversation_id": conversation,
            "continue_conversation": False,
        }

    def _english(self, text: str, room: str) -> dict[str, Any]:
        text = re.sub(r"^(please|could you|can you) | please$", "", text)
        if found := re.fullmatch(r"turn (on|off) (?:the )?(.+)", text):
            on, name = found[1] == "on", found[2]
            named = [t for t in self.house.things if t.english == name and not t.id.startswith("lock")]
            if name in ("light", "lights"):
                if not room:
                    return error("no_valid_targets", "Sorry, I am not aware of any light")
                named = [t for t in self.house.things if t.id.startswith("light") and t.room == room]
            what = "lights" if name.startswith("light") else name
            unknown = f"Sorry, I am not aware of any device called {name}"
            told = f"Turned {found[1]} the {what}"
            return self._switched(named, on, unknown, told, "An unexpected error occurred")
        if found := re.fullmatch(r"(un)?lock (?:the )?(.+)", text):
            named = [t for t in self.house.things if t.english == found[2] and t.id.startswith("lock")]
            told = "Unlocked" if found[1] else "Locked"
            return self._switched(
                named, not found[1], f"Sorry, I am not aware of any device called {found[2]}", told, ""
            )
        if found := re.fullmatch(r"is (?:the )?(.+) (on|off)", text):
            named = [t for t in self.house.things if t.english == found[1]]
            if not named:
                return error("no_valid_targets", f"Sorry, I am not aware of any device called {found[1]}")
            yes = named[0].on == (found[2] == "on")
            return told_of(
                named, f"{'Yes' if yes else 'No'}, {named[0].english} is {'on' if named[0].on else 'off'}"
            )
        if re.fullmatch(r"tell me a joke", text):
            return error("no_valid_targets", "Sorry, I am not aware of any device called a joke")
        if "timer" in text:
            return error("failed_to_handle", "Sorry, timers are not supported on this device")
        return error("no_intent_match", "Sorry, I couldn't understand that")

    def _chinese(self, text: str, room: str) -> dict[str, Any]:
        text = re.sub("^(请|麻烦|帮我)+", "", text)
        found = re.fullmatch(r"(打开|关闭|关掉)(.+)", text) or re.fullmatch(r"把?(.+?)(打开|关掉|关闭)", text)
        if found:
            on = "打开" in found.groups()
            name = next(group for group in found.groups() if group not in ("打开", "关闭", "关掉"))
            named = [t for t in self.house.things if t.chinese == name]
            if name == "灯" and room:
                named = [t for t in self.house.things if t.id.startswith("light") and t.room == room]
            if named and named[0].id.startswith("lock"):
                on = not on
            return self._switched(
                named,
                on,
                f"抱歉，找不到名为 {name} 的设备",
                f"已{'打开' if '打开' in found.groups() else '关闭'}",
                "发生了一个意外错误",
            )
        if found := re.fullmatch(r"(.+?)(开着吗|是开着的吗)", text):
            named = [t for t in self.house.things if t.chinese == found[1]]
            if named:
                return told_of(named, f"{'是的' if named[0].on else '没有'}")
            return error("no_valid_targets", f"抱歉，找不到名为 {found[1]} 的设备")
        return error("no_intent_match", "抱歉，我无法理解您的意思，你可以尝试换个说法")

    def _switched(
        self, things: list[Thing], on: bool, unknown: str, told: str, failed: str
    ) -> dict[str, Any]:
        if not things:
            return error("no_valid_targets", unknown)
        if all(thing.broken for thing in things):
            return error("failed_to_handle", failed)
        for thing in things:
            thing.on = on if not thing.broken else thing.on
        well = [target(thing) for thing in things if not thing.broken]
        return {
            "speech": plain(told),
            "response_type": "action_done",
            "data": {"success": well, "failed": [target(thing) for thing in things if thing.broken]},
        }

    async def _send(
        self, writer: asyncio.StreamWriter, status: int, raw: bytes, kind: str = "application/json"
    ) -> None:
        lines = [
            f"HTTP/1.1 {status} {REASONS[status]}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(raw)}",
        ]
        if status == 302:
            lines.append("Location: http://127.0.0.1:9/api/elsewhere")
        writer.write("\r\n".join([*lines, "", ""]).encode() + raw)
        await writer.drain()

    async def _endless(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        piece = b'{"response": "' + b"x" * 65_000
        while True:
            writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            await writer.drain()


class _CutError(Exception):
    """The connection is closed here."""


def plain(text: str) -> dict[str, Any]:
    return {"plain": {"speech": text, "extra_data": None}}


def target(thing: Thing) -> dict[str, Any]:
    return {"name": thing.english, "type": "entity", "id": thing.id}


def error(code: str, text: str) -> dict[str, Any]:
    return {"speech": plain(text), "response_type": "error", "data": {"code": code}}


def told_of(things: list[Thing], text: str) -> dict[str, Any]:
    success = [target(thing) for thing in things]
    return {
        "speech": plain(text),
        "response_type": "query_answer",
        "data": {"success": success, "failed": []},
    }
