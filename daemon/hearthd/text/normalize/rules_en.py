"""Text to English words, as a person reads it: one rule a kind of thing, the longest kinds first.

A rule is a pattern and what to say for it. Words hold no digits, so no rule meets what another made.
The kinds that have a module of their own: codes and telephones, times and durations, quantities.
"""

from __future__ import annotations

import re

from hearthd.text.normalize import verbalize_en as say
from hearthd.text.normalize.acronym import letters, read_acronyms
from hearthd.text.normalize.codes_en import LABELLED, LONG, TELEPHONES
from hearthd.text.normalize.numbers_en import (
    cardinal,
    code,
    decimal,
    digits,
    number,
    ordinal,
    pair,
)
from hearthd.text.normalize.quantities_en import ARITHMETIC, MEASURES, MONEY, RANGES, RATES, RECIPES
from hearthd.text.normalize.roman import NUMBERED, REGENTS, roman
from hearthd.text.normalize.rule import BORDER, NUMBER, Rule, read, rule
from hearthd.text.normalize.times_en import CLOCK, DURATIONS, LASTING, RATIOS, SPANS, VERSES, day_name
from hearthd.text.normalize.units_en import PER, UNITS, unit_name

_MONTH_WORD = (
    r"(January|February|March|April|May|June|July|August|September|October|November|December"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?"
)
_DASH = r"\s?[-–—]\s?"
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

