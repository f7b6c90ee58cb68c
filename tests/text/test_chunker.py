import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.text.chunker import MAX_CHARS, MAX_UNITS, Chunk, Chunker
from hearthd.text.duration import spoken_length
from tests.bench import chunker as bench

pytestmark = pytest.mark.unit


def chunks_of(*pieces: str) -> list[Chunk]:
    chunker = Chunker()
    chunks = [chunk for piece in pieces for chunk in chunker.feed(piece)]
    return chunks + chunker.flush()


def texts(reply: str) -> list[str]:
    return [chunk.text for chunk in chunks_of(*reply)]


GOLDEN = [
    line for line in (Path(__file__).parent / "golden" / "chunks.txt").read_text("utf-8").splitlines() if line
]


@pytest.mark.parametrize("line", [line for line in GOLDEN if not line.startswith("#")])
def test_a_reply_is_cut_where_a_person_would_breathe(line: str) -> None:
    wanted = line.replace("\\n", "\n").split("|")
    assert texts("".join(wanted)) == wanted


# Everything that the rules look at, so that random text meets them.
MARKS = list("。！？，；：、“”‘’（）《》…—.!?,;:\"'()[]-–~ \n\t\u3000")
WORDS = "Dr. U.S. e.g. 3.14 3:30 1. but because https://a.b/c,d ... 好的 因为 今天天气不错 的 Sure hello"
ODD = ["\n2. ", " but ", "x" * 60, "9" * 90]
PIECES = st.lists(st.sampled_from(MARKS + WORDS.split() + ODD) | st.text(max_size=6), max_size=60).map(
    "".join
)


@given(PIECES, st.data())
def test_how_the_reply_came_in_tokens_does_not_matter(reply: str, data: st.DataObject) -> None:
    places = sorted(data.draw(st.lists(st.integers(0, len(reply)), max_size=12)))
    pieces = [reply[a:b] for a, b in zip([0, *places], [*places, len(reply)], strict=True)]
    assert chunks_of(*pieces) == chunks_of(reply) == chunks_of(*reply)


@given(PIECES)
def test_nothing_is_lost_and_nothing_is_doubled(reply: str) -> None:
    joined = "".join(texts(reply))
    assert reply.startswith(joined)
    assert not re.search(r"[^\W_]", reply[len(joined) :])


@given(PIECES)
def test_every_chunk_has_something_to_say_and_its_number(reply: str) -> None:
    chunks = chunks_of(reply)
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert all(spoken_length(chunk.text) > 0 for chunk in chunks)


@given(PIECES)
def test_no_chunk_is_too_long(reply: str) -> None:
    for text in texts(reply):
        longest = max(map(spoken_length, re.findall(r"[^\W_\u3040-\uffff]+", text)), default=0.0)
        assert len(text) <= MAX_CHARS
        assert spoken_length(text) <= MAX_UNITS + max(longest, 1.0)


@pytest.mark.no_cover
@pytest.mark.parametrize("piece", ["Yes, it is. ", "9", "a", "好的，", "\n", "!", "a b ", "(", "因为"])
def test_the_work_grows_with_the_length_however_much_comes_at_once(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted: characters that are copied when a chunk begins."""
    copied = 0
    begin = Chunker._begin

    def counted(self: Chunker, text: str) -> None:
        nonlocal copied
        copied += len(text)
        begin(self, text)

    monkeypatch.setattr(Chunker, "_begin", counted)
    counts = []
    for length in (20_000, 40_000):
        copied = 0
        chunks_of((piece * length)[:length])
        counts.append(copied)
    assert counts[1] <= 2.2 * counts[0] + MAX_CHARS
    assert counts[1] <= 200 * 40_000


def test_a_reply_without_a_word_is_not_spoken() -> None:
    assert texts("……！？ \n\n --- ***") == []


def test_endless_punctuation_is_dropped_and_what_follows_is_spoken() -> None:
    assert "".join(texts("." * 5000 + " 好的，今天天气不错。")).strip(" .") == "好的，今天天气不错。"


def test_the_chunker_starts_anew_after_a_flush() -> None:
    chunker = Chunker()
    chunker.feed("“好的，今天天气（不错")
    chunker.flush()
    assert [(c.index, c.text) for c in chunker.feed("今天天气不错，")] == [(0, "今天天气不错，")]


def test_pauses_grow_with_what_ends() -> None:
    reply = "好的，我来说明，第一步很简单，打开设置。\n第二步选择蓝牙。\n\n第三步找到您的耳机，完成。"
    pauses = [chunk.pause for chunk in chunks_of(reply)]
    assert pauses == [0.2, 0.2, 0.5, 0.7, 0.4]


def test_a_long_run_of_words_is_never_cut_inside_a_word() -> None:
    reply = "supercalifragilistic understanding " * 20
    assert all(word in ("supercalifragilistic", "understanding") for t in texts(reply) for word in t.split())


def test_the_first_chunk_comes_early_and_cuts_are_rarely_wrong() -> None:
    firsts, wrong = bench.first_and_wrong(bench.ours)
    assert sorted(firsts)[len(firsts) // 2] <= 12
    assert wrong == []


def test_cuts_are_rarely_wrong_in_replies_that_the_rules_were_not_tuned_on() -> None:
    firsts, wrong = bench.first_and_wrong(bench.ours, bench.HELD_OUT)
    assert sorted(firsts)[len(firsts) // 2] <= 14
    assert wrong == []
