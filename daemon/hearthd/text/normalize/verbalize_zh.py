"""What to say in Chinese for what a rule of ``spoken_zh`` found: dates, addresses, versions, formulas.

Each takes the match of its rule; the groups are documented there by the pattern.
"""

from __future__ import annotations

import re

from hearthd.text.normalize import chemistry
from hearthd.text.normalize.acronym import letters, read_acronyms
from hearthd.text.normalize.numbers_zh import cardinal, decimal, digits, number

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(written_year: str, month: str, day: str) -> str:
    """A date; the year may be empty."""
    said = f"{cardinal(int(month))}月{cardinal(int(day))}日"
    return f"{digits(written_year)}年{said}" if written_year else said


def numeric_date(m: re.Match[str]) -> str:
    """2026-11-21."""
    if not (1 <= int(m[3]) <= 12 and 1 <= int(m[4]) <= 31):
        return m[0]
    return day(m[1], m[3], m[4])


def month_first(m: re.Match[str], written_year: str | None = None) -> str:
    """11/21/2026, 11/21."""
    first, second = sorted((m[1], m[2]), key=int) if int(m[1]) > 12 else (m[1], m[2])
    if not (1 <= int(first) <= 12 and 1 <= int(second) <= 31):
        return m[0]
    return day(m[3] if written_year is None else written_year, first, second)


def month_name(name: str) -> str:
    """The number of an English month."""
    return str(_MONTHS.index(name[:3]) + 1)


def address(m: re.Match[str]) -> str:
    """An address or a file name, its marks by name."""
    said = re.sub(r"^(?:https?://)?(?:www\.)?|[?#].*$", "", m[0]).rstrip("/")
    names = {".": "点", "/": "斜杠", "@": "艾特", "-": "杠", "_": "下划线", ":": "冒号", "#": "井号"}
    said = re.sub(
        r"\b(?:pdf|html?|csv|xml|txt|php|js|css|png|jpg|mp[34]|exe|io|cn|uk|tv|edu)\b",
        lambda w: letters(w[0]),
        said,
    )
    said = re.sub(r"[./@\-_:#]", lambda mark: names[mark[0]], said)
    return re.sub(r"\d+", lambda n: digits(n[0]), said)


def version(m: re.Match[str]) -> str:
    """2.0.1, 22.04."""
    return ("V " if m[1] else "") + "点".join(
        number(part) if part != "0" else "零" for part in m[2].split(".")
    )


def host(m: re.Match[str]) -> str:
    """An IP address, perhaps with a port."""
    said = "点".join(digits(part, phone=True) for part in m[1].split("."))
    return said + (f"端口{digits(m[2], phone=True)}" if m[2] else "")


def standard(m: re.Match[str]) -> str:
    """A technical standard: GB/T 2312-1980."""
    return f"{letters(m[1])} {digits(m[2])}杠{digits(m[3])}"


def named(m: re.Match[str]) -> str:
    """Letters and digits in one: GPT-4, MP3, JD0146."""
    head = read_acronyms(m[1]) if len(m[1]) > 1 else m[1]
    tail = decimal(m[2]) if "." in m[2] or len(m[2]) < 3 else digits(m[2], phone=True)
    return f"{head} {tail}" + (f" {m[3].upper()}" if m[3] else "")


def years(m: re.Match[str]) -> str:
    """Four digits before 年: a year, or a span of years."""
    if m[1].endswith("000") and m[1] != "2000":
        return cardinal(int(m[1])) + m[2]
    return digits(m[1]) + m[2]


def short_year(m: re.Match[str]) -> str:
    """Two digits of a year: 零零后."""
    return digits(m[1]) + m[2]


def count(m: re.Match[str]) -> str:
    """A number of something: 两个."""
    return ("负" if m[1] else "") + decimal(m[2], couple=True)


def plain(m: re.Match[str]) -> str:
    """A number, perhaps below zero."""
    return ("负" if m[1] else "") + decimal(m[2])


def logarithm(m: re.Match[str]) -> str:
    """log₂ 8: 以二为底八的对数."""
    base, of = (decimal(part) if part[0].isdigit() else part for part in (m[1], m[2] or m[3]))
    return f"以{base}为底{of}的对数"


def formula(text: str) -> str:
    """C6H12O6, each letter and number apart; what is no formula as it is."""
    said = (number(part) if part.isdigit() else letters(part) for part in chemistry.parts(text))
    return " ".join(said) or text


def ion(m: re.Match[str]) -> str:
    """Ca²⁺, OH⁻: the formula letter by letter, and the charge."""
    charge = number(m[2].strip()) if m[2].strip() else ""
    return f"{formula(m[1])} {charge}" + ("加" if m[3] == "⁺" else "负")
