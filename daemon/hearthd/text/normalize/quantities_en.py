"""Amounts in English: money, measures, rates, fractions, ranges of them, recipes, and signs of arithmetic."""

from __future__ import annotations

import re

from hearthd.text.normalize.numbers_en import cardinal, code, decimal, number, ordinal
from hearthd.text.normalize.rule import BORDER, NUMBER, in_quotation, rule
from hearthd.text.normalize.units_en import (
    CODES,
    CURRENCIES,
    PER,
    UNITS,
    counted,
    describes,
    money,
    per,
    scale_name,
    unit_name,
)
from hearthd.text.normalize.verbalize_en import date

_SCALE = "k|K|m|M|bn|b|B|tn|million|billion|trillion|thousand"
_MANY = {1: "tens", 2: "hundreds", 3: "thousands"}
_FRACTIONS = {2: "half", 4: "quarter"}
_PARTS = frozenset([2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64])
"""What things are measured in: 5/8 in, but 20/30 ms are two measures."""
_DASH = r"\s?[-–—~～]{1,2}\s?"
_MINUS = r"(?<![\w.\-])([-−–]?)"
_DIRECTIONS = {
    "N": "North",
    "S": "South",
    "E": "East",
    "W": "West",
    "NE": "Northeast",
    "NW": "Northwest",
    "SE": "Southeast",
    "SW": "Southwest",
}


def fraction_words(over: int, under: int) -> str:
    """3/4: "three quarters"."""
    name = _FRACTIONS.get(under) or ordinal(under)
    return f"{cardinal(over)} {name}" + ("s" if over > 1 else "")


def _mixed(whole: str | None, over: str, under: str) -> str:
    """1 1/2: "one and a half"."""
    said = fraction_words(int(over), int(under))
    return f"{number(whole)} and {'a half' if said == 'one half' else said}" if whole else said


def _fraction_measure(m: re.Match[str]) -> str:
    """1 1/2 tsp, 3/4 lb, 1/4" thick, 1/2-3/4 cup."""
    many = bool(m[1] or m[4])
    said = _mixed(m[1], m[2], m[3])
    if m[5]:
        said += " to " + _mixed(m[4], m[5], m[6])
    if not m[4] and not m[1] and (int(m[3]) not in _PARTS or int(m[2]) >= int(m[3])):
        return f"{number(m[2])} or {number(m[3])} {unit_name(m[7], one=describes(m))}" + _rate(m[8])
    return f"{said} {unit_name(m[7], one=not many or describes(m))}" + _rate(m[8])


def _rate(rest: str | None) -> str:
    """What follows a measure after a slash: per kilogram."""
    return "".join(f" {per(unit.strip())}" for unit in (rest or "").split("/") if unit.strip())


def _measure(m: re.Match[str]) -> str:
    """A sign, a number and a unit, perhaps a rate: "minus five degrees Celsius", "ten liters per minute"."""
    one = m[2] == "1" or describes(m)
    return ("minus " if m[1] else "") + f"{decimal(m[2])} {unit_name(m[3], one=one)}" + _rate(m[4])


def _amount(m: re.Match[str]) -> str:
    """A price, or a range of prices; the sign once is said once, at the end."""
    sign, first, scale, second_sign, second, second_scale = m.groups()
    if not second:
        return money(sign, first, scale or "") + (" plus" if m[0].endswith("+") else "")
    if second_sign and not (second_scale and not scale):
        return f"{money(sign, first, scale or '')} to {money(second_sign, second, second_scale or '')}"
    few = decimal(first) + (f" {scale_name(scale)}" if scale and scale != second_scale else "")
    return f"{few} to {money(sign, second, second_scale or '')}"


