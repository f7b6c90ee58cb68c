"""What a clause without digits spares itself: every rule that cannot match there, and no other."""

from collections.abc import Iterable
from re import _constants as sre  # how a pattern is built, as Python reads it
from re import _parser
from typing import Any

import pytest

from hearthd.text.normalize.rule import read, rule

pytestmark = pytest.mark.unit


def needs_a_digit(parts: Iterable[Any]) -> bool:
    """Whether nothing matches without a digit, in the pattern or in what must stand around it."""
    return any(_needs(kind, value) for kind, value in parts)


def _needs(kind: Any, value: Any) -> bool:
    match kind:
        case sre.LITERAL:
            return chr(value).isdecimal()
        case sre.IN:
            return all(_is_digit(*one) for one in value)
        case sre.MAX_REPEAT | sre.MIN_REPEAT:
            return value[0] > 0 and needs_a_digit(value[2])
        case sre.SUBPATTERN:
            return needs_a_digit(value[-1])
        case sre.BRANCH:
            return all(needs_a_digit(branch) for branch in value[1])
        case sre.ASSERT:
            return needs_a_digit(value[1])
    return False


def _is_digit(kind: Any, value: Any) -> bool:
    if kind is sre.RANGE:
        return all(chr(end).isdecimal() for end in value)
    return value is sre.CATEGORY_DIGIT or (kind is sre.LITERAL and chr(value).isdecimal())


@pytest.mark.parametrize(
    ("pattern", "needs"),
    [
        (r"\d+", True),
        (r"v(?:\d|[1-9]0)", True),
        (r"(?<=\d)px", True),
        (r"v\d?", False),
        (r"\d|one", False),
        (r"[\d.]", False),
        (r"[^\d]", False),
        (r"(?<!\d)px", False),
        (r"(?!\d)px", False),
    ],
)
def test_what_a_pattern_needs_is_found(pattern: str, needs: bool) -> None:
    assert needs_a_digit(_parser.parse(pattern)) == needs


def test_the_rules_that_match_without_a_digit_are_those_that_say_so() -> None:
    from hearthd.text.normalize import rules_en, rules_zh  # 0.2 s, which no other process shall wait for

    wrong = [
        one.pattern.pattern
        for one in [*rules_en._RULES, *rules_zh._RULES]
        if one.digitless == needs_a_digit(_parser.parse(one.pattern.pattern, one.pattern.flags))
    ]
    assert wrong == []


def test_a_clause_without_digits_is_read_by_the_rules_for_it_alone() -> None:
    asked = []

    def say(m: object) -> str:
        asked.append(m)
        return ""

    numbers, words = rule(r"(?=\d)", say), rule("x", "y", digitless=True)
    assert read([numbers, words], "an x") == "an y"
    assert asked == []
    assert read([numbers, words], "1 x") == "1 y"
    assert len(asked) == 1


@pytest.mark.parametrize(
    "written",
    [
        "Dr. Who",
        "Main St.",
        "cats vs dogs",
        "i.e. so",
        "and so on etc",
        "n/a",
        "w/o it",
        "RMB",
        "WiFi",
        "c/o Ann",
    ],
)
def test_an_abbreviation_is_found_wherever_it_stands(written: str) -> None:
    from hearthd.text.normalize import rules_en

    assert rules_en._ANY_WORD.search(f"Well, {written}")
