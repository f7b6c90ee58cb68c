"""Spoken commands: the corpora, hostile input, and the owner's own sentences."""

from __future__ import annotations

import random
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.actions import matcher as matchers
from hearthd.actions.matcher import LANGUAGES, CommandsError, Matcher
from tests.actions import corpus
from tests.actions.corpus import NOW

pytestmark = pytest.mark.unit

SHIPPED = Path(__file__).parents[2] / "config" / "commands"


@pytest.fixture
def matcher() -> Matcher:
    return corpus.matcher()


@pytest.mark.no_cover  # three times as long, and the examples below reach the same lines
@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_say_is_understood(matcher: Matcher, language: str, every: int) -> None:
    said = corpus.read(language)
    near = [one for one in said if one.near]
    others = [one for one in said if not one.command and not one.near]
    assert len(said) >= 400
    assert len(near) >= len(others)
    said = said[::every]
    answers = [(one, matcher.understand(one.text, NOW)) for one in said]
    wrong = [f"{one.text}: {answer}" for one, answer in answers if not corpus.right(one, answer)]
    print(f"{language}: {len(said) - len(wrong)} of {len(said)} right")
    assert len(wrong) <= 0.02 * len(said), wrong
    assert [one.text for one, answer in answers if not one.command and answer] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_example_in_the_files_is_that_command(matcher: Matcher, language: str) -> None:
    examples = matchers.sentences(language, [SHIPPED]).examples
    assert set(examples) == set(matchers.NAMES)
    for name, sentences in examples.items():
        for sentence in sentences:
            command = matcher.understand(sentence, NOW)
            assert command is not None, sentence
            assert (command.name, command.language) == (name, language), sentence


@pytest.mark.parametrize(
    ("said", "command"),
    [
        ("SET A TIMER FOR TEN MINUTES", "timer_set"),
        ("set a timer for ten minutes!!!", "timer_set"),
        ("Hey, Jarvis! Please, could you set a timer, um, for ten minutes, thanks?", "timer_set"),
        ("定 一 个 十 分 钟 的 计 时 器", "timer_set"),
        ("幫我設一個十分鐘的計時器，謝謝！", "timer_set"),
        ("贾维斯，请帮我定一个十分钟的计时器好吗", "timer_set"),
        ("ｓｅｔ ａ ｔｉｍｅｒ ｆｏｒ １０ ｍｉｎｕｔｅｓ", "timer_set"),
    ],
)
def test_how_it_is_written_does_not_matter(matcher: Matcher, said: str, command: str) -> None:
    found = matcher.understand(said, NOW)
    assert found is not None
    assert found.name == command
    assert found.slots["seconds"] == 600


@pytest.mark.parametrize(
    "said",
    ["", " ", "?!", "。", "\x00", "🙂", "a" * 100_000, "set " * 5000, "[", "{seconds}", "<set>", "半" * 299],
)
def test_garbage_is_no_command(matcher: Matcher, said: str) -> None:
    assert matcher.understand(said, NOW) is None


@given(st.text(max_size=400))
def test_no_text_is_too_strange(text: str) -> None:
    corpus.matcher().understand(text, NOW)


_WORDS = sorted(
    {word for language in LANGUAGES for one in corpus.read(language) for word in one.text.split()}
)


@given(
    st.lists(st.sampled_from(_WORDS), max_size=20), st.datetimes(datetime(1970, 1, 2), datetime(9990, 1, 1))
)
def test_words_of_commands_in_any_order_at_any_time_raise_nothing(words: list[str], now: datetime) -> None:
    corpus.matcher().understand(" ".join(words), now)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_command_inside_a_longer_sentence_is_none(matcher: Matcher, language: str) -> None:
    around = {
        "en": [
            "my sister said {} to her husband",
            "why does nobody ever {} in this film",
            "{} was all he wrote",
        ],
        "zh": ["昨天我妹妹跟他说{}他没听懂", "为什么电影里没有人说{}这句话", "小说里写着{}三个字"],
    }[language]
    said = [
        one.text.strip(".?。？") for one in corpus.read(language) if one.command and "text" not in one.slots
    ]
    for sentence in random.Random(1).sample(said, 60):
        for text in around:
            assert matcher.understand(text.format(sentence), NOW) is None, text.format(sentence)


