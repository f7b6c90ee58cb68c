"""What to say in Chinese for what a rule of ``spoken_zh`` found: dates, times, telephones, quantities.

Each takes the match of its rule; the groups are documented there by the pattern.
"""

from __future__ import annotations

import re

from hearthd.text.normalize.acronym import letters, read_acronyms
from hearthd.text.normalize.numbers_zh import cardinal, decimal, digits, number
from hearthd.text.normalize.units_zh import DEGREES, MEASURES, measure, money, unit_name

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOURS_OF = {"a": "上午", "p": "下午"}


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


def clock(hour: str, minute: str, second: str | None = None) -> str:
    """Hours and minutes, perhaps seconds."""
    said = f"{cardinal(int(hour), couple=True)}点"
    if int(minute) or second:
        said += (f"零{cardinal(int(minute))}" if 0 < int(minute) < 10 else cardinal(int(minute))) + "分"
    return said + (f"{cardinal(int(second), couple=True)}秒" if second else "")


def time(m: re.Match[str]) -> str:
    """A time of day with minutes, or a score that looks like one."""
    if int(m[2]) > 24 or int(m[3]) > 59:
        return f"{m[1] or ''}{cardinal(int(m[2]))}比{cardinal(int(m[3]))}"
    half = _HOURS_OF[m[5].lower()] if m[5] else ""
    until = "到" if m[1] else ""
    return until + half + clock(m[2], m[3], m[4])


def hour(m: re.Match[str]) -> str:
    """Such as "9-5 p.m."."""
    return f"{_HOURS_OF[m[2].lower()]}{cardinal(int(m[1]), couple=True)}点"


def phone(m: re.Match[str]) -> str:
    """A telephone number, group by group."""
    groups = re.findall(r"\d+", re.sub(r"(1\d\d)(\d{4})(\d{4})$", r"\1-\2-\3", m[0]))
    country = f"加{digits(groups.pop(0))}，" if "+" in m[0] else ""
    return country + "，".join(digits(group, phone=True) for group in groups)


def numbers(m: re.Match[str]) -> str:
    """A telephone number, or up to three of them."""
    more = [link + digits(other, phone=True) for link, other in ((m[3], m[4]), (m[5], m[6])) if other]
    return m[1] + digits(m[2], phone=True) + "".join(more)


def span(m: re.Match[str]) -> str:
    """Two numbers and what is counted: 两到三个."""
    if not m[3] and float(m[1].replace(",", "")) > float(m[2].replace(",", "")):
        return f"{decimal(m[1])}减{decimal(m[2])}"
    couple = m[3] is not None and re.fullmatch(MEASURES, m[3]) is not None
    return f"{decimal(m[1], couple=couple)}到{decimal(m[2], couple=couple)}{m[3] or ''}"


def measured(m: re.Match[str]) -> str:
    """A sign, perhaps a range, and a unit: 零下五到三摄氏度."""
    below = ("零下" if m[3] in DEGREES else "负") if m[1] else ""
    return below + measure(m[2], m[3], couple=m[3] not in DEGREES)


def measured_range(m: re.Match[str]) -> str:
    """Two numbers and a unit: 零下五到三摄氏度."""
    below = ("零下" if m[5] in DEGREES else "负") if m[1] else ""
    below_too = ("零下" if m[5] in DEGREES else "负") if m[3] else ""
    couple = m[5] not in DEGREES
    return (
        f"{below}{decimal(m[2], couple=couple)}到{below_too}{decimal(m[4], couple=couple)}{unit_name(m[5])}"
    )


def percent(m: re.Match[str]) -> str:
    """A share in hundredths or thousandths."""
    name = {"%": "百分之", "％": "百分之", "‰": "千分之"}[m[3]]
    return ("负" if m[1] else "") + name + decimal(m[2])


def percent_range(m: re.Match[str]) -> str:
    """百分之十到百分之二十."""
    return f"百分之{decimal(m[1])}到百分之{decimal(m[2])}"


def amount(m: re.Match[str]) -> str:
    """A price, or a range of prices."""
    first = money(m[1], m[2], m[3] or "")
    return first + ("到" + money(m[1], m[4], m[5] or "") if m[4] else "")


def fraction(m: re.Match[str]) -> str:
    """3/4, 1 1/2, 24/7, 12/25."""
    over, under = int(m[2]), int(m[3])
    if (over, under) == (24, 7):
        return "七乘二十四小时"
    if not under:
        return f"{cardinal(over)}比零"
    said = f"{cardinal(under)}分之{cardinal(over)}"
    return f"{cardinal(int(m[1]))}又{said}" if m[1] else said


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


def power(m: re.Match[str]) -> str:
    """A power: 2^10, x^3."""
    base = number(m[1]) if m[1].isdigit() else m[1]
    if m[3] == "2" and not m[2]:
        return f"{base}的平方"
    return f"{base}的{'负' if m[2] else ''}{number(m[3])}次方"


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
