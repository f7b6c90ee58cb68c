"""The model as it serves: its answers, and what it holds for likely, with an adapter or without."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx

from hearthd.common.errors import ChatError, EngineError
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.llm.gguf_file import fingerprint
from hearthd.engines.llm.llama_process import Child
from hearthd.engines.messages import Message, texts
from hearthd.engines.protocols import Adapter, Manner

NUM_CTX = 2048
ANSWER_TOKENS = 80
"""Of an answer that is judged: what is wanted stands at its beginning."""
SECONDS = 120.0
"""For one answer on a slow processor."""
SHOWN = 60
"""Tokens that llama.cpp is asked to tell at a place: more than are compared: it may rank them otherwise."""


async def answers(
    model: Path,
    adapter: Path | None,
    questions: Sequence[Sequence[Message]],
    progress: Callable[[int, int], None],
) -> list[str]:
    """What the model answers to each, the likeliest word always. Raises EngineError."""
    chat = EmbeddedChat(
        model.name, lambda: model, num_ctx=NUM_CTX, max_reply_tokens=ANSWER_TOKENS,
        first_token_seconds=SECONDS, stall_seconds=SECONDS,
    )  # fmt: skip
    chat.adopt(Manner(temperature=0.0, adapter=Adapter(adapter, fingerprint(model)) if adapter else None))
    said = []
    try:
        await chat.start()
        for number, messages in enumerate(questions, start=1):
            said.append(await _answer(chat, messages))
            progress(number, len(questions))
    finally:
        await chat.close()
    return said


async def _answer(chat: EmbeddedChat, messages: Sequence[Message]) -> str:
    try:
        async with aclosing(texts(chat.reply(messages))) as pieces:
            return "".join([piece async for piece in pieces]).strip()
    except ChatError:  # nothing to say, or nothing that can be said: no answer
        return ""


async def difference(model: Path, adapter: Path | None, proofs: Sequence[dict[str, Any]]) -> float:
    """How far what serves is from what was trained: the mean difference of log-probabilities, in nats.

    ``proofs``: ``{"tokens": prompt, "ids": likeliest next, "logprobs": of them}``. Raises EngineError.
    """
    child = await Child.start(model, NUM_CTX, 2, adapter)
    apart: list[float] = []
    try:
        for proof in proofs:
            body = {
                "prompt": proof["tokens"],
                "n_predict": 1,
                "n_probs": SHOWN,
                "temperature": 0.0,
                "stream": False,
            }
            async with asyncio.timeout(SECONDS):
                response = await child.http.post("/completion", json=body)
                told = response.raise_for_status().json()["completion_probabilities"][0]["top_logprobs"]
            served = {int(one["id"]): float(one["logprob"]) for one in told}
            floor = min(served.values())
            apart += [
                abs(served.get(int(token), floor) - float(logprob))
                for token, logprob in zip(proof["ids"], proof["logprobs"], strict=True)
            ]
    except (httpx.HTTPError, TimeoutError, KeyError, IndexError, TypeError, ValueError) as error:
        raise EngineError(f"the adapter could not be compared ({type(error).__name__})") from None
    finally:
        await child.close()
    if not apart:
        raise EngineError("the adapter could not be compared: there is nothing to compare it with")
    return sum(apart) / len(apart)
