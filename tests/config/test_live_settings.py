"""The table of what can be set while it runs: what is in force follows from the file and what was set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.config.live_settings import BY_NAME, LIVE_SETTINGS, REMEMBERED, in_force
from hearthd.config.overrides import Overrides
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import Settings

pytestmark = pytest.mark.unit

TWO_WORDS = Settings.model_validate(
    {
        "wake": {
            "words": [
                {"name": "hey_jarvis", "threshold": 0.6},
                {"name": "house_elf", "phrases": ["Hey Elf"], "model": "/elf.onnx", "threshold": 0.3},
            ]
        }
    }
)

SETTABLE: dict[str, Any] = {
    "volume": 31,
    "alarm_volume": 45,
    "wake_threshold": 0.8,
    "wake_word": "house_elf",
    "persona": "mario",
    "voice": "anna",
    "barge_in": "off",
}


def test_every_setting_is_tried_here() -> None:
    assert SETTABLE.keys() == BY_NAME.keys()


@pytest.mark.parametrize("name", SETTABLE)
def test_what_is_set_is_in_force_and_outlasts_a_restart(tmp_path: Path, name: str) -> None:
    row, value = BY_NAME[name], SETTABLE[name]
    assert row.read(TWO_WORDS) != value
    running = RunningSettings(TWO_WORDS, Overrides(tmp_path / "remembered.json"))
    assert row.read(running.having(name, value)) == value
    assert row.read(running.in_force) != value, "it was only asked what would be"
    running.remember(name, value)
    assert row.read(running.in_force) == value
    running.overrides.close()
    again = RunningSettings(TWO_WORDS, Overrides(tmp_path / "remembered.json"))
    assert again.in_force == running.in_force


def test_another_wake_word_and_back_leaves_nothing_of_the_other_one() -> None:
    running = RunningSettings(TWO_WORDS)
    running.remember("wake_word", "house_elf")
    assert running.in_force.wake.words == [TWO_WORDS.wake.words[1]]
    running.remember("wake_word", "hey_jarvis")
    assert running.in_force == TWO_WORDS, "the first one stands for all that are configured"


def test_a_wake_word_that_is_not_configured_has_its_own_phrases() -> None:
    elf_first = TWO_WORDS.model_copy(
        update={"wake": TWO_WORDS.wake.model_copy(update={"words": TWO_WORDS.wake.words[::-1]})}
    )
    words = in_force(elf_first, {"wake_word": "alexa"}).wake.words
    assert [(word.name, word.phrases, word.model) for word in words] == [("alexa", [], "")]


def test_the_threshold_that_was_set_holds_for_whatever_is_listened_for() -> None:
    for overrides in ({"wake_threshold": 0.8}, {"wake_threshold": 0.8, "wake_word": "house_elf"}):
        assert {word.threshold for word in in_force(TWO_WORDS, overrides).wake.words} == {0.8}


def test_a_new_value_in_the_file_counts_more_only_where_the_table_says_so() -> None:
    running = RunningSettings(Settings())
    running.remember("persona", "mario")
    running.remember("volume", 12)
    new = Settings.model_validate({"persona": "xiaoji", "audio": {"volume": 90}, "chat": {"model": "other"}})
    assert (running.after_reload(new).persona, running.in_force.persona) == ("xiaoji", "mario")
    running.reload(new)
    assert (running.in_force.persona, running.in_force.audio.volume) == ("xiaoji", 12)
    assert running.in_force.chat == Settings().chat, "what needs a restart waits for it"
    running.overrides.forget("volume")
    assert running.in_force.audio.volume == 90


@given(st.sampled_from(list(REMEMBERED)), st.one_of(st.text(), st.from_regex(r"-?\d{1,5}(\.\d*)?")))
def test_a_text_is_read_as_a_value_that_can_be_or_refused_with_a_reason(name: str, text: str) -> None:
    values = REMEMBERED[name]
    try:
        value = values.parse(text, ("hey_jarvis", "hearthd"))
    except ValueError as error:
        assert str(error)  # noqa: PT017
        return
    assert values.check(value) == value


JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()))


@given(st.sampled_from([row.name for row in LIVE_SETTINGS]), st.one_of(JUNK, st.just(10**400)))
def test_whatever_passes_the_check_makes_valid_settings(name: str, value: object) -> None:
    try:
        settings = RunningSettings(Settings()).having(name, value)  # type: ignore[arg-type]
    except ValueError:
        return
    assert BY_NAME[name].read(settings) == value
    if name not in ("wake_word", "voice"):  # any name may be remembered; what is installed is known elsewhere
        assert Settings.model_validate(settings.model_dump()) == settings


def test_nothing_else_can_be_set() -> None:
    with pytest.raises(ValueError, match="colour"):
        RunningSettings(Settings()).having("colour", "red")
