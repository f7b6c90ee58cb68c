"""The transcript confirms the wake word, however the recogniser wrote it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.turn_taking import wake_phrase
from hearthd.turn_taking.wake_phrase import confirm, name_of, phrases_of, strip, was_said, was_written

pytestmark = pytest.mark.unit

JARVIS = phrases_of("hey_jarvis")

# Written by Whisper base for eight Mandarin voices (left), and what was asked after it.
CHINESE = [
    ("Hey, Jarvis,今天天气怎么样?", "今天天气怎么样?"),
    ("HAY JARVES 请打开客厅的灯。", "请打开客厅的灯。"),
    ("黑胶位现在几点了。", "现在几点了。"),
    ("黑沾威斯今天天气怎么样。", "今天天气怎么样。"),
    ("黑咱们请打开客厅的灯。", "请打开客厅的灯。"),
    ("黑炸威斯给我讲一个故事。", "给我讲一个故事。"),
    ("黑召为现在几点了。", "现在几点了。"),
    ("黑照尾试请打开客厅的灯", "请打开客厅的灯"),
    ("黑炸-vis给我讲一个故事。", "给我讲一个故事。"),
    ("黑炸的现在几点了。", "现在几点了。"),
    ("黑咒音乐请打开客厅的灯。", "请打开客厅的灯。"),
    ("黑Zarvis今天天气怎么样?", "今天天气怎么样?"),
    ("黑咒尔妃子请打开客厅的灯。", "请打开客厅的灯。"),
    ("黑账尔威斯给我讲一个故事。", "给我讲一个故事。"),
    ("黑炸VS现在几点了。", "现在几点了。"),
    ("黑抓的现在几点了。", "现在几点了。"),
    ("黑詐妙子给我讲一个故事。", "给我讲一个故事。"),
    ("Hage Arvis 请打开客厅的灯。", "请打开客厅的灯。"),
    ("Hey, Service,给我讲一个故事。", "给我讲一个故事。"),
    ("黑毡位现在几点了。", "现在几点了。"),
    ("Hage Elvis 请打开客厅的灯", "请打开客厅的灯"),
    ("Hey,Jovies,请打开客厅的灯。", "请打开客厅的灯。"),
    ("黑哲2的现在几点了", "现在几点了"),
    ("Hage Arvice 请打开客厅的灯", "请打开客厅的灯"),
    ("Hey, 这二位给我讲一个故事。", "给我讲一个故事。"),
    ("Hey, Travis,今天天气怎么样？", "今天天气怎么样？"),
    ("HAYZARVICE给我讲一个故事。", "给我讲一个故事。"),
    ("HAY-JARVIS打开客厅的灯", "打开客厅的灯"),
    ("黑罩位现在几点了。", "现在几点了。"),
    ("嘿,Jarvis，开灯", "开灯"),
    ("嘿 贾维斯 今天星期几", "今天星期几"),
    ("贾维斯，开灯", "开灯"),
]
ENGLISH = [
    (" Hey Jarvis, turn on the light.", "turn on the light."),
    ("Hey, Jarvis. What time is it?", "What time is it?"),
    ("Hay Jarvis what time is it?", "what time is it?"),
    ("Hey Javis, stop", "stop"),
    ("Hi Jervis, stop", "stop"),
    ("Hey Jarvis's, stop", "stop"),
    ("Hey Jar vis, stop", "stop"),
    ("Jarvis, stop", "stop"),
    ("and so he said hey Jarvis, um, uh, what now?", "what now?"),
    ("Hey Jarvis, hey Jarvis, stop", "stop"),
]


@pytest.mark.parametrize(("text", "question"), CHINESE + ENGLISH)
def test_the_phrase_is_found_as_the_recogniser_wrote_it(text: str, question: str) -> None:
    assert confirm(text, JARVIS)
    assert strip(text, JARVIS) == question


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Hey Travis, what are you doing?", "hey_jarvis"),
        ("Jarvis is a common name.", "hey_jarvis"),
        ("Hey Minecraft is fun to play.", "hey_mycroft"),
        ("Hey Minecraft is fun to play.", "hey_jarvis"),
        ("Hey Microsoft, what now?", "hey_mycroft"),
        ("A Lexus is a nice car.", "alexa"),
        ("Alexis is a nice car.", "alexa"),
        ("Hey Davis, come here.", "hey_jarvis"),
        ("Hey, service please", "hey_jarvis"),
        ("黑崔维斯，你好吗", "hey_jarvis"),
        ("今天天气怎么样", "hey_jarvis"),
        ("嘿，在吗", "hey_jarvis"),
        ("One two three four five six seven eight nine hey Jarvis", "hey_jarvis"),
        ("", "hey_jarvis"),
        ("...", "hey_jarvis"),
    ],
)
def test_a_near_miss_is_no_wake_phrase(text: str, word: str) -> None:
    assert confirm(text, phrases_of(word)) is None


@pytest.mark.parametrize(
    "text", ["Hey Jarvis", "Hey, Jarvis!", "嘿，Jarvis。", "Hey Jarvis, um...", "Hey Jarvis 嗯"]
)
def test_the_wake_word_alone_leaves_no_question(text: str) -> None:
    assert strip(text, JARVIS) == ""


@pytest.mark.parametrize(
    ("text", "word"),
    [("Alexa, play", "alexa"), ("A Lexa, play", "alexa"), ("Hey my Croft, play", "hey_mycroft")],
)
def test_the_other_shipped_words_are_found(text: str, word: str) -> None:
    assert strip(text, phrases_of(word)) == "play"


def test_the_owners_own_phrases_are_found() -> None:
    own = phrases_of("xiaozhi", ["你好小智", "小智"])
    assert strip("你好小智，开灯", own) == "开灯"
    assert strip("你好，小志。开灯", own) == "开灯"
    assert strip("小智开灯", own) == "开灯"
    assert confirm("小猪开灯", own) is None
    assert strip("OK Computer, lights", phrases_of("x", ["okay computer"])) == "lights"
    assert strip("Okay, computer. Lights", phrases_of("x", ["okay computer"])) == "Lights"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("嗯，今天星期几", "今天星期几"),
        ("那个，把灯打开", "把灯打开"),
        ("那个灯打开", "那个灯打开"),
        ("um, uh, lights", "lights"),
        ("umbrella stand", "umbrella stand"),
        ("erase it", "erase it"),
    ],
)
def test_filler_goes_but_words_stay(text: str, left: str) -> None:
    assert strip(text, JARVIS) == left


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    found = confirm(text, JARVIS)
    assert found is None or 0 <= found.start < found.end <= len(text)
    assert strip(text, JARVIS) in text


@given(st.text(alphabet="hey jarvis,嘿黑炸威斯的 .", max_size=60))
def test_what_is_left_never_begins_with_the_phrase(text: str) -> None:
    found = confirm(strip(text, JARVIS), JARVIS)
    assert found is None or found.start > 0


def test_a_question_that_the_recogniser_tells_twice_is_asked_once() -> None:
    heard = "Hey Jarvis, call my mother. This evening. Hey Jarvis, call my mother."
    assert strip(heard, ["hey jarvis"]) == "call my mother. This evening."
    assert strip("Hey Jarvis, who is Jarvis? Tell me.", ["hey jarvis"]) == "who is Jarvis? Tell me."


@pytest.mark.parametrize(
    ("phrase", "name"),
    [
        ("hey jarvis", "jarvis"),
        ("Hey Mycroft", "Mycroft"),
        ("alexa", "alexa"),
        ("okay computer", "okay computer"),
        ("小智小智", "小智小智"),
        (" ", ""),
    ],
)
def test_a_greeting_is_no_part_of_the_name(phrase: str, name: str) -> None:
    assert name_of(phrase) == name


def test_how_likely_a_name_must_be_depends_on_how_well_it_is_known() -> None:
    assert was_said("Minecraft", -3.2, "hey mycroft")
    assert not was_said("Hey Minecraft", -4.0, "hey mycroft")
    assert not was_said("Jeremy's", -3.2, "hey jarvis")
    assert was_said("Hey Jarvis", -9.0, "hey jarvis")
    assert not was_said("Alexis", -2.0, "alexa")
    assert was_said("", -2.0, "小智小智")


def test_what_a_name_is_written_like_and_what_it_sounds_like_are_added_up() -> None:
    assert was_said("Hey, my cruff.", -4.4, "hey mycroft", likeness=0.999)
    assert not was_said("Hey, my cruff.", -4.4, "hey mycroft", likeness=0.6)
    assert not was_said("Hey Michael", -7.9, "hey mycroft", likeness=1.0)
    assert not was_said("Hey, Minecraft.", -3.3, "hey mycroft", likeness=0.2)
    assert was_said("Hey Jarvis", -0.1, "hey jarvis", likeness=0.05)
    assert not was_said("Hey Travis", -4.0, "hey jarvis", likeness=0.0)


@pytest.mark.parametrize(
    ("text", "likeness", "said"),
    [
        ("Hey my Croft", None, True),
        ("Hey my Croft", 0.0, True),
        ("my crop", 0.99, True),
        ("my crop", 0.6, False),
        ("my crop", None, False),
        ("", None, False),
    ],
)
def test_a_recogniser_that_says_no_likelihood_is_helped_by_a_sure_ear(
    text: str, likeness: float | None, said: bool
) -> None:
    assert was_written(text, "hey mycroft", likeness) is said


@pytest.mark.parametrize(
    "piece", ["hey jarvis ", "um, ", "嗯，", "。", "hello. ", "a", "你", "hey jarvis. ", " , , ", "黑炸威斯"]
)
def test_however_much_was_heard_only_its_beginning_is_searched(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted: the characters that are compared, and how often a filler is looked for."""
    compared, fillers = 0, 0
    plain, filler = wake_phrase._plain, wake_phrase._FILLER

    def counted(text: str) -> str:
        nonlocal compared
        compared += len(text)
        return plain(text)

    class Filler:
        def match(self, text: str, at: int = 0) -> object:
            nonlocal fillers
            fillers += 1
            return filler.match(text, at)

    monkeypatch.setattr(wake_phrase, "_plain", counted)
    monkeypatch.setattr(wake_phrase, "_FILLER", Filler())
    text = piece * (20_000 // len(piece))
    confirm(text, JARVIS)
    strip(text, JARVIS)
    assert compared <= 1_000 * wake_phrase.HEAD_CHARS
    assert fillers <= len(text) + 20


def test_a_question_of_any_length_comes_back_whole() -> None:
    question = "tell me a very long story about it " * 500
    assert strip("Hey Jarvis, " + question, JARVIS) == question.strip()
