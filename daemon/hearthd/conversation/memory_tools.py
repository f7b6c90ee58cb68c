"""What the chat model may look up: the owner's documents, and what was talked about before."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from hearthd.common import local_time
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.messages import ToolSpec
from hearthd.knowledge.answers import Consulted
from hearthd.knowledge.common_words import common_words
from hearthd.tools.tool import ToolRefusedError

TURNS = 8
"""Turns that are told at once: some 600 tokens."""
MAX_SIDE = 200
"""Characters of each side of a turn."""
MAX_WORDS = 200
"""Characters of what is looked for."""
_DAYS = {"today": 0, "今天": 0, "yesterday": 1, "昨天": 1, "the day before yesterday": 2, "前天": 2}

Between = Callable[[float, float], Sequence[TurnRecord]]
"""The turns between two times (seconds since the epoch) that may be told here, oldest first; blocks."""


class HistoryTool:
    """A ``Tool``: "what did I ask yesterday?"."""

    finishes = False
    spec = ToolSpec(
        "search_history",
        "Look up what people asked this speaker before, and what it answered.",
        {
            "type": "object",
            "properties": {
                "words": {"type": "string", "description": "words to look for; leave out for everything"},
                "day": {"type": "string", "description": "today, yesterday, 昨天 or a date: 2026-11-26"},
            },
        },
    )

    def __init__(self, between: Between) -> None:
        self._between = between

    async def call(self, arguments: Mapping[str, Any], language: str) -> str:
        """The turns, oldest first."""
        words = str(arguments.get("words", ""))[:MAX_WORDS]
        since, until = _bounds(str(arguments.get("day", "")).strip().lower())
        turns = await asyncio.to_thread(self._between, since, until)
        if words:
            shares = common_words(words, [f"{turn.heard} {turn.spoken}" for turn in turns])
            best = sorted(range(len(turns)), key=lambda at: (-shares[at], -at))[:TURNS]
            turns = [turns[at] for at in sorted(best) if shares[at] > 0]
        return "\n".join(_told(turn) for turn in turns[-TURNS:]) or "Nothing was found."


class DocumentsTool:
    """A ``Tool``: what the owner's documents say."""

    finishes = False
    spec = ToolSpec(
        "search_documents",
        "Look something up in the household's own documents.",
        {
            "type": "object",
            "properties": {"question": {"type": "string", "description": "the question, in whole words"}},
            "required": ["question"],
        },
    )

    def __init__(self, consult: Callable[[str, str], Awaitable[Consulted]]) -> None:
        self._consult = consult

    async def call(self, arguments: Mapping[str, Any], language: str) -> str:
        """The passages that fit."""
        known = await self._consult(str(arguments["question"])[:MAX_WORDS], language)
        return known.material or known.refusal or "Nothing was found."


def _bounds(day: str) -> tuple[float, float]:
    """The beginning and the end of a day as people or models name it; of all time for ""."""
    if not day:
        return 0.0, float("inf")
    today = local_time.now()
    try:
        on = today.date() - timedelta(days=_DAYS[day]) if day in _DAYS else date.fromisoformat(day[:10])
        begin, end = (
            datetime(day.year, day.month, day.day, tzinfo=today.tzinfo).timestamp()
            for day in (on, on + timedelta(days=1))
        )
    except (ValueError, OverflowError):
        raise ToolRefusedError("That day is not understood: say today, yesterday, or 2026-11-26.") from None
    return begin, end


def _told(turn: TurnRecord) -> str:
    at = datetime.fromtimestamp(turn.started_at).strftime("%A %Y-%m-%d %H:%M")
    answered = f" You: {turn.spoken[:MAX_SIDE]}" if turn.spoken else ""
    return f"{at} Person: {turn.heard[:MAX_SIDE]}{answered}"
