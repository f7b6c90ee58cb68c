"""Numbers in Chinese words."""

from __future__ import annotations

_DIGITS = "零一二三四五六七八九"
_PHONE = "零幺二三四五六七八九"

MAX_DIGITS = 16
"""Longer numbers are read digit by digit."""


def cardinal(number: int, *, couple: bool = False) -> str:
    """``number`` in words. ``couple``: something is counted, so that 2 is 两."""
    if number < 0:
        return "负" + cardinal(-number, couple=couple)
    if number == 2 and couple:
        return "两"
    if number < 10:
        return _DIGITS[number]
    if number < 20:
        return "十" + (_DIGITS[number - 10] if number > 10 else "")
    if number >= 10**MAX_DIGITS:
        return digits(str(number))
    return _large(number)


def _large(number: int) -> str:
    """From 20 on: by ten thousands, and within them by digit."""
    for size, name in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            head, rest = divmod(number, size)
            said = ("两" if head == 2 else cardinal(head)) + name
            if not rest:
                return said
            return (
                said + ("零" if rest < size // 10 else "") + (_small(rest) if rest < 10**4 else _large(rest))
            )
    return _small(number)


def _small(number: int) -> str:
    """Below ten thousand, each digit with its rank: inside a longer number 10 is 一十."""
    said, zero = "", False
    for rank, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, rank)
        if digit:
            said += (
                ("零" if zero and said else "")
                + (
                    "两"
                    if digit == 2 and (rank == 1000 or (rank == 100 and not said and not number))
                    else _DIGITS[digit]
                )
                + name
            )
            zero = False
        else:
            zero = True
    return said


def digits(text: str, *, phone: bool = False) -> str:
    """The digits of ``text`` one by one, 1 as 幺 if ``phone``; everything else is left out."""
    names = _PHONE if phone else _DIGITS
    return "".join(names[int(c)] for c in text if c in "0123456789")


def decimal(text: str, *, couple: bool = False) -> str:
    """A number as written, with thousands separators or a decimal point, in words."""
    whole, point, fraction = text.replace(",", "").partition(".")
    if point and fraction:
        return f"{number(whole or '0')}点{digits(fraction)}"
    return number(whole, couple=couple)


def number(text: str, *, couple: bool = False) -> str:
    """The whole number ``text``; one with leading zeros digit by digit."""
    if len(text) > MAX_DIGITS or (len(text) > 1 and text[0] == "0"):
        return digits(text)
    return cardinal(int(text or "0"), couple=couple)
