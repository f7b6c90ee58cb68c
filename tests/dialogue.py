"""A scripted dialogue of ten turns through the whole conversation: context, Ollama's protocol, a real model.

Two replies are interrupted, one of them before a word of it was heard. What the model was sent is kept,
byte for byte, so that tests and benches can look at it.
"""

from __future__ import annotations

import time
from contextlib import aclosing
from dataclasses import dataclass

from hearthd.core.context import Context, Message
from hearthd.engines.chat.embedded import EmbeddedChat
from hearthd.engines.chat.ollama import OllamaChat
from tests import chat_models
from tests.peers.ollama import OllamaPeer

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
    seconds: float
    """From the question to the first piece."""
    read: int
    """Tokens of the prompt that were read after the question."""


async def hold(model: EmbeddedChat, *, num_ctx: int = 2048, clock_first: bool = False) -> list[Step]:
    """Hold the dialogue with ``model`` behind the peer; one step a turn.

    Before each question the conversation so far is prefilled. With ``clock_first`` it is not, and the time
    stands at the beginning, where many put it: what comes after it is read anew for every question.
    """

    context = Context(SYSTEM, num_ctx=num_ctx, reply_tokens=60)
    steps: list[Step] = []
    async with OllamaPeer(writer=chat_models.writer(model)) as peer:
        peer.bytes_a_token = 8.0  # the model behind it counts for itself
        chat = OllamaChat(
            peer.url, "smollm2:135m", num_ctx=num_ctx, max_reply_tokens=60, first_token_seconds=120.0
        )
        for number, (question, language) in enumerate(QUESTIONS):
            prefix = context.prefix()
            messages = context.messages(question, language, f"It is 14:{number:02}.")
            if clock_first:
                messages[0] = Message("system", f"It is 14:{number:02}. {SYSTEM}")
            else:
                await chat.prefill(prefix)
            pieces: list[str] = []
            asked = time.perf_counter()
            first = 0.0
            heard_pieces = INTERRUPTED_AFTER.get(number)
            async with aclosing(chat.reply(messages)) as reply:
                async for piece in reply:
                    first = first or time.perf_counter() - asked
                    pieces.append(piece)
                    if heard_pieces is not None and len(pieces) > heard_pieces:
                        break
            spoken = "".join(pieces if heard_pieces is None else pieces[:heard_pieces]).strip()
            context.add(question, spoken, heard_pieces is not None)
            usage = model.usage
            read = usage.prompt_tokens - (usage.cached_tokens or 0) if usage else 0
            sent = peer.chats[-1]["messages"]
            steps.append(Step(question, "".join(pieces), spoken, prefix, sent, first, read))
        await chat.close()
    return steps
