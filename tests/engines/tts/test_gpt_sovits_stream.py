"""What comes from the server, and what goes to it, piece by piece: no split and no garbage confuses it."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.common.errors import VoiceServerError
from hearthd.engines.tts.gpt_sovits.request import LINE_UNITS, body, in_lines
from hearthd.engines.tts.gpt_sovits.wav_stream import WavStream
from hearthd.speech.remainder import rest_of
from hearthd.text.duration import spoken_length, text_language
from hearthd.voices.profiles import StoredVoice
from tests.peers.gpt_sovits_faults import gap, header, hum

pytestmark = pytest.mark.unit


def stream(lines: int = 1) -> WavStream:
    return WavStream(rate=32_000, lines=lines, gap_seconds=0.2, most_seconds=30)


def pieces(raw: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    return [raw[a:b] for a, b in pairwise(edges)]


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 100_000), max_size=40), lines=st.integers(1, 3))
def test_however_the_answer_is_split_the_samples_are_the_same_and_its_end_is_seen(
    cuts: list[int], lines: int
) -> None:
    raw = header() + (hum(0.1).tobytes() + gap()) * lines
    wav = stream(lines)
    parts = [wav.feed(part) for part in pieces(raw, cuts)]
    assert np.concatenate(parts).tobytes() == raw[44:]
    assert wav.ended
    wav.finish()


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 100_000), max_size=40))
def test_the_end_is_not_seen_before_the_last_line(cuts: list[int]) -> None:
    raw = header() + hum(0.1).tobytes() + gap() + hum(0.1).tobytes()
    wav = stream(2)
    for part in pieces(raw, cuts):
        wav.feed(part)
        assert not wav.ended


@given(garbage=st.binary(max_size=400), cuts=st.lists(st.integers(0, 400), max_size=5), after=st.booleans())
def test_garbage_is_an_error_with_a_name_or_audio_but_never_a_crash(
    garbage: bytes, cuts: list[int], after: bool
) -> None:
    wav = stream()
    with suppress(VoiceServerError):
        for part in pieces(header()[:20] + garbage if after else garbage, cuts):
            wav.feed(part)
        wav.finish()


def test_a_header_that_says_how_long_the_audio_is_is_believed() -> None:
    sound = hum(0.1).tobytes()
    wav = stream()
    pcm = wav.feed(header(size=len(sound)) + sound + b"LIST\x04\x00\x00\x00meta")
    assert pcm.tobytes() == sound


TEXTS = st.text(alphabet="abc 我们去 ,.!?，。！？0123'\n\"", max_size=200)


@given(text=TEXTS)
def test_lines_lose_nothing_and_each_has_something_to_say(text: str) -> None:
    lines = in_lines(text)
    assert "".join("".join(lines).split()) == "".join(text.split())
    if len(lines) > 1:
        assert all(spoken_length(line) >= 5 for line in lines)
    assert not any("\n" in line for line in lines)


def test_a_sentence_is_one_line_and_a_paragraph_several() -> None:
    assert len(in_lines("The kettle is on.")) == 1
    long = "今天上午我们先去公园里散步，然后去市场买一些水果和蔬菜，"
    long += "下午回到家里做一顿好吃的晚饭，晚上再看一部电影。"
    assert len(in_lines(long)) > 1
    assert all(spoken_length(line) <= LINE_UNITS + 10 for line in in_lines(long))


def test_the_lines_are_what_the_server_is_sent() -> None:
    voice = StoredVoice(name="ann", clip=Path("/srv/a.wav"), text="Said she.", language="en")
    sent = body(["One line.", "And another."], "en", voice)
    assert sent["text"] == "One line.\nAnd another."
    assert sent["text_split_method"] == "cut0"  # the server's own cuts would be one more than we count


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("123", "zh", "zh"),
        ("123", "en", "en"),
        ("好", "en", "zh"),
        ("OK", "zh", "en"),
        ("打开 TV。", "en", "zh"),
    ],
)
def test_the_text_decides_its_language_and_only_digits_ask_the_reply(
    text: str, language: str, expected: str
) -> None:
    assert text_language(text, language) == expected


@given(text=TEXTS, units=st.floats(0, 80))
def test_what_is_left_to_say_is_the_end_of_the_text(text: str, units: float) -> None:
    rest = rest_of(text, units)
    assert text.strip().endswith(rest)


def test_what_is_left_begins_at_a_word_or_better_at_a_clause() -> None:
    text = "First we boil the water, then we put in the tea."
    assert rest_of(text, spoken_length("First we boil the wat")) == "then we put in the tea."
    assert rest_of(text, 0.0) == text
    assert rest_of(text, spoken_length(text)) == ""
    assert rest_of("今天天气很好，我们去公园。", 6.0) == "我们去公园。"
    assert rest_of("Pneumonoultramicroscopic silicosis", 7.0) == "silicosis"