def fraction(m: re.Match[str]) -> str:
    """3/4, 1 1/2, 24/7, 12/25; groups: the whole, over, under."""
    over, under = int(m[2]), int(m[3])
    rhythm = re.match(r"\s?(?:time\b|beat)", m.string[m.end() :])
    if rhythm or (over, under) in ((24, 7), (9, 11), (50, 50), (20, 20)):
        said = f"{cardinal(over)} {cardinal(under)}"
    elif 80 < over < 260 and 40 < under < over and not m[1]:  # blood pressure
        said = f"{code(m[2])} over {cardinal(under)}"
    elif over > under > 0 and not m[1]:
        said = f"{cardinal(over)} divided by {cardinal(under)}"
    elif over <= 12 and 20 < under <= 31 and not m[1]:
        return date(over, under, "") or f"{cardinal(over)} out of {cardinal(under)}"
    elif not 0 < over < under or over > 20 or under > 100 or (under > 20 and under % 10):
        said = f"{cardinal(over)} out of {cardinal(under)}" if under else m[0]
    else:
        return _mixed(m[1], m[2], m[3])
    return f"{cardinal(int(m[1]))} and {said}" if m[1] else said


def _inches(m: re.Match[str]) -> str:
    """9", 3-5", 9x13", 1 1/2": inches, unless the mark closes a quotation."""
    if m[0].endswith('"') and in_quotation(m.string[: m.start()]):
        return m[0]
    noun = re.match(
        r"\s(?!(?:of|and|or|to|in|at|a|an|the|is|are|thick|wide|long|deep|tall|high|apart|from|by|per|on|for|with)\b)[a-z]",
        m.string[m.end() :],
    )
    only = m[0].rstrip('"″')
    part = re.fullmatch(r"\d+/\d+", only) is not None
    return f"{only} inch" + ("" if noun or part or only == "1" else "es")


def _inch_range(m: re.Match[str]) -> str:
    """3"-5" and the like."""
    said = _inches(m)
    return said if said == m[0] else re.sub(r"[\"″]\s?[-–—]\s?", " inches to ", said)


def _called(m: re.Match[str]) -> str:
    """1 (14 oz) can: "one fourteen ounce can"."""
    return f"{number(m[1])} {decimal(m[2])} {unit_name(m[3], one=True)} {m[4]}"


def _spaced_hyphen(m: re.Match[str]) -> str:
    """5 - 3 is a difference, 10 - 20 a range."""
    between = "minus" if int(m[1]) > int(m[2]) else "to"
    return f"{number(m[1])} {between} {number(m[2])}"