_NAMES: list[Rule] = [
    rule(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z]{2,})+", say.address, digitless=True),
    rule(r"https?://[^\s，。]+|\bwww\.[^\s，。]+", say.address, digitless=True),
    rule(
        rf"(?<![\w.])(?:[A-Za-z0-9-]+\.)+(?:com|org|net|io|cn|dev|edu|gov|co|uk|de|ai|tv|local)\b(?:/[\w./-]*\w)?"
        rf"|(?<![\w./])[\w-]+\.(?:{_EXTENSIONS})\b",
        say.address,
        digitless=True,
    ),
    rule(r"\b(C|F|J)#", r"\1 sharp", digitless=True),
    rule(r"\bC\+\+", "C plus plus", digitless=True),
    rule(r"\bAM/FM\b", "A M F M", digitless=True),
    rule(r"\b([A-Z])\.(\d{3})\b(?![.\d])", lambda m: f"{m[1]} {code(m[2])}"),
    rule(r"(?<![\w.])\.NET\b", "dot net", digitless=True),
    rule(r"\b0x([0-9A-Fa-f]+)\b", lambda m: "hex " + letters(m[1])),
    rule(
        rf"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+−]?)(\d{{1,3}})\b(?:\s?({UNITS})((?:/(?:{PER}))*)(?![\w²³/]))?",
        say.scientific,
    ),
    rule(r"\blog_(\w+)\s?\(?(\d+(?:\.\d+)?|[a-z])\b\)?", say.logarithm, digitless=True),
    rule(
        r"(?<![A-Za-z\d])(?=(?:[A-Z][a-z]?)*\d{1,2}(?:[A-Z][a-z]?)+\d)((?:[A-Z][a-z]?\d{0,2}){2,8})(?![A-Za-z\d.-])",
        lambda m: say.formula(m[1]),
    ),
    rule(
        r"(?<![A-Za-z\d])(?=[A-Za-z]*[a-z])((?:[A-Z][a-z]?){3,}\d{1,2})(?![A-Za-z\d.-])",
        lambda m: say.formula(m[1]),
    ),
    rule(r"\b([A-Z][a-z]?\d{0,2})((?:[A-Z][a-z]?\d{0,2}|\s)*)(\s?\d?)([⁺⁻])(?!\w)", say.ion, digitless=True),
]
_NUMBERS: list[Rule] = [
    rule(r"(?:#|\bNo\.\s?|\bno\.\s?|№\s?)(\d+)\b(?!-\d)", lambda m: f"number {number(m[1])}"),
    rule(r"(?<!\w)#([A-Za-z]\w*)", r"hashtag \1", digitless=True),
    rule(r"(?<!\w)@([A-Za-z]\w*)", r"at \1", digitless=True),
    rule(r"\b([fgh])\(([a-z])\)", r"\1 of \2", digitless=True),
]
_DATES: list[Rule] = [
    rule(
        rf"(?:^|(?<={BORDER}))(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b\.?(?=,\s*$)",
        lambda m: day_name(m[1]),
        digitless=True,
    ),
    rule(
        rf"\b{_MONTH_WORD}{_DASH}{_MONTH_WORD}",
        lambda m: f"{say.month_name(m[1])} to {say.month_name(m[2])}",
        digitless=True,
    ),
    rule(
        rf"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b\.?(?=,?\s{_MONTH_WORD})",
        lambda m: day_name(m[1]),
        digitless=True,
    ),
    rule(
        r"\b(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\b(?:T(?=\d))?",
        lambda m: say.date(int(m[3]), int(m[4]), m[1]) or m[0],
    ),
    rule(r"\b(\d{1,2})[/-](\d{1,2})[/-]((?:1[5-9]|20)\d\d)\b", say.mdy),
    rule(rf"(\b{_MONTH_WORD}\s\d{{1,2}}(?:st|nd|rd|th)?){_DASH}(?={_MONTH_WORD}\s\d)", r"\1 to "),
    rule(
        rf"\b(\d{{1,2}})(?:st|nd|rd|th)?{_DASH}(?=\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH_WORD})",
        lambda m: f"the {ordinal(int(m[1]))} to ",
    ),
    rule(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?:\sof)?\s{_MONTH_WORD},?(?:\s(\d{{4}})\b)?", say.day_month),
    rule(
        rf"\b{_MONTH_WORD}\s(\d{{1,2}})(?!\d|:|,\d)(?:st|nd|rd|th)?(?:{_DASH}(\d{{1,2}})\b)?(?:,?\s(\d{{4}})\b)?",
        say.month_day,
    ),
    rule(rf"(?<=[hdt])\s?[-–]\s?(?={_MONTH_WORD}\s\d)", " to "),
    rule(rf"\b{_MONTH_WORD},?\s(\d{{4}})\b", lambda m: f"{say.month_name(m[1])} {say.full_year(m[2])}"),
]
_VERSIONS: list[Rule] = [
    rule(r"\b(\d{1,3}(?:\.\d{1,3}){3})(?::(\d+))?\b", say.host),
    rule(r"\b\d{1,3}(?: \d{3}){2,}\b", lambda m: number(m[0].replace(" ", ""))),
    rule(r"\b(\d+(?:\.\d+)?)m(?=\s(?:people|users|dollars|pounds|euros|copies|views)\b)", r"\1 million"),
    rule(r"\b(localhost):(\d{2,5})\b", lambda m: f"{m[1]} port {digits(m[2])}"),
    rule(r"(?<![\d-])\d{1,2}(?:-\d{1,2}){2,}(?![\d-])", lambda m: ", ".join(map(number, m[0].split("-")))),
    rule(r"\b(802\.\d+)([a-z]{0,2})\b", lambda m: f"eight oh two dot {m[1][4:]} {letters(m[2])}"),
    rule(r"\b911\b", "nine one one"),
    rule(r"\b9/11\b", "nine eleven"),
    rule(r"\bv\.?(?=\d)(\d+(?:\.\d+)*)(?:-(rc|beta|alpha|b|a)\.?(\d+)\b)?", say.numbered_version),
    rule(r"(?<![\w.,])\d+(?:\.\d+){2,}\b", lambda m: say.version(m[0])),
    rule(rf"(?i)\b((?:{_SOFTWARE})\s)(\d+\.\d\d?)\b(?!\.\d)", lambda m: m[1] + say.version(m[2])),
    rule(
        r"\b(I|US|SR|CA|Route|Rte\.?|Hwy\.?|Highway|Interstate|M|A)([-\s])(\d{1,3})\s(N|S|E|W)\b(?!\.\w)",
        say.road,
    ),
    rule(r"\b(I)-(\d{1,3})\b", lambda m: f"{m[1]} {code(m[2])}"),
]
_YEARS: list[Rule] = [
    rule(
        r"\b(1[1-9]\d\d|20\d\d)\s?[-–—~]\s?(1[1-9]\d\d|20\d\d)\b",
        lambda m: f"{say.full_year(m[1])} to {say.full_year(m[2])}",
    ),
    rule(r"\b(1[1-9]\d\d|20\d\d)\s?[-–]\s?(\d\d)\b", lambda m: f"{say.full_year(m[1])} to {pair(int(m[2]))}"),
    rule(r"(?<![\w.,])(\d{3,4})\s?(AD|BCE|BC|CE)\b", lambda m: f"{say.full_year(m[1])} {letters(m[2])}"),
    rule(
        rf"({_YEAR_BEFORE})(1\d{{3}}|20\d\d)\b(?!,\d|\.\d|\s(?:{_COUNTED})\b)",
        lambda m: m[1] + say.full_year(m[2]),
    ),
    rule(
        rf"(?<![\w.,$£€¥])(19\d\d|20\d\d)\b(?!,\d|\.\d|\s?(?:[-–~]\s?\d|{_COUNTED}|[°%‰])\b)",
        lambda m: say.full_year(m[1]),
    ),
]
_ROMANS: list[Rule] = [
    rule(
        rf"\b({REGENTS})\s(?=[IVX]){_ROMAN}\b(?!\.)",
        lambda m: f"{m[1]} the {ordinal(roman(m[2]))}",
        digitless=True,
    ),
    rule(
        rf"\b({NUMBERED})\s(?=[IVX]\b|[IVXLCM]{{2}}){_ROMAN}\b",
        lambda m: f"{m[1]} {cardinal(roman(m[2]))}",
        digitless=True,
    ),
    rule(  # "part I of it", but not "the part I like"
        rf"\b({NUMBERED.lower()})\s(?=[IVXL]{{2}}|[IVX](?:\sof\b|[,.:;)]|$)){_ROMAN}\b",
        lambda m: f"{m[1]} {cardinal(roman(m[2]))}",
        digitless=True,
    ),
    rule(
        r"(?<=[a-z]\s)(?=[IVX]{2,})(X{0,3}(?:IX|IV|V?I{0,3}))\b(?<=[IVX]{2})",
        lambda m: cardinal(roman(m[1])),
        digitless=True,
    ),
]
_REST: list[Rule] = [
    rule(r"(?<=[a-z])-(\d+)\b", lambda m: f"-{number(m[1])}"),
    rule(r"([A-Z][A-Za-z]*|[a-z](?=-?\d))-?(\d+(?:\.\d+)?)([a-zA-Z]?)\b(?<!\d[a-z]{2})", say.named),
    rule(r"\b(\d{3,4})([pi])\b", lambda m: f"{code(m[1])} {m[2].upper()}"),
    rule(rf"\b({NUMBER})\s?bn\b", lambda m: f"{decimal(m[1])} billion"),
    rule(rf"\b({NUMBER})([kK])\b", lambda m: f"{decimal(m[1])} " + ("thousand" if m[2] == "k" else "K")),
    rule(
        r"\b(\d+\.\d+|\d+(?=[MB]\s[a-z]{3,}))([MB])\b",
        lambda m: f"{decimal(m[1])} " + {"M": "million", "B": "billion"}[m[2]],
    ),
    rule(rf"\b({NUMBER})([A-Za-z])(?![A-Za-z\d])", lambda m: f"{decimal(m[1])} {m[2].upper()}"),
    rule(r"\b(\d)([A-Z]{2,3})\b", lambda m: f"{number(m[1])} {letters(m[2])}"),
    rule(rf"(?<![\w.])([-−]?)({NUMBER}|\.\d+)", say.plain_number),
    rule(r"\d+", lambda m: f" {number(m[0])} "),
]
_RULES: list[Rule] = [
    *_NAMES, *LABELLED, *TELEPHONES, *LONG, *_NUMBERS, *VERSES, *_DATES, *LASTING, *RATIOS, *SPANS,
    *RECIPES, *CLOCK, *_VERSIONS, *RANGES, *DURATIONS, *_YEARS, *RATES, *MONEY, *MEASURES, *_ROMANS,
    *ARITHMETIC, *_REST,
]  # fmt: skip

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
        (r"\bHwy\b\.?(?=\s?\d)", "Highway"),
        (r"\bRte\b\.?(?=\s?\d)", "Route"),
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
        (r"(?<![\w/\d])(?<!\d )km/h\b", "kilometers per hour"),
        (r"(?<![\w/\d])(?<!\d )m/s(?![\w/²])", "meters per second"),
        (r"\bn/a\b|\bN/A\b", "not available"),
        (r"\bc/o\b", "care of"),
        (r"\bvol\.(?=\s)", "volume"),
        (r"\bch\.(?=\s?\d)", "chapter"),
        (r"\bw/o\b", "without"),
        (r"\bw/(?=\s?\w)", "with "),
        (r"\bRMB\b", "R M B"),
        (r"\bWi-?Fi\b", "Wi-Fi"),
    ]
]
_ANY_WORD = re.compile("|".join(pattern.pattern.removeprefix(r"\b") for pattern, _ in _WORDS))
"""What may be one of them: 7 µs a clause, where one look for each takes 30."""

