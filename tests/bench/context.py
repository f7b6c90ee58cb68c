"""A full context with the starter model: turns dropped in blocks, beside one turn dropped at a time.

Both keep the system prompt still and the time out of the prefix, both fill the same budget; the sliding
window drops the oldest turn whenever the next question would not fit, as most assistants do. Nothing is
prefilled, so that what the model reads for a question is all counted.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Iterator
from contextlib import aclosing
from itertools import cycle, islice

from hearthd.conversation.context import Context
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.messages import Text, Usage
from tests import chat_models, long_dialogue
from tests.bench import CannotRun, Figure

NUM_CTX, REPLY_TOKENS = 1024, 48
TOLD = 12
"""Turns that fill the context before the first one is measured."""
TURNS = 12
ANSWER = "That depends on where you are, but most people would say that it is rather a lot of it."


class Sliding(Context):
    """Drops no turn before it must, and then no more than it must."""

    def _trim(self) -> None: ...


def run() -> list[Figure]:
    """Talk twice over the same questions."""
    if not chat_models.available(chat_models.STARTER):
        raise CannotRun(f"the model {chat_models.STARTER} is not there: hearthd models pull")
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    model = chat_models.embedded(chat_models.STARTER, num_ctx=NUM_CTX, max_reply_tokens=REPLY_TOKENS)
    try:
        blocks = await _talk(model, Context)
        sliding = await _talk(model, Sliding)
    finally:
        await model.close()
    figures = []
    for number, (name, unit) in enumerate((("prompt tokens read a turn", ""), ("first word", "ms"))):
        ours, theirs = (statistics.mean(turn[number] for turn in turns) for turns in (blocks, sliding))
        figures.append(Figure("context", f"{name}, mean", ours, unit, theirs, ours / theirs, TURNS))
    moved = [sum(read > NUM_CTX // 4 for read, _ in turns) for turns in (blocks, sliding)]
    figures.append(Figure("context", f"turns of {TURNS} with the prefix read anew", *_beside(moved), TURNS))
    return figures


def _beside(pair: list[int]) -> tuple[float, str, float, float]:
    return float(pair[0]), "", float(pair[1]), pair[0] / max(pair[1], 1)


async def _talk(model: EmbeddedChat, kind: type[Context]) -> list[tuple[int, float]]:
    """For each turn: tokens of the prompt that were read, milliseconds to the first word."""
    context = kind(long_dialogue.SYSTEM, num_ctx=NUM_CTX, reply_tokens=REPLY_TOKENS)
    questions = _questions()
    for question, _ in islice(questions, TOLD):
        context.add(question, ANSWER, False)
    measured = []
    for number, (question, language) in enumerate(islice(questions, TURNS)):
        began, first, reply = time.perf_counter(), 0.0, ""
        messages = context.messages(question, language, f"It is 14:{number:02}.")
        usage = None
        async with aclosing(model.reply(messages)) as events:
            async for event in events:
                if isinstance(event, Text):
                    first = first or (time.perf_counter() - began) * 1000
                    reply += event.text
                usage = event if isinstance(event, Usage) else usage
        assert usage is not None
        context.calibrate(usage.prompt_bytes, usage.prompt_tokens)
        context.add(question, reply, False)
        measured.append((usage.prompt_tokens - (usage.cached_tokens or 0), first))
    return measured


def _questions() -> Iterator[tuple[str, str]]:
    """The dialogue's, again and again, each time with a number, so that none is the same."""
    for number, (question, language) in enumerate(cycle(long_dialogue.QUESTIONS)):
        yield f"{question} ({number})", language
