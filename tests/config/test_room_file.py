"""A room's table is put into the owner's configuration and taken out, and nothing else changes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hearthd.config import loader, room_file
from hearthd.config.loader import ConfigError

pytestmark = pytest.mark.unit

KITCHEN = {"name": "kitchen", "kind": "esphome", "address": "10.0.0.7", "area": 'The "big" one', "group": ""}
OWNERS = """\
# mine
node = "den"   # the den

[[rooms]]      # the first
name = "study"
kind = "wyoming"
address = "10.0.0.5"
# why the volume is low
volume = 30

# about the log
[log]
level = "debug"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "hearthd.toml"
    file.write_text(OWNERS)
    file.chmod(0o640)
    return file


def test_a_room_is_added_and_the_comments_and_the_mode_stay(config: Path) -> None:
    assert room_file.add(str(config), KITCHEN) == config
    assert config.read_text().startswith(OWNERS)
    assert stat.S_IMODE(config.stat().st_mode) == 0o640
    added = loader.load(str(config), {}).rooms[1]
    assert (added.name, added.area, added.volume) == ("kitchen", 'The "big" one', 70)
    assert os.listdir(config.parent) == [config.name]


def test_what_was_added_is_taken_out_and_the_file_is_as_it_was(config: Path) -> None:
    room_file.add(str(config), KITCHEN)
    room_file.remove(str(config), "kitchen")
    assert config.read_text().rstrip() == OWNERS.rstrip()


def test_a_room_in_the_middle_is_taken_out_with_its_lines_alone(config: Path) -> None:
    room_file.add(str(config), KITCHEN)
    room_file.remove(str(config), "study")
    text = config.read_text()
    assert '# mine\nnode = "den"   # the den\n' in text
    assert "# about the log\n[log]" in text
    assert "study" not in text
    assert "why the volume" not in text
    assert [room.name for room in loader.load(str(config), {}).rooms] == ["kitchen"]


def test_a_link_stays_a_link(config: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.toml"
    link.symlink_to(config)
    room_file.add(str(link), KITCHEN)
    assert link.is_symlink()
    assert "kitchen" in config.read_text()


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        (OWNERS, KITCHEN | {"name": "study"}),
        (OWNERS, KITCHEN | {"name": "../x"}),
        (OWNERS, KITCHEN | {"area": "\x7f"}),
        (OWNERS, KITCHEN | {"address": "no address"}),
        ('rooms = [{name = "a", kind = "wyoming", address = "b"}]\n', KITCHEN),
        ("rooms = 5\n", KITCHEN),
        ("node = \n", KITCHEN),
    ],
)
def test_what_would_be_no_configuration_is_not_written(
    config: Path, text: str, entry: dict[str, str]
) -> None:
    config.write_text(text)
    with pytest.raises(ConfigError) as caught:
        room_file.add(str(config), entry)
    assert str(config) in str(caught.value)
    assert ".new" not in str(caught.value)
    assert config.read_text() == text
    assert os.listdir(config.parent) == [config.name]


def test_a_room_that_is_not_there_or_written_otherwise_is_not_taken_out(config: Path) -> None:
    with pytest.raises(ConfigError, match=r'no room is called "attic".*\(there are: study\)'):
        room_file.remove(str(config), "attic")
    inline = 'rooms = [{name = "a", kind = "wyoming", address = "b"}]\n'
    config.write_text(inline)
    with pytest.raises(ConfigError, match="with an editor"):
        room_file.remove(str(config), "a")
    assert config.read_text() == inline
    tricky = 'persona = """\n[[rooms]]\n"""\n' + OWNERS
    config.write_text(tricky)
    with pytest.raises(ConfigError):
        room_file.remove(str(config), "study")
    assert config.read_text() == tricky
