from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.text.markup import CODE_CHARS, SpeakableText, plain
from hearthd.text.markup_inline import HELD_CHARS

pytestmark = pytest.mark.unit

GOLDEN = [
    tuple(side.strip(" ").replace("\\n", "\n") for side in line.split(" => "))
    for line in (Path(__file__).parent / "golden" / "markup.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("# What")
]


@pytest.mark.parametrize(("written", "said"), GOLDEN)
def test_what_is_said_has_no_marks(written: str, said: str) -> None:
    assert plain(written) == said


MARKS = (
    "* ** _ ` ``` ~~ # - > | |-| [ ] ( ) ![ $ $$ \\( \\) \\frac{ { } < > </ <br> <think> </think> <|channel|>"
)
MORE = [
    "\n",
    "\n\n",
    " ",
    "|a|b|\n|-|-|\n|c|d|\n",
    "```py\n",
    "\n```\n",
    "1. ",
    "https://a.b/c",
    "😊",
    "&amp;",
    ":a:",
    '{"name": "f", "arguments": {"a": 1}}',
    '{"a": [1, 2]}',
    '{"a": ',
    "<tool_call>",
    "</tool_call>",
    "set_timer(minutes=3)\n",
    "get_time()",
    "the user ",
]
MIXED = st.lists(
    st.sampled_from(MARKS.split() + MORE + ["word", "好的", "3", "$5", "a=1;"]) | st.text(max_size=4),
    max_size=50,
).map("".join)


@given(MIXED, st.data())
def test_how_the_reply_came_in_tokens_does_not_matter(reply: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(reply)), max_size=12)))
    pieces = [reply[a:b] for a, b in zip([0, *places], [*places, len(reply)], strict=True)]
    cleaner, said = SpeakableText(), ""
    for piece in pieces:
        withdrawn = cleaner.withdrawn
        more = cleaner.feed(piece)
        said = more if cleaner.withdrawn != withdrawn else said + more
    assert said + cleaner.flush() == plain(reply)


@given(MIXED)
def test_there_is_no_white_space_at_the_ends_nor_twice_between(reply: str) -> None:
    said = plain(reply)
    assert said == said.strip()
    assert "  " not in said
    assert "\n\n\n" not in said


@given(st.lists(st.sampled_from(["word", "好的", "yes", "。", ". ", " "]), max_size=40).map("".join))
def test_plain_words_stay_as_they_are(reply: str) -> None:
    assert plain(reply).split() == reply.split()


@pytest.mark.parametrize(
    "opening", ["```\n", "`", "<b", "[", "![a](", "$", "$$", "\\(", "<!--", "| ", "&", "**", "~~~\n"]
)
def test_what_is_never_closed_does_not_swallow_the_reply(opening: str) -> None:
    cleaner = SpeakableText()
    prose = "The quick brown fox jumps over the lazy dog. " * 60
    said = cleaner.feed("Well\n" + opening + prose)
    assert len(said) > len(prose) - CODE_CHARS - HELD_CHARS - 100
    assert (said + cleaner.flush()).count("lazy dog") == 60


def test_a_thought_that_is_never_closed_gives_its_last_paragraph() -> None:
    cleaner = SpeakableText()
    assert cleaner.feed("<think>" + "Let me see. " * 5000 + "\n\nThe answer is four.") == ""
    assert cleaner.flush() == "The answer is four."


def test_long_code_that_is_never_closed_is_not_read() -> None:
    assert plain("Code:\n```c\n" + "int x = f(y);\n" * 400).count("int") == 0


def test_words_are_said_as_soon_as_they_come() -> None:
    assert SpeakableText().feed("好的，今天") == "好的，今天"
    assert SpeakableText().feed("Sure, I can") == "Sure, I can"


def test_the_cleaner_starts_anew_after_a_flush() -> None:
    cleaner = SpeakableText()
    cleaner.feed("```\n| a | `x")
    cleaner.flush()
    assert cleaner.feed("**Yes.** No") == "Yes. No"
