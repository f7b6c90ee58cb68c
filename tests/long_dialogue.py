"""A scripted dialogue of ten turns through the whole conversation: context, chat client, a real model.

Two replies are interrupted, one of them before a word of it was heard. What the model was sent is kept,
byte for byte, so that tests and benches can look at it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from hearthd.conversation.context import Context
from hearthd.engines.messages import Message, texts
from hearthd.engines.protocols import ChatModel

REPLY_TOKENS = 24
SYSTEM = "You are a smart speaker in a home. Answer in one short sentence, in the language of the question."
QUESTIONS = (
    ("What is the capital of France?", "en"),
    ("中国的首都是哪里？", "zh"),
    ("Tell me about the sea.", "en"),
    ("What colour is the sky?", "en"),
    ("一年有几个月？", "zh"),
    ("How many legs does a spider have?", "en"),
    ("Tell me a long story.", "en"),
    ("No, a short one please.", "en"),
    ("谢谢你。", "zh"),
    ("Good night.", "en"),
)
INTERRUPTED_AFTER = {2: 3, 6: 0}
"""Turn → pieces of the reply that were heard before the person talked over it."""


@dataclass(frozen=True)
class Step:
    """One turn: what was said by whom, and what the model was sent for it."""

    heard: str
    reply: str
    spoken: str
    prefix: list[Message]
    """What was prefilled."""
    sent: list[dict[str, str]]
    """The messages as they came over the wire."""


async def hold(chat: ChatModel, sent: Callable[[], list[dict[str, str]]], num_ctx: int) -> list[Step]:
    """Hold the dialogue with ``chat``; one step a turn. ``sent`` tells the messages of the last request.

    Before each question the conversation so far is prefilled.
    """
    context = Context(SYSTEM, num_ctx=num_ctx, reply_tokens=REPLY_TOKENS)
    steps: list[Step] = []
    for number, (question, language) in enumerate(QUESTIONS):
        prefix = context.prefix()
        messages = context.messages(question, language, f"It is 14:{number:02}.")
        await chat.prefill(prefix)
        pieces: list[str] = []
        heard_pieces = INTERRUPTED_AFTER.get(number)
        async with aclosing(texts(chat.reply(messages))) as reply:
            async for piece in reply:
                pieces.append(piece)
                if heard_pieces is not None and len(pieces) > heard_pieces:
                    break
        spoken = "".join(pieces if heard_pieces is None else pieces[:heard_pieces]).strip()
        context.add(question, spoken, heard_pieces is not None)
        steps.append(Step(question, "".join(pieces), spoken, prefix, sent()))
    return steps
