"""Cuts a document's text into chunks: small enough to quote, whole enough to be understood alone.

"The water does not drain: clean the pump" stands in the papers of two machines. So each chunk knows its
place: the document's title, the headings that it stands under, and the document's date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hearthd.knowledge.dates import date_of

CHUNK_BYTES = 700
"""UTF-8: about 120 English words or 230 Chinese characters, 150 tokens. Two of them cost a small model on
two cores half a second of reading."""
PLACE_BYTES = 150
"""Of a place, the title first; what it takes, the chunk's text does without."""
JOIN_BYTES = 160
"""Short paragraphs are put together up to this: the mean of many matters is near to none of them. With 300 a
question finds its passage among two in 77 % (multilingual-e5-small, English), with 160 in 81 %."""
SHORT_LINE = 40
"""Characters: a line alone, shorter than this and without an end, is a heading."""

_SENTENCE_END = re.compile(r"(?<=[。！？；])(?![”’」』）])|(?<=[。！？；][”’」』）])|(?<=[.!?;])\s+|\n")
_CLAUSE_END = re.compile(r"(?<=[，、：])|(?<=[,:])\s+|\s+")
_HEADING = re.compile(r"(#{1,6})\s+(\S.*)")
_ROW = re.compile(r"\s*(\||[-*+•·]\s|\d{1,3}[.)、](?!\d)|[（(]?[一二三四五六七八九十]{1,3}[）)、])")
"""The beginning of a table's row or a list's item."""
_RULE = re.compile(r"[\s|:-]+")
"""The line between a table's head and its rows."""


@dataclass(frozen=True, slots=True)
class DocumentChunk:
    """A piece of a document."""

    text: str
    place: str
    """``Title › Heading, 2026-03-14``; at most ``PLACE_BYTES``."""

    @property
    def whole(self) -> str:
        """What it is found by: the place, and the text without the headings that the place names."""
        lines = self.text.split("\n")
        while lines and _HEADING.fullmatch(lines[0]):
            lines.pop(0)
        return "\n".join([self.place, *lines]) if lines else self.place


@dataclass(frozen=True, slots=True)
class _Paragraph:
    text: str
    place: str
    listed: bool = False
    """A table, or a list: what it consists of belongs together."""


def cut(text: str, name: str, size: int = CHUNK_BYTES) -> list[DocumentChunk]:
    """The chunks of ``text`` in order, each and its place at most ``size`` bytes; only white space is lost.

    ``name``: the file's, without its ending: the title of a text that has none. Short paragraphs are kept
    together; tables, lists and the line that leads to them too. Long ones are cut between rows or sentences,
    a sentence too long between its clauses, and only then anywhere. A heading (Markdown's, or a short line
    without an end) stays with what follows it.
    """
    chunks: list[DocumentChunk] = []
    held: DocumentChunk | None = None
    for paragraph in _paragraphs(text, name):
        for piece in _pieces(paragraph, size - len(paragraph.place.encode())):
            if held is not None and held.place == paragraph.place and _belong_together(held.text, piece):
                held = DocumentChunk(f"{held.text}\n{piece}", held.place)
            else:
                chunks += [held] if held is not None else []
                held = DocumentChunk(piece, paragraph.place)
    return [*chunks, held] if held is not None else chunks


def _belong_together(before: str, after: str) -> bool:
    """Two short paragraphs in one script, the second without a heading of its own."""
    small = len(f"{before}\n{after}".encode()) <= JOIN_BYTES
    return small and not _HEADING.match(after) and _chinese(before) == _chinese(after)


def _chinese(text: str) -> bool:
    return 3 * len(re.findall(r"[\u4e00-\u9fff]", text)) > len(text)


