"""What a person heard of a chunk that was stopped: the words that had sounded whole."""

from __future__ import annotations

import re

from hearthd.text.duration import spoken_length

_PIECE = re.compile(
    r"[^\W\d_\u3040-\uffff]+(?:['’][^\W\d_\u3040-\uffff]+)*|\d+(?:[.,:]\d+)*|[\u3040-\U0003ffff]|.", re.S
)
"""A word of an alphabet, a number, a single Han, or any other character."""


def played_text(text: str, share: float) -> str:
    """The part of ``text`` that was heard when ``share`` (0 to 1) of its clip's samples had sounded.

    Time is shared out by spoken length. A word or number counts when all of it has sounded, a Han for
    itself; the punctuation behind the last one heard belongs to it. White space at the end is cut off.
    """
    if share >= 1:
        return text.rstrip()
    left = spoken_length(text) * max(share, 0.0) + 1e-6
    end = 0
    for piece in _PIECE.finditer(text):
        length = spoken_length(piece[0])
        if length > left or (not length and not end):
            if length:
                break
            continue
        left -= length
        end = piece.end()
    return text[:end].rstrip(" \t\n\u3000“‘（(《【[「『")