@pytest.mark.parametrize(
    ("said", "commands"),
    [
        ("Stop, that's enough.", ["stop"]),
        ("Set a timer for ten minutes. Set a timer for ten minutes.", ["timer_set"]),
        ("Set a timer for ten minutes and turn it down a bit.", ["timer_set", "volume_down"]),
        ("Set a pasta timer for 8 minutes and an egg timer for 5 minutes.", ["timer_set", "timer_set"]),
        ("Set an alarm for six and another one for half past six.", ["alarm_set", "alarm_set"]),
        ("Set a timer for ten minutes, no, never mind.", ["never_mind"]),
        ("Stop. Set a timer for ten minutes.", ["timer_set"]),
        ("I'm boiling eggs, set a timer for six minutes.", ["timer_set"]),
        ("He said, set a timer for six minutes.", []),
        ("If it rains, set a timer for six minutes.", []),
        ("I'm tired, stop.", []),
        ("Another one for half past six.", []),
        ("定一个五分钟的计时器，然后把声音调小。", ["timer_set", "volume_down"]),
        ("计时器不用了，取消吧。", ["timer_cancel"]),
        ("我在煮面，帮我定八分钟。", ["timer_set"]),
        ("他说，定一个八分钟的计时器。", []),
    ],
)
def test_clauses_are_commands_each_or_none(matcher: Matcher, said: str, commands: list[str]) -> None:
    found = matcher.understand(said, NOW)
    assert [one.name for one in ((found, *found.then) if found else ())] == commands


@pytest.mark.parametrize(
    ("heard", "command"),
    [
        ("查看闹中。", "alarm_list"),
        ("列出所有技石器", "timer_list"),
        ("今天礼拜即了", "weekday"),
        ("晚上9点10分想闹中。", "alarm_set"),
        ("一个半小十以后叫醒我", "alarm_set"),
        ("400滑氏度是多少色氏度？", "convert"),
        ("烤面包计时气35分钟", "timer_set"),
        ("3.5的时候提醒我揭晓明放学。", "reminder_set"),
        ("过一刻中提醒我把面包拿出来。", "reminder_set"),
        ("90%的30%", "calculate"),
        ("笨我算一下48架76", "calculate"),
        ("列抽我的提醒", "reminder_list"),
        ("您早的闹钟不要了", "alarm_cancel"),
        ("去消给妈妈打电话的提醒", "reminder_cancel"),
        ("引量涉至为65%", "volume_set"),
        ("颜量掉底一点。", "volume_down"),
        ("即时器也还有多久想。", "timer_query"),
        ("What's 1000-333?", "calculate"),
        ("How's my time or doing?", "timer_query"),
        ("Start account on of 60 seconds.", "timer_set"),
    ],
)
def test_what_whisper_mishears_is_understood(matcher: Matcher, heard: str, command: str) -> None:
    found = matcher.understand(heard, NOW)
    assert found is not None
    assert found.name == command


@pytest.mark.parametrize(
    "said",
    [
        "我的闹钟今天早上没响。", "谢谢你的提醒。", "我要听李白的诗。", "明天天气如何", "来一个灯谜",
        "你还能做什么", "我想听听今天的新闻。", "帮我调频92.4中国国际广播电台", "最美的时光", "听", "挺",
    ],
)  # fmt: skip
def test_what_only_sounds_a_little_like_a_command_is_none(matcher: Matcher, said: str) -> None:
    assert matcher.understand(said, NOW) is None


def test_figures_alone_are_understood_in_the_language_that_was_heard(matcher: Matcher) -> None:
    languages = [matcher.understand("17 * 23", NOW, language) for language in LANGUAGES]
    assert [command and command.language for command in languages] == ["en", "zh"]


def test_a_persona_is_asked_for_by_any_of_its_names(matcher: Matcher) -> None:
    commands = [matcher.understand(said, NOW) for said in ("be Super Mario", "换成超级马里奥", "be nobody")]
    assert [command and command.slots for command in commands] == [{"name": "mario"}, {"name": "mario"}, None]


