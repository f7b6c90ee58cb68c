"""A household's papers and questions about them: 200 passages a language, and questions in other words.

Made for this; nothing is copied. In ``LANGUAGE.txt`` a line with ``#`` is a document's title, one with ``?``
a question that the passage before it answers, and each other line a passage. Several passages of a document,
and of documents about things alike, can be taken for each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LANGUAGES = ("en", "zh")


@dataclass
class Paper:
    """A document: its title and its passages."""

    title: str
    passages: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write it as Markdown, as a household would have it: the title once, then the text."""
        text = "\n\n".join([f"# {self.title}", *self.passages])
        (folder / f"{self.title.replace('/', '-')}.md").write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Asked:
    """A question, and the one passage of the one document that answers it."""

    question: str
    title: str
    passage: str


def household(language: str) -> tuple[list[Paper], list[Asked]]:
    """The papers, and what is asked."""
    papers: list[Paper] = []
    asked: list[Asked] = []
    for line in _lines(language):
        match line[0]:
            case "#":
                papers.append(Paper(line[1:].strip()))
            case "?":
                asked.append(Asked(line[1:].strip(), papers[-1].title, papers[-1].passages[-1]))
            case _:
                papers[-1].passages.append(line)
    return papers, asked


def _lines(language: str) -> Iterator[str]:
    text = Path(__file__).with_name(f"{language}.txt").read_text(encoding="utf-8")
    return (line.strip() for line in text.splitlines() if line.strip())
