"""What the embedded model is shown of a persona, and what it makes of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hearthd.config import personas
from hearthd.conversation.context import Context
from hearthd.conversation.conversation import manner_of
from hearthd.engines.llm.embedded import _briefly
from hearthd.engines.messages import Message, texts
from hearthd.engines.protocols import Manner
from tests import chat_models

pytestmark = pytest.mark.integration

HEARTH = personas.load("hearthd", [Path("config/personas")])
QUESTIONS = {
    "en": [
        *["What is the news today?", "What's new in the family?", "Tell me something nice.", "Who are you?"],
        *["What do you know about me?", "What did I say before?", "Good morning.", "Say something."],
    ],
    "zh": [
        *["今天有什么新闻？", "家里有什么新鲜事？", "说点好听的。", "你是谁？"],
        *["你知道我什么？", "我刚才说了什么？", "早上好。", "随便说点什么。"],
    ],
}


def context(prompt: str, num_ctx: int = 2048) -> Context:
    talk = Context(prompt, num_ctx=num_ctx, reply_tokens=40)
    talk.add("Hello.", "Hello!", False)
    return talk


@pytest.mark.parametrize("num_ctx", [256, 2048])
def test_the_embedded_model_is_shown_the_brief_and_all_the_rest(num_ctx: int) -> None:
    talk = context(HEARTH.system, num_ctx)
    talk.summarised("They like tea.", 0)
    sent = talk.messages("Who are you?", "en")
    shown = _briefly(sent, manner_of(HEARTH))
    assert shown[0].content.startswith(HEARTH.brief.strip())
    assert "read aloud" in sent[0].content
    assert "read aloud" not in shown[0].content
    assert ("They like tea." in shown[0].content) == ("They like tea." in sent[0].content)
    assert list(shown[1:]) == sent[1:]


@pytest.mark.parametrize(
    ("messages", "manner"),
    [
        ([], manner_of(HEARTH)),
        ([Message("user", HEARTH.system)], manner_of(HEARTH)),
        ([Message("system", "Write a summary of what was said.")], manner_of(HEARTH)),
        ([Message("system", "You are an owl.")], Manner(system="You are an owl.")),
    ],
)
def test_what_is_no_prompt_with_a_brief_is_shown_as_it_is(messages: list[Message], manner: Manner) -> None:
    assert _briefly(messages, manner) == messages


@pytest.mark.models
@pytest.mark.slow
async def test_the_starter_model_says_no_sentence_of_its_prompt() -> None:
    model = chat_models.embedded(chat_models.STARTER, max_reply_tokens=24)
    model.adopt(manner_of(HEARTH))
    rules = [re.sub(r"\W", "", rule).lower() for rule in re.split(r"[.!?。\n]+", HEARTH.system)]
    rules = [rule for rule in rules if len(rule) > 10]
    try:
        for language, questions in QUESTIONS.items():
            for question in questions:
                sent = context(HEARTH.system).messages(question, language, "Friday 2026-11-27 14:05")
                reply = "".join([text async for text in texts(model.reply(sent))])
                plain = re.sub(r"\W", "", reply).lower()
                assert plain, question
                assert not any(rule in plain or rule[4:] in plain for rule in rules), (question, reply)
    finally:
        await model.close()
