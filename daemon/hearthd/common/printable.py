"""Foreign text on a terminal: what a person sees of it stays, what a terminal would obey does not."""

from __future__ import annotations

import re
import unicodedata

_CREDENTIALS = re.compile(r"(?<=://)\S*@")
_QUERY = re.compile(r"(://[^\s?#]*\?)\S+")


def harmless(character: str) -> bool:
    """It is seen, or is a space, or joins what is seen (Persian, families of emoji)."""
    return character.isprintable() or character in "\u200c\u200d" or unicodedata.category(character) == "Zs"


def printable(text: str) -> str:
    """``text`` without what moves a cursor or colours a screen; its lines stay lines."""
    return "".join(c if harmless(c) or c in "\n\t" else "\ufffd" for c in text)


def in_a_line(text: str) -> str:
    """``printable`` on one line."""
    return " ".join(printable(text).split())


def without_credentials(text: str) -> str:
    """``text`` without what the addresses in it hold before an ``@`` or behind a ``?``: passwords, tokens."""
    return _QUERY.sub(r"\1***", _CREDENTIALS.sub("***@", text)) if "://" in text else text
