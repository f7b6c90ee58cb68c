"""The speaker knows its own words, however garbled they come back, and leaves people's alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.turn_taking import self_echo_text
from hearthd.turn_taking.self_echo_text import is_own, nearby, stands_in

pytestmark = pytest.mark.unit

TEA = (
    "The history of tea begins in China, where people drank it as a medicine long before pleasure. Monks "
    "carried the leaves along the rivers, and merchants carried them across the mountains."
)
CAT = "它每天早上都去河边钓鱼，晚上回来给孩子们讲故事。有一天，河水忽然变成了金色。"


@pytest.mark.parametrize(
    ("heard", "reply"),
    [
        ("The theory of tea begins in China.", TEA),
        ("begins in charge.", TEA),
        ("Where are people saying that?", TEA),
        ("canning them across the mountains.", TEA),
        ("before pleasure", TEA),
        ("河水呼染片成了肌", CAT),
        ("他每天早上都在", CAT),
        ("早上", CAT),
    ],
)
def test_what_a_recogniser_made_of_its_own_voice_is_its_own(heard: str, reply: str) -> None:
    assert is_own(heard, reply)


@pytest.mark.parametrize("reply", [TEA[:90], TEA[90:], CAT])
@pytest.mark.parametrize(
    "heard",
    [
        *("Why?", "No, wait.", "What is the weather like tomorrow?", "Please turn off the kitchen light."),
        *(
            "That's wrong.",
            "Tell me more",
            "等一下",
            "什么？",
            "今天天气怎么样？",
            "请把灯关掉。",
            "再说一遍",
        ),
    ],
)
def test_what_a_person_says_is_not(heard: str, reply: str) -> None:
    assert not is_own(heard, reply)


def test_only_what_sounds_around_the_moment_counts() -> None:
    assert nearby(TEA, 0) == TEA[: len("The history of tea be")]
    assert nearby(TEA, len(TEA)).endswith("across the mountains.")
    assert "history" not in nearby(TEA, len(TEA))
    assert "carried them" in nearby(TEA, len(TEA))
    assert nearby(CAT, 12) == CAT[:17]
    assert nearby("", 0) == ""


def test_a_word_stands_in_the_reply_only_as_a_word() -> None:
    assert stands_in("Stop!", "you get off at the next stop")
    assert not stands_in("Stop!", "a story that never stopped")
    assert stands_in("停", "车停在门口")
    assert not stands_in("停", "车开走了")
    assert not stands_in("", "车开走了")


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=80), st.integers(0, 90))
def test_no_text_breaks_it(heard: str, reply: str, position: int) -> None:
    around = nearby(reply, min(position, len(reply)))
    assert around in reply
    assert is_own(heard, around) in (True, False)
    assert stands_in(heard, around) in (True, False)


@pytest.mark.parametrize("piece", ["canning them across ", "河水呼染片成了肌", "a", "1", "tea "])
@pytest.mark.parametrize("reply", [TEA, CAT, "", "!" * 5000 + TEA])
def test_however_much_was_heard_little_is_compared(
    piece: str, reply: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted: pairs of letters that are compared."""
    pairs = 0
    edits = self_echo_text._edits

    def counted(said: str, own: str) -> int:
        nonlocal pairs
        pairs += len(said) * len(own)
        return edits(said, own)

    monkeypatch.setattr(self_echo_text, "_edits", counted)
    for length in (100, 1_000, 10_000, 100_000):
        is_own((piece * length)[:length], nearby(reply, len(reply) // 2))
    assert pairs <= 100_000
