"""What the documents tell people to type is what the command line understands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from hearthd.cli.main import parser

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]

LINE = re.compile(
    r"^(?:\$ )?(?:sudo (?:-u \S+ )?)?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?hearthd ([^#>|\n]*)", re.MULTILINE
)
"""In a block of commands; what is behind > or | is the shell's."""
IN_TEXT = re.compile(r"`(?:sudo )?hearthd ([^`\n]+)`")


def typed(document: Path) -> Iterator[list[str]]:
    """The words of each command in ``document``: whole in a block; in a sentence names, and then --help."""
    text = document.read_text("utf-8")
    for block in re.findall(r"```(?:sh|console)?\n(.*?)```", text, re.DOTALL):
        yield from map(shlex.split, LINE.findall(block))
    for words in map(str.split, IN_TEXT.findall(text)):
        yield [*takewhile(lambda word: re.fullmatch("[a-z]+", word), words), "--help"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_of_the_documents_is_one(document: Path) -> None:
    assert [" ".join(words) for words in typed(document) if not understood(words)] == []


def understood(words: list[str]) -> bool:
    """Whether the command line takes them."""
    try:
        parser(words[0]).parse_args(words)
    except SystemExit as end:  # its help was asked for, or it did not understand
        return not end.code
    return True


def test_there_are_commands_in_the_documents() -> None:
    assert sum(len(list(typed(document))) for document in DOCUMENTS) > 40
    assert not understood(["wake", "trein", "--help"])
