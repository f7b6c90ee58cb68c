"""What to say in English for what a rule of ``spoken_en`` found: dates, times, telephones, fractions.

Each takes the match of its rule; the groups are documented there by the pattern.
"""

from __future__ import annotations

import re

from hearthd.text.normalize.acronym import letters, read_acronyms
from hearthd.text.normalize.numbers_en import cardinal, code, decimal, digits, number, ordinal, pair, year
from hearthd.text.normalize.units_en import money

_MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
]  # fmt: skip
_FRACTIONS = {2: "half", 4: "quarter"}


def day_name(short: str) -> str:
    """A weekday's short name in full."""
    return short + {"Tue": "sday", "Wed": "nesday", "Thu": "rsday", "Sat": "urday"}.get(short, "day")


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
    article = "" if re.search(r"(?i)\bthe\s$", m.string[: m.start()]) else "the "
    return f"{article}{ordinal(int(m[1]))} of {month_name(m[2])}" + (f", {full_year(m[3])}" if m[3] else "")


def month_day(m: re.Match[str]) -> str:
    """Days of a month: Nov. 21-23, 2026."""
    until = f" to {ordinal(int(m[3]))}" if m[3] else ""
    return f"{month_name(m[1])} {ordinal(int(m[2]))}{until}" + (f", {full_year(m[4])}" if m[4] else "")


def clock(hour: str, minute: str | None, half: str | None) -> str:
    """A time of day; ``half``: "a" or "p" of a.m. and p.m."""
    said = cardinal(int(hour))
    if minute and int(minute):
        said += " " + pair(int(minute))
    elif not half and minute:
        said += " o'clock" if 0 < int(hour) <= 12 else " hundred" if int(hour) else " hours"
    return said + (f" {half.upper()} M" if half else "")


def time(m: re.Match[str]) -> str:
    """A time of day with minutes, or a score that looks like one."""
    if int(m[1]) > 24 or int(m[2]) > 59:
        return f"{cardinal(int(m[1]))} {pair(int(m[2]))}"
    said = clock(m[1], m[2], m[4])
    return said + (f" and {cardinal(int(m[3]))} seconds" if m[3] else "") + stop(m)


def stop(m: re.Match[str]) -> str:
    """A full stop that ended both p.m. and the sentence."""
    rest = m.string[m.end() :]
    return "." if m[0].endswith(".") and (not rest.strip() or re.match(r"\s+[A-Z]", rest)) else ""


def hour(m: re.Match[str]) -> str:
    """A full hour: 3 p.m., 9-5 p.m."""
    until = f"{cardinal(int(m[1]))} to " if m[1] else ""
    return until + clock(m[2], None, m[3]) + stop(m)


def phone(m: re.Match[str]) -> str:
    """A telephone number, group by group."""
    groups = re.findall(r"\d+", m[0])
    said = ", ".join(digits(group) for group in groups)
    return ("plus " if "+" in m[0] else "") + said


def amount(m: re.Match[str]) -> str:
    """A price, or a range of prices."""
    if m[4] and m[5] and not m[3]:
        return f"{decimal(m[2])} to {money(m[1], m[4], m[5])}"
    return money(m[1], m[2], m[3] or "") + (" to " + money(m[1], m[4], m[5] or "") if m[4] else "")


def fraction(m: re.Match[str]) -> str:
    """3/4, 1 1/2, 24/7, 12/25."""
    over, under = int(m[2]), int(m[3])
    rhythm = re.match(r"\s?(?:time\b|beat)", m.string[m.end() :])
    if rhythm or (over, under) in ((24, 7), (9, 11), (50, 50), (20, 20)):
        said = f"{cardinal(over)} {cardinal(under)}"
    elif 80 < over < 260 and 40 < under < over and not m[1]:  # blood pressure
        said = f"{code(m[2])} over {cardinal(under)}"
    elif over > under > 0 and not m[1]:
        said = f"{cardinal(over)} divided by {cardinal(under)}"
    elif over <= 12 and 20 < under <= 31 and not m[1]:
        return date(over, under, "") or m[0]
    elif not 0 < over < under or over > 20 or under > 100 or (under > 20 and under % 10):
        said = f"{cardinal(over)} out of {cardinal(under)}" if under else m[0]
    else:
        name = _FRACTIONS.get(under) or ordinal(under)
        said = f"{cardinal(over)} {name}" + ("s" if over > 1 else "")
    if not m[1]:
        return said
    return f"{cardinal(int(m[1]))} and {'a half' if said == 'one half' else said}"


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
    return f"{decimal(m[1])} times ten to the power of {minus}{number(m[3])}"


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


def spaced_hyphen(m: re.Match[str]) -> str:
    """5 - 3 is a difference, 10 - 20 a range."""
    between = "minus" if int(m[1]) > int(m[2]) else "to"
    return f"{number(m[1])} {between} {number(m[2])}"


def plain_number(m: re.Match[str]) -> str:
    """A number, perhaps below zero."""
    return ("minus " if m[1] else "") + decimal(m[2])