_SIGNS = {
    "²": " squared ", "³": " cubed ", "±": " plus or minus ", "≥": " greater than or equal to ",
    "≤": " less than or equal to ", "≠": " not equal to ", "≈": " approximately ", "=": " equals ",
    "×": " times ", "÷": " divided by ", "√": " square root of ", "∞": " infinity ", "π": " pi ",
    "°": " degrees ", "%": " percent ", "‰": " per mille ", "&": " and ", "+": " plus ", "−": " minus ",
    "∑": " sum ", "α": " alpha ", "β": " beta ", "γ": " gamma ", "δ": " delta ", "Δ": " delta ",
    "θ": " theta ", "λ": " lambda ", "µ": " mu ", "σ": " sigma ", "φ": " phi ", "ω": " omega ",
    "Ω": " ohms ", "@": " at ", "→": ", ", "↑": " up ", "↓": " down ", "§": " section ", "_": " ",
    "|": ", ", "\\": " ", "~": " ",
    "*": " ", "^": " to the power of ", "<": " less than ", ">": " greater than ", "#": " ", "/": " ",
    "⁻": " minus ", "⁺": " plus ", "∫": " integral ", "∈": " in ",
    "℃": " degrees Celsius ", "$": " dollars ", "€": " euros ", "£": " pounds ",
}  # fmt: skip
_SIGN = re.compile("[" + re.escape("".join(_SIGNS)) + "]")


