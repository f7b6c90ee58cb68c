"""Amounts in Chinese: money, measures, rates, fractions, ranges of them, and what stands between numbers."""

from __future__ import annotations

import re

from hearthd.text.normalize.numbers_zh import cardinal, decimal, digits, number
from hearthd.text.normalize.rule import NUMBER, in_quotation
from hearthd.text.normalize.rule import ascii_rule as rule
from hearthd.text.normalize.times_zh import DASH
from hearthd.text.normalize.units_zh import (
    CURRENCIES,
    DEGREES,
    MEASURES,
    PER,
    UNITS,
    currency,
    measure,
    money,
    per,
    scaled,
    unit_name,
)

_SIGNED = r"(?<![\w.\-])([-−－]?)"
_SCALE = "k|K|million|billion|m|M|bn|b|B|万亿|万|亿|千|百万"
_TIME_OF = (
    "天|日|周|月|年|季度|季|小时|时|分钟|分|秒|晚|夜|次|人|位|度|千瓦时"
    "|平米|平方米?|平|公里|米|斤|公斤|克|升|吨|亩|班|组|户|车|桌|间|队"
    "|场|期|节课|课时|节|头|只|份|件|套|张|杯|瓶|盒|包|袋|箱|台|辆|立方米?"
    "|年级|小组|批|轮|局|单"
)


def _below(sign: str, unit: str) -> str:
    return ("零下" if unit in DEGREES else "负") if sign else ""


def _rate(rest: str | None) -> str:
    return "".join(per(unit.strip()) for unit in (rest or "").split("/") if unit.strip())


def _measured(m: re.Match[str]) -> str:
    """A sign, a number and a unit, perhaps a rate: 零下五摄氏度, 十升每分钟."""
    return _below(m[1], m[3]) + measure(m[2], m[3], couple=m[3] not in DEGREES) + _rate(m[4])


def _measured_range(m: re.Match[str]) -> str:
    """Two numbers and a unit: 零下五到三摄氏度."""
    couple = m[5] not in DEGREES
    first = _below(m[1], m[5]) + decimal(m[2], couple=couple)
    return f"{first}到{_below(m[3], m[5])}{decimal(m[4], couple=couple)}{unit_name(m[5])}" + _rate(m[6])


def fraction_words(whole: str | None, over: str, under: str) -> str:
    """1 1/2: 一又二分之一."""
    said = f"{cardinal(int(under))}分之{cardinal(int(over))}"
    return f"{cardinal(int(whole))}又{said}" if whole else said


def _fraction(m: re.Match[str]) -> str:
    """3/4, 1 1/2, 24/7, 12/25."""
    if (m[2], m[3]) == ("24", "7"):
        return "七乘二十四小时"
    if not int(m[3]):
        return f"{cardinal(int(m[2]))}比零"
    if 80 < int(m[2]) < 260 and 40 < int(m[3]) < int(m[2]) and not m[1]:  # blood pressure
        return f"{cardinal(int(m[2]))}，{cardinal(int(m[3]))}"
    return fraction_words(m[1], m[2], m[3])


def _amount(m: re.Match[str]) -> str:
    """A price, or a range of prices; what a sign said is not said again by the name after it."""
    sign, first, scale, second_sign, second, second_scale, name = m.groups()
    said = money(sign, first, scale or "")
    if second and second_sign:
        said = f"{said}到{money(second_sign, second, second_scale or '')}"
    elif second:
        few = decimal(first, couple=True) + (
            scale if scale and scale != second_scale and not scale.isascii() else ""
        )
        said = f"{few}到{money(sign, second, second_scale or '')}"
    if name and currency(sign) == "元" and name not in ("元", "人民币"):
        said = said.removesuffix("元") + name
    return said


def _span(m: re.Match[str]) -> str:
    """Two numbers and what is counted: 两到三个."""
    if not m[3] and float(m[1].replace(",", "")) > float(m[2].replace(",", "")):
        return f"{decimal(m[1])}减{decimal(m[2])}"
    couple = m[3] is not None and re.fullmatch(MEASURES, m[3]) is not None
    return f"{decimal(m[1], couple=couple)}到{decimal(m[2], couple=couple)}{m[3] or ''}"


def _percent(m: re.Match[str]) -> str:
    """A share in hundredths or thousandths."""
    name = {"%": "百分之", "％": "百分之", "‰": "千分之"}[m[3]]
    return ("负" if m[1] else "") + name + decimal(m[2])


def _power(m: re.Match[str]) -> str:
    """A power: 2^10, x^3, 10^(n-1)."""
    base, raised = number(m[1]) if m[1].isdigit() else m[1], m[2] or m[3]
    if raised == "2":
        return f"{base}的平方"
    said = re.sub(r"\d+", lambda n: number(n[0]), re.sub(r"(?<=\w)\s?-\s?", "减", raised)).replace("+", "加")
    return f"{base}的{said.replace('-', '负')}次方"