def test_an_owner_adds_sentences_of_their_own(tmp_path: Path) -> None:
    own = tmp_path / "en.toml"
    own.write_text(
        '[commands]\ntimer_set = ["(brew|steep) my <timer> for {seconds}"]\n[parts]\nshout = "hear"\n'
    )
    mine = Matcher(where=[SHIPPED, tmp_path])
    command = mine.understand("Please brew my timer for three minutes", NOW)
    assert command is not None
    assert command.slots == {"seconds": 180}
    assert mine.understand("set a timer for ten minutes", NOW) is not None


DOUBLED = "\n".join(f"{one} = '<{two}> <{two}>'" for one, two in pairwise("abcdefghijklmnopqrstuvwxyz"))
"""Parts that each hold the next one twice: <a> is thirty million times <z>."""


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("[commands]\ntimers = ['x']", 'there is no command "timers"'),
        ("[commands]\nstop = 'x'", "commands.stop: must be a list of texts"),
        ("commands = 3", "commands: must be a table"),
        ("words = []", 'unknown key "words"'),
        ("[parts]\nx = 3", "parts.x: must be a text"),
        ("before = 'x'", "before: must be a list of texts"),
        ("[commands]\nstop = ['hush [now']", 'a "[" that is not closed'),
        ("[commands]\nstop = ['hush) now']", 'one ")" too many'),
        ("[commands]\nstop = ['hush {now']", "not closed"),
        ("[commands]\nstop = ['hush {when_ever}']", "there is no slot {when_ever}"),
        ("[commands]\nstop = ['hush {wrong=1}']", "{wrong=...} cannot be filled"),
        ("[commands]\nstop = ['hush <nobody>']", "there is no part <nobody>"),
        ("[commands]\nstop = ['hush?']", 'without "?"'),
        ("[commands]\nstop = ['hush <loop>']\n[parts]\nloop = 'so <loop>'", "contains itself"),
        ("[commands]\nstop = ['<maybe>']\n[parts]\nmaybe = '[x]'", "may be missing as a whole"),
        ("[commands]\nstop = ['[hush]']", "may be missing as a whole"),
        ("before = ['[please]']", "may be missing as a whole"),
        ("[commands]\nstop = [", "end of document"),
        ("\ufeff\x00", ""),
        ("x = " + "9" * 5000, "too many digits"),
        ("x = " + "[" * 3000, "nested too deeply"),
        ("[commands]\nstop = ['" + "(" * 900 + "x" + ")" * 900 + "']", "brackets in more than"),
        ("[commands]\nstop = ['" + "hush " * 900 + "']", "longer than 2000 characters"),
        ("[commands]\nstop = ['x <a>']\n[parts]\nz = 'ha'\n" + DOUBLED, "too many parts in parts"),
    ],
)
def test_a_mistake_in_a_sentence_file_is_named(tmp_path: Path, written: str, told: str) -> None:
    (tmp_path / "en.toml").write_text(written, "utf-8")
    with pytest.raises(CommandsError) as caught:
        Matcher(where=[tmp_path])  # alone: what is shipped beside it takes half a second, 24 times
    assert told in str(caught.value.problems)
    assert "en.toml" in str(caught.value.problems)


def test_a_sentence_file_without_end_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "zh.toml").write_bytes(b"#" * (matchers.MAX_BYTES + 1))
    (tmp_path / "en.toml").write_bytes(b"\xff\xfe")
    for language, told in (("zh", "larger than"), ("en", "not UTF-8")):
        with pytest.raises(CommandsError, match=told):
            matchers.sentences(language, [tmp_path])


@pytest.mark.parametrize(
    "heard",
    [
        "山尿早上6点的闹钟",
        "关掉收音机",
        "二加二等于四",
        "一分钟有六十秒",
        "计时器怎么用",
        "取消我要的九点的闹钟",
    ],
)
def test_what_may_have_sounded_as_two_things_is_neither(matcher: Matcher, heard: str) -> None:
    assert matcher.understand(heard, NOW) is None  # 删掉 or 上调; 收音机 is no microphone