_FOODS = r"(?=\s(?:of\s)?[a-z]{3,}|\.\s[a-z])"
_SPOON = {
    "tsp": "teaspoon", "t": "teaspoon", "tbsp": "tablespoon", "Tbsp": "tablespoon", "T": "tablespoon",
    "c": "cup",
}  # fmt: skip
_FRACTION = r"(?:(\d{1,3})[\s-])?(\d{1,2})/(\d{1,2})"
_FOOD = (
    "oil|olive|butter|sugar|salt|flour|honey|vinegar|soy|lemon|lime|water|milk|vanilla|cinnamon|pepper|baking|yeast"
    "|cornstarch|cocoa|garlic|ginger|cumin|paprika|mustard|mayo|ketchup|cream|syrup|rum|wine|fresh|chopped|ground"
)
_OR_ELSE = (
    r"(?:m?[lL]|tsps?|[Tt]bsps?|(?:fl )?oz|k?g|lbs?|[ckm]?m|in|ft|mi|mph|km/h"
    r"|°[CF]|℃|cups?|gal|qt|pt)(?![A-Za-z])"
)
"""The same amount in another measure follows these after a slash: 30 ml/2 tbsp."""
RECIPES = [
    rule(rf"(\d\s\d/\d|\d[.]\d)-(?=(?:{UNITS})\b)", r"\1 "),
    rule(
        r"(\d\s)(heaping|heaped|level|scant|generous|rounded|packed|good)\s(tsp|tbsp|Tbsp|T|t|c)s?\b\.?",
        lambda m: f"{m[1]}{m[2]} {_SPOON[m[3]]}" + ("" if re.search(r"(?<![\d.])1 $", m[1]) else "s"),
    ),
    rule(r"(?<=\d\s)(sq|cu|fl)\.(?=\s[a-z])|(?<=\d)(\s?doz)\.(?=\s[a-z])", lambda m: m[1] or " dozen"),
    rule(rf"(\d)\s?([Tt])(?=\s(?:{_FOOD})\b)", lambda m: f"{m[1]} {'tbsp' if m[2] == 'T' else 'tsp'}"),
    rule(
        r"(?<=\d)\s[xX×]\s(?=\d+\s?(?:g|kg|mg|ml|mL|oz|L)\s(?:cans?|packs?|bottles?|tins?|bags?|tablets?|jars?))",
        " times ",
    ),
    rule(r"\b(\d+)['′](\d+)(?:\"|″|'')?", lambda m: f"{cardinal(int(m[1]))} foot {cardinal(int(m[2]))}"),
    rule(
        rf"\b(\d+)\s\(\s?({NUMBER})[\s-]?({UNITS})\.?\s?\)\s((?:[a-z]+\s){{0,2}}(?:cans?|jars?|packages?|packs?|packets?|box(?:es)?|bags?|bottles?|tins?|blocks?|sticks?|pieces?|fillets?|steaks?|breasts?))\b",
        _called,
    ),
    rule(
        r"(?<=\d)(\s?(?:ft|in|lbs?|oz|hrs?|mins?|secs?|tsps?|[Tt]bsps?"
        r"|Tbs|gal|qts?|pts?|pkg|yds?|yrs?|mos?|sq\.? ft|cu\.? ft"
        r"|fl\.? oz))\.(?=\s[a-z(]|\))",
        r"\1",
    ),
    rule(
        r"(?<![\w.])(\d+(?:\s\d/\d|/\d|[.]\d+)?)\s?c\b\.?(?=\s[a-z]{2})",
        lambda m: f"{m[1]} " + ("cup" if m[1] in ("1",) or ("/" in m[1] and " " not in m[1]) else "cups"),
    ),
    rule(
        r"\b(\d{3}|(?<=\bat )\d\d|(?<=\bto )\d\d)\s?([FC])\b(?=\s?(?:for"
        r"|oven|until|and|or|/\d|\.|,|\)|$|degrees|about|fan))",
        r"\1°\2",
    ),
    rule(r"(°[CF]|℃)\s?/\s?(?=\d)", r"\1 or "),
    rule(r"(\d\s?(?:V|W|A|Hz|GHz|GB|TB))\s?/\s?(?!\d[\d.]*\s?A\b)(?=\d)", r"\1, "),
    rule(
        rf"({NUMBER}\s?(?!{_OR_ELSE})(?:{UNITS}))\s?/\s?(?!100\s?km\b)(?={NUMBER}\s?(?:{UNITS})\b)", r"\1, "
    ),
    rule(rf"({NUMBER}\s?(?:{UNITS}))\s?/\s?(?!100\s?km\b)(?={NUMBER}\s?(?:{UNITS})\b)", r"\1 or "),
    rule(r"(?<=\d)\s?pt\b(?=\s(?:font|type|text|size))", " point"),
    rule(r"(\d)[\"″]\s?[x×]\s?(?=\d)", r"\1 by "),
    rule(r"(\d\d?)\s?[x×]\s?(\d\d?(?:[\s-]?inch\b|\s?[\"″]))", r"\1 by \2"),
    rule(
        r"(?<![\w.])(?:\d+(?:\.\d+)?[\"″]\s?[-–—]\s?)?(?:\d+\s)?\d+(?:[./]\d+)?[\"″](?!\w)",
        _inch_range,
    ),
    rule(
        r"(\d)\s?in\b\.?(?=\s?(?:x|×|by)\s?\d|\s(?:wide|long|tall|high|deep|thick|diameter|pan|cubes|pieces|screen)\b)",
        r"\1 inches",
    ),
    rule(r"(\d)in\b\.?(?!\s\d)", r"\1 inches"),
    rule(
        rf"\b({NUMBER})-(mins?|hrs?|secs?|oz|lbs?|kg|km|cm|mm|ft|mi|ml|mL|mg|kW|kWh|GB|TB|MB|MHz|GHz|mph|yd|gal|qt|pt)\b\.?(?=\s[a-z])",
        lambda m: f"{decimal(m[1])} {unit_name(m[2].removesuffix('s') if m[2] != 's' else m[2], one=True)}",
    ),
    rule(
        rf"(?<![\w/.])(?:(\d{{1,3}})[\s-])?(\d{{1,2}})/(\d{{1,2}})(?:{_DASH}(?:(\d{{1,3}})\s)?(\d{{1,2}})/(\d{{1,2}}))?\s?({UNITS})((?:/(?:{PER}))*)(?![A-Za-z\d²³])",
        _fraction_measure,
    ),
    rule(
        rf"(?<![\w/.])(\d{{1,2}})/(\d{{1,2}}){_DASH}(?:(\d{{1,3}})\s)?(\d{{1,2}})/(\d{{1,2}})(?![\d/])",
        lambda m: f"{_mixed(None, m[1], m[2])} to {_mixed(m[3], m[4], m[5])}",
    ),
    rule(r"(?<![\w/.-])(\d{1,2})-([1-7]/[2-8])(?=\s(?:[a-z]|inch))", r"\1 \2"),
]
"""What a recipe is measured in. They come before ``MEASURES``."""


