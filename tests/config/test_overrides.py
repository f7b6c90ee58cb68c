"""What people have set is there again after a restart, whatever happened to the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearthd.config.overrides import Overrides

pytestmark = pytest.mark.unit


def test_what_was_set_is_there_after_a_restart(tmp_path: Path) -> None:
    overrides = Overrides(tmp_path / "remembered.json")
    overrides.set("muted", True)
    for level in range(101):
        overrides.set("volume", level)
    overrides.set("persona", "海盗")
    overrides.set("barge_in", "speech")
    overrides.close()
    values = {"muted": True, "volume": 100, "persona": "海盗", "barge_in": "speech"}
    assert Overrides(tmp_path / "remembered.json").values == values
    assert [file.name for file in tmp_path.iterdir()] == ["remembered.json"]


def test_one_damaged_value_does_not_cost_the_others(tmp_path: Path) -> None:
    file = tmp_path / "remembered.json"
    file.write_text(json.dumps({"muted": True, "volume": 400, "unknown": 1, "voice": "heart"}))
    assert Overrides(file).values == {"muted": True, "voice": "heart"}


@settings(deadline=None)
@given(st.one_of(st.binary(), st.text().map(str.encode), st.just(b"[" * 60_000)))
def test_no_damage_keeps_the_speaker_from_starting(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    file = tmp_path_factory.mktemp("state") / "remembered.json"
    file.write_bytes(raw)
    overrides = Overrides(file)
    overrides.set("muted", not overrides.muted)
    overrides.close()
    assert Overrides(file).values == overrides.values


def test_a_full_or_missing_disk_is_no_reason_to_fail(tmp_path: Path) -> None:
    overrides = Overrides(tmp_path / "gone" / "remembered.json")
    overrides.set("volume", 3)
    overrides.close()
    assert overrides.values["volume"] == 3


@pytest.mark.parametrize(
    ("name", "value"), [("volume", 101), ("volume", "loud"), ("barge_in", "shouting"), ("colour", "red")]
)
def test_what_cannot_be_is_not_kept(tmp_path: Path, name: str, value: object) -> None:
    overrides = Overrides(tmp_path / "remembered.json")
    with pytest.raises(ValueError, match=name):
        overrides.set(name, value)
    overrides.close()
    assert overrides.values == {}
