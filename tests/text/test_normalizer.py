import re
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.text.normalize import numbers_en, numbers_zh
from hearthd.text.normalize.normalizer import language_runs, prepare, speakable

pytestmark = pytest.mark.unit

FOLDER = Path(__file__).parent / "golden"


def pairs(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("# ")]


GOLDEN = pairs("spoken.tsv")
"""Clauses and sentences."""
KINDS = pairs("kinds.tsv")
"""Bare numbers, dates and signs of every kind."""


@pytest.mark.parametrize(("language", "written", "said"), GOLDEN)
def test_what_the_model_wrote_is_read_as_a_person_reads_it(language: str, written: str, said: str) -> None:
    assert speakable(written, language) == said


def test_bare_numbers_of_every_kind_are_read_as_a_person_reads_them() -> None:
    wrong = [
        (written, speakable(written, language))
        for language, written, said in KINDS
        if speakable(written, language) != said
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", ["ranges", "codes", "recipes", "durations", "slashes", "powers"])
def test_what_is_easily_read_wrong_is_read_as_a_person_reads_it(kind: str) -> None:
    lines = pairs(f"{kind}.tsv")
    wrong = [
        (written, said, got)
        for language, written, said, *before in lines
        if (got := speakable(written, language, before="".join(before))) != said
    ]
    assert wrong == []
    assert all(sum(line[0] == language for line in lines) >= 60 for language in ("en", "zh"))


@pytest.mark.parametrize(
    ("language", "before", "written", "said"),
    [
        ("zh", "客服电话：", "95588。", "九五五八八。"),
        ("zh", "客服电话是多少？", "95588个人。", "九万五千五百八十八个人。"),
        ("zh", "请记好电话。\n\n", "2000元。", "两千元。"),
        ("en", "Your PIN is: ", "4821.", "four eight two one."),
        ("en", "The price is: ", "4821.", "four thousand eight hundred twenty-one."),
        ("en", "Python: ", "3.12", "three point one two"),
        ("en", "", "4821.", "four thousand eight hundred twenty-one."),
    ],
)
def test_what_a_number_is_was_said_in_the_chunk_before(
    language: str, before: str, written: str, said: str
) -> None:
    assert speakable(written, language, before=before) == said


@given(st.text(max_size=60), st.text(max_size=20), st.sampled_from(["en", "zh"]))
def test_what_came_before_is_never_said_again(before: str, written: str, language: str) -> None:
    said = speakable(written + " 12", language, before=before + "Quokka: ")
    assert "uokka" not in said
    assert said == said.strip()


def test_there_are_enough_pairs_in_both_languages_and_mixed() -> None:
    mixed = [w for _, w, _ in GOLDEN if re.search("[\u4e00-\u9fff]", w) and re.search("[A-Za-z]", w)]
    chinese = [w for language, w, _ in GOLDEN if language == "zh"]
    assert len(GOLDEN) >= 300
    assert len(chinese) >= len(GOLDEN) / 2
    assert len(mixed) >= len(GOLDEN) / 3


SIGNS = list("0123456789.,:-–~/%°$€£¥#@&+=×÷√²³()（）：，。℃ \n年月日个点第")
WORDS = (
    "am pm km GB kg FBI NASA XIV Chapter Louis Jan. v2 No. 1st part scene i c x e in the"
    " 打 拨打 比分 万 亿 今天 https://a.b/c"
)
WRITTEN = st.lists(st.sampled_from(SIGNS + WORDS.split()) | st.text(max_size=3), max_size=30).map("".join)


@given(WRITTEN, st.sampled_from(["en", "zh"]))
def test_whatever_is_written_leaves_no_digits_and_no_stray_space(written: str, language: str) -> None:
    said = speakable(written, language)
    assert not re.search(r"[0-9]", said)
    assert "  " not in said
    assert "\n" not in said
    assert said == said.strip()


@given(st.text(alphabet="今天气很好你我他，。？！", max_size=30))
def test_plain_chinese_stays_as_it_is(written: str) -> None:
    assert re.sub(r"\W", "", speakable(written, "zh")) == re.sub(r"\W", "", written)


@given(
    st.lists(st.sampled_from(["the", "sky", "is", "blue", "today,", "don't"]), min_size=1, max_size=9).map(
        " ".join
    )
)
def test_plain_english_stays_as_it_is(written: str) -> None:
    assert speakable(written, "en").rstrip(",") == written.rstrip(",")


@given(st.text(max_size=40))
def test_the_runs_of_both_languages_are_the_text(text: str) -> None:
    runs = language_runs(text)
    assert "".join(part for _, part in runs) == (text if runs else "")
    assert all(one != other for (one, _), (other, _) in pairwise(runs))


def test_punctuation_stays_with_the_words_it_belongs_to() -> None:
    runs = language_runs("我用 Python 写了“Hello World”程序。OK!")
    assert runs == [
        ("zh", "我用 "),
        ("en", "Python "),
        ("zh", "写了"),
        ("en", "“Hello World”"),
        ("zh", "程序。"),
        ("en", "OK!"),
    ]


@given(st.integers(0, 10**20))
def test_every_number_has_words(number: int) -> None:
    assert re.fullmatch(r"[a-z -]+", numbers_en.cardinal(number))
    assert re.fullmatch(r"[零一二两三四五六七八九十百千万亿]+", numbers_zh.cardinal(number))


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [
        (0, "zero", "零"),
        (10, "ten", "十"),
        (101, "one hundred one", "一百零一"),
        (1010, "one thousand ten", "一千零一十"),
        (10010, "ten thousand ten", "一万零一十"),
        (110000, "one hundred ten thousand", "十一万"),
        (100000000, "one hundred million", "一亿"),
        (
            2_147_000_000,
            "two billion one hundred forty-seven million",
            "二十一亿四千七百万",
        ),
        (10**12, "one trillion", "一万亿"),
        (1000100000000, "one trillion one hundred million", "一万零一亿"),
    ],
)
def test_large_numbers_are_grouped_by_thousands_and_by_ten_thousands(
    number: int, english: str, chinese: str
) -> None:
    assert numbers_en.cardinal(number) == english
    assert numbers_zh.cardinal(number) == chinese


def test_the_rules_can_be_made_ready_before_the_first_reply() -> None:
    prepare()
    assert {"hearthd.text.normalize.rules_en", "hearthd.text.normalize.rules_zh"} <= set(sys.modules)
