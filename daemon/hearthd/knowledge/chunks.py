"""Cuts a document's text into chunks: small enough to quote, whole enough to be understood alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

CHUNK_BYTES = 700
"""UTF-8: about 120 English words or 230 Chinese characters, 150 tokens. Two of them cost a small model on
two cores half a second of reading."""
JOIN_BYTES = 300
"""Short paragraphs are put together up to this: the mean of many matters is near to none of them."""

_SENTENCE_END = re.compile(r"(?<=[。！？；])|(?<=[.!?;])\s+|\n")


def split(text: str, size: int = CHUNK_BYTES) -> list[str]:
    """The chunks of ``text`` in order, each at most ``size`` bytes; only white space is left out.

    Short paragraphs are kept together, long ones cut between sentences, a sentence too long anywhere. A
    heading (Markdown's, or a short line without an end) stays with what follows it.
    """
    chunks: list[str] = []
    held = ""
    for paragraph in _paragraphs(text):
        for piece in _pieces(paragraph, size):
            if held and _belong_together(held, piece, size):
                held = f"{held}\n{piece}"
            else:
                chunks += [held] if held else []
                held = piece
    return [*chunks, held] if held else chunks


def _belong_together(before: str, after: str, size: int) -> bool:
    """Two short paragraphs in one script, the second without a heading of its own."""
    small = len(f"{before}\n{after}".encode()) <= min(JOIN_BYTES, size)
    return small and not after.startswith("#") and _chinese(before) == _chinese(after)


def _chinese(text: str) -> bool:
    return 3 * len(re.findall(r"[\u4e00-\u9fff]", text)) > len(text)


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs; a heading is the beginning of the one after it."""
    heading = ""
    for paragraph in re.split(r"\n\s*\n", text):
        clean = paragraph.strip()
        if not clean:
            continue
        whole = f"{heading}\n{clean}" if heading else clean
        heading = ""
        alone = "\n" not in clean and (clean.startswith("#") or (len(clean) < 40 and clean[-1].isalnum()))
        if alone and len(whole) < JOIN_BYTES:  # a list of short lines is no heading
            heading = whole
        else:
            yield whole
    if heading:
        yield heading


def _pieces(paragraph: str, size: int) -> Iterator[str]:
    """The paragraph, or its sentences put together up to ``size`` bytes."""
    if len(paragraph.encode()) <= size:
        yield paragraph
        return
    held = ""
    for sentence in _SENTENCE_END.split(paragraph):
        for part in _cut(sentence.strip(), size):
            joined = f"{held} {part}".strip()
            if len(joined.encode()) <= size:
                held = joined
            else:
                yield held
                held = part
    if held:
        yield held


def _cut(sentence: str, size: int) -> Iterator[str]:
    raw, at = sentence.encode(), 0
    while at < len(raw):
        part = raw[at : at + size].decode(errors="ignore")
        yield part
        at += len(part.encode())
