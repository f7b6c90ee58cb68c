"""What the model is told: only what was said aloud, always with the system prompt, cached prefix kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.conversation.context import MESSAGE_TOKENS, Context
from hearthd.dialogue.turn_record import Exchange
from hearthd.engines.messages import Message, halve

pytestmark = pytest.mark.unit

SYSTEM = "You are hearthd, a speaker in a home. Answer in one or two short sentences."

text = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=200)
turns = st.lists(st.builds(Exchange, text, st.one_of(st.just(""), text), st.booleans()), max_size=30)


def context(num_ctx: int = 2048) -> Context:
    return Context(SYSTEM, num_ctx=num_ctx, reply_tokens=num_ctx // 8)


def said(messages: list[Message]) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in messages]


def tokens(messages: list[Message], bytes_a_token: float = 3.0) -> float:
    return sum(len(m.content.encode()) / bytes_a_token + MESSAGE_TOKENS for m in messages)


def test_a_first_question_goes_with_the_system_prompt_alone() -> None:
    assert said(context().messages("What is the time?")) == [
        ("system", SYSTEM),
        ("user", "What is the time?"),
    ]


def test_the_time_and_the_language_stand_in_the_last_message_and_are_not_kept() -> None:
    c = context()
    first = c.messages("What is the time?", "en", "It is 14:05.")
    assert first[-1].content == "(It is 14:05. Answer in English.)\n\nWhat is the time?"
    c.add("What is the time?", "Five past two.", False)
    second = c.messages("谢谢", "zh", "It is 14:06.")
    assert "14:05" not in "".join(m.content for m in second)
    assert said(second[1:3]) == [("user", "What is the time?"), ("assistant", "Five past two.")]
    assert second[-1].content == "(It is 14:06. 请用中文回答。)\n\n谢谢"


def test_what_is_read_before_the_question_is_how_its_message_begins() -> None:
    c = context()
    c.add("What is the time?", "Five past two.", False)
    known = c.beginning("en", "It is 14:06.")
    asked = c.messages("And the date?", "en", "It is 14:06.")
    assert asked[:-1] == known[:-1]
    assert asked[-1].content.startswith(known[-1].content)


def test_an_interrupted_reply_counts_as_far_as_it_was_heard_and_is_marked() -> None:
    c = context()
    c.add("Tell me a story.", "Once upon a time", True)
    assert said(c.prefix())[-1] == ("assistant", "Once upon a time…")


def test_a_question_whose_answer_nobody_heard_is_asked_with_the_next_one() -> None:
    c = context()
    c.add("What is the capital of France", "", True)
    assert said(c.prefix()) == [("system", SYSTEM)]
    assert c.messages("no I mean of Spain")[-1].content == "What is the capital of France\nno I mean of Spain"
    c.add("no I mean of Spain", "Madrid.", False)
    assert said(c.prefix())[1:] == [
        ("user", "What is the capital of France\nno I mean of Spain"),
        ("assistant", "Madrid."),
    ]


@given(turns, text)
def test_roles_always_alternate_and_the_system_prompt_is_always_first(
    history: list[Exchange], heard: str
) -> None:
    c = context(512)
    c.restore(history)
    messages = c.messages(heard, "en", "It is noon.")
    assert messages[0] == Message("system", SYSTEM)
    roles = [m.role for m in messages[1:]]
    assert roles == (["user", "assistant"] * len(roles))[: len(roles)]
    assert roles[-1] == "user"


@given(turns, st.text(max_size=20_000), st.integers(512, 8192))
@settings(max_examples=200)
def test_nothing_said_can_push_out_the_system_prompt_or_overflow(
    history: list[Exchange], heard: str, num_ctx: int
) -> None:
    c = context(num_ctx)
    c.restore(history)
    messages = c.messages(heard, "en", "It is noon.")
    assert messages[0].content.startswith(SYSTEM)
    assert tokens(messages) <= num_ctx - num_ctx // 8


@given(st.lists(st.tuples(text, text), min_size=1, max_size=40), st.integers(600, 2048))
def test_the_prefix_only_grows_until_turns_are_dropped(pairs: list[tuple[str, str]], num_ctx: int) -> None:
    c = context(num_ctx)
    before = c.prefix()
    for heard, spoken in pairs:
        dropped = len(c.dropped())
        sent = c.messages(heard)
        if len(c.dropped()) == dropped:
            assert sent[: len(before)] == before
        between = len(c.dropped())
        grown = c.prefix()
        c.add(heard, spoken, False)
        if len(c.dropped()) == between:
            assert c.prefix()[: len(grown)] == grown
        before = c.prefix()


def test_turns_are_dropped_in_blocks_so_that_the_cache_holds_for_many_turns() -> None:
    c = context(4096)
    moves = 0
    for n in range(400):
        before = c.prefix()
        c.add(
            f"Question number {n}, which is about as long as a spoken one?",
            "An answer of a sentence. " * 2,
            False,
        )
        moves += c.prefix()[: len(before)] != before
    assert 4 <= moves <= 20


def test_counted_tokens_correct_the_estimate_at_once_when_there_were_more() -> None:
    c = context(1024)
    for _ in range(10):
        c.add("请告诉我一个关于小狗的故事", "从前有一只小狗，它住在山上。", False)
    before = len(c.prefix())
    c.calibrate(1600, 1000)
    assert len(c.prefix()) < before
    assert tokens(c.prefix(), 1.6) <= 1024


@pytest.mark.parametrize(("sent", "counted"), [(0, 5), (5, 0), (-1, -1)])
def test_a_nonsensical_count_changes_nothing(sent: int, counted: int) -> None:
    c = context()
    c.add("hello", "hi", False)
    before = c.prefix()
    c.calibrate(sent, counted)
    assert c.prefix() == before


def test_a_summary_stands_after_the_system_prompt_and_dropped_turns_wait_for_the_next() -> None:
    c = context(700)
    for n in range(60):
        c.add(f"What about number {n}?", "That is a fine number, as numbers go.", False)
    waiting = c.dropped()
    assert len(waiting) > 5
    c.summarised("They talked of numbers.", len(waiting))
    assert c.dropped() == []
    assert c.prefix()[0].content == f"{SYSTEM}\n\nEarlier in this conversation: They talked of numbers."


def test_a_system_prompt_too_long_for_the_model_is_cut_and_says_so() -> None:
    c = Context("Speak plainly. " * 1000, num_ctx=1024, reply_tokens=128)
    assert c.system_cut
    assert tokens(c.messages("hello")) < 1024 - 128
    assert not context().system_cut


def test_halving_keeps_the_system_prompt_the_question_and_the_newer_turns() -> None:
    c = context()
    for n in range(4):
        c.add(f"q{n}", f"a{n}", False)
    halved = halve(c.messages("q4"))
    assert [m.content for m in halved] == [SYSTEM, "q2", "a2", "q3", "a3", "q4"]
    for _ in range(5):
        halved = halve(halved)
    assert [m.content for m in halved] == [SYSTEM, "q4"]


def test_what_is_forgotten_is_sent_to_no_model() -> None:
    context = Context("", num_ctx=4096, reply_tokens=100)
    context.add("my number is 4711", "I see.", False, 1.0)
    context.add("hello", "Hello.", False, 2.0)
    context.forget(1.0)
    assert "4711" not in str(context.messages("what do you know?"))
    assert "Hello." in str(context.messages("what do you know?"))
    context.summarised("They told you 4711.", 0)
    context.forget(0.5)
    assert "4711" not in str(context.messages("what do you know?"))
