"""The marks within a line of Markdown or HTML, one reader each.

A reader gets the text that begins with its mark, the character before it, and whether the reply is
over. It returns what to say instead and how many characters that replaces, or None while more has to
come to know. What is said may not depend on anything that comes later, and past ``HELD_CHARS`` a reader
always answers: what is opened and never closed is read as it stands.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from hearthd.text.latex import plain_formula

HELD_CHARS = 500
"""What is held of a mark that was opened and not closed."""

_FORMULA_CHARS = 120
"""The same for a formula in single dollar signs: it may be a price or a variable."""

Taken = tuple[str, int]

_URL_CHARS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_DOMAIN = re.compile(r"(?:https?://|mailto:)?(?:www\.)?([^/:?#]*)", re.IGNORECASE)
_URL_STARTS = ("https://", "http://", "www.")
_AUTOLINK = re.compile(r"<(?:https?://|www\.|mailto:)", re.IGNORECASE)
_BREAKING_TAG = re.compile(
    r"</?(?:br|p|div|li|ul|ol|tr|h[1-6]|table|blockquote|details|summary)\b", re.IGNORECASE
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});", re.IGNORECASE)
_ENTITY_BEGUN = re.compile(r"&#?[a-z0-9]{0,31}", re.IGNORECASE)
_SHORTCODE = re.compile(r":[a-z][a-z0-9_+-]{1,30}:")
_SHORTCODE_BEGUN = re.compile(r":(?:[a-z][a-z0-9_+-]{0,30})?")
_MONEY = re.compile(r"\$\d[\d,.]*(?:[^\d,.$^\\_{a-zA-Z\s]|[kKmMbB]?\s[^-+*/=<>\\^$]|[kKmMbB][^\w$^])")
_EMPHASIS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")
_ESCAPED = "*_#`~$[]<>|!-.+&\\(){}"
_BEGIN, _END = "\\begin{", re.compile(r"\\end\{[^{}]*\}")
_FORMULAS = {"\\(": "\\)", "\\[": "\\]"}


def _run(held: str) -> int:
    """How often the first character is repeated at the front."""
    return len(held) - len(held.lstrip(held[0]))


def _emphasis(held: str, last: str, final: bool) -> Taken | None:
    """Asterisks, underscores, tildes: dropped, but for a sign of multiplication, a_name and 3~5."""
    run = _run(held)
    if run == len(held) and run < HELD_CHARS and not final:
        return None
    mark, following = held[0], held[run : run + 1]
    if run == 2 and mark == "*" and last.isdigit() and following.isdigit():
        return "^", 2
    if run == 1 and (
        mark == "~"
        or (mark == "_" and last.isalnum() and following.isalnum())
        or (mark == "*" and last.isdigit() and following.isdigit())
        or (mark == "*" and last.isspace() and following.isspace())
    ):
        return mark, 1
    return "", run


def _link(held: str, last: str, final: bool) -> Taken | None:
    """``[text](address)`` and images: their text. Footnotes and check boxes: nothing."""
    waiting = not final and len(held) < HELD_CHARS and "\n" not in held
    start = held.find("[", 0, 2)
    if start < 0:
        return None if held == "!" and not final else (held[0], 1)
    close = held.find("]")
    if close < 0:
        return None if waiting else (held[0], 1)
    text, following = held[start + 1 : close], held[close + 1 : close + 2]
    if not following and waiting:
        return None
    if following and following in "([":
        end = held.find(")" if following == "(" else "]", close + 2)
        if end < 0 and waiting:
            return None
        if end > 0:
            return _EMPHASIS.sub("", text), end + 1
    if text.startswith("^") or text.isdigit() or text in (" ", "x", "X"):
        return "", close + 1 + (text.startswith("^") and following == ":")
    return held[0], 1


def _angle(held: str, last: str, final: bool) -> Taken | None:
    """HTML tags and comments: dropped, some of them end a line. Addresses: their domain."""
    if len(held) == 1 and not final:
        return None
    if not re.match(r"<[A-Za-z/!]", held):
        return "<", 1
    closing = "-->" if held.startswith("<!--") else ">"
    end = held.find(closing)
    if end < 0:
        waiting = not final and len(held) < HELD_CHARS and "<" not in held[1:]
        return None if waiting else ("<", 1)
    if _AUTOLINK.match(held):
        return _domain(held[1:end]), end + 1
    return "\n" if _BREAKING_TAG.match(held) else "", end + len(closing)


def _entity(held: str, last: str, final: bool) -> Taken | None:
    """An HTML entity: its character."""
    if found := _ENTITY.match(held):
        return html.unescape(found[0]).replace("\xa0", " "), found.end()
    return None if not final and _ENTITY_BEGUN.fullmatch(held) else ("&", 1)


def _shortcode(held: str, last: str, final: bool) -> Taken | None:
    """An emoji written as ``:smile:``: dropped."""
    if last.strip():
        return ":", 1
    if found := _SHORTCODE.match(held):
        return "", found.end()
    return None if not final and _SHORTCODE_BEGUN.fullmatch(held) else (":", 1)


def _dollar(held: str, last: str, final: bool) -> Taken | None:
    """A formula in dollar signs: its plain signs. A price stays as it is."""
    mark = "$$" if held.startswith("$$") else "$"
    if held in ("$", "$$") and not final:
        return None
    inside = held[len(mark) :]
    single = mark == "$"
    if single and (inside[:1].isspace() or _MONEY.match(held)):
        return "$", 1
    end = inside.find(mark)
    if end < 0 or (single and end == len(inside) - 1 and not final):
        over = len(held) >= (_FORMULA_CHARS if single else HELD_CHARS) or (single and "\n" in inside)
        if not over and not final:
            return None
        if end < 0:
            return mark, len(mark)
    if single and (inside[end - 1 : end].isspace() or inside[end + 1 : end + 2].isdigit()):
        return "$", 1
    return plain_formula(inside[:end]), end + 2 * len(mark)


def _backslash(held: str, last: str, final: bool) -> Taken | None:
    r"""A formula in ``\(`` or ``\[``: its plain signs. A mark that was escaped: itself."""
    if len(held) == 1 and not final:
        return None
    if not final and len(held) < len(_BEGIN) and _BEGIN.startswith(held):
        return None
    if held.startswith(_BEGIN):
        if found := _END.search(held):
            return plain_formula(held[: found.end()]), found.end()
        if not final and len(held) < HELD_CHARS:
            return None
    closing = _FORMULAS.get(held[:2])
    if closing is not None:
        end = held.find(closing)
        if end > 0:
            return plain_formula(held[2:end]), end + 2
        if not final and len(held) < HELD_CHARS:
            return None
    if len(held) > 1 and held[1] in _ESCAPED:
        return held[1], 2
    return "\\", 1


def _address(held: str, last: str, final: bool) -> Taken | None:
    """A bare address: its domain."""
    lower = held.lower()
    if last.isascii() and last.isalnum():
        return held[0], 1
    if not final and any(start.startswith(lower) for start in _URL_STARTS):
        return None
    if not lower.startswith(_URL_STARTS):
        return held[0], 1
    found = _URL_CHARS.match(held)
    end = found.end() if found else 0
    if end == len(held) and end < 4 * HELD_CHARS and not final:
        return None
    address = held[:end].rstrip(".,;:!?'\")]*_")
    return _domain(address), len(address)


def _domain(address: str) -> str:
    """The part of an address that one says."""
    found = _DOMAIN.match(address)
    domain = found[1] if found else ""
    return domain.strip("[]") or address


READERS: dict[str, Callable[[str, str, bool], Taken | None]] = {
    **dict.fromkeys("*_~", _emphasis),
    **dict.fromkeys("[!", _link),
    **dict.fromkeys("hHwW", _address),
    "<": _angle,
    "&": _entity,
    ":": _shortcode,
    "$": _dollar,
    "\\": _backslash,
}
"""What reads each character that may begin a mark."""