RANGES = [
    rule(
        r"(?<![\w.-])(\d0)[-–—](\d0)(?=\s(?:chance|split|odds|deal|rule|vision|proposition|bet|shot|mix)s?\b)|(?<![\w.-])(50)[-–—](50)(?![\w-]|\s[a-z]+s\b)",
        lambda m: f"{number(m[1] or m[3])}-{number(m[2] or m[4])}",
    ),
    rule(r"(\d(?:st|nd|rd|th))\s?[-–—]\s?(?=\d{1,3}(?:st|nd|rd|th)\b)", r"\1 to "),
    rule(
        r"(?<![\w.])(\d{1,3})\s?[-–—]\s?(?=\d{1,3}-(?:year|month|week|day|hour|minute|second|mile|inch|foot)s?\b)",
        r"\1 to ",
    ),
    rule(r"(?<![\w.])(\d{1,2}[A-Z])\s?[-–—]\s?(?=\d{1,2}[A-Z]\b)", r"\1 to "),
    rule(rf"(\d\s?(?:{UNITS}|%|‰|°|['′″\"])(?:/(?:{PER}))?){_DASH}(?=[-−]?[$€£¥]?\d)", r"\1 to "),
    rule(rf"(?<=\d)\s?[-–—~～]\s?[-−](?=\d[\d.]*\s?(?:{UNITS}))", " to -"),
    rule(
        rf"(?<![\w.])({NUMBER})([kKMB]){_DASH}(?={NUMBER}[kKMB]\b)",
        lambda m: f"{decimal(m[1])} {scale_name(m[2])} to ",
    ),
    rule(r"\b(Q[1-4])[-–—](?=Q[1-4]\b)", r"\1 to "),
    rule(
        r"(?i)(\b(?:sizes?|lines?|grades?|rows?|sections?|gates?|zones?|groups?|class(?:es)?|columns?|parts?|terminals?)"
        r"\s(?-i:[A-Z]{1,3}))\s?[-–—]\s?(?=(?-i:[A-Z]{1,3}|\d{1,2})\b)",
        r"\1 to ",
        digitless=True,
    ),
    rule(r"(?<![\w-])([A-Za-z])[-–—]([A-Za-z])(?![\w-])(?<=[Aa].[Zz])", r"\1 to \2", digitless=True),
    rule(r"(?<![\w.])#(\d{1,4})[-–—](\d{1,4})\b", lambda m: f"number {number(m[1])} to {number(m[2])}"),
]
"""From … to … with a unit on both sides, or a sign. They come before the dash of anything else."""

