"""Words that ask for something to be done, beyond what a command is: what no reply may claim without a deed.

Pure, and decided by patterns alone, so that it costs no time and is the same every day. Only what reads as an
order is one: a question about how something works, what somebody did, a poem, a translation or a game is for
the model, and to refuse that would be as bad as a lie.
"""

from __future__ import annotations

import re
from enum import StrEnum

from hearthd.actions import requests_en, requests_zh

MAX_CHARACTERS = 300
"""Who speaks for longer tells something."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_JOINED = re.compile(r"[,.;!?，。；！？、]+\s*|\b(?:and|then)\b|然后|并且|顺便|同时|还有|再")


class Act(StrEnum):
    """What is to be done, or with what."""

    LIGHT = "light"
    DEVICE = "device"
    HEATING = "heating"
    DOOR = "door"
    BLIND = "blind"
    TV = "tv"
    MUSIC = "music"
    CALL = "call"
    MESSAGE = "message"
    EMAIL = "email"
    BUY = "buy"
    BOOK = "book"
    LIST = "list"
    CALENDAR = "calendar"
    TIMER = "timer"
    ALARM = "alarm"
    REMINDER = "reminder"
    VOLUME = "volume"
    CAMERA = "camera"


def wants_words(words: str) -> bool:
    """Whether ``words`` ask something, or for a text (a poem, a translation): it may claim anything."""
    return requests_zh.wants_words(words) if _HAN.search(words) else requests_en.wants_words(words)


def requested(words: str) -> Act | None:
    """The act that ``words`` (Chinese or English, as recognised) ask for; None if they ask for none."""
    if not words or len(words) > MAX_CHARACTERS:
        return None
    found = requests_zh.family(words) if _HAN.search(words) else requests_en.family(words)
    return None if found is None else Act(found)


def all_requested(words: str) -> frozenset[Act]:
    """The acts that ``words`` and their clauses ask for: "turn on the lamp and set a timer" are two."""
    if len(words) > MAX_CHARACTERS:
        return frozenset()
    return frozenset(filter(None, map(requested, (words, *_JOINED.split(words)))))
