import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.text.duration import spoken_length
from hearthd.text.played_prefix import played_text

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "share", "heard"),
    [
        ("今天天气不错，适合出去走走。", 0.0, ""),
        ("今天天气不错，适合出去走走。", 0.25, "今天天"),
        ("今天天气不错，适合出去走走。", 0.5, "今天天气不错，"),
        ("今天天气不错，适合出去走走。", 1.0, "今天天气不错，适合出去走走。"),
        ("The answer is forty two.", 0.5, "The answer"),
        ("The answer is forty two.", 0.99, "The answer is forty"),
        ("I don't know.", 0.8, "I don't"),
        ("It is 3.14 today.", 0.75, "It is 3.14"),
        ("请打开Bluetooth设置。", 0.6, "请打开"),
        ("请打开Bluetooth设置。", 0.8, "请打开Bluetooth"),
        ("他说：“好的。”", 0.5, "他说："),
        ("\n\n", 0.5, ""),
        ("……好的", 0.6, "……好"),
    ],
)
def test_what_was_heard_ends_with_a_whole_word(text: str, share: float, heard: str) -> None:
    assert played_text(text, share) == heard


@given(st.text(max_size=60), st.floats(-1, 2))
def test_what_was_heard_is_the_beginning_of_the_chunk_and_no_longer_than_what_sounded(
    text: str, share: float
) -> None:
    heard = played_text(text, share)
    assert text.startswith(heard)
    assert spoken_length(heard) <= spoken_length(text) * min(max(share, 0), 1) + 1e-3


@given(st.text(alphabet="ab 好，.", max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_who_listens_longer_hears_no_less(text: str, one: float, other: float) -> None:
    assert played_text(text, max(one, other)).startswith(played_text(text, min(one, other)))
