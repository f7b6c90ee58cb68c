"""A wake word made at home: what it learns from, what it becomes, what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.audio import wav
from hearthd.cli import main
from hearthd.common.errors import EngineError
from hearthd.engines.wake_word import head
from hearthd.engines.wake_word.head import Head
from hearthd.training.wake import judge, sounds, speech
from hearthd.training.wake.fit import fit
from hearthd.training.wake.near import TOO_ALIKE, near_phrases
from hearthd.training.wake.phonetics import likeness, phones
from hearthd.training.wake.phrase import checked, doubts
from hearthd.training.wake.voices import SPEEDS, Voices
from tests.utterances import noise

pytestmark = pytest.mark.unit

RNG = np.random.default_rng


def windows(count: int, at: float, seed: int, frames: int = 4) -> np.ndarray:
    """Features in which a dozen numbers of each frame are ``at`` more."""
    made = RNG(seed).standard_normal((count, frames, 96)).astype(np.float32)
    made[:, :, :12] += at
    return made


def test_it_learns_what_tells_the_phrase_from_the_rest() -> None:
    made = fit(windows(100, 2, seed=1), windows(300, 0, seed=2), seed=3)
    assert np.mean(made.scores(windows(200, 2, seed=4)) > 0.5) > 0.95
    assert np.mean(made.scores(windows(200, 0, seed=5)) > 0.5) < 0.05


def test_the_same_seed_makes_the_same_network() -> None:
    one, other = (fit(windows(40, 2, seed=1), windows(80, 0, seed=2), seed=3) for _ in range(2))
    assert np.array_equal(one.hidden, other.hidden)


def saved(folder: Path, **changed: np.ndarray) -> Path:
    rng = RNG(1)
    arrays = {
        "mean": np.zeros((4, 96)), "spread": np.ones((4, 96)), "hidden": rng.standard_normal((384, 8)),
        "hidden_bias": np.zeros(8), "out": np.ones(8), "out_bias": np.zeros(1),
    } | changed  # fmt: skip
    path = folder / "word.npz"
    Head(**{name: array.astype(np.float32) for name, array in arrays.items()}).save(path)
    return path


def test_a_saved_network_gives_the_same_scores(tmp_path: Path) -> None:
    loaded = head.load(saved(tmp_path))
    assert loaded.frames == 4
    assert 0 <= loaded.score(windows(1, 0, seed=1)[0]) <= 1
    assert list(tmp_path.iterdir()) == [tmp_path / "word.npz"]


@pytest.mark.parametrize(
    "changed",
    [
        {"mean": np.zeros((3, 96))},
        {"spread": np.zeros((4, 96))},
        {"hidden": np.full((384, 8), np.nan)},
        {"out": np.ones(9)},
        {"mean": np.zeros((50, 96)), "spread": np.ones((50, 96)), "hidden": np.zeros((4800, 8))},
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(tmp_path: Path, changed: dict[str, np.ndarray]) -> None:
    with pytest.raises(EngineError, match="no wake word"):
        head.load(saved(tmp_path, **changed))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04garbage", b"\x93NUMPY", b"x" * 9_000_000])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "word.npz"
    path.write_bytes(content)
    with pytest.raises(EngineError, match="no wake word"):
        head.load(path)
    with pytest.raises(EngineError, match="no wake word"):
        head.load(tmp_path / "missing.npz")


def test_near_phrases_share_a_part_and_are_not_the_phrase() -> None:
    for phrase in ("小智小智", "hello computer", "jarvis"):
        near = near_phrases(phrase, 20, RNG(0))
        assert len(near) >= 12
        assert phrase not in near
        assert "" not in near
        assert all(likeness(phrase, one) < TOO_ALIKE for one in near)


@pytest.mark.parametrize(
    ("phrase", "word"),
    [("jarvis", "service"), ("computer", "commuter"), ("小智", "小"), ("嘿 Jarvis", "service")],
)
def test_real_words_that_sound_like_it_are_among_the_near_phrases(phrase: str, word: str) -> None:
    assert word in near_phrases(phrase, 32, RNG(0))


@pytest.mark.parametrize(
    ("phrase", "alike", "other"),
    [
        ("hey jarvis", "黑炸威斯", "今天天气"),
        ("hey mycroft", "Minecraft", "my car"),
        ("alexa", "亚历克萨", "a letter"),
        ("小智", "小志", "大门"),
    ],
)
def test_what_sounds_alike_is_nearer_than_what_does_not(phrase: str, alike: str, other: str) -> None:
    assert likeness(phrase, alike) > likeness(phrase, other) + 0.1
    assert likeness(phrase, phrase) == 1.0


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_two_texts_are_compared(one: str, other: str) -> None:
    assert 0.0 <= likeness(one, other) <= 1.0
    assert isinstance(phones(one), str)


def test_those_who_judge_share_no_voice_with_those_who_are_learned_from() -> None:
    everybody = Voices([f"e{n}" for n in range(6)], [f"z{n}" for n in range(8)], mixed=True)
    learned, unknown = (
        {
            part
            for chinese in (False, True)
            for voice, _ in half.drawn(200, chinese, RNG(1))
            for part in re.split("[+~]", voice)
        }
        for half in everybody.halves()
    )
    assert learned | unknown == {*everybody.english, *everybody.chinese}
    assert not learned & unknown


def test_voices_that_cannot_be_mixed_take_turns() -> None:
    drawn = Voices(["one", "other"], []).drawn(5, False, RNG(1))
    assert [voice for voice, _ in drawn] == ["one", "other", "one", "other", "one"]
    assert all(SPEEDS[0] <= speed <= SPEEDS[1] for _, speed in drawn)


def test_an_hour_of_others_comes_with_it_without_those_who_say_the_phrase() -> None:
    everything = speech.stretches()
    assert sum(len(one.features) for one in everything) * 0.08 > 45 * 60
    assert all(np.isfinite(one.features).all() for one in everything)
    left = speech.others("取消倒计时")
    assert 0 < len(left) < len(everything)
    assert not any("取消倒计时" in one.text for one in left)
    assert speech.windows(left[:2], 4).shape[1:] == (4, 96)


def test_the_speech_of_others_is_kept_but_for_a_hundredth(tmp_path: Path) -> None:
    rows = RNG(1).normal(0, 16, (500, 96)).astype(np.float32)
    speech.save(
        [speech.SpokenStretch("one", rows[:200]), speech.SpokenStretch("二", rows[200:])],
        tmp_path / "speech.npz",
    )
    with np.load(tmp_path / "speech.npz") as file:
        back = file["rows"] * file["scale"]
        assert list(file["texts"]) == ["one", "二"]
        assert list(file["ends"]) == [200, 500]
    assert np.median(np.abs(back - rows)) < 0.01 * rows.std() * 2


def test_a_microphone_changes_the_colour_and_nothing_else() -> None:
    said = noise(1.0, -20)
    for seed in range(8):
        heard = sounds.through_a_microphone(said, RNG(seed))
        assert len(heard) == len(said)
        assert heard.dtype == np.int16
        assert 1_000 < np.abs(heard.astype(int)).max() <= 16_000 or heard is said
    assert len(sounds.through_a_microphone(said[:0], RNG(0))) == 0


def test_a_room_keeps_the_words_and_a_noise_is_as_loud_as_asked() -> None:
    said = noise(1.0, -20)
    heard = sounds.in_a_room(said, RNG(1))
    assert len(heard) > len(said)
    level = 20 * np.log10(sounds.active(heard) / 32768)
    assert sounds.LEVELS_DB[0] - 1 <= level <= sounds.LEVELS_DB[1] + 1
    for seed in range(12):
        assert sounds.active(sounds.noise(16_000, RNG(seed), [said])) == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize(
    ("others", "calls", "threshold"),
    [
        ((), (1.0, 1.0, 1.0), 0.8),  # nothing wakes it: three steps above the lowest
        ((0.65,), (1.0, 1.0, 1.0), 0.95),
        ((0.65,), (1.0, 0.75, 1.0), 0.7),  # but it must be heard
        ((0.99,), (0.2, 0.3, 0.4), 0.5),
    ],
)
def test_the_threshold_is_above_what_woke_it_and_not_above_the_calls(
    others: tuple[float, ...], calls: tuple[float, ...], threshold: float
) -> None:
    """A head that scores what the first number of a window is."""
    one = np.zeros((4, 96), np.float32)
    hidden = np.zeros((384, 1), np.float32)
    hidden[0, 0] = 1.0
    bias = np.full(1, 20.0, np.float32)
    passes_on = Head(one, one + 1, hidden, bias, np.ones(1, np.float32), -bias)
    pieces = [np.full((4, 96), np.log(score / (1 - score)), np.float32) for score in others]
    assert judge.threshold_for(passes_on, pieces, calls) == threshold


def test_of_no_false_wake_in_half_an_hour_two_an_hour_are_to_be_expected_at_most() -> None:
    assert judge.Judged(1, 1, 1, false_wakes=0, hours=0.5).false_per_hour == 2.0
    assert judge.Judged(1, 1, 1, false_wakes=3, hours=1.5).false_per_hour == 2.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["", "--name", "x"], "in English letters or Chinese characters"),
        (["123 !!"], "in English letters or Chinese characters"),
        (["🙂🙂"], "in English letters or Chinese characters"),
        (["x" * 41], "1 to 40 characters, three to five syllables; this has 41"),
        (["小智" * 100], "this has 200"),
        (["こんにちは"], "speak Chinese and English only"),
        (["hej ты"], "speak Chinese and English only"),
        (["停"], 'make it longer, "小停小停"'),
        (["请你听我说一句话好不好啊"], "a name of three to five"),
        (["小智小智", "--name", "../up"], "is no name"),
        (["小智小智", "--recordings", "/nowhere"], "holds no WAV files in which"),
    ],
)
def test_what_cannot_be_a_wake_word_is_refused_before_anything_is_spoken(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    parsed = main.parser("wake").parse_args(["wake", "train", *arguments])
    assert parsed.run(parsed) == 1
    assert said in capsys.readouterr().err


def test_recordings_in_which_nobody_calls_are_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a_broken.wav").write_bytes(b"RIFF garbage")
    wav.save(tmp_path / "b_silent.wav", np.zeros(16_000, np.int16), 16_000)
    wav.save(tmp_path / "c_long.wav", noise(4.0, -20), 16_000)
    wav.save(tmp_path / "d_empty.wav", np.zeros(0, np.int16), 16_000)
    parsed = main.parser("wake").parse_args(["wake", "train", "小智小智", "--recordings", str(tmp_path)])
    assert parsed.run(parsed) == 1
    said = capsys.readouterr().err
    for part in ("a_broken.wav", "b_silent.wav is silent", "c_long.wav holds 4.0 s", "d_empty.wav"):
        assert part in said
    assert "in which somebody says it" in said


@pytest.mark.parametrize(
    ("phrase", "doubt"),
    [
        ("小度", '"小度小度" is told apart better'),
        ("Bob", '"hey Bob" is told apart better'),
        ("hey queue", "a longer name is told apart better"),
        ("computer please", "said at home without anybody calling"),
        ("你好", "said at home without anybody calling"),
    ],
)
def test_a_phrase_that_is_no_good_wake_word_is_doubted(phrase: str, doubt: str) -> None:
    [said] = doubts(checked(phrase))
    assert doubt in said


@pytest.mark.parametrize("phrase", ["小智小智", "hello computer", "嘿 Jarvis", "Alexa", "R2D2"])
def test_a_good_one_is_not(phrase: str) -> None:
    assert doubts(checked(phrase)) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("小智🙂小智", "小智 小智"),
        (" hey   jarvis! ", "hey jarvis"),
        ('a "quoted" \\name', "a quoted name"),
        ("Ｃａｆé olé", "Cafe ole"),
        ("\x1b[2Jjarvis", "2Jjarvis"),
    ],
)
def test_what_no_voice_can_say_is_left_out_of_it(typed: str, said: str) -> None:
    assert checked(typed) == said


@given(st.text(max_size=60))
def test_any_phrase_is_taken_or_refused(typed: str) -> None:
    try:
        phrase = checked(typed)
    except EngineError:
        return
    assert 0 < len(phrase) <= 60
    assert isinstance(doubts(phrase), list)


def test_the_words_made_at_home_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    (tmp_path / "wake").mkdir()
    saved(tmp_path / "wake")
    config = tmp_path / "hearthd.toml"
    config.write_text(f'[[wake.words]]\nname = "word"\nmodel = "{tmp_path}/wake/word.npz"\n')
    parsed = main.parser("wake").parse_args(["wake", "list", "--config", str(config)])
    assert parsed.run(parsed) == 0
    shown = capsys.readouterr().out
    assert "word" in shown
    assert "yes" in shown