def _paragraphs(text: str, name: str) -> Iterator[_Paragraph]:
    """The paragraphs; a heading, or a line that leads to a list, is the beginning of the one after it."""
    date = date_of(name, text)
    path = [(0, " ".join(re.split(r"[\s_]+", name)).strip())]
    before, place = "", _place(path, date)
    listed: list[str] = []
    for number, paragraph in enumerate(_blocks(text)):
        if listed and _is_list(paragraph):
            listed.append(paragraph)
            continue
        if listed:
            yield _Paragraph("\n".join(listed), place, True)
            listed = []
        heading = _HEADING.fullmatch(paragraph)
        if heading is not None:
            if len(before.encode()) > JOIN_BYTES:  # headings of nothing
                yield _Paragraph(before, place)
                before = ""
            level = len(heading[1])
            path = [one for one in path if one[0] < level] if level > 1 else []
            path.append((level, heading[2][:PLACE_BYTES].strip("# ")))
            before, place = (f"{before}\n{paragraph}" if before else paragraph), _place(path, date)
        elif _leads(paragraph) and len(before.encode()) + len(paragraph.encode()) < JOIN_BYTES:
            if not number:
                path, place = [(1, paragraph)], _place([(1, paragraph)], date)
            before = f"{before}\n{paragraph}" if before else paragraph
        else:
            whole = f"{before}\n{paragraph}" if before else paragraph
            before = ""
            if _is_list(paragraph):
                listed = [whole]
            else:
                yield _Paragraph(whole, place)
    if listed or before:
        yield _Paragraph("\n".join([*listed, before] if before else listed), place, bool(listed))


def _blocks(text: str) -> Iterator[str]:
    """What blank lines part; each heading is one of its own."""
    for block in re.split(r"\n\s*\n", text):
        held: list[str] = []
        for line in block.strip().split("\n"):
            if _HEADING.fullmatch(line):
                if held:
                    yield "\n".join(held)
                    held = []
                yield line
            elif line.strip() or held:
                held.append(line)
        if held:
            yield "\n".join(held)


def _leads(paragraph: str) -> bool:
    """A line alone that speaks of what follows: a heading of a plain text, or ``Ingredients:``."""
    if "\n" in paragraph or _ROW.match(paragraph):
        return False
    return paragraph[-1] in ":：" or (len(paragraph) < SHORT_LINE and paragraph[-1].isalnum())


def _is_list(paragraph: str) -> bool:
    """Whether all of its lines, but for a first one that leads to them, begin as rows or items do."""
    lines = paragraph.split("\n")
    rows = lines if _ROW.match(lines[0]) else lines[1:]
    return bool(rows) and all(_ROW.match(line) for line in rows)


def _place(path: list[tuple[int, str]], date: str) -> str:
    """The title, the headings and the date, at most ``PLACE_BYTES``."""
    room = PLACE_BYTES - len(f", {date}".encode())
    named = " › ".join(name for _, name in path if name).encode()[:room].decode(errors="ignore").strip()
    return ", ".join(part for part in (named, date) if part)


def _pieces(paragraph: _Paragraph, size: int) -> Iterator[str]:
    """The paragraph, or its rows or sentences put together up to ``size`` bytes."""
    text = paragraph.text
    if len(text.encode()) <= size:
        yield text
        return
    if paragraph.listed:
        yield from _rows(text, size)
        return
    yield from _filled((part for one in _SENTENCE_END.split(text) for part in _cut(one.strip(), size)), size)


def _rows(text: str, size: int) -> Iterator[str]:
    """A table or list cut between its rows; each piece begins with the table's head."""
    lines = text.split("\n")
    rule = next((at for at, line in enumerate(lines) if "|" in line and _RULE.fullmatch(line)), 0)
    head = "\n".join(lines[: rule + 1]) if rule else ""
    if len(head.encode()) > size // 2:
        head, rule = "", -1
    held = head
    for line in lines[rule + 1 if head else 0 :]:
        for part in _cut(line, size - len(head.encode()) - 1):
            joined = f"{held}\n{part}" if held else part
            if len(joined.encode()) <= size:
                held = joined
            else:
                yield held
                held = f"{head}\n{part}" if head else part
    if held:
        yield held


def _filled(parts: Iterator[str], size: int) -> Iterator[str]:
    """The parts put together up to ``size`` bytes; no space comes between Chinese sentences."""
    held = ""
    for part in parts:
        between = "" if any(ord(character) > 0x2E80 for character in held[-2:]) else " "
        joined = f"{held}{between}{part}".strip()
        if len(joined.encode()) <= size:
            held = joined
        else:
            yield held
            held = part
    if held:
        yield held


def _cut(sentence: str, size: int) -> Iterator[str]:
    """``sentence``, or its clauses put together up to ``size`` bytes, or what fits."""
    if len(sentence.encode()) <= size:
        if sentence:
            yield sentence
        return
    yield from _filled(
        (part for clause in _CLAUSE_END.split(sentence) for part in _bytes(clause, size)), size
    )


def _bytes(text: str, size: int) -> Iterator[str]:
    raw, at = text.encode(), 0
    while at < len(raw):
        part = raw[at : at + size].decode(errors="ignore")
        yield part
        at += len(part.encode())
