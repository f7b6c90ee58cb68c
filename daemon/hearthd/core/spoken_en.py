"""Text to English words, as a person reads it: one rule a kind of thing, the longest kinds first.

A rule is a pattern and what to say for it. Words hold no digits, so no rule meets what another made.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hearthd.core.acronym import letters, read_acronyms
from hearthd.core.number_en import cardinal, code, decade, decimal, digits, number, ordinal, pair, year
from hearthd.core.units_en import CURRENCIES, UNITS, measure, money

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_MONTHS = (
    "January February March April May June July August September October November December"
).split()  # fmt: skip
_MONTH = r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:[a-z]{1,6})?\.?"
_MONTH_WORD = (
    r"(January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
)
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_ROMAN = r"(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))"
_REGENTS = (
    "Louis Henry Edward George Elizabeth Charles William James Richard Paul Benedict Pius Napoleon Nicholas "
    "Catherine Alexander Frederick Philip Ramses Leo Francis Gregory Innocent Ivan Ptolemy Clement Urban Otto "
    "Wilhelm Friedrich Felipe Carlos Christian Harald Margrethe Mary Constantine Justinian Darius Xerxes"
).replace(" ", "|")
_NUMBERED = (
    "Chapter Part Act Volume Section Book War Type Phase Class Level Stage Bowl Fantasy Rocky Apollo Article "
    "Appendix Scene Grade Title Mark Psalm Episode Season Division Rank Group Table Figure Unit Quest Wars"
).replace(" ", "|")
_SOFTWARE = "python|java|version|release|ubuntu|debian|node|ios|android|macos|php|ruby|postgresql|mysql|django|chrome|firefox|windows|go|rust|kernel|linux|home assistant"
_EXTENSIONS = "pdf|docx?|xlsx?|pptx?|txt|md|py|js|ts|json|toml|ya?ml|html?|css|png|jpe?g|gif|mp[34]|wav|zip|exe|csv|sh|conf|log|xml|cpp|go|rs"
_YEAR_BEFORE = r"(?i:\b(?:in|since|from|until|till|year|during|before|after|circa|mid|early|late)\s)"
_COUNTED = (
    "people|percent|children|men|women|more|or|days|years|hours|minutes|weeks|months|miles|dollars|meters|words|steps"
    "|feet|calories|cities|countries|places|cases|euros|pounds|km|kg|m|g"
)
_FRACTIONS = {2: "half", 4: "quarter"}


def _month(name: str) -> str:
    return next(month for month in _MONTHS if month.startswith(name[:3].capitalize()))


def _year(text: str) -> str:
    return year(int(text)) if len(text) == 4 and text[0] != "0" else number(text)


def _date(month: int, day: int, written_year: str) -> str | None:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return f"{_MONTHS[month - 1]} {ordinal(day)}" + (f", {_year(written_year)}" if written_year else "")


def _ymd(m: re.Match[str]) -> str:
    return _date(int(m[2]), int(m[3]), m[1]) or m[0]


def _mdy(m: re.Match[str]) -> str:
    first, second = int(m[1]), int(m[2])
    return _date(first, second, m[3]) or _date(second, first, m[3]) or m[0]


def _day_month(m: re.Match[str]) -> str:
    article = "" if re.search(r"(?i)\bthe\s$", m.string[: m.start()]) else "the "
    return f"{article}{ordinal(int(m[1]))} of {_month(m[2])}" + (f", {_year(m[3])}" if m[3] else "")


def _month_day(m: re.Match[str]) -> str:
    until = f" to {ordinal(int(m[3]))}" if m[3] else ""
    return f"{_month(m[1])} {ordinal(int(m[2]))}{until}" + (f", {_year(m[4])}" if m[4] else "")


def _clock(hour: str, minute: str | None, half: str | None) -> str:
    """A time of day; ``half``: "a" or "p" of a.m. and p.m."""
    said = cardinal(int(hour))
    if minute and int(minute):
        said += " " + pair(int(minute))
    elif not half and minute:
        said += " o'clock" if 0 < int(hour) <= 12 else " hundred" if int(hour) else " hours"
    return said + (f" {half.upper()} M" if half else "")


def _time(m: re.Match[str]) -> str:
    if int(m[1]) > 24 or int(m[2]) > 59:
        return f"{cardinal(int(m[1]))} to {cardinal(int(m[2]))}"
    said = _clock(m[1], m[2], m[4])
    return said + (f" and {cardinal(int(m[3]))} seconds" if m[3] else "") + _stop(m)


def _stop(m: re.Match[str]) -> str:
    """A full stop that ended both p.m. and the sentence."""
    rest = m.string[m.end() :]
    return "." if m[0].endswith(".") and (not rest.strip() or re.match(r"\s+[A-Z]", rest)) else ""


def _hour(m: re.Match[str]) -> str:
    until = f"{cardinal(int(m[1]))} to " if m[1] else ""
    return until + _clock(m[2], None, m[3]) + _stop(m)


def _phone(m: re.Match[str]) -> str:
    groups = re.findall(r"\d+", m[0])
    said = ", ".join(digits(group) for group in groups)
    return ("plus " if "+" in m[0] else "") + said


def _money(m: re.Match[str]) -> str:
    return money(m[1], m[2], m[3] or "") + (" to " + money(m[1], m[4], m[5] or "") if m[4] else "")


def _fraction(m: re.Match[str]) -> str:
    over, under = int(m[2]), int(m[3])
    if (over, under) in ((24, 7), (9, 11), (50, 50)):
        said = f"{cardinal(over)} {cardinal(under)}"
    elif not 0 < over < under or under > 100 or (under > 20 and under % 10):
        said = f"{cardinal(over)} out of {cardinal(under)}" if under else m[0]
    else:
        name = _FRACTIONS.get(under) or ordinal(under)
        said = f"{cardinal(over)} {name}" + ("s" if over > 1 else "")
    if not m[1]:
        return said
    return f"{cardinal(int(m[1]))} and {'a half' if said == 'one half' else said}"


def _roman(text: str) -> int:
    values = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
    total = 0
    for c, following in zip(text, text[1:] + " ", strict=True):
        value = values[c]
        total += -value if values.get(following, 0) > value else value
    return total


def _address(m: re.Match[str]) -> str:
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
        r"\b(?:pdf|html?|csv|xml|txt|php|js|css|png|jpg|mp3|mp4|exe|io|cn|uk|tv|edu)\b",
        lambda w: letters(w[0]),
        said,
    )
    said = re.sub(r"(?<=[a-zA-Z])(?=\d)|(?<=\d)(?=[a-zA-Z])", " ", said)
    return re.sub(r"\s+", " ", said).strip()


def _version(m: re.Match[str]) -> str:
    parts = [
        f"oh {number(p[1:])}" if len(p) == 2 and p[0] == "0" and p != "00" else number(p)
        for p in m[2].split(".")
    ]
    return ("version " if m[1] else "") + " point ".join(parts)


def _code(m: re.Match[str]) -> str:
    """Letters and digits in one: GPT-4, MP3, A380, CA1234."""
    head, tail, end = m[1], m[2], m[3]
    said = read_acronyms(head) if len(head) > 1 else head
    tail_said = number(tail) if len(tail) < 3 or (len(tail) == 4 and tail.endswith("000")) else code(tail)
    return f"{said} {tail_said}" + (f" {letters(end)}" if end else "")


def _spaced_hyphen(m: re.Match[str]) -> str:
    """5 - 3 is a difference, 10 - 20 a range."""
    between = "minus" if int(m[1]) > int(m[2]) else "to"
    return f"{number(m[1])} {between} {number(m[2])}"


def _plain_number(m: re.Match[str]) -> str:
    return ("minus " if m[1] else "") + decimal(m[2])


def _compile(pattern: str, say: Callable[[re.Match[str]], str], flags: int = 0) -> Rule:
    return re.compile(pattern, flags), say


_HALF = r"\s?([aApP])(?:\.\s?[mM]\.|[mM]\b)"
_RULES: list[Rule] = [
    _compile(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z]{2,})+", _address),
    _compile(r"https?://[^\s，。]+|\bwww\.[^\s，。]+", _address),
    _compile(
        rf"(?<![\w.])(?:[A-Za-z0-9-]+\.)+(?:com|org|net|io|cn|dev|edu|gov|co|uk|de|ai|tv|local)\b(?:/[\w./-]*\w)?"
        rf"|(?<![\w./])[\w-]+\.(?:{_EXTENSIONS})\b",
        _address,
    ),
    _compile(r"\b(C|F|J)#", lambda m: f"{m[1]} sharp"),
    _compile(r"\bC\+\+", lambda m: "C plus plus"),
    _compile(r"(?:#|\bNo\.\s?|\bno\.\s?|№\s?)(\d+)\b", lambda m: f"number {number(m[1])}"),
    _compile(r"(?<!\w)#([A-Za-z]\w*)", lambda m: f"hashtag {m[1]}"),
    _compile(r"(?<!\w)@([A-Za-z]\w*)", lambda m: f"at {m[1]}"),
    # dates
    _compile(r"\b(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\b(?:T(?=\d))?", lambda m: _date(int(m[3]), int(m[4]), m[1]) or m[0]),
    _compile(r"\b(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b", _mdy),
    _compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s{_MONTH_WORD},?(?:\s(\d{{4}})\b)?", _day_month),
    _compile(
        rf"\b{_MONTH_WORD}\s(\d{{1,2}})(?!\d|:|,\d)(?:st|nd|rd|th)?(?:\s?[-–]\s?(\d{{1,2}})\b)?(?:,?\s(\d{{4}})\b)?",
        _month_day,
    ),
    _compile(rf"\b{_MONTH_WORD},?\s(\d{{4}})\b", lambda m: f"{_month(m[1])} {_year(m[2])}"),
    # times
    _compile(r"\b(\d{1,2}):(\d)\b(?!:)", lambda m: f"{cardinal(int(m[1]))} to {cardinal(int(m[2]))}"),
    _compile(r"(?<=\d)\s?[-–~]\s?(?=\d{1,2}:\d\d)", lambda m: " to "),
    _compile(rf"\b(\d{{1,2}}):(\d\d)(?::(\d\d))?(?:{_HALF})?(?!\d)", _time),
    _compile(rf"\b(?:(\d{{1,2}})\s?[-–]\s?)?(\d{{1,2}}){_HALF}", _hour),
    # numbers that are read digit by digit
    _compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", lambda m: " dot ".join(digits(part) for part in m[0].split("."))),
    _compile(r"\b1-\d{3}-\d{3}-\d{4}\b", _phone),
    _compile(r"(?<![\w.])(?:\+\d{1,3}[\s-]?)?(?:\(\d{2,4}\)\s?|\d{3,4}-)\d{3,4}[\s-]\d{4}\b", _phone),
    _compile(r"(?<![\w.])\+\d{1,3}(?:[\s-]?\d{2,4}){2,4}\b", _phone),
    _compile(r"(?<![\w.])(?:0\d{2,3}-\d{7,8}|\d{3}-\d{4})\b|\b1[3-9]\d{9}\b", _phone),
    _compile(
        r"(?i)\b(call|dial|phone|ring|text|emergency number|hotline|extension|ext\.?|pin|code|password)(\s(?:is\s|at\s)?)(\d{3,11})\b",
        lambda m: f"{m[1]}{m[2]}{digits(m[3])}",
    ),
    _compile(r"\b911\b", lambda m: "nine one one"),
    _compile(r"\b9/11\b", lambda m: "nine eleven"),
    _compile(r"\bv\.?(?=\d)(\d+(?:\.\d+)*)", lambda m: "version " + " point ".join(map(number, m[1].split(".")))),
    _compile(r"()(?<![\w.,])(\d+(?:\.\d+){2,})\b", _version),
    _compile(rf"(?i)\b((?:{_SOFTWARE})\s)(\d+\.\d\d?)\b(?!\.\d)", lambda m: m[1] + _version(re.fullmatch(r"()(.*)", m[2]))),  # type: ignore[arg-type]
    _compile(
        r"(?i)\b(room|suite|apartment|apt\.?|flight|bus|route|highway|interstate|gate|boeing|airbus|unit|line)(\s)(\d{3,4})\b",
        lambda m: f"{m[1]}{m[2]}{code(m[3])}",
    ),
    # years
    _compile(r"(?<![\w.,])['’]?(\d0|\d{3}0)['’]?s\b", lambda m: decade(int(m[1]))),
    _compile(r"\b(1[1-9]\d\d|20\d\d)\s?[-–~]\s?(1[1-9]\d\d|20\d\d)\b", lambda m: f"{_year(m[1])} to {_year(m[2])}"),
    _compile(r"\b(1[1-9]\d\d|20\d\d)\s?[-–]\s?(\d\d)\b", lambda m: f"{_year(m[1])} to {pair(int(m[2]))}"),
    _compile(r"\b(\d{3,4})\s?(AD|BCE|BC|CE)\b", lambda m: f"{_year(m[1])} {letters(m[2])}"),
    _compile(rf"({_YEAR_BEFORE})(1[1-9]\d\d|20\d\d)\b(?!,\d|\.\d|\s(?:{_COUNTED})\b)",
             lambda m: m[1] + _year(m[2])),
    _compile(rf"(?<![\w.,$£€¥])(19\d\d|20\d\d)\b(?!,\d|\.\d|\s?(?:[-–~]\s?\d|{_COUNTED}|[a-z]{3,}[rntlhkecmdpy]s|[°%‰])\b)",
             lambda m: _year(m[1])),
    # money, shares, quantities
    _compile(
        rf"({CURRENCIES})\s?({_NUMBER})(?:\s?(k|K|m|M|bn|b|B|million|billion|trillion|thousand)\b)?"
        rf"(?:\s?[-–~]\s?(?:{CURRENCIES})?({_NUMBER})(?:\s?(k|K|m|M|bn|b|B|million|billion|trillion)\b)?)?",
        _money,
    ),
    _compile(rf"({_NUMBER})\s?([€£¥])", lambda m: money(m[2], m[1], "")),
    _compile(rf"\b({_NUMBER})(?:\s?(million|billion|trillion))?\s(USD|EUR|GBP|CNY|RMB|JPY|HKD)\b",
             lambda m: money(m[3], m[1], m[2] or "")),
    _compile(rf"(?<=\d)\s?[-–~]\s?(?=\d[\d.,]*\s?(?:%|‰|°|℃|℉|[a-zA-Zµμ]))", lambda m: " to "),
    _compile(rf"(?<![\w.])([-−–]?)({_NUMBER})\s?({UNITS})(?![A-Za-z0-9²³])", measure),
    _compile(rf"\b(\d+)['′](\d+)(?:\"|″|'')?", lambda m: f"{cardinal(int(m[1]))} foot {cardinal(int(m[2]))}"),
    _compile(r"(?<![\w/.])(?:(\d+)\s)?(\d{1,3})/(\d{1,3})(?![\w/]|\.\d)", _fraction),
    _compile(r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1])), re.IGNORECASE),
    # Roman numerals
    _compile(rf"\b({_REGENTS})\s(?=[IVX]){_ROMAN}\b(?!\.)", lambda m: f"{m[1]} the {ordinal(_roman(m[2]))}"),
    _compile(rf"\b({_NUMBERED})\s(?=[IVXLCM]){_ROMAN}\b", lambda m: f"{m[1]} {cardinal(_roman(m[2]))}", re.IGNORECASE),
    _compile(r"(?<=[a-z]\s)(?=[IVX]{2,})(X{0,3}(?:IX|IV|V?I{0,3}))\b", lambda m: cardinal(_roman(m[1]))),
    # signs
    _compile(r"(?<![\w.])(\d+)\s-\s(\d+)(?![\w.])", _spaced_hyphen),
    _compile(r"(?<![\w.])(\d{1,4})\s?(?:-|–|~|～)\s?(\d{1,4})(?![\d.]*\s?=)\b(?!-)",
             lambda m: f"{number(m[1])} to {number(m[2])}"),
    _compile(r"(?<=\d)\s?[xX]\s?(?=\d)", lambda m: " by "),
    _compile(r"(?<=\d)\s?\*\s?(?=\d)", lambda m: " times "),
    _compile(r"(\d)\s[-−]\s(?=[\d(a-z√])", lambda m: f"{m[1]} minus "),
    _compile(r"([\w)]²?)\s?[-−]\s?(?=[\w√(]+\s?=)", lambda m: f"{m[1]} minus "),
    _compile(r"~\s?(?=[$\d])", lambda m: "about "),
    _compile(r"([A-Z][A-Za-z]*|[a-z](?=-?\d))-?(\d+)([a-zA-Z]?)\b(?<!\d[a-z]{2})", _code),
    _compile(rf"\b({_NUMBER})([kK])\b", lambda m: f"{decimal(m[1])} " + ("thousand" if m[2] == "k" else "K")),
    _compile(rf"\b({_NUMBER})([MB])\b", lambda m: f"{decimal(m[1])} " + {"M": "million", "B": "billion"}[m[2]]),
    _compile(r"\b(\d+)([A-Za-z])\b", lambda m: f"{number(m[1])} {m[2].upper()}"),
    _compile(rf"(?<![\w.])([-−]?)({_NUMBER}|\.\d+)", _plain_number),
    _compile(r"\d+", lambda m: f" {number(m[0])} "),
]  # fmt: skip

_WORDS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), said)
    for pattern, said in [
        (r"\bDr\.(?=\s[A-Z])", "Doctor"), (r"\bMr\.", "Mister"), (r"\bMrs\.", "Missus"), (r"\bMs\.", "Miz"),
        (r"\bProf\.", "Professor"), (r"\bSt\.(?=\s[A-Z])", "Saint"), (r"(?<=\w )St\.", "Street"),
        (r"\bAve\.", "Avenue"), (r"\bBlvd\.", "Boulevard"), (r"\bRd\.", "Road"), (r"\bMt\.", "Mount"),
        (r"\bJr\.", "Junior"), (r"\bSr\.", "Senior"), (r"\bInc\.", "Incorporated"), (r"\bLtd\.", "Limited"),
        (r"\bCo\.", "Company"), (r"\bCorp\.", "Corporation"), (r"\b[Vv]s\.?(?=\s)", "versus"),
        (r"\be\.\s?g\.,?", "for example,"), (r"\bi\.\s?e\.,?", "that is,"), (r"\betc\.(?=\s*$|\s[A-Z])", "et cetera."),
        (r"\betc\b\.?", "et cetera"), (r"\bapprox\.", "approximately"), (r"\best\.", "established"),
        (r"\bdept\.", "department"), (r"\bpp\.", "pages"), (r"\bp\.(?=\s?\d)", "page"), (r"\bFig\.", "Figure"),
        (r"\bvol\.(?=\s)", "volume"), (r"\bch\.(?=\s?\d)", "chapter"), (r"\bw/o\b", "without"), (r"\bw/(?=\s?\w)", "with "),
        (r"\b(?i:a\.\s?m\.)", "A M"), (r"\bRMB\b", "R M B"), (r"\bWi-?Fi\b", "Wi-Fi"),
    ]
]  # fmt: skip

_SIGNS = {
    "²": " squared", "³": " cubed", "±": " plus or minus ", "≥": " greater than or equal to ", "≤": " less than or equal to ",
    "≠": " not equal to ", "≈": " approximately ", "=": " equals ", "×": " times ", "÷": " divided by ", "√": " square root of ",
    "∞": " infinity ", "π": " pi ", "°": " degrees ", "%": " percent ", "‰": " per mille ", "&": " and ", "+": " plus ",
    "−": " minus ", "∑": " sum ", "α": " alpha ", "β": " beta ", "γ": " gamma ", "δ": " delta ", "Δ": " delta ",
    "θ": " theta ", "λ": " lambda ", "μ": " mu ", "µ": " mu ", "σ": " sigma ", "φ": " phi ", "ω": " omega ", "Ω": " ohms ",
    "@": " at ", "→": ", ", "§": " section ", "_": " ", "|": ", ", "\\": " ", "~": " ", "*": " ", "^": " to the power of ",
    "<": " less than ", ">": " greater than ", "#": " ", "/": " ", "⁻": " minus ", "℃": " degrees Celsius ",
    "$": " dollars ", "€": " euros ", "£": " pounds ",
}  # fmt: skip
_SIGN = re.compile("[" + re.escape("".join(_SIGNS)) + "]")


def read_english(text: str) -> str:
    """``text`` with everything in it that is no word written as words."""
    text = re.sub(
        r"(?<=\d)\s?/\s?(?=(?:month|year|day|week|hour|night|person|mo|yr|hr|kg|lb|GB)\b)", " per ", text
    )
    text = re.sub(
        r"\^\(?(\d+)\)?", lambda m: {"2": "²", "3": "³"}.get(m[1], f" to the power of {m[1]} "), text
    )
    for pattern, said in _WORDS:
        text = pattern.sub(said, text)
    for rule, say in _RULES:
        text = rule.sub(say, text)
    text = _SIGN.sub(lambda m: _SIGNS[m[0]], text)
    return read_acronyms(text)
