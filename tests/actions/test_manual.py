"""The manual of the spoken commands says what the files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthd.actions.manual import manual
from hearthd.actions.matcher import Matcher
from hearthd.actions.table import FAMILIES, NAMES
from tests.actions.corpus import NOW

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]


def test_the_page_is_made_from_the_files() -> None:
    page = manual([ROOT / "config" / "commands"])
    written = (ROOT / "docs" / "commands.md").read_text("utf-8")
    assert page == written, "hearthd commands list --markdown >docs/commands.md"


def test_every_command_stands_in_it_once() -> None:
    assert sorted(row.name for rows in FAMILIES.values() for row in rows) == sorted(NAMES)


def test_its_example_of_an_owner_s_sentence_works(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")
    own = page.split("```toml\n")[1].split("```")[0]
    (tmp_path / "en.toml").write_text(own)
    command = Matcher(where=[ROOT / "config" / "commands", tmp_path]).understand(
        "Brew my tea for four minutes.", NOW
    )
    assert command is not None
    assert (command.name, command.slots) == ("timer_set", {"seconds": 240})
