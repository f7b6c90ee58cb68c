"""What words want, by the transcript and the circumstances alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.dialogue.intent import (
    BeQuiet,
    Circumstances,
    HearRest,
    Intent,
    Nothing,
    NotWakeWord,
    OnlyWakeWord,
    PersonaWanted,
    Question,
    SpokenCommand,
    understand,
)

pytestmark = pytest.mark.unit

JARVIS = ("hey jarvis",)
WOKEN = Circumstances(phrases=JARVIS, must_confirm=True)
FOLLOWING_UP = Circumstances(phrases=JARVIS)


def persona_of(words: str) -> str | None:
    return "mario" if words.lower().rstrip(".!") == "be mario" else None


def command_of(words: str) -> SpokenCommand | None:
    return SpokenCommand("volume_up") if words.lower().rstrip(".!") == "volume up" else None


KNOWING = Circumstances(phrases=JARVIS, must_confirm=True, persona_of=persona_of, command_of=command_of)


@pytest.mark.parametrize(
    ("transcript", "circumstances", "intent", "words"),
    [
        ("", WOKEN, Nothing(), ""),
        ("Hey Travis, what a day.", WOKEN, NotWakeWord(), "Hey Travis, what a day."),
        ("Hey Travis, what a day.", FOLLOWING_UP, Question(), "Hey Travis, what a day."),
        ("Hey Jarvis.", WOKEN, OnlyWakeWord(), ""),
        ("Hey Jarvis.", Circumstances(phrases=JARVIS, asked_again=True), Nothing(), ""),
        ("Hey Jarvis.", Circumstances(phrases=JARVIS, must_confirm=True, spoke_on=True), HearRest(), ""),
        ("", Circumstances(phrases=JARVIS, called=True), OnlyWakeWord(), ""),
        ("", Circumstances(phrases=JARVIS, called=True, asked_again=True), Nothing(), ""),
        ("Hey Jarvis, stop.", WOKEN, BeQuiet(), "stop."),
        ("停", FOLLOWING_UP, BeQuiet(), "停"),
        ("Hey Jarvis, be Mario!", KNOWING, PersonaWanted("mario"), "be Mario!"),
        ("Hey Jarvis, volume up.", KNOWING, SpokenCommand("volume_up"), "volume up."),
        ("Hey Jarvis, what time is it?", KNOWING, Question(), "what time is it?"),
    ],
)
def test_the_words_and_the_circumstances_decide(
    transcript: str, circumstances: Circumstances, intent: Intent, words: str
) -> None:
    assert understand(transcript, circumstances) == (intent, words)


@pytest.mark.parametrize(
    "words",
    [
        *[
            "Never mind.",
            "Oh, never mind!",
            "Nevermind",
            "Forget it.",
            "Cancel.",
            "Cancel that, please.",
            "No thanks.",
        ],
        *["That's all, thanks.", "It's nothing.", "Actually, forget about it.", "No, stop.", "Okay, stop."],
        *[
            "算了",
            "算了吧。",
            "哎，算了。",
            "取消",
            "取消吧",
            "不用了",
            "不用了，谢谢。",
            "别念了",
            "请别念了。",
            "好了，别念了",
        ],
        *["没事了", "不要了", "那就算了吧", "停停停", "当我没说"],
    ],
)
@pytest.mark.parametrize("before", ["", "Hey Jarvis, "])
def test_what_takes_back_a_question_is_answered_by_silence(words: str, before: str) -> None:
    intent, _ = understand(before + words, FOLLOWING_UP)
    assert intent == BeQuiet()


@pytest.mark.parametrize(
    "words",
    [
        *[
            "Never mind the rain, what time is it?",
            "Cancel the timer.",
            "Stop the kitchen light.",
            "Nothing compares",
        ],
        *[
            "Forget it's Monday, what's on tomorrow?",
            "That's all I know about France, what else?",
            "No.",
            "Okay.",
        ],
        *[
            "取消闹钟",
            "取消明天的会议",
            "一共算了多少钱？",
            "没事做怎么办",
            "不用了多久",
            "好的",
            "谢谢",
            "不",
        ],
        # What Whisper makes of "停" over a reply is something else where nothing sounds.
        *["听过", "听一下", "天", "听", "Easily.", "Cola."],
    ],
)
def test_what_only_begins_so_is_a_question(words: str) -> None:
    intent, _ = understand(words, FOLLOWING_UP)
    assert intent == Question()


@pytest.mark.parametrize("name", ["stop", "never_mind"])
def test_commands_that_want_silence_get_it_unless_more_follows(name: str) -> None:
    command = SpokenCommand(name)
    intent, _ = understand("no more of that", Circumstances(command_of=lambda _: command))
    assert intent == BeQuiet()
    more = SpokenCommand(name, then=(SpokenCommand("volume_up"),))
    assert understand("x", Circumstances(command_of=lambda _: more))[0] == more


transcripts = st.text(max_size=40) | st.sampled_from(
    ["Hey Jarvis", "hey jarvis, stop", "停", "嘿贾维斯", "volume up", "Hey Travis", "...", "   "]
).flatmap(lambda first: st.text(max_size=20).map(lambda rest: f"{first} {rest}"))
everything = st.builds(
    Circumstances,
    phrases=st.just(JARVIS),
    must_confirm=st.booleans(),
    called=st.booleans(),
    asked_again=st.booleans(),
    spoke_on=st.booleans(),
    persona_of=st.just(persona_of),
    command_of=st.just(command_of),
)


@given(transcripts, everything)
def test_whatever_was_recognised_wants_one_thing_and_waits_for_a_question_once(
    transcript: str, circumstances: Circumstances
) -> None:
    intent, words = understand(transcript, circumstances)
    assert understand(transcript, circumstances) == (intent, words)
    assert words == words.strip()
    if isinstance(intent, Question | PersonaWanted | SpokenCommand | BeQuiet):
        assert words
    if isinstance(intent, Nothing | OnlyWakeWord | HearRest):
        assert not words
    if isinstance(intent, OnlyWakeWord):
        assert not circumstances.asked_again
    if isinstance(intent, NotWakeWord):
        assert circumstances.must_confirm
    if isinstance(intent, HearRest):
        assert circumstances.spoke_on
