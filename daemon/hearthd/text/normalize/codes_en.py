"""Numbers that are names, in English: telephones, PINs, codes, flights, plates. Read digit by digit.

What a number is says the word before it (the label), perhaps in the chunk before; without one, its form.
"""

from __future__ import annotations

import re

from hearthd.text.normalize.acronym import letters, read_acronyms
from hearthd.text.normalize.numbers_en import code, digits, number
from hearthd.text.normalize.rule import BORDER, rule
from hearthd.text.normalize.units_en import UNITS

_SECRET = (
    "pin|passcode|password|passkey|pass ?phrase|code|otp|zip|zipcode"
    "|post ?code|phone|telephone|tel|mobile|cell"
    "|fax|hot ?line|help ?line|land ?line|toll[- ]free|extension|emergency|customer (?:service|support|care)"
    r"|plate|routing|imei|iban|ssn|social security|dial|login|user ?id|whatsapp|vin|sku|pnr|locator"
    r"|combination(?!\D{0,8}\d\d-\d\d)|front desk|reception|concierge"
    "|(?:support|service|help|info|crisis|order|booking) line"
    "|(?:my|her|his|their|our|your|lobby|desk|office|work|home|'s) number"
    "|(?:first|last) (?:two|three|four|five|six|few|[2-6]) (?:digits|numbers)"
)
"""Labels whose number is always one of digits."""
_NUMBERED = (
    "order|ticket|case|member|membership|card|policy|booking|reservation|meeting|customer|employee"
    "|student|loyalty|client|id|part|model|item|batch|claim|permit|meter|locker|gift card|frequent flyer"
    "|police|ambulance|fire department|poison control|non-?emergency"
    "|verification|ref|activation|redemption|passport|tracking|serial|reference|confirmation|account|invoice|registration|licen[cs]e"
)
"""The same where "number", a colon or the like follows: one may order 500 pieces."""
_CALLED = "call|calls|ring|text|phone|reach (?:us|them|me|him|her)|contact (?:us|them|me)|message"
_LINK = (
    rf"(?:[\s:{BORDER}]|(?:\b(?:number|numbers|no|code|codes|line|is|was"
    rf"|are|reads|it's|set to|now|still|at)|'s)\b\.?|#)"
)
_FOR = (
    r"(?:(?!\s(?:length|limit|count|price|cost|size|weight|total|bill|battery|screen|plan|costs?)\b)(?:\s[a-z']+){1,7}?"
    r"\s(?:is|was|are|reads))?"
)
"""What may stand between a label and its number: the code for the front door is ..."""
_NO_AMOUNT = (
    rf"(?![\w%°$€£]|-[A-Z]|[.,]\d|\s?(?:{UNITS})\b|\s?(?:people|persons|times|dollars|pounds|euros|customers|clients|users|pieces|items"
    r"|units|minutes|hours|days|weeks|months|years|percent|calories|steps|words|of\b|more\b|million|billion)\b)"
)
_DIGITS = r"(?:\d{3,}(?:[ .-]\d{2,})*|\d\d(?:-\d\d){2,3})"
_MIXED = r"(?=[A-Z\d-]*\d)(?=[A-Z\d-]*[A-Z])[A-Z\d]{2,}(?:-[A-Z\d]+)*(?![A-Za-z])"
_SMALL = r"(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z\d]{4,}"
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]"
    "|W[AIVY]"
)
_GROUP = re.compile(r"[A-Za-z\d]+")
_PART = re.compile(r"\d+|[A-Z]?[a-z]{3,}|[A-Z]{2,}(?![a-z])|[A-Za-z]+")


def spelled(text: str) -> str:
    """A code, one character after the other; words in small letters stay words; a pause between groups."""
    groups = [" ".join(map(_part, _PART.findall(group))) for group in _GROUP.findall(text)]
    return (", " if text.replace("-", "").replace(".", "").replace(" ", "").isdigit() else " ").join(groups)


def _part(part: str) -> str:
    """Digits one by one; a word as it is, whatever else is letters one by one."""
    if part.isdigit():
        return digits(part)
    if len(part) < 4:
        return letters(part)
    word = read_acronyms(part)
    return word if word == part or (word.islower() and " " not in word) else letters(part)


def _labelled(m: re.Match[str]) -> str:
    """What follows a label, and perhaps a second one: 911 or 112, 911/112."""
    label = re.sub(r"\bno\.(?=[\s:]*$)|#", "number", m[1]) + ("" if m[1][-1:] != "#" else " ")
    said = label + spelled(m[2])
    for link, other in re.findall(r"(\D+)(\d+)", m[3] or ""):
        said += (" or " if "/" in link else link) + digits(other)
    return said