MONEY = [
    rule(r"(?<![\w/.])()(\d{2,3})/(\d{2,3})\s?mmHg\b", lambda m: f"{fraction(m)} millimeters of mercury"),
    rule(r"(?<![\w.])[-−](?=[$€£¥]\d)|(?<=[$€£¥])[-−](?=\d)", "minus "),
    rule(
        rf"(?<![A-Za-z])({CURRENCIES})\s?({NUMBER})(?:\s?({_SCALE})\b)?\+?"
        rf"(?:\s?[-–—~]\s?({CURRENCIES})?({NUMBER})(?:\s?({_SCALE})\b)?)?",
        _amount,
    ),
    rule(rf"({NUMBER})\s?([€£¥])", lambda m: money(m[2], m[1], "")),
    rule(
        rf"\b({NUMBER})(?:\s?(million|billion|trillion))?\s({CODES})\b",
        lambda m: money(m[3], m[1], m[2] or ""),
    ),
]
"""Prices."""


_TIMES_OF = "min|sec|hr|day|week|wk|month|year|minute|second|hour"
RATES = [
    rule(
        rf"(?<![\w./µ])(?<!\d )(?=\S*[²³µ]|(?:mg|kg|km|ml|mL|mmol"
        rf"|kWh)\b|\S+/(?:kg|km|mL|kWh)\b)({UNITS})/({PER})(?![\w²³/])",
        lambda m: f"{unit_name(m[1], one=False)} {per(m[2])}",
        digitless=True,
    ),
    rule(
        r"(?i)(\b(?:rated?|ratings?|score[sd]?|gave|give|got|pain|level|about)\b[^.!?\d]{0,20})(\d{1,3}(?:\.\d)?)/(5|10|100)(?![/\d])",
        lambda m: f"{m[1]}{decimal(m[2])} out of {number(m[3])}",
    ),
    rule(rf"(?<=\d)\s?/\s?({PER})\b(?![/\d])", lambda m: " " + per(m[1])),
    rule(rf"(\d[\d.,]*\s[a-z]+(?:\s[a-z]+)?)\s?/\s?({PER})\b", lambda m: f"{m[1]} {per(m[2])}"),
    rule(
        rf"(\b(?:dollars?|cents?|euros?|pounds?|yuan|pence|yen)(?: and \w+"
        rf"(?:-\w+)? (?:cents?|pence))?)\s?/\s?({PER})\b",
        lambda m: f"{m[1]} {per(m[2])}",
        digitless=True,
    ),
    rule(rf"\b(\d+)\s?[xX]\s?/\s?({_TIMES_OF})\b", lambda m: f"{number(m[1])} times {per(m[2])}"),
    rule(rf"(\b[a-z]{{2,}}s)/({_TIMES_OF})\b", lambda m: f"{m[1]} {per(m[2])}", digitless=True),
    rule(r"(\d\s?L)\s?/\s?100\s?km\b", r"\1 per 100 km"),
    rule(
        r"(?<![\w.])(\d+(?:\.\d+)?)\s?/\s?(5|10|100)(?=\s(?:stars?|points?|rating|marks?|score)\b)",
        lambda m: f"{decimal(m[1])} out of {number(m[2])}",
    ),
    rule(r"(?<![\w.])(\d+\.\d+)/(5|10|100)\b(?![/\d])", lambda m: f"{decimal(m[1])} out of {number(m[2])}"),
    rule(r"(\d)\s/\s(?=\d)", r"\1 divided by "),
    rule(r"(\d\s?V)\s?/\s?(\d[\d.]*)\s?A\b", lambda m: f"{m[1]}, {counted(m[2], 'amp')}"),
    rule(r"(\d[\d.,]*\s[a-z]+s)/([a-z]{3,})(?<!s)\b", r"\1 per \2"),
]
"""Slashes that say how much for each."""

