"""Which part of a text the voices can say."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.text.duration import spoken_length
from hearthd.text.script import sayable, script_of, stretches, unsayable_length

pytestmark = pytest.mark.unit

HERE = ("en", "zh")

FOREIGN = {
    "ja": "今日はとても良い天気ですね。散歩に行きましょう。",
    "kana": "ありがとう ございます",
    "ko": "안녕하세요. 오늘 날씨가 좋네요.",
    "ru": "Сегодня хорошая погода, 5 градусов.",
    "uk": "Привіт! Як справи?",
    "ar": "الطقس جميل اليوم، مرحبا.",
    "he": "שלום, מה שלומך?",
    "th": "สวัสดีครับ วันนี้อากาศดี",
    "hi": "आज मौसम अच्छा है।",
    "el": "Καλημέρα, τι κάνεις;",
    "ka": "გამარჯობა",
    "am": "ሰላም ነው",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN)
def test_a_text_in_a_script_of_no_voice_has_no_part_that_can_be_said(text: str) -> None:
    assert sayable(text, HERE) == ""
    assert unsayable_length(text, HERE) == pytest.approx(spoken_length(text))


@pytest.mark.parametrize(
    "text",
    [
        "It's 5 o'clock, naïve café – Müller's résumé.",
        "今天天气不错，适合出去走走。",
        "我的iPhone有128GB存储。",
        "π is about 3.14, and Δ is a letter; 10 Ω.",
        "Xin chào, Đà Nẵng!",
        "12:30",
        "……！",
        "",
    ],
)
def test_english_and_chinese_can_be_said_whole(text: str) -> None:
    assert "".join(part.text for part in stretches(text, HERE)) == text
    assert all(part.sayable for part in stretches(text, HERE))
    assert unsayable_length(text, HERE) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("In Japanese it is ありがとう, I think.", "In Japanese it is I think."),
        ("日语里谢谢是ありがとう。", "日语里谢谢是"),
        ("Hello! 안녕하세요! Bye.", "Hello! Bye."),
        ("俄语的你好是привет，很好记。", "俄语的你好是很好记。"),
        ("寿司叫すし", "寿司叫"),
        ("Sure! 今日はとても良い天気です。", "Sure! "),
    ],
)
def test_a_foreign_word_is_left_out_and_the_rest_is_said(text: str, said: str) -> None:
    assert sayable(text, HERE) == said


def test_han_in_japanese_is_not_read_as_chinese() -> None:
    assert sayable("私の名前は田中です。", HERE) == ""
    assert sayable("今日は、", HERE) == ""
    assert sayable("東京都", HERE) == "東京都"


def test_what_can_be_said_depends_on_the_voice() -> None:
    assert sayable("今日は天気です", ("ja",)) == "今日は天気です"
    assert sayable("안녕하세요", ("ko", "en")) == "안녕하세요"
    assert sayable("Привет", ("ru",)) == "Привет"
    assert sayable("你好 hello", ("en",)) == "hello"
    assert sayable("你好 hello", ("zh",)) == "你好 "


@given(st.text(max_size=60), st.sampled_from([("en",), ("zh",), ("en", "zh"), ("ja",), ("xx",)]))
def test_the_parts_are_the_text_and_neighbours_differ(text: str, languages: tuple[str, ...]) -> None:
    parts = stretches(text, languages)
    assert "".join(part.text for part in parts) == text
    assert all(one.sayable != other.sayable for one, other in pairwise(parts))
    kept = sayable(text, languages)
    assert spoken_length(kept) + unsayable_length(text, languages) <= spoken_length(text) + 1e-6


@given(
    st.text(
        alphabet=st.one_of(st.sampled_from("天气很好 nice day, 42%。！“”\n"), st.characters()), max_size=30
    )
)
def test_what_is_plainly_chinese_and_english_is_cut_as_every_other_text(text: str) -> None:
    whole = "a" + text
    letter_by_letter = stretches(whole + "ж", HERE)
    assert "".join(part.text for part in letter_by_letter) == whole + "ж"
    left_out = sum(spoken_length(part.text) for part in letter_by_letter if not part.sayable)
    assert unsayable_length(whole, HERE) == pytest.approx(left_out - spoken_length("ж"))


@given(st.characters())
def test_every_letter_has_a_script_and_nothing_else_has(character: str) -> None:
    assert bool(script_of(character)) == character.isalpha()