def _telephone(m: re.Match[str]) -> str:
    """A telephone number, group by group."""
    groups = (digits(group) for group in re.findall(r"\d+", m[0]))
    return ("plus " if "+" in m[0] else "") + ", ".join(groups)


def _unit(m: re.Match[str]) -> str:
    """A flight, room or road: its letters, and its number in pairs."""
    label = re.sub(r"\bno\b\.?(?=[\s:]*$)", "number", m[1])
    return label + (letters(m[2]) + " " if m[2] else "") + code(m[3])


_MORE = r"((?:(?:,?\s(?:or|and)\s|,\s|\s?/\s?)\d{3,})*)"
LABELLED = [
    rule(r"\b(?:[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2})\b", lambda m: spelled(m[0])),
    rule(
        r"(?i)\b(dial|press|enter|then|and)\s\*(\d*)(?!\w)",
        lambda m: f"{m[1]} star {digits(m[2])}",
        digitless=True,
    ),
    rule(
        r"(?i)\b(press|then|hit|and)\s#(?!\w)|(?<=\d\d\d)#(?!\w)",
        lambda m: f"{m[1] or ''} pound",
        digitless=True,
    ),
    rule(
        r"(?i)(\b(?:enter|type(?: in)?|punch in|key in|input|use)\s)(\d{4,8})"
        r"(?=\s(?:at|on|into|in|as|for)\s(?:the|your|my|its?)\s(?:\w+\s){0,2}(?:keypad|lock|door|gate|box|safe|prompt"
        r"|panel|alarm|terminal|entrance|intercom|machine)\b)",
        lambda m: m[1] + digits(m[2]),
    ),
    rule(
        rf"(?i)(\b(?:plate|registration|tag)s?\b(?:{_LINK}){{1,5}})((?-i:[A-Z]{{1,3}}[\s-]\d{{2,4}}(?:\s?[A-Z]{{1,3}})?)\b)",
        lambda m: m[1] + spelled(m[2]),
    ),
    rule(r"(?i)\bext\.?(?=\s?\d)", "extension"),
    rule(r"\b[Aa]cct\b\.?", "account", digitless=True),
    rule(
        rf"(?i)(\b(?:{_SECRET})s?\b\.?(?:{_LINK}){{0,4}}{_FOR}(?:{_LINK}){{1,6}})({_DIGITS}){_MORE}{_NO_AMOUNT}",
        _labelled,
    ),
    rule(
        rf"(?i)(\b(?:{_NUMBERED})\s?(?:number|numbers|no\b\.?|code|id|is|:|#){_FOR}(?:{_LINK}){{0,7}})({_DIGITS}){_MORE}{_NO_AMOUNT}",
        _labelled,
    ),
    rule(
        rf"(?i)(\b(?:card|account|number|phone|visa|mastercard|amex"
        rf"|iban)\b[^.!?\d]{{0,20}}\bend(?:s|ing) (?:in|with)\s)(\d{{3,}})"
        rf"(){_NO_AMOUNT}",
        _labelled,
    ),
    rule(
        rf"(?i)(\b(?:{_CALLED})\s(?:(?:now|today|back|at|on|the number)[\s:]){{0,3}})"
        rf"({_DIGITS}){_MORE}{_NO_AMOUNT}",
        _labelled,
    ),
    rule(
        rf"((?i:\b(?:{_SECRET}|{_NUMBERED})s?\b\.?)(?:{_LINK}){{0,4}}{_FOR}(?:{_LINK}){{1,6}})({_MIXED})()",
        _labelled,
    ),
    rule(
        rf"((?i:\b(?:password|passcode|passphrase|code|login|user\s?id)\b)(?:{_LINK}){{1,5}}[\"“']?)({_SMALL})()",
        _labelled,
    ),
    rule(
        rf"(?i)(\b(?:flight|train|bus)(?:\s(?:number|no\b\.?))?(?:[\s:#,{BORDER}]|\bis\b)+)((?-i:[A-Z]{{1,3}}|[A-Z]\d|\d[A-Z]))\s?-?(\d{{1,4}})\b(?![.,]\d)",
        _unit,
    ),
    rule(
        rf"(?i)(\b(?:room|suite|apartment|apt\.?|flight|bus|train|route|highway|interstate|gate|boeing|airbus|unit|line"
        rf"|office|locker|channel|exit|p\.?\s?o\.?\sbox|mailbox|[rg]tx|rfc)(?:\s(?:number|no\b\.?))?(?:[\s:{BORDER}]|\bis\b)+)()(\d{{3,4}})\b(?![.,]\d|%|\s(?:people|times))",
        _unit,
    ),
    rule(
        rf"\b({_STATES})(,?\s)(\d{{5}})(?:-(\d{{4}}))?\b",
        lambda m: m[1] + m[2] + spelled(f"{m[3]} {m[4] or ''}"),
    ),
    rule(
        r"(?<![\w-])(\d{1,3})-(\d{1,2})-(\d{3}|(?!19|20)\d{4})(?![\w-])",
        lambda m: f"{number(m[1])} dash {number(m[2])} dash {digits(m[3])}",
    ),
]
"""Rules for what has a label before it. They come first: what they leave is something else."""