MEASURES = [
    rule(
        r"(?<![\w./])(?<!\d )([kcm]?m|ft)([²³])(?![\w/])(?!\s?[=+])",
        lambda m: unit_name(m[0], one=False),
        digitless=True,
    ),
    rule(r"\b1(,?0{1,3})s(?=\sof\b)", lambda m: _MANY[len(m[1].strip(","))]),
    rule(r"\b(\d{3,4})\s?[xX×]\s?(\d{3,4})\b", lambda m: f"{code(m[1])} by {code(m[2])}"),
    rule(rf"({NUMBER}\s?(?:{UNITS}))\s?[xX×]\s?(?=\d)", r"\1 by "),
    rule(r"(?<=\d)\s?[-–—~]\s?(?=\d[\d.,]*\s?(?:%|‰|°|℃|℉|[a-zA-Zµ]))", " to "),
    rule(r"(\d\s?ft\.?\s)(\d{1,2})\s?in\b\.?", lambda m: m[1] + counted(m[2], "inch", "inches")),
    rule(r"(°)\s?(N|S|E|W)\b", lambda m: f"{m[1]} {_DIRECTIONS[m[2]]}", digitless=True),
    rule(
        r"\b(\d{1,5})\s(N|S|E|W|NE|NW|SE|SW)\.?\s(?=[A-Z][a-z]|\d+(?:st|nd|rd|th)\b)",
        lambda m: f"{m[1]} {_DIRECTIONS[m[2]]} ",
    ),
    rule(r"(?<![\w.])\+(?=\d[\d.]*\s?°)", "plus "),
    rule(rf"{_MINUS}({NUMBER})\s?({UNITS})((?:\s?/\s?(?:{PER}))*)(?![A-Za-z\d²³])", _measure),
    rule(r"(?<![\w.])(\d+)['′](?!\w)", lambda m: f"{number(m[1])} feet"),
    rule(r"(?<![\w/.])(?:(\d+)\s)?(\d{1,3})/(\d{1,3})(?![\w/]|\.\d)", fraction),
    rule(r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1])), flags=re.IGNORECASE),
]
"""Numbers with units, and fractions."""

ARITHMETIC = [
    rule(r"(?<![\w.])(\d+)\s-\s(\d+)(?![\w.])", _spaced_hyphen),
    rule(
        r"(?<![\w.])(\d{1,4})\s?(?:-|–|~|～)\s?(\d{1,4})(?![\d.]*\s?=)\b(?!-)",
        lambda m: f"{number(m[1])} to {number(m[2])}",
    ),
    rule(
        r"(?<![\w.])(\d+\.\d+|\d{1,3}(?:,\d{3})+)\s?(?:-|–|~|～)\s?(\d+\.\d+|\d{1,3}(?:,\d{3})+|\d+)(?![\w.,]\d|\s?=)",
        lambda m: f"{decimal(m[1])} to {decimal(m[2])}",
    ),
    rule(r"(?<=\d)\s[xX]\s(?=\d)", " times "),
    rule(r"(?<=\d)[xX](?=\d)", " by "),
    rule(r"(?<=\d)\s?\*\s?(?=\d)", " times "),
    rule(r"(\d)\s[-−]\s(?=[\d(a-z√])", r"\1 minus "),
    rule(r"([\w)]²?)\s[-−]\s?(?=[\w√(]+\s?=)", r"\1 minus ", digitless=True),
    rule(
        r"((?:\b[A-Za-z]|[\d)])²?)[-−](?=(?:[\d.]+|[A-Za-z]|[√(][\w√()]*)\s?=)", r"\1 minus ", digitless=True
    ),
    rule(r"~\s?(?=[$\d])", "about ", digitless=True),
    rule(rf"(?:(?<=[a-z]\s)|(?<=[(,]\s)|^|(?<={BORDER}))(?<!\b[a-z]\s)>\s?(?=\d)", "more than "),
]
"""Dashes and signs between numbers."""
