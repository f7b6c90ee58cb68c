"""Sums as they are said in both languages, written as arithmetic: "17 times 23" is ``17*23``.

The arithmetic has numbers, ``+ - * / ^``, brackets, ``sqrt()``, ``cbrt()``: ``actions.arithmetic`` reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from hearthd.text.understand import numbers_en, numbers_zh
from hearthd.text.understand.numbers_en import Reading, word

Numbers = Callable[[Sequence[str], int], Iterator[Reading]]
Operand = tuple[int, str, bool, bool]
"""The end, the arithmetic, whether it needs no brackets in a longer sum, whether it is but a number."""

_SIGNS = {"+": "+", "−": "-", "*": "*", "÷": "/", "^": "^", "x": "*"}
_ENGLISH = {
    "plus": "+", "minus": "-", "take away": "-", "times": "*", "multiplied by": "*", "divided by": "/",
    "divided buy": "/",
    "over": "/", "to the power of": "^",
}  # fmt: skip
_CHINESE = {
    "加上": "+", "加": "+", "减去": "-", "减": "-", "乘以": "*", "乘上": "*", "乘": "*", "除以": "/",
}  # fmt: skip
_MONEY_SIGNS = frozenset("$€£¥")
_MONEY = frozenset({"dollars", "dollar", "bucks", "euros", "euro"})
_POWERS = {"squared": "2", "cubed": "3"}
_HYPHEN_BELOW = 1000
"""Whisper writes "what's 12-5"; "555-1234" is a telephone number, and "10-4" alone means yes."""
MAX_OPERANDS = 12


def sums_en(tokens: Sequence[str], start: int) -> Iterator[tuple[int, str]]:
    """Every sum in English that begins at ``start``."""
    yield from _sums(tokens, start, _operands_en, _ENGLISH, " ")
    verbs = {"add": ("and to plus", "+"), "multiply": ("by with and", "*"), "divide": ("by", "/")}
    if (verb := word(tokens, start)) in verbs:
        between, sign = verbs[verb]
        first_at = start + 1 + (verb == "add" and word(tokens, start + 1) in {"up", "together"})
        for end, first, *_ in _operands_en(tokens, first_at):
            if word(tokens, end) in between.split():
                yield from (
                    (after, f"{first}{sign}{other}") for after, other, *_ in _operands_en(tokens, end + 1)
                )
    yield from _named_en(tokens, start)
    if verb in {"subtract", "take"}:
        for end, less, *_ in _operands_en(tokens, start + 1):
            if word(tokens, end) == "from":
                yield from ((after, f"{other}-{less}") for after, other, *_ in _operands_en(tokens, end + 1))


def _named_en(tokens: Sequence[str], start: int) -> Iterator[tuple[int, str]]:
    """The sum of 3 and 4, the product of …, the difference between …."""
    names = {"sum": "+", "product": "*", "difference": "-", "quotient": "/", "total": "+"}
    at = start + (word(tokens, start) == "the")
    if word(tokens, at) in names and word(tokens, at + 1) in {"of", "between"}:
        sign = names[word(tokens, at)]
        for end, first, *_ in _operands_en(tokens, at + 2):
            if word(tokens, end) == "and":
                yield from (
                    (after, f"{first}{sign}{other}") for after, other, *_ in _operands_en(tokens, end + 1)
                )


def sums_zh(tokens: Sequence[str], start: int) -> Iterator[tuple[int, str]]:
    """Every sum in Chinese that begins at ``start``."""
    yield from _sums(tokens, start, _operands_zh, _CHINESE, "")
    yield from _named_zh(tokens, start)
    for end, below, *_ in _operands_zh(tokens, start):  # 三除九: nine by three
        if word(tokens, end) == "除" and word(tokens, end + 1) != "以":
            yield from ((after, f"{above}/{below}") for after, above, *_ in _operands_zh(tokens, end + 1))


def _named_zh(tokens: Sequence[str], start: int) -> Iterator[tuple[int, str]]:
    """十二和三十的和, 三与四的积."""
    signs = {"和": "+", "差": "-", "积": "*", "乘积": "*", "商": "/"}
    firsts = [(end, first) for end, first, *_ in _operands_zh(tokens, start)]
    pairs = [
        (after, first, other)
        for end, first in firsts
        if word(tokens, end) in {"和", "跟", "与"}
        for after, other, *_ in _operands_zh(tokens, end + 1)
        if word(tokens, after) == "的"
    ]
    for after, first, other in pairs:
        for name, sign in signs.items():
            if list(tokens[after + 1 : after + 1 + len(name)]) == list(name):
                yield after + 1 + len(name), f"{first}{sign}{other}"


def _sums(
    tokens: Sequence[str],
    start: int,
    operands: Callable[[Sequence[str], int], Iterator[Operand]],
    operators: dict[str, str],
    space: str,
) -> Iterator[tuple[int, str]]:
    waiting = [(end, text, safe, 1, plain) for end, text, safe, plain in operands(tokens, start)]
    while waiting:
        end, text, safe, count, plain = waiting.pop()
        if not plain:
            yield end, text
        if count == MAX_OPERANDS:
            continue
        for after, sign in _operators(tokens, end, operators, space):
            for following, other, fits, _ in operands(tokens, after):
                left = text if safe else f"({text})"
                right = other if fits else f"({other})"
                waiting.append((following, f"{left}{sign}{right}", True, count + 1, False))


def _operators(
    tokens: Sequence[str], start: int, operators: dict[str, str], space: str
) -> Iterator[tuple[int, str]]:
    start += word(tokens, start) in {"then", "再", "and"} and word(tokens, start + 1) != "a"
    token = word(tokens, start)
    if token in _SIGNS:
        yield start + 1, _SIGNS[token]
    if token == "-" and start > 1 and _numeric(word(tokens, start - 1)) and _short(word(tokens, start + 1)):
        yield start + 1, "-"
    for said, sign in operators.items():
        words = said.split() if space else list(said)
        if list(tokens[start : start + len(words)]) == words:
            yield start + len(words), sign


def _numeric(token: str) -> bool:
    return numbers_en.digits(token) is not None


def _short(token: str) -> bool:
    number = numbers_en.digits(token)
    return number is not None and number < _HYPHEN_BELOW


def written(number: Fraction) -> tuple[str, bool]:
    """``number`` in arithmetic: as a decimal if it has an end, else as a quotient (which needs brackets)."""
    if number.denominator == 1:
        return str(number.numerator), number >= 0
    twos_and_fives = number.denominator
    for prime in (2, 5):
        while twos_and_fives % prime == 0:
            twos_and_fives //= prime
    if twos_and_fives == 1 and number.denominator < 10**6:
        return f"{float(number):.12f}".rstrip("0"), number >= 0
    return f"{number.numerator}/{number.denominator}", False


def _operands_en(tokens: Sequence[str], start: int) -> Iterator[Operand]:
    first = word(tokens, start)
    if first in {"minus", "negative", "−"}:
        for end, number in numbers_en.numbers(tokens, start + 1):
            yield end, f"-{written(number)[0]}", False, True
        return
    the = start + (first == "the")
    for root, sign in (("square root of", "sqrt"), ("cube root of", "cbrt"), ("root of", "sqrt")):
        words = root.split()
        if list(tokens[the : the + len(words)]) == words:
            for end, number in numbers_en.numbers(tokens, the + len(words)):
                yield end, f"{sign}({written(number)[0]})", True, False
    for end, number in _amounts_en(tokens, start):
        text, safe = written(number)
        yield end, text, safe, True
        following = word(tokens, end)
        if following in _POWERS:
            yield end + 1, f"{_bracketed(text, safe)}^{_POWERS[following]}", True, False
        if following in {"²", "³"}:
            yield end + 1, f"{_bracketed(text, safe)}^{'2' if following == '²' else '3'}", True, False
        if tuple(tokens[end : end + 2]) == ("to", "the"):
            for after, power in _ordinals(tokens, end + 2):
                yield after, f"{_bracketed(text, safe)}^{power}", True, False
        percent = _percent(tokens, end)
        if percent and word(tokens, percent) == "of":
            yield from _part_of(tokens, percent + 1, f"{text}/100*{{}}")
        if percent and tuple(tokens[percent : percent + 2]) == ("tip", "on"):
            yield from _part_of(tokens, percent + 2, f"{text}/100*{{}}")
        if percent and word(tokens, percent) == "off" and number <= 100:
            of = percent + 1 + (word(tokens, percent + 1) == "of")
            yield from _part_of(tokens, of, f"{{}}*{written(100 - number)[0]}/100")
        if number < 1 and following == "of":
            part = f"{{}}/{number.denominator}" + (f"*{number.numerator}" if number.numerator > 1 else "")
            yield from _part_of(tokens, end + 1, part)


def _amounts_en(tokens: Sequence[str], start: int) -> Iterator[Reading]:
    """Numbers, and sums of money by their number."""
    at = start + (word(tokens, start) in _MONEY_SIGNS)
    for end, number in numbers_en.numbers(tokens, at):
        yield end, number
        if word(tokens, end) in _MONEY:
            yield end + 1, number


def _percent(tokens: Sequence[str], end: int) -> int:
    """The end of "percent", 0 if there is none."""
    if word(tokens, end) in {"%", "percent"}:
        return end + 1
    return end + 2 if tuple(tokens[end : end + 2]) == ("per", "cent") else 0


def _part_of(tokens: Sequence[str], start: int, part: str) -> Iterator[Operand]:
    for end, number in _amounts_en(tokens, start):
        yield end, part.format(_bracketed(*written(number))), False, False


def _ordinals(tokens: Sequence[str], start: int) -> Iterator[tuple[int, int]]:
    """The power in "to the tenth (power)", "to the 3rd power"."""
    first = word(tokens, start)
    if first in numbers_en.ORDINALS:
        yield start + 1 + (word(tokens, start + 1) == "power"), numbers_en.ORDINALS[first]
    if first.isdigit() and len(first) < 3 and word(tokens, start + 1) in {"st", "nd", "rd", "th"}:
        yield start + 2 + (word(tokens, start + 2) == "power"), int(first)


def _bracketed(text: str, safe: bool) -> str:
    return text if safe else f"({text})"


def _operands_zh(tokens: Sequence[str], start: int) -> Iterator[Operand]:
    if tuple(tokens[start : start + 2]) == ("根", "号"):
        for end, number in numbers_zh.numbers(tokens, start + 2):
            yield end, f"sqrt({written(number)[0]})", True, False
        return
    for end, number in numbers_zh.numbers(tokens, start):
        text, safe = written(number)
        if word(tokens, end) == "%":
            yield end + 1, f"{text}/100", False, True
            if word(tokens, end + 1) == "的" and word(tokens, end + 3) == "%":
                # so Whisper writes 九十的百分之三十, in four of four voices: 90%的30%
                yield from _parts_zh(tokens, end + 2, _bracketed(text, safe))
            continue
        yield end, text, safe, True
        if word(tokens, end) in {"²", "³"}:
            yield end + 1, f"{_bracketed(text, safe)}^{'2' if tokens[end] == '²' else '3'}", True, False
        of = end + (word(tokens, end) == "的")
        yield from _discounts_zh(tokens, end, _bracketed(text, safe))
        yield from _powers_zh(tokens, of, _bracketed(text, safe))
        if of > end:
            yield from _parts_zh(tokens, of, _bracketed(text, safe))


def _discounts_zh(tokens: Sequence[str], start: int, price: str) -> Iterator[Operand]:
    """三百打八折, 两百块打七五折."""
    at = start + (word(tokens, start) in {"块", "元"}) + (word(tokens, start + 1) == "钱")
    tenths = "".join(tokens[at + 1 : at + 3])
    if word(tokens, at) == "打":
        one, two = numbers_zh.DIGITS.get(tenths[:1]), numbers_zh.DIGITS.get(tenths[1:])
        if one and word(tokens, at + 2) == "折":
            yield at + 3, f"{price}*{one}/10", False, False
        elif one and two and word(tokens, at + 3) == "折":
            yield at + 4, f"{price}*{one}{two}/100", False, False


def _powers_zh(tokens: Sequence[str], start: int, base: str) -> Iterator[Operand]:
    for said, form in (
        ("平方根", "sqrt({})"), ("立方根", "cbrt({})"), ("平方", "{}^2"), ("立方", "{}^3"),
        ("开平方", "sqrt({})"), ("开根号", "sqrt({})"), ("开方", "sqrt({})"), ("开立方", "cbrt({})"),
    ):  # fmt: skip
        if list(tokens[start : start + len(said)]) == list(said):
            yield start + len(said), form.format(base), True, False
    for end, power in numbers_zh.cardinals(tokens, start):
        if tuple(tokens[end : end + 2]) == ("次", "方") and power.denominator == 1:
            yield end + 2, f"{base}^{power}", True, False


def _parts_zh(tokens: Sequence[str], start: int, whole: str) -> Iterator[Operand]:
    """八十的百分之十五, 九十的一半, 十二的三分之一, 七的三倍."""
    if tuple(tokens[start : start + 2]) == ("一", "半"):
        yield start + 2, f"{whole}/2", False, False
    for end, number in numbers_zh.numbers(tokens, start):
        if word(tokens, end) == "倍":
            yield end + 1, f"{whole}*{written(number)[0]}", False, False
        elif word(tokens, end) == "%":
            yield end + 1, f"{whole}*{written(number)[0]}/100", False, False
        elif word(tokens, start) == "百":
            yield end, f"{whole}*{written(number * 100)[0]}/100", False, False
        elif number < 1 and "之" in tokens[start:end]:
            times = f"*{number.numerator}" if number.numerator > 1 else ""
            yield end, f"{whole}{times}/{number.denominator}", False, False