TELEPHONES = [
    rule(
        rf"(?i)(\b(?:isbn(?:-1[03])?|ean|upc|barcode)(?:\s(?:number|code|is))*[\s:{BORDER}]*)(\d[\d-]{{8,16}}[\dX])\b",
        lambda m: m[1] + spelled(m[2]),
    ),
    rule(
        r"(?i)(\b(?:text|sms|send|message)\s[^.!?\d]{1,24}\sto\s)(\d{5,6})\b(?![.,]\d|\s?[%$]|\s[a-z]+s\b)",
        lambda m: m[1] + digits(m[2]),
    ),
    rule(r"(?<![\w.])1\s?\(\d{3}\)\s?\d{3}[-.\s]\d{4}\b", _telephone),
    rule(
        r"\b1[-.\s]\d{3}[-.\s]\d{3}[-.\s]\d{4}\b|(?<=ISBN )[\d-]{10,17}\b"
        rf"|(?<=ISBN: )[\d-]{{10,17}}\b|(?<=ISBN: {BORDER})[\d-]{{10,17}}\b"
        r"|\b0\d{2,4}[\s-]\d{6,8}\b",
        _telephone,
        digitless=True,
    ),
    rule(r"\b1-(\d{3})-([A-Z]{4,})\b", lambda m: f"one, {digits(m[1])}, {m[2].lower()}"),
    rule(
        r"(?<![\w.])\+(?=(?:[\s.()-]*\d){8,15}(?!\d))\d{1,3}(?:[\s.-]?(?:\(\d{1,4}\)|\d{1,5})){2,6}(?!\d)",
        _telephone,
    ),
    rule(r"(?<![\w.])\(0?\d{2,4}\)\s?(?:\d{3,4}[\s.-]\d{4}|\d{6,8})(?!\d)", _telephone),
    rule(r"(?<![\w.,-])\d{3}([-.\s])\d{3}\1\d{4}(?![\w-]|\.\d)", _telephone),
    rule(r"(?<![\w.])0\d{2,4}(?:[\s-]\d{3,4}){2}\b|(?<![\w.])0\d(?:[\s.]\d\d){4}\b", _telephone),
    rule(r"(?<![\w.])1[3-9]\d([\s.-])\d{4}\1\d{4}\b", _telephone),
    rule(r"(?<![\w.])(?:\(\d{2,4}\)\s?|\d{3,4}-)\d{3,4}[\s-]\d{4}\b", _telephone),
    rule(
        r"(?<![\w.])(?:0\d{2,3}-\d{7,8}|(?!\d\d0-\d\d00\b)\d{3}-\d{4})\b(?!\s?(?:people|steps|words|calories|dollars|meters|feet|miles|years|pages|square|ml|mg|km|kg|g|m|BC)\b)|\b1[3-9]\d{9}\b",
        _telephone,
    ),
    rule(r"(?<![\w.,-])\d{4}(?:[ -]\d{4}){3}(?![\w-])", _telephone),
]
"""Rules for telephones and cards by their form."""

_COUNTED_BEFORE = (
    r"(?<![=+×*÷/^≈$€£¥]\s)(?<![=+×*÷/^≈$€£¥-])(?<!equals )(?<!about )(?<!around )"
    r"(?<!nearly )(?<!almost )(?<!over )"
    r"(?<!than )(?<!exactly )(?<!answer is )(?<!result is )(?<!total is )"
    r"(?<!sum is )(?<!product is )(?<!to )(?<!is )(?<!of )"
)
LONG = [
    rule(r"(?<![\w.,])(#|\bNo\.\s?|\bno\.\s?|№\s?)(\d{6,})\b", lambda m: f"number {digits(m[2])}"),
    rule(
        r"(?i)(\b(?:number|no\.|№|numbered|it's|at)\s(?:is\s|was\s|at\s)?)(\d{7,})\b(?![.,]\d)",
        lambda m: m[1] + digits(m[2]),
    ),
    rule(
        rf"{_COUNTED_BEFORE}(?<![\w.,])(?!\d+0000?\b)\d{{7,}}\b(?![.,]\d|\s?[=+×*÷/^≈%°-]|\s(?!(?:is|was|or|and|to|for|at|in|on|if|now|today|please|when|from|with|by|then)\b)[a-z]{{2,}})",
        lambda m: digits(m[0]),
    ),
]
"""Rules for seven digits and more without a comma that count nothing: an amount is written with commas."""
