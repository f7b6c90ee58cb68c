"""Units of kitchens and schools: their names in both languages, and exact conversion.

A table of our own: every factor is a definition (an inch is 25.4 mm, a jin 500 g), so there is nothing to
keep up. (pint has no Chinese names, computes in floats unless told otherwise, and is slow to import.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: ``factor`` (and ``offset``) lead to the base unit of what it measures."""

    name: str
    """In English, singular."""
    measures: str
    factor: Fraction
    plural: str
    chinese: str
    offset: Fraction = Fraction(0)


_TABLE = """
length      | millimeter | 1/1000 | millimeters millimetre millimetres mm | 毫米
length      | centimeter | 1/100 | centimeters centimetre centimetres cm | 厘米 公分
length      | meter | 1 | meters metre metres m | 米 公尺
length      | kilometer | 1000 | kilometers kilometre kilometres km kms | 公里 千米
length      | inch | 254/10000 | inches in | 英寸 吋
length      | foot | 3048/10000 | feet ft | 英尺 呎
length      | yard | 9144/10000 | yards yd | 码
length      | mile | 1609344/1000 | miles mi | 英里 哩
length      | nautical mile | 1852 | nautical-miles | 海里
length      | li | 500 | li | 里 华里
length      | chi | 1/3 | chi | 尺 市尺
length      | cun | 1/30 | cun | 寸 市寸
length      | zhang | 10/3 | zhang | 丈
length      | light year | 9460730472580800 | light-years | 光年
mass        | milligram | 1/1000 | milligrams mg | 毫克
mass        | gram | 1 | grams gramme grammes g | 克
mass        | kilogram | 1000 | kilograms kilo kilos kilogramme kilogrammes kg kgs | 公斤 千克
mass        | ton | 1000000 | tons tonne tonnes | 吨 公吨
mass        | ounce | 45359237/1600000 | ounces oz | 盎司 安士
mass        | pound | 45359237/100000 | pounds lb lbs | 磅 英磅
mass        | stone | 635029318/100000 | stone stones | 英石
mass        | jin | 500 | jin catty catties | 斤 市斤
mass        | liang | 50 | liang tael taels | 两 市两
volume      | milliliter | 1/1000 | milliliters millilitre millilitres ml mls | 毫升
volume      | centiliter | 1/100 | centiliters centilitre centilitres cl | 厘升
volume      | deciliter | 1/10 | deciliters decilitre decilitres dl | 分升
volume      | liter | 1 | liters litre litres l | 升 公升
volume      | teaspoon | 492892159375/100000000000000 | teaspoons tsp tsps | 茶匙
volume      | tablespoon | 1478676478125/100000000000000 | tablespoons tbsp tbsps | 汤匙 大勺
volume      | fluid ounce | 295735295625/10000000000000 | fluid-ounces | 液体盎司 液盎司
volume      | cup | 2365882365/10000000000 | cups | 杯
volume      | pint | 473176473/1000000000 | pints | 品脱
volume      | quart | 946352946/1000000000 | quarts | 夸脱
volume      | gallon | 3785411784/1000000000 | gallons | 加仑
volume      | cubic meter | 1000 | cubic-meters cubic-metre cubic-metres | 立方米 立方
area        | square meter | 1 | square-meters square-metre square-metres | 平方米 平米 平方
area        | square kilometer | 1000000 | square-kilometers square-kilometre square-kilometres | 平方公里
area        | square foot | 9290304/100000000 | square-feet | 平方英尺
area        | acre | 40468564224/10000000 | acres | 英亩
area        | hectare | 10000 | hectares | 公顷
area        | mu | 2000/3 | mu | 亩 亩地
time        | second | 1 | seconds sec secs | 秒 秒钟
time        | minute | 60 | minutes min mins | 分钟
time        | hour | 3600 | hours hr hrs | 小时 个小时 钟头 个钟头
time        | day | 86400 | days | 天
time        | week | 604800 | weeks | 周 星期 个星期 礼拜 个礼拜
speed       | kilometer per hour | 5/18 | kilometers-per-hour kilometres-per-hour kph | 公里每小时
speed       | mile per hour | 1609344/3600000 | miles-per-hour mph | 英里每小时
speed       | meter per second | 1 | meters-per-second metres-per-second | 米每秒
temperature | celsius | 1 | celcius centigrade degrees-celsius c °-c | 摄氏度 度 色氏度 色制度 色速度 设施度
temperature | fahrenheit | 5/9 | degrees-fahrenheit degree-fahrenheit f °-f | 华氏度 华氏 滑氏度 滑制度 滑速度
temperature | kelvin | 1 | kelvins degrees-kelvin | 开尔文
"""
_OFFSETS = {"fahrenheit": Fraction(-160, 9), "kelvin": Fraction(-27315, 100)}
"""Celsius at the zero of the scale."""
_COLD = Fraction(-27315, 100)
"""Nothing is colder."""


def _read() -> dict[str, Unit]:
    units = {}
    for line in _TABLE.strip().splitlines():
        measures, name, factor, english, chinese = (cell.strip() for cell in line.split("|"))
        plural = (
            english.split()[0].replace("-", " ") if measures != "temperature" else f"degrees {name.title()}"
        )
        units[name] = Unit(
            name, measures, Fraction(factor), plural, chinese.split()[0], _OFFSETS.get(name, Fraction(0))
        )
    return units


UNITS = _read()
"""All units by their name."""


@cache
def _names(language: str) -> dict[tuple[str, ...], list[Unit]]:
    """What people call them, as tokens."""
    names: dict[tuple[str, ...], list[Unit]] = {}
    for line in _TABLE.strip().splitlines():
        _, name, _, english, chinese = (cell.strip() for cell in line.split("|"))
        called = [tuple(n.split("-")) for n in (name.replace(" ", "-"), *english.split())]
        if language == "zh":
            called = [tuple(n) for n in chinese.split()] + [n for n in called if len(n) == 1]
            if name == "celsius":
                called += [("摄", "氏"), ("摄", "氏", "温", "度"), ("度",)]
        for words in called:
            names.setdefault(words, []).append(UNITS[name])
    return names


def units(tokens: Sequence[str], start: int, language: str) -> Iterator[tuple[int, Unit]]:
    """Every unit whose name begins at ``start``, the longest name first."""
    names = _names(language)
    for length in (5, 4, 3, 2, 1):
        if start + length <= len(tokens):
            for unit in names.get(tuple(tokens[start : start + length]), ()):
                yield start + length, unit


def convert(value: Fraction, unit: Unit, into: Unit) -> Fraction:
    """``value`` of ``unit`` in ``into``, exactly. Raises ValueError for what does not measure the same."""
    if unit.measures != into.measures:
        raise ValueError(f"{unit.name} and {into.name} do not measure the same")
    base = value * unit.factor + unit.offset
    if unit.measures == "temperature" and base < _COLD:
        raise ValueError("colder than anything")
    return (base - into.offset) / into.factor
