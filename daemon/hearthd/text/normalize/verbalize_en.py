"""What to say in English for what a rule of ``spoken_en`` found: dates, addresses, versions, formulas.

Each takes the match of its rule; the groups are documented there by the pattern.
"""

from __future__ import annotations

import re

from hearthd.text.normalize import chemistry
from hearthd.text.normalize.acronym import letters, read_acronyms
from hearthd.text.normalize.numbers_en import code, decimal, digits, number, ordinal, year
from hearthd.text.normalize.units_en import per, unit_name

_MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
]  # fmt: skip


def month_name(name: str) -> str:
    """A month's name in full."""
    return next(month for month in _MONTHS if month.startswith(name[:3].capitalize()))


def full_year(text: str) -> str:
    """A year as written; one of other than four digits as a number."""
    return year(int(text)) if len(text) == 4 and text[0] != "0" else number(text)


def date(month: int, day: int, written_year: str) -> str | None:
    """A date; None if there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{_MONTHS[month - 1]} {ordinal(day)}" + (f", {full_year(written_year)}" if written_year else "")


def mdy(m: re.Match[str]) -> str:
    """Month/day/year, or day/month/year where only that can be."""
    first, second = int(m[1]), int(m[2])
    return date(first, second, m[3]) or date(second, first, m[3]) or m[0]


def day_month(m: re.Match[str]) -> str:
    """A day of a month: 21 November 2026."""
    article = (
        ""
        if re.search(
            r"(?i)\b(?:the|th to|st to|nd to|rd to)\s$|[a-z](?:th|st|nd|rd) to $", m.string[: m.start()]
        )
        else "the "
    )
    return f"{article}{ordinal(int(m[1]))} of {month_name(m[2])}" + (f", {full_year(m[3])}" if m[3] else "")


def month_day(m: re.Match[str]) -> str:
    """Days of a month: Nov. 21-23, 2026."""
    until = f" to {ordinal(int(m[3]))}" if m[3] else ""
    return f"{month_name(m[1])} {ordinal(int(m[2]))}{until}" + (f", {full_year(m[4])}" if m[4] else "")


def address(m: re.Match[str]) -> str:
    """An address or a file name, its marks by name."""
    said = re.sub(r"^(?:https?://)?(?:www\.)?|[?#].*$", "", m[0]).rstrip("/")
    names = {
        ".": " dot ",
        "/": " slash ",
        "@": " at ",
        "-": " dash ",
        "_": " underscore ",
        ":": " colon ",
        "#": " ",
    }
    said = re.sub(r"[./@\-_:#]", lambda mark: names[mark[0]], said)
    said = re.sub(
        r"\b(?:pdf|html?|csv|xml|txt|php|js|md|css|png|jpg|mp3|mp4|exe|io|cn|uk|tv|edu)\b",
        lambda w: letters(w[0]),
        said,
    )
    said = re.sub(r"(?<=[a-zA-Z])(?=\d)|(?<=\d)(?=[a-zA-Z])", " ", said)
    return re.sub(r"\s+", " ", said).strip()


def host(m: re.Match[str]) -> str:
    """An IP address, perhaps with a port."""
    said = " dot ".join(digits(part) for part in m[1].split("."))
    return said + (f" port {digits(m[2])}" if m[2] else "")


def version(text: str) -> str:
    """The numbers of a version: 2.0.1, 22.04."""
    parts = [
        f"oh {number(p[1:])}" if len(p) == 2 and p[0] == "0" and p != "00" else number(p)
        for p in text.split(".")
    ]
    return " point ".join(parts)


def scientific(m: re.Match[str]) -> str:
    """A number in scientific notation: 3.2e-5."""
    minus = "minus " if m[2] and m[2] in "-−" else ""
    unit = f" {unit_name(m[4], one=False)}" if m[4] else ""
    unit += "".join(f" {per(one)}" for one in (m[5] or "").split("/")[1:])
    return f"{decimal(m[1])} times ten to the power of {minus}{number(m[3])}{unit}"


def named(m: re.Match[str]) -> str:
    """Letters and digits in one: GPT-4, MP3, A380, CA1234."""
    head, tail, end = m[1], m[2], m[3]
    said = read_acronyms(head) if len(head) > 1 else head
    if "." in tail:
        tail_said = decimal(tail)
    else:
        tail_said = number(tail) if len(tail) < 3 or (len(tail) == 4 and tail.endswith("000")) else code(tail)
    minus = "minus " if head in ("UTC", "GMT") and "-" in m[0] else ""
    return f"{said} {minus}{tail_said}" + (f" {letters(end)}" if end else "")


def plain_number(m: re.Match[str]) -> str:
    """A number, perhaps below zero."""
    return ("minus " if m[1] else "") + decimal(m[2])


def logarithm(m: re.Match[str]) -> str:
    """log₂ 8: "log base two of eight"."""
    base, of = (number(part) if part.isdigit() else part for part in (m[1], m[2]))
    return f"log base {base} of {of}"


def formula(text: str) -> str:
    """C6H12O6, each letter and number apart; what is no formula as it is."""
    said = (number(part) if part.isdigit() else letters(part) for part in chemistry.parts(text))
    return " ".join(said) or text


def ion(m: re.Match[str]) -> str:
    """Ca²⁺, OH⁻: the formula letter by letter, and the charge."""
    formula = re.sub(r"\d+", lambda n: f" {number(n[0])} ", m[1] + m[2])
    said = " ".join(part if part.islower() else letters(part) for part in formula.split())
    charge = f" {number(m[3].strip())}" if m[3].strip() else ""
    return f"{said}{charge} " + ("plus" if m[4] == "⁺" else "minus")


def numbered_version(m: re.Match[str]) -> str:
    """v1.2.3-rc1."""
    said = "version " + version(m[1])
    return said + (f"-{letters(m[2]) if len(m[2]) < 3 else m[2]} {number(m[3])}" if m[2] else "")


def road(m: re.Match[str]) -> str:
    """I-95 N: a road and where it leads."""
    way = {"N": "North", "S": "South", "E": "East", "W": "West"}[m[4]]
    name = letters(m[1]) if m[1].isupper() else m[1]
    return f"{name} {code(m[3])} {way}"
