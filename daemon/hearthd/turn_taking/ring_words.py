"""What a few words said over a ring mean: be quiet, or ring again later. Pure.

People say it without the wake word, and talk to each other meanwhile: only what is that and nothing else
counts. A plain "okay" does not; "okay, stop" does.
"""

from __future__ import annotations

import re
from enum import StrEnum

from hearthd.text.understand import durations_en, durations_zh
from hearthd.text.understand.tokens import texts
from hearthd.turn_taking.backchannel import Overheard, overheard

MAX_CHARACTERS = 60
"""Longer words are no order to be quiet."""


class RingWords(StrEnum):
    """What they mean."""

    STOP = "stop"
    SNOOZE = "snooze"
    NOTHING = "nothing"


LONGEST_SNOOZE = 7200.0
"""Seconds; who says more was misheard."""
_BEFORE = r"(?:(?:hey|ok|okay|please|yes|yeah|alright|all right|just|can you|could you) )*"
_AFTER = r"(?: (?:now|please|already|thanks|thank you))*"
_THING = r"(?:alarm|timer|reminder|ringing|ring|noise|sound|beeping|clock)"
_WHICH = rf"(?: it| that| this|(?: (?:the|that|this|my|your))?(?: [\w'-]+){{0,2}} {_THING})"
_STOP_EN = re.compile(
    rf"{_BEFORE}(?:"
    rf"(?:s?top|cancel|dismiss|silence|end|kill|shush|shut off|turn off|switch off){_WHICH}?"
    rf"|(?:turn|switch|shut){_WHICH} off"
    rf"|{_THING} off"
    r"|(?:i'm|i am) (?:up|awake|coming|on it)"
    rf"){_AFTER}"
)
_SNOOZE_EN = re.compile(
    rf"{_BEFORE}(?:"
    rf"snooze{_WHICH}?(?: for [\w -]{{1,20}})?"
    r"|(?:[\w-]+ ){1,3}more minutes?|(?:another|one more) (?:[\w-]+ ){0,2}minutes?"
    r"|later|not now|(?:remind|wake|call) me (?:up )?(?:again )?(?:later|in [\w -]{1,20})"
    rf"){_AFTER}"
)
_THING_ZH = "(?:闹钟|闹铃|铃声|铃|计时器|定时器|倒计时|提醒|它|声音)"
_STOP_ZH = re.compile(
    "(?:好了|好的|好|行了|请|快|帮我)*"
    "(?:"
    f"(?:把)?{_THING_ZH}?(?:给我)?(?:停下来|停下|停止|停掉|停|关掉|关上|关闭|关了|关|取消){_THING_ZH}?"
    "|(?:别|不要)再?[响想]|别吵|别叫|平下"  # Whisper hears 别想了, which sounds alike
    "|我?(?:已经)?(?:醒|起来|起床)"
    ")(?:了|吧|啦|一下)*"
)
_SNOOZE_ZH = re.compile(
    "(?:好的|好|请|让我|我想|我)*"
    "(?:"
    "贪睡"
    "|再(?:睡|躺|眯|等)(?:一会儿?|一下|会儿?|.{1,4}分钟|半小时|半个小时)"
    "|(?:等|过|隔)(?:一会儿?|一下|会儿?|.{1,4}分钟)(?:再|后)?(?:响|叫我|提醒我?)?"
    "|(?:稍后|晚点|待会儿?|.{1,4}分钟(?:以后|之后|后))再?(?:响|叫我|提醒我?)"
    ")(?:了|吧|啦|嘛)*"
)
_MARKS = re.compile(r"[^\w' -]")


def over_ring(text: str) -> RingWords:
    """What ``text``, said over a ring, means. Any text; punctuation and case do not matter."""
    words = " ".join(_MARKS.sub(" ", text.casefold().replace("’", "'")).split())
    if not words or len(words) > MAX_CHARACTERS:
        return RingWords.NOTHING
    packed = words.replace(" ", "")
    if _SNOOZE_EN.fullmatch(words) or _SNOOZE_ZH.fullmatch(packed):
        return RingWords.SNOOZE
    if overheard(text) is Overheard.STOP or _STOP_EN.fullmatch(words) or _STOP_ZH.fullmatch(packed):
        return RingWords.STOP
    return RingWords.NOTHING


def how_long(text: str) -> float:
    """For how many seconds ``text`` puts it off ("five more minutes"); 0 if it does not say."""
    tokens = texts(text)
    found = [
        (end - start, seconds)
        for durations in (durations_en.durations, durations_zh.durations)
        for start in range(len(tokens))
        for end, seconds in durations(tokens, start)
    ]
    _, seconds = max(found, default=(0, 0))  # the most words: "half an hour" holds "an hour"
    return float(seconds) if seconds <= LONGEST_SNOOZE else 0.0
