"""The date of a document, as its name or its beginning tells.

Not the file's own: copying a folder makes all of them of today.
"""

from __future__ import annotations

import re
from datetime import date

BEGINNING = 300
"""Characters in which a letter or a contract tells its date."""

_MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
]  # fmt: skip
_MONTH = "(" + "|".join(rf"{name[:3]}(?:{name[3:]})?" for name in _MONTHS) + ")"
_FORMS = tuple(
    (re.compile(pattern, re.IGNORECASE), order)
    for pattern, order in (
        (r"(?<!\d)(\d{4})[-_/.](\d{1,2})[-_/.](\d{1,2})(?!\d)", "ymd"),
        (r"(\d{4})\s?年\s?(\d{1,2})\s?月\s?(\d{1,2})\s?[日号]", "ymd"),
        (r"(?<!\d)(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?!\d)", "dmy"),
        (rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|\.)?\s+{_MONTH}\.?,?\s+(\d{{4}})(?!\d)", "dmy"),
        (rf"\b{_MONTH}\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?!\d)", "mdy"),
    )
)
_COMPACT = re.compile(r"(?<!\d)((?:19|20)\d\d)([01]\d)([0-3]\d)(?!\d)")
"""``scan_20260314``: in names only; in a text it may be any number."""


def date_of(name: str, text: str) -> str:
    """The first date in the file's ``name``, else in the beginning of its ``text``: ``2026-03-14``; or ""."""
    found = list(_dates(name))
    for match in _COMPACT.finditer(name):
        found += _date(match[1], match[2], match[3])
    found = found or sorted(_dates(text[:BEGINNING]))
    return found[0][1] if found else ""


def _dates(text: str) -> list[tuple[int, str]]:
    """Where each date stands, and the date."""
    found: list[tuple[int, str]] = []
    for pattern, order in _FORMS:
        for match in pattern.finditer(text):
            part = dict(zip(order, match.groups(), strict=True))
            month = part["m"]
            number = month if month.isdigit() else str(1 + [m[:3] for m in _MONTHS].index(month[:3].lower()))
            found += [(match.start(), day) for _, day in _date(part["y"], number, part["d"])]
    return found


def _date(year: str, month: str, day: str) -> list[tuple[int, str]]:
    try:
        made = date(int(year), int(month), int(day))
    except ValueError:
        return []
    return [(0, made.isoformat())] if 1900 <= made.year <= 2100 else []
