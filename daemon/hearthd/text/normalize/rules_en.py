"""Text to English words, as a person reads it: one rule a kind of thing, the longest kinds first.

A rule is a pattern and what to say for it. Words hold no digits, so no rule meets what another made.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hearthd.text.normalize import verbalize_en as say
from hearthd.text.normalize.acronym import letters, read_acronyms
from hearthd.text.normalize.numbers_en import cardinal, code, decade, decimal, digits, number, ordinal, pair
from hearthd.text.normalize.roman import NUMBERED, REGENTS, roman
from hearthd.text.normalize.units_en import CURRENCIES, UNITS, counted, measure, money

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_MONTH = r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:[a-z]{1,6})?\.?"
_MONTH_WORD = (
    r"(January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
)
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_ROMAN = r"(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?<=[IVXLCDM])"
_SOFTWARE = (
    "python|java|version|release|ubuntu|debian|node|ios|android|macos|php|ruby|postgresql|mysql|django|chrome"
    "|firefox|windows|go|rust|kernel|linux|home assistant"
)
_EXTENSIONS = (
    "pdf|docx?|xlsx?|pptx?|txt|md|py|js|ts|json|toml|ya?ml|html?|css|png|jpe?g|gif|mp[34]|wav|zip|exe|csv|sh"
    "|conf|log|xml|cpp|go|rs"
)
_YEAR_BEFORE = r"(?i:\b(?:in|since|from|until|till|year|during|before|after|circa|mid|early|late)\s)"
_COUNTED = (
    "people|percent|children|men|women|more|or|days|years|hours|minutes|weeks|months|miles|dollars|meters|words|steps"
    "|feet|calories|cities|countries|places|cases|euros|pounds|km|kg|m|g"
)
_DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MANY = {1: "tens", 2: "hundreds", 3: "thousands"}
_SCALE = "k|K|m|M|bn|b|B|million|billion|trillion|thousand"


def _compile(pattern: str, say: Callable[[re.Match[str]], str], flags: int = 0) -> Rule:
    return re.compile(pattern, flags), say


_HALF = r"\s?([aApP])(?:\.\s?[mM]\.|[mM]\b)"
_RULES: list[Rule] = [
    _compile(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z]{2,})+", say.address),
    _compile(r"https?://[^\s，。]+|\bwww\.[^\s，。]+", say.address),
    _compile(
        rf"(?<![\w.])(?:[A-Za-z0-9-]+\.)+(?:com|org|net|io|cn|dev|edu|gov|co|uk|de|ai|tv|local)\b(?:/[\w./-]*\w)?"
        rf"|(?<![\w./])[\w-]+\.(?:{_EXTENSIONS})\b",
        say.address,
    ),
    _compile(r"\b(C|F|J)#", lambda m: f"{m[1]} sharp"),
    _compile(r"\bC\+\+", lambda m: "C plus plus"),
    _compile(r"(?<![\w.])\.NET\b", lambda m: "dot net"),
    _compile(r"\b0x([0-9A-Fa-f]+)\b", lambda m: "hex " + letters(m[1])),
    _compile(
        r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+−]?)(\d{1,3})\b",
        say.scientific,
    ),
    _compile(r"(?:#|\bNo\.\s?|\bno\.\s?|№\s?)(\d+)\b", lambda m: f"number {number(m[1])}"),
    _compile(r"(?<!\w)#([A-Za-z]\w*)", lambda m: f"hashtag {m[1]}"),
    _compile(r"(?<!\w)@([A-Za-z]\w*)", lambda m: f"at {m[1]}"),
    _compile(r"\b([fgh])\(([a-z])\)", lambda m: f"{m[1]} of {m[2]}"),
    _compile(
        rf"\b({_DAYS})\.?\s?[-–]\s?({_DAYS})\b\.?", lambda m: f"{say.day_name(m[1])} to {say.day_name(m[2])}"
    ),
    _compile(
        rf"\b{_MONTH_WORD}\s?[-–]\s?{_MONTH_WORD}",
        lambda m: f"{say.month_name(m[1])} to {say.month_name(m[2])}",
    ),
    _compile(r"(?<=day)\s?[-–]\s?(?=[A-Z][a-z]+day\b)", lambda m: " to "),
    _compile(rf"\b({_DAYS})\b\.?(?=,?\s{_MONTH_WORD})", lambda m: say.day_name(m[1])),
    # dates
    _compile(
        r"\b(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\b(?:T(?=\d))?",
        lambda m: say.date(int(m[3]), int(m[4]), m[1]) or m[0],
    ),
    _compile(r"\b(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b", say.mdy),
    _compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s{_MONTH_WORD},?(?:\s(\d{{4}})\b)?", say.day_month),
    _compile(
        rf"\b{_MONTH_WORD}\s(\d{{1,2}})(?!\d|:|,\d)(?:st|nd|rd|th)?(?:\s?[-–]\s?(\d{{1,2}})\b)?(?:,?\s(\d{{4}})\b)?",
        say.month_day,
    ),
    _compile(rf"(?<=[hdt])\s?[-–]\s?(?={_MONTH_WORD}\s\d)", lambda m: " to "),
    _compile(rf"\b{_MONTH_WORD},?\s(\d{{4}})\b", lambda m: f"{say.month_name(m[1])} {say.full_year(m[2])}"),
    # times
    _compile(r"\b(\d{1,2}):(\d)\b(?!:)", lambda m: f"{cardinal(int(m[1]))} to {cardinal(int(m[2]))}"),
    _compile(
        r"(?<=\d)\s?[-–~]\s?(?=\d{1,2}:\d\d)|(?<=\d[ap]m)\s?[-–~]\s?(?=\d)|(?<=[apAP][mM])\s?[-–~]\s?(?=\d{1,2}(?::\d\d)?\s?[apAP][mM])",
        lambda m: " to ",
    ),
    _compile(rf"\b(\d{{1,2}}):(\d\d)(?::(\d\d))?(?:{_HALF})?(?!\d)", say.time),
    _compile(rf"\b(\d{{1,2}})\.([0-5]\d)()(?:{_HALF})", say.time),
    _compile(
        r"\b(\d{1,2})\s?h\s?(\d{1,2})\s?m(?:in)?\b",
        lambda m: " ".join(counted(number, name) for number, name in ((m[1], "hour"), (m[2], "minute"))),
    ),
    _compile(rf"\b(?:(\d{{1,2}})\s?[-–]\s?)?(\d{{1,2}}){_HALF}", say.hour),
    _compile(r"\b([ap])\.\s?m\.", lambda m: f"{m[1].upper()} M"),
    # numbers that are read digit by digit
    _compile(r"\b(\d{1,3}(?:\.\d{1,3}){3})(?::(\d+))?\b", say.host),
    _compile(r"\b1-\d{3}-\d{3}-\d{4}\b|(?<=ISBN )[\d-]{10,17}\b|\b0\d{2,4}[\s-]\d{6,8}\b", say.phone),
    _compile(r"\b1-(\d{3})-([A-Z]{4,})\b", lambda m: f"one, {digits(m[1])}, {m[2].lower()}"),
    _compile(r"\b\d{1,3}(?: \d{3}){2,}\b", lambda m: number(m[0].replace(" ", ""))),
    _compile(
        r"\b(\d+(?:\.\d+)?)m(?=\s(?:people|users|dollars|pounds|euros|copies|views)\b)",
        lambda m: f"{m[1]} million",
    ),
    _compile(r"(?<![\w.])(?:\+\d{1,3}[\s-]?)?(?:\(\d{2,4}\)\s?|\d{3,4}-)\d{3,4}[\s-]\d{4}\b", say.phone),
    _compile(r"(?<![\w.])\+\d{1,3}(?:[\s-]?\d{2,4}){2,4}\b", say.phone),
    _compile(r"(?<![\w.])(?:0\d{2,3}-\d{7,8}|\d{3}-\d{4})\b|\b1[3-9]\d{9}\b", say.phone),
    _compile(
        r"(?i)\b(call|dial|phone|ring|text|emergency number|hotline|extension|ext\.?|pin|zip|postcode|code"
        r"|password)(\s(?:(?:number|code)\s)?(?:is\s|at\s)?)(\d{3,11})\b(?:(,?\s(?:or|and)\s)(\d{3,11})\b)?",
        lambda m: f"{m[1]}{m[2]}{digits(m[3])}" + (m[4] + digits(m[5]) if m[4] else ""),
    ),
    _compile(r"\b(localhost):(\d{2,5})\b", lambda m: f"{m[1]} port {digits(m[2])}"),
    _compile(
        r"(?<![\d-])\d{1,2}(?:-\d{1,2}){2,}(?![\d-])", lambda m: ", ".join(map(number, m[0].split("-")))
    ),
    _compile(r"\b(802\.\d+)([a-z]{0,2})\b", lambda m: f"eight oh two dot {m[1][4:]} {letters(m[2])}"),
    _compile(r"\b911\b", lambda m: "nine one one"),
    _compile(r"\b9/11\b", lambda m: "nine eleven"),
    _compile(r"\bv\.?(?=\d)(\d+(?:\.\d+)*)", lambda m: "version " + say.version(m[1])),
    _compile(r"(?<![\w.,])\d+(?:\.\d+){2,}\b", lambda m: say.version(m[0])),
    _compile(
        rf"(?i)\b((?:{_SOFTWARE})\s)(\d+\.\d\d?)\b(?!\.\d)",
        lambda m: m[1] + say.version(m[2]),
    ),
    _compile(
        r"(?i)\b(room|suite|apartment|apt\.?|flight|bus|route|highway|interstate|gate|boeing|airbus|unit|line"
        r"|[rg]tx|rfc)"
        r"(\s)(\d{3,4})\b",
        lambda m: f"{m[1]}{m[2]}{code(m[3])}",
    ),
    # years
    _compile(r"(?<![\w.,])['’]?(\d0|\d{3}0)['’]?s\b", lambda m: decade(int(m[1]))),
    _compile(
        r"\b(1[1-9]\d\d|20\d\d)\s?[-–~]\s?(1[1-9]\d\d|20\d\d)\b",
        lambda m: f"{say.full_year(m[1])} to {say.full_year(m[2])}",
    ),
    _compile(
        r"\b(1[1-9]\d\d|20\d\d)\s?[-–]\s?(\d\d)\b", lambda m: f"{say.full_year(m[1])} to {pair(int(m[2]))}"
    ),
    _compile(r"(?<![\w.,])(\d{3,4})\s?(AD|BCE|BC|CE)\b", lambda m: f"{say.full_year(m[1])} {letters(m[2])}"),
    _compile(
        rf"({_YEAR_BEFORE})(1\d{{3}}|20\d\d)\b(?!,\d|\.\d|\s(?:{_COUNTED})\b)",
        lambda m: m[1] + say.full_year(m[2]),
    ),
    _compile(
        rf"(?<![\w.,$£€¥])(19\d\d|20\d\d)\b(?!,\d|\.\d|\s?(?:[-–~]\s?\d|{_COUNTED}|[°%‰])\b)",
        lambda m: say.full_year(m[1]),
    ),
    # money, shares, quantities
    _compile(
        r"(?<![\w/.])()(\d{2,3})/(\d{2,3})\s?mmHg\b", lambda m: f"{say.fraction(m)} millimeters of mercury"
    ),
    _compile(r"(?<![\w.])[-−](?=[$€£¥]\d)|(?<=[$€£¥])[-−](?=\d)", lambda m: "minus "),
    _compile(
        rf"({CURRENCIES})\s?({_NUMBER})(?:\s?({_SCALE})\b)?"
        rf"(?:\s?[-–~]\s?(?:{CURRENCIES})?({_NUMBER})(?:\s?({_SCALE})\b)?)?",
        say.amount,
    ),
    _compile(rf"({_NUMBER})\s?([€£¥])", lambda m: money(m[2], m[1], "")),
    _compile(
        rf"\b({_NUMBER})(?:\s?(million|billion|trillion))?\s(USD|EUR|GBP|CNY|RMB|JPY|HKD)\b",
        lambda m: money(m[3], m[1], m[2] or ""),
    ),
    _compile(r"\b1(,?0{1,3})s(?=\sof\b)", lambda m: _MANY[len(m[1].strip(","))]),
    _compile(r"\b(\d{3,4})\s?[xX×]\s?(\d{3,4})\b", lambda m: f"{code(m[1])} by {code(m[2])}"),
    _compile(rf"({_NUMBER}\s?(?:{UNITS}))\s?[xX×]\s?(?=\d)", lambda m: f"{m[1]} by "),
    _compile(r"(?<=\d)\s?[-–~]\s?(?=\d[\d.,]*\s?(?:%|‰|°|℃|℉|[a-zA-Zµμ]))", lambda m: " to "),
    _compile(r"(\d\s?ft\.?\s)(\d{1,2})\s?in\b\.?", lambda m: m[1] + counted(m[2], "inch", "inches")),
    _compile(r"(?<=\d)(\s?(?:ft|in|lb|oz|hr|min|sec))\.(?=\s[a-z])", lambda m: m[1]),
    _compile(r"(?<![\w.])(\d+)″", lambda m: f"{number(m[1])} inch"),
    _compile(rf"(?<![\w.])([-−–]?)({_NUMBER})\s?({UNITS})(?![A-Za-z0-9²³])", measure),
    _compile(r"\b(\d+)['′](\d+)(?:\"|″|'')?", lambda m: f"{cardinal(int(m[1]))} foot {cardinal(int(m[2]))}"),
    _compile(r"(?<![\w.])(\d+)['′](?!\w)", lambda m: f"{number(m[1])} feet"),
    _compile(r"(?<![\w/.])(?:(\d+)\s)?(\d{1,3})/(\d{1,3})(?![\w/]|\.\d)", say.fraction),
    _compile(r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1])), re.IGNORECASE),
    # Roman numerals
    _compile(rf"\b({REGENTS})\s(?=[IVX]){_ROMAN}\b(?!\.)", lambda m: f"{m[1]} the {ordinal(roman(m[2]))}"),
    _compile(
        rf"\b({NUMBERED})\s(?=[IVX]\b|[IVXLCM]{{2}}){_ROMAN}\b", lambda m: f"{m[1]} {cardinal(roman(m[2]))}"
    ),
    _compile(  # "part I of it", but not "the part I like"
        rf"\b({NUMBERED.lower()})\s(?=[IVXL]{{2}}|[IVX](?:\sof\b|[,.:;)]|$)){_ROMAN}\b",
        lambda m: f"{m[1]} {cardinal(roman(m[2]))}",
    ),
    _compile(
        r"(?<=[a-z]\s)(?=[IVX]{2,})(X{0,3}(?:IX|IV|V?I{0,3}))\b(?<=[IVX]{2})", lambda m: cardinal(roman(m[1]))
    ),
    # signs
    _compile(r"(?<![\w.])(\d+)\s-\s(\d+)(?![\w.])", say.spaced_hyphen),
    _compile(
        r"(?<![\w.])(\d{1,4})\s?(?:-|–|~|～)\s?(\d{1,4})(?![\d.]*\s?=)\b(?!-)",
        lambda m: f"{number(m[1])} to {number(m[2])}",
    ),
    _compile(r"(?<=\d)\s[xX]\s(?=\d)", lambda m: " times "),
    _compile(r"(?<=\d)[xX](?=\d)", lambda m: " by "),
    _compile(r"(?<=\d)\s?\*\s?(?=\d)", lambda m: " times "),
    _compile(r"(\d)\s[-−]\s(?=[\d(a-z√])", lambda m: f"{m[1]} minus "),
    _compile(r"([\w)]²?)\s?[-−]\s?(?=[\w√(]+\s?=)", lambda m: f"{m[1]} minus "),
    _compile(r"~\s?(?=[$\d])", lambda m: "about "),
    _compile(r"(?<=[a-z])-(\d+)\b", lambda m: f"-{number(m[1])}"),
    _compile(r"([A-Z][A-Za-z]*|[a-z](?=-?\d))-?(\d+(?:\.\d+)?)([a-zA-Z]?)\b(?<!\d[a-z]{2})", say.named),
    _compile(r"\b(\d{3,4})([pi])\b", lambda m: f"{code(m[1])} {m[2].upper()}"),
    _compile(rf"\b({_NUMBER})\s?bn\b", lambda m: f"{decimal(m[1])} billion"),
    _compile(rf"\b({_NUMBER})([kK])\b", lambda m: f"{decimal(m[1])} " + ("thousand" if m[2] == "k" else "K")),
    _compile(
        r"\b(\d+\.\d+|\d+(?=[MB]\s[a-z]{3,}))([MB])\b",
        lambda m: f"{decimal(m[1])} " + {"M": "million", "B": "billion"}[m[2]],
    ),
    _compile(rf"\b({_NUMBER})([A-Za-z])\b", lambda m: f"{decimal(m[1])} {m[2].upper()}"),
    _compile(r"\b(\d)([A-Z]{2,3})\b", lambda m: f"{number(m[1])} {letters(m[2])}"),
    _compile(rf"(?<![\w.])([-−]?)({_NUMBER}|\.\d+)", say.plain_number),
    _compile(r"\d+", lambda m: f" {number(m[0])} "),
]

_WORDS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(pattern), said)
    for pattern, said in [
        (r"\bDr\.(?=\s[A-Z])", "Doctor"),
        (r"(?<=\w )Dr\.(?=\s*$|,)", "Drive"),
        (r"\bMr\.", "Mister"),
        (r"\bMrs\.", "Missus"),
        (r"\bMs\.", "Miz"),
        (r"\bProf\.", "Professor"),
        (r"\bSt\.(?=\s[A-Z])", "Saint"),
        (r"(?<=\w )St\.", "Street"),
        (r"\bAve\.", "Avenue"),
        (r"\bBlvd\.", "Boulevard"),
        (r"\bRd\.", "Road"),
        (r"\bMt\.", "Mount"),
        (r"\bJr\.", "Junior"),
        (r"\bSr\.", "Senior"),
        (r"\bInc\.", "Incorporated"),
        (r"\bLtd\.", "Limited"),
        (r"\bCo\.", "Company"),
        (r"\bCorp\.", "Corporation"),
        (r"\b[Vv]s\.?(?=\s)", "versus"),
        (r"\be\.\s?g\.,?", "for example,"),
        (r"\bi\.\s?e\.,?", "that is,"),
        (r"\betc\.(?=\s*$|\s[A-Z])", "et cetera."),
        (r"(?<![/\w])etc\b\.?(?!/)", "et cetera"),
        (r"\bapprox\.", "approximately"),
        (r"\best\.", "established"),
        (r"\bdept\.", "department"),
        (r"\bpp\.", "pages"),
        (r"\bp\.(?=\s?\d)", "page"),
        (r"\bFig\.", "Figure"),
        (r"\bEq\.(?=\s?\d)", "Equation"),
        (r"\bRm\.(?=\s?\d)", "Room"),
        (r"(?<![\w/])km/h\b", "kilometers per hour"),
        (r"(?<![\w/])m/s(?![\w/²])", "meters per second"),
        (r"\bvol\.(?=\s)", "volume"),
        (r"\bch\.(?=\s?\d)", "chapter"),
        (r"\bw/o\b", "without"),
        (r"\bw/(?=\s?\w)", "with "),
        (r"\bRMB\b", "R M B"),
        (r"\bWi-?Fi\b", "Wi-Fi"),
    ]
]

_SIGNS = {
    "²": " squared", "³": " cubed", "±": " plus or minus ", "≥": " greater than or equal to ",
    "≤": " less than or equal to ", "≠": " not equal to ", "≈": " approximately ", "=": " equals ",
    "×": " times ", "÷": " divided by ", "√": " square root of ", "∞": " infinity ", "π": " pi ",
    "°": " degrees ", "%": " percent ", "‰": " per mille ", "&": " and ", "+": " plus ", "−": " minus ",
    "∑": " sum ", "α": " alpha ", "β": " beta ", "γ": " gamma ", "δ": " delta ", "Δ": " delta ",
    "θ": " theta ", "λ": " lambda ", "μ": " mu ", "µ": " mu ", "σ": " sigma ", "φ": " phi ", "ω": " omega ",
    "Ω": " ohms ", "@": " at ", "→": ", ", "↑": " up ", "↓": " down ", "§": " section ", "_": " ",
    "|": ", ", "\\": " ", "~": " ",
    "*": " ", "^": " to the power of ", "<": " less than ", ">": " greater than ", "#": " ", "/": " ",
    "⁻": " minus ", "∫": " integral ", "∈": " in ",
    "℃": " degrees Celsius ", "$": " dollars ", "€": " euros ", "£": " pounds ",
}  # fmt: skip
_SIGN = re.compile("[" + re.escape("".join(_SIGNS)) + "]")


_SHORT_UNITS = {"mo": "month", "yr": "year", "hr": "hour", "lb": "pound", "kg": "kilogram"}
_PER = re.compile(r"(?<=\d)\s?/\s?(month|year|day|week|hour|night|person|mo|yr|hr|kg|lb|GB)\b")


def read_english(text: str) -> str:
    """``text`` with everything in it that is no word written as words."""
    text = _PER.sub(lambda m: " per " + _SHORT_UNITS.get(m[1], m[1]), text)
    text = re.sub(
        r"\^\(?(\d+)\)?", lambda m: {"2": "²", "3": "³"}.get(m[1], f" to the power of {m[1]} "), text
    )
    if "=" in text:
        text = re.sub(r"(?<=[\w)²³])\s[-−–]\s(?=[\w(√])", " minus ", text)
    for pattern, said in _WORDS:
        text = pattern.sub(said, text)
    for rule, words in _RULES:
        text = rule.sub(words, text)
    text = _SIGN.sub(lambda m: _SIGNS[m[0]], text)
    return read_acronyms(text)