def _inches(m: re.Match[str]) -> str:
    """9"烤盘, unless the mark closes a quotation."""
    return m[0] if m[0].endswith('"') and in_quotation(m.string[: m.start()]) else m[1] + "英寸"


def _shortened(m: re.Match[str]) -> str:
    """1w5, 2k5: 一万五, 两千五."""
    return cardinal(int(m[1]), couple=True) + {"w": "万", "k": "千"}[m[2].lower()] + digits(m[3])


RATES = [
    rule(rf"((?:[¥￥$€£]|HK\$|US\$)\s?{NUMBER})\s?/\s?(?={_TIME_OF}|{MEASURES})", r"\1每"),
    rule(
        rf"(?<![\w./µ])(?<!\d )(?=\S*[²³µ]|(?:mg|kg|km|ml|mL|mmol"
        rf"|kWh)\b|\S+/(?:kg|km|mL|kWh)\b)({UNITS})/({PER})(?![\w²³/])",
        lambda m: unit_name(m[1]) + per(m[2]),
        digitless=True,
    ),
    rule(
        rf"(?<=[\d几多半两一二三四五六七八九十百千万亿])(\s?(?:{MEASURES}|人民币))\s?/\s?(?=(?:{MEASURES}|{_TIME_OF})(?![\u4e00-\u9fff]*/))",
        r"\1每",
        digitless=True,
    ),
    rule(
        rf"(?<=[\d几多半两一二三四五六七八九十百千万亿])(\s?(?:{MEASURES}|人民币))\s?/\s?(?={_TIME_OF}|{MEASURES})",
        r"\1每",
        digitless=True,
    ),
    rule(
        rf"(?<![\u4e00-\u9fff])(次|元|块|人次|公里|千米|米|升|克|毫克|转|件|个)\s?/\s?(?={_TIME_OF})",
        r"\1每",
        digitless=True,
    ),
    rule(r"(每[\u4e00-\u9fff]{1,3})/(?=[\u4e00-\u9fff])", r"\1每", digitless=True),
    rule(rf"(?<=\d)(\s?(?:{MEASURES}|人民币))\s?/\s?({PER})(?![A-Za-z])", lambda m: m[1] + per(m[2])),
    rule(rf"(\d\s?(?:[A-Za-z]{{1,4}}|MB/s))\s?/\s?(?={_TIME_OF}|[\u4e00-\u9fff])", r"\1每"),
    rule(
        r"(?<=[\d万亿元块里米平%％])\s?/\s?(?=[月年天日时晚人个次斤克公平小周秒分季户套间层])",
        "每",
        digitless=True,
    ),
    rule(
        r"第\s?(\d+)\s?/\s?(\d+)\s?(页|集|章|关|轮|场|回|期|题|局|步|天|周|季|张|节|课|部分)",
        lambda m: f"第{number(m[1])}{m[3]}，共{number(m[2], couple=m[3] != '期')}{m[3]}",
    ),
    rule(r"(?<=\d)V\s?/?\s?(\d[\d.]*)A(?![A-Za-z])", lambda m: f"伏{decimal(m[1], couple=True)}安"),
    rule(rf"(?<=\d)(\s?(?:{MEASURES}))/([\u4e00-\u9fff]{{1,2}})(?=[，。！？、；\s）)]|$)", r"\1每\2"),
    rule(r"(?<![\d/])(\d{2,3})/(\d{2,3})\s?mmHg", lambda m: f"{number(m[1])}，{number(m[2])}毫米汞柱"),
    rule(r"(℃|°C|度|V|W|A|Hz|GHz|GB|TB)\s?/\s?(?=\d)", r"\1，"),
    rule(rf"(\d\s?(?:{UNITS}))\s?/\s?(?=\d[\d.]*\s?(?:{UNITS}|{MEASURES}))", r"\1或"),
    rule(r"(?<![\d/.])(?:7\s?/\s?24|24\s?/\s?7)\s?小时", "七乘二十四小时"),
    rule(r"(?<=\d)\s/\s(?=\d)", "除以"),
    rule(
        r"(?<![\d/.])(\d+)/(\d+)(?=\s?[=＝])",
        lambda m: f"{number(m[1])}除以{number(m[2])}" if int(m[1]) > int(m[2]) else m[0],
    ),
]
"""Slashes that say how much for each, and divisions."""

RECIPES = [
    rule(r"(\d)\s?(?:cups?|CUP)(?=\s?[\u4e00-\u9fff])", r"\1杯"),
    rule(r"(\d{3})\s?F(?=\s?(?:烤|预热|烘|左右|的|，|。|、|$))", r"\1°F"),
    rule(r"(?<=\d)\s?T(?=\s?(?:油|盐|糖|酱|醋|水|酒|蜂蜜))", "汤匙"),
    rule(r"(?<=\d)\s?t(?=\s?(?:油|盐|糖|酱|醋|水|酒|蜂蜜))", "茶匙"),
    rule(r"(\d)[\"″](?=\s?[\u4e00-\u9fff])", _inches),
    rule(
        rf"(?<![\w/.])(?:(\d{{1,3}})[\s-])?(\d{{1,2}})/([1-9]\d?)\s?({UNITS})(?![A-Za-z0-9²³/])",
        lambda m: fraction_words(m[1], m[2], m[3]) + unit_name(m[4]),
    ),
    rule(r"(?<![\w/.])(\d{1,2})-([1-7])/([2-8])(?![\d/])", lambda m: fraction_words(m[1], m[2], m[3])),
]
"""What a recipe is measured in."""

