"""In a dialogue, the model is told what was really said, and what it has read already is not read again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.messages import Message, ToolSpec
from tests import chat_models, long_dialogue
from tests.long_dialogue import Step
from tests.peers.ollama import OllamaPeer

pytestmark = [pytest.mark.integration, pytest.mark.models, pytest.mark.slow]


async def held_through_ollama(model: EmbeddedChat, num_ctx: int) -> list[Step]:
    """With the Ollama client, and ``model`` behind the peer."""
    async with OllamaPeer(writer=chat_models.writer(model)) as peer:
        peer.bytes_a_token = 8.0  # the model behind it counts for itself
        chat = OllamaChat(
            *(peer.url, "smollm2:135m"),
            num_ctx=num_ctx,
            max_reply_tokens=long_dialogue.REPLY_TOKENS,
            first_token_seconds=120.0,
        )
        try:
            return await long_dialogue.hold(chat, lambda: peer.chats[-1]["messages"], num_ctx)
        finally:
            await chat.close()


async def held_by_itself(model: EmbeddedChat, num_ctx: int, monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """With the embedded engine; what it sends to its child is noted."""
    sent: list[list[dict[str, str]]] = []
    body = model._body

    def noted(messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> dict[str, Any]:
        made = body(messages, tools)
        sent.append(made["messages"])
        return made

    monkeypatch.setattr(model, "_body", noted)
    return await long_dialogue.hold(model, lambda: sent[-1], num_ctx)


@pytest.mark.parametrize("through", ["ollama", "embedded"])
async def test_ten_turns_hold_only_what_was_spoken_and_the_prefix_stays(
    through: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = chat_models.embedded(chat_models.TINY, max_reply_tokens=long_dialogue.REPLY_TOKENS)
    try:
        if through == "ollama":
            steps = await held_through_ollama(model, 2048)
        else:
            steps = await held_by_itself(model, 2048, monkeypatch)
    finally:
        await model.close()
    expected = [{"role": "system", "content": long_dialogue.SYSTEM}]
    unanswered = ""
    for number, step in enumerate(steps):
        last = {"role": "user", "content": f"{aside(number)}{unanswered}{step.heard}"}
        assert step.sent == [*expected, last], f"turn {number}"
        assert step.sent[: len(step.prefix)] == [{"role": m.role, "content": m.content} for m in step.prefix]
        if step.spoken:
            mark = "…" if number in long_dialogue.INTERRUPTED_AFTER else ""
            expected.append({"role": "user", "content": unanswered + step.heard})
            expected.append({"role": "assistant", "content": step.spoken + mark})
            unanswered = ""
        else:
            unanswered += step.heard + "\n"
    for before, after in pairwise(steps):
        assert after.prefix[: len(before.prefix)] == before.prefix
    interrupted = steps[2]
    assert interrupted.spoken
    assert interrupted.reply.startswith(interrupted.spoken)
    assert len(interrupted.reply) > len(interrupted.spoken)
    assert steps[6].spoken == ""


async def test_in_a_small_context_the_prefix_moves_only_when_a_block_of_turns_is_dropped() -> None:
    model = chat_models.embedded(chat_models.TINY, max_reply_tokens=long_dialogue.REPLY_TOKENS)
    try:
        steps = await held_through_ollama(model, 512)
    finally:
        await model.close()
    moved = [
        number
        for number, (before, after) in enumerate(pairwise(steps), 1)
        if after.prefix[: len(before.prefix)] != before.prefix
    ]
    assert 1 <= len(moved) <= 4
    assert all(later - earlier > 1 for earlier, later in pairwise(moved))
    said = [f"{message['role']}: {message['content']}" for step in steps for message in step.sent[:-1]]
    for number, step in enumerate(steps):
        assert step.sent[0]["content"] == long_dialogue.SYSTEM
        assert step.sent[-1]["content"].startswith(aside(number))
        assert step.sent[-1]["content"].endswith(step.heard)
        for message in step.prefix[1:]:
            assert f"{message.role}: {message.content}" in said


def aside(number: int) -> str:
    """What stands before the question of a turn."""
    language = "Answer in English." if long_dialogue.QUESTIONS[number][1] == "en" else "请用中文回答。"
    return f"(It is 14:{number:02}. {language})\n\n"
