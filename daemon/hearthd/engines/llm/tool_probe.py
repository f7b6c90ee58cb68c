"""Whether a model calls tools as it should: it is asked, once, before it is offered any.

Some models call a tool at every question, some write that they did and call none (of twelve questions that
need no tool, llama3.2:3b left the tools alone at none, qwen2.5:3b at half). So a model must call at a request
that wants it, with the right arguments, and must answer one that does not, in both languages.
"""

from __future__ import annotations

import json
import logging
import re
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearthd.common.errors import EmptyReplyError, NoToolsError
from hearthd.common.whole_file import replacing
from hearthd.engines.messages import Message, Text, ToolCall, ToolSpec
from hearthd.engines.protocols import ChatModel, HasDigest

log = logging.getLogger(__name__)

FILE = "tool_probes.json"
"""The results' name in the state directory."""
MAX_BYTES = 65_536
MAX_KEPT = 50
"""Models whose result is kept."""

_STRING = {"type": "string"}
TOOLS = (
    ToolSpec(
        "set_timer",
        "Set a timer that rings after a while.",
        {
            "type": "object",
            "properties": {"duration": {**_STRING, "description": "how long, as said: 10 minutes, 半小时"}},
            "required": ["duration"],
        },
    ),
    ToolSpec(
        "turn_on_light",
        "Turn on the light in a room.",
        {"type": "object", "properties": {"room": _STRING}, "required": ["room"]},
    ),
)
SYSTEM = (
    "You are a voice assistant. Call a tool only where one is needed; answer everything else yourself, in "
    "one short sentence."
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One request of the probe."""

    text: str
    arguments: str = ""
    """A pattern that the arguments of ``set_timer`` must hold; "": no tool may be called."""


QUESTIONS = (
    Trial("Set a timer for ten minutes.", r"(?i)\b10\b|\bten\b|600|十"),
    Trial("What is the capital of France?"),
    Trial("帮我定一个十分钟的计时器。", r"(?i)10|\bten\b|600|十"),
    Trial("中国的首都是哪里？"),
)
VERSION = 1
"""Of the probe: a result of another one counts no longer."""


async def probe(chat: ChatModel) -> str:
    """What is wrong with how ``chat`` calls tools; "" if nothing is. Raises EngineError."""
    for question in QUESTIONS:
        messages = [Message("system", SYSTEM), Message("user", question.text)]
        calls: list[ToolCall] = []
        said = ""
        try:
            async with aclosing(chat.reply(messages, TOOLS)) as reply:
                async for event in reply:
                    calls += [event] if isinstance(event, ToolCall) else []
                    said += event.text if isinstance(event, Text) else ""
        except NoToolsError:
            return "it takes no tools"
        except EmptyReplyError:
            pass
        if wrong := _wrong(question, calls, said):
            return wrong
    return ""


def _wrong(question: Trial, calls: list[ToolCall], said: str) -> str:
    if not question.arguments:
        if calls:
            return f'it calls {calls[0].name[:40]} at "{question.text}"'
        return "" if said.strip() else f'it has no answer to "{question.text}"'
    if [call.name for call in calls] != ["set_timer"]:
        return f'it does not call the tool at "{question.text}"'
    given = json.dumps(dict(calls[0].arguments), ensure_ascii=False)
    return (
        "" if re.search(question.arguments, given) else f'it calls with the wrong time at "{question.text}"'
    )


class Results:
    """What the probes of models have found, kept in a file: a model is asked once in its life."""

    def __init__(self, path: Path | None) -> None:
        """A file that is missing or damaged is empty. None: no file."""
        self._path = path
        self._found = {} if path is None else _read(path)

    def get(self, digest: str) -> str | None:
        """What is wrong with the model of that digest ("": nothing); None: it was not asked."""
        return self._found.get(digest)

    def put(self, digest: str, wrong: str) -> None:
        """Keep it; a disk that takes nothing means that the model is asked again after a restart."""
        self._found[digest] = wrong
        kept = dict([*self._found.items()][-MAX_KEPT:])
        if self._path is None:
            return
        try:
            with replacing(self._path) as new:
                new.write_text(json.dumps({"version": VERSION, "models": kept}, ensure_ascii=False, indent=1))
        except OSError as error:
            log.warning("%s cannot be written (%s)", self._path, error.strerror)


async def ask(chat: ChatModel, results: Results) -> str:
    """What is wrong with ``chat`` as it was found before, or is found now. Raises EngineError."""
    digest = await chat.digest() if isinstance(chat, HasDigest) else ""
    wrong = results.get(digest) if digest else None
    if wrong is None:
        wrong = await probe(chat)
        if digest:
            results.put(digest, wrong)
    return wrong


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            found: Any = json.loads(file.read(MAX_BYTES))
        models = found["models"] if found["version"] == VERSION else {}
        return {key: value for key, value in models.items() if isinstance(value, str)}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        log.warning("%s cannot be read (%s): the models are asked again", path, type(error).__name__)
        return {}