AMOUNTS = [
    rule(r"(?<![A-Za-z\d.])(\d{1,3})([wWk])(\d)(?![A-Za-z\d.])", _shortened),
    rule(
        r"(?<![A-Za-z\d.])(\d+(?:\.\d+)?)k(?![A-Za-z\d])(?!\s?(?:视频|电视|屏|分辨率|画质|高清|HDR|超清|显示器|bps))",
        lambda m: decimal(scaled(m[1], 3), couple=True),
    ),
    rule(
        rf"(\^-?\d+)\s?({UNITS})((?:/(?:{PER}))*)(?![A-Za-z0-9²³])",
        lambda m: m[1] + unit_name(m[2]) + _rate(m[3]),
    ),
    rule(
        r"(\d+|[A-Za-z)])\^(?:\((-?\w+(?:\s?[-+]\s?\w+)?)\)|(-?\d+|-?[a-z](?![A-Za-z])))",
        _power,
        digitless=True,
    ),
    rule(
        rf"({CURRENCIES})\s?({NUMBER})\s?({_SCALE})?(?![a-zA-Z])"
        rf"(?:{DASH}({CURRENCIES})?({NUMBER})\s?({_SCALE})?(?![a-zA-Z]))?"
        r"(元|块钱|块|人民币|美元|美金|欧元|英镑|日元|港元|港币)?",
        _amount,
    ),
    rule(
        rf"({NUMBER})\s?(万|亿)?\s?(€|£|¥|USD|EUR|GBP|CNY|RMB|JPY|HKD|CAD|AUD|SGD|NZD|CHF|KRW|TWD)(?![A-Za-z])",
        lambda m: money(m[3], m[1], m[2] or ""),
    ),
    rule(
        rf"({NUMBER})[%％]?{DASH}({NUMBER})[%％]", lambda m: f"百分之{decimal(m[1])}到百分之{decimal(m[2])}"
    ),
    rule(rf"{_SIGNED}({NUMBER})\s?([%％‰])", _percent),
    rule(r"(?:(?<=[\u4e00-\u9fff])|^)\+(?=百分之|千分之)", "正", digitless=True),
    rule(r"(?<=\d)\s?[xX×]\s?(?=\d[\d.]*\s?[a-z]{1,3}(?![A-Za-z]))", "乘"),
    rule(
        rf"{_SIGNED}({NUMBER})\s?(?:{UNITS})?{DASH}([-−]?)({NUMBER})\s?({UNITS})((?:/(?:{PER}))*)(?![A-Za-z0-9²³])",
        _measured_range,
    ),
    rule(rf"{_SIGNED}({NUMBER})\s?({UNITS})((?:\s?/\s?(?:{PER}))*)(?![A-Za-z0-9²³])", _measured),
    rule(rf"(?<![\w.])[-−]({NUMBER})(?=度)", lambda m: "零下" + decimal(m[1], couple=True)),
    rule(r"(?<![\d/.])(?:(\d+)\s)?(\d{1,4})/(\d{1,4})(?![\d/.])", _fraction),
]
"""Money, shares and quantities."""

BETWEEN = [
    rule(rf"(?<![\w.])({NUMBER}){DASH}({NUMBER})(?![\d.]*\s?=|-\d)({MEASURES})?", _span),
    rule(r"(?<=\d)\s?[xX*×]\s?(?=\d)", "乘"),
    rule(r"(?<=[\d)²³])\s?[-−]\s?(?=[\d(√])|(?<=[a-z]\s)[-−](?=\s)", "减", digitless=True),
    rule(r"\s⁻\s", "减", digitless=True),
    rule(r"\b([fghFG])\(([a-z])\)", r"\1 \2", digitless=True),
    rule(r"(?<![\w.])(\d+)['′](\d+)(?:\"|″|''|(?!\w))", lambda m: f"{number(m[1])}分{number(m[2])}秒"),
    rule(r"([~～≈]|约)\s?(?=[\d¥$])", lambda m: "约" if m[1] != "≈" else "约等于", digitless=True),
    rule(
        rf"(?<![A-Za-z\d])({NUMBER})w(\+?)(?![A-Za-z\d])",
        lambda m: decimal(m[1], couple=True) + "万" + ("以上" if m[2] else ""),
    ),
    rule(rf"({NUMBER})\+(?!\s?[\dA-Za-z])", lambda m: f"{decimal(m[1])}以上"),
]
"""What stands between two numbers, or after one."""
