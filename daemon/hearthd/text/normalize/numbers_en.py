"""Numbers in English words, as Americans say them: "one thousand two hundred five"."""

from __future__ import annotations

_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ["", "thousand", "million", "billion", "trillion", "quadrillion"]
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip

MAX_DIGITS = 18
"""Longer numbers are read digit by digit."""


def cardinal(number: int) -> str:
    """``number`` in words; beyond 18 digits digit by digit."""
    if number < 0:
        return "minus " + cardinal(-number)
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    if number < 1000:
        hundreds, rest = divmod(number, 100)
        return f"{_ONES[hundreds]} hundred" + (f" {cardinal(rest)}" if rest else "")
    if number >= 10**MAX_DIGITS:
        return digits(str(number))
    parts = []
    scale = 0
    while number:
        number, group = divmod(number, 1000)
        if group:
            parts.append(f"{cardinal(group)} {_SCALES[scale]}".strip())
        scale += 1
    return " ".join(reversed(parts))


def ordinal(number: int) -> str:
    """``number`` as an ordinal: "twenty-first"."""
    head, separator, last = _split_last(cardinal(number))
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return head + separator + last


def _split_last(words: str) -> tuple[str, str, str]:
    """``words`` with its last word apart."""
    at = max(words.rfind(" "), words.rfind("-"))
    return (words[:at], words[at], words[at + 1 :]) if at >= 0 else ("", "", words)


def digits(text: str) -> str:
    """The digits of ``text`` one by one; everything else is left out."""
    return " ".join(_ONES[int(c)] for c in text if c in "0123456789")


def decimal(text: str) -> str:
    """A number as written, with thousands separators or a decimal point, in words."""
    whole, point, fraction = text.replace(",", "").partition(".")
    said = number(whole) if whole else "zero"
    return f"{said} point {digits(fraction)}" if point and fraction else said


def number(text: str) -> str:
    """The whole number ``text``; one with leading zeros digit by digit."""
    if len(text) > MAX_DIGITS or (len(text) > 1 and text[0] == "0"):
        return digits(text)
    return cardinal(int(text or "0"))


def year(number: int) -> str:
    """A year of four digits: "nineteen oh five", "two thousand eight", "twenty twenty-six"."""
    century, rest = divmod(number, 100)
    if number % 1000 < 10:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {pair(rest)}"


def pair(number: int) -> str:
    """Two digits after others: "oh five", "twenty"."""
    return f"oh {_ONES[number]}" if number < 10 else cardinal(number)


def decade(number: int) -> str:
    """The decade that begins with ``number`` (1990, or 90): "nineteen nineties"."""
    century, rest = divmod(number, 100)
    tens = {0: "hundreds", 10: "tens"}.get(rest, cardinal(rest)[:-1] + "ies")
    if not century:
        return tens
    return f"{cardinal(century)} {tens}" if number % 1000 else f"{cardinal(number)}s"


def code(text: str) -> str:
    """A number that is a name (room 305, flight 1205): "three oh five", "twelve oh five"."""
    if len(text) == 3 and text[1:] != "00" and text[0] != "0":
        return f"{_ONES[int(text[0])]} {pair(int(text[1:]))}"
    if len(text) == 4 and text[2:] != "00" and text[0] != "0":
        return f"{cardinal(int(text[:2]))} {pair(int(text[2:]))}"
    return number(text) if len(text) < 3 or text.endswith("00") else digits(text)