_PATH = re.compile(
    r"(?<=[A-Za-z…”\"'\]])\s?(?:>|›|»)\s?(?=[“\"'\[]?[A-Z][A-Za-z])(?<![\s(][A-Za-z]\s)(?<![\s(][A-Za-z]\s>\s)"
)
"""The mark between the steps of a menu: Settings > Wi-Fi."""
_EITHER = re.compile(
    r"(?<![\w/.~@#:-])(?<!\d )(?!and/|either/|input/|read/|client/)"
    r"([a-z]{2,})/(?!or\b)([a-z]{2,})(?![\w/#:-]|\.\w)"
)
"""Two words of which one is meant: yes/no. A path has more, or begins or goes on with a slash."""
_POWER = re.compile(
    r"\^(?:\((-?\w+(?:\s?[-+]\s?\w+)?)\)|(-?\d+|-?[a-z]\b))"
    rf"(?:\s?({UNITS})(?![A-Za-z\d²³]))?"
)


def _either(m: re.Match[str]) -> str:
    """Yes or no; but no rate."""
    return m[0] if re.fullmatch(PER, m[2]) else f"{m[1]} or {m[2]}"


def _raised(m: re.Match[str]) -> str:
    """A power; ² and ³ have a word of their own."""
    raised = m[1] or m[2]
    unit = f" {unit_name(m[3], one=False)}" if m[3] else ""
    if said := {"2": "²", "3": "³"}.get(raised):
        return said + unit
    power = re.sub(r"(?<=\w)\s?-\s?", " minus ", raised.replace("+", " plus ")).replace("-", "minus ")
    return f" to the power of {power}{unit} "


def read_english(text: str) -> str:
    """``text`` with everything in it that is no word written as words."""
    text = _PATH.sub(", ", text)
    text = _POWER.sub(_raised, text)
    if "=" in text:
        text = re.sub(r"(?<=[\w)²³])\s[-−–]\s(?=[\w(√])", " minus ", text)
    if _ANY_WORD.search(text):
        for pattern, said in _WORDS:
            text = pattern.sub(said, text)
    text = read(_RULES, _EITHER.sub(_either, text))
    text = _SIGN.sub(lambda m: _SIGNS[m[0]], text)
    return read_acronyms(text)
