"""Units and money in Chinese words."""

from __future__ import annotations

import re

from hearthd.text.normalize.numbers_zh import decimal

_UNITS = {
    "km/h": "公里每小时", "kph": "公里每小时", "km/hr": "公里每小时", "m/s²": "米每二次方秒",
    "m/s2": "米每二次方秒", "m/s": "米每秒",
    "km²": "平方公里", "km2": "平方公里", "mph": "英里每小时", "m²": "平方米", "m2": "平方米",
    "㎡": "平方米", "sqm": "平方米",
    "cm²": "平方厘米", "mm²": "平方毫米", "m³": "立方米", "m3": "立方米", "cm³": "立方厘米",
    "sq ft": "平方英尺", "sqft": "平方英尺",
    "sq. ft.": "平方英尺", "ft²": "平方英尺", "sq m": "平方米", "sq km": "平方公里", "sq mi": "平方英里",
    "cu ft": "立方英尺",
    "km": "公里", "dm": "分米", "cm": "厘米", "mm": "毫米", "nm": "纳米", "µm": "微米", "m": "米",
    "kg": "公斤", "mg": "毫克", "µg": "微克", "mcg": "微克", "ng": "纳克", "g": "克", "lb": "磅",
    "lbs": "磅", "oz": "盎司",
    "fl oz": "液量盎司", "mL": "毫升", "ml": "毫升", "cl": "厘升", "cL": "厘升", "dL": "分升", "dl": "分升",
    "µL": "微升", "cc": "毫升",
    "L": "升", "l": "升", "gal": "加仑", "qt": "夸脱", "pt": "品脱", "tsp": "茶匙", "tsp.": "茶匙",
    "tbsp": "汤匙", "tbsp.": "汤匙",
    "Tbsp": "汤匙", "inch": "英寸", "inches": "英寸", "mi": "英里", "miles": "英里", "yd": "码", "ft": "英尺",
    "kWh": "千瓦时", "MWh": "兆瓦时", "GWh": "吉瓦时", "TWh": "太瓦时", "Wh": "瓦时", "kW": "千瓦",
    "MW": "兆瓦", "GW": "吉瓦", "W": "瓦",
    "hp": "马力", "mAh": "毫安时", "Ah": "安时", "V": "伏", "mV": "毫伏", "kV": "千伏", "mA": "毫安",
    "kHz": "千赫兹", "MHz": "兆赫兹", "GHz": "吉赫兹", "THz": "太赫兹", "Hz": "赫兹", "dB": "分贝",
    "dBm": "D B M", "dBA": "分贝",
    "Kbps": "K每秒", "kbps": "K每秒", "Mbps": "兆每秒", "Gbps": "G每秒", "Mb": "兆", "Gb": "G", "KB": "K B",
    "kB": "K B",
    "MB": "兆", "GB": "G B", "TB": "T B", "PB": "P B", "ms": "毫秒", "µs": "微秒", "ns": "纳秒", "s": "秒",
    "sec": "秒", "secs": "秒",
    "min": "分钟", "mins": "分钟", "h": "小时", "hr": "小时", "hrs": "小时",
    "rpm": "转每分钟", "bpm": "次每分钟", "mmHg": "毫米汞柱", "fps": "帧每秒", "ppm": "P P M",
    "ppb": "P P B", "dpi": "D P I",
    "kcal": "千卡", "cal": "卡", "kJ": "千焦", "MJ": "兆焦", "J": "焦耳", "eV": "电子伏", "N": "牛",
    "kN": "千牛", "Nm": "牛米",
    "Pa": "帕", "kPa": "千帕", "MPa": "兆帕", "hPa": "百帕", "psi": "P S I", "bar": "巴", "mbar": "毫巴",
    "mol": "摩尔", "mmol": "毫摩尔",
    "µmol": "微摩尔", "IU": "国际单位", "lx": "勒克斯", "lm": "流明", "cd": "坎德拉", "µSv": "微西弗",
    "mSv": "毫西弗",
    "px": "像素", "ha": "公顷", "Ω": "欧姆", "kΩ": "千欧", "MΩ": "兆欧",
    "°C": "摄氏度", "℃": "摄氏度", "° C": "摄氏度", "°F": "华氏度", "℉": "华氏度", "° F": "华氏度", "°": "度",
}  # fmt: skip
UNITS = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
"""Pattern of the units' signs."""

DEGREES = frozenset(["°C", "℃", "° C", "°F", "℉", "° F", "°", "度", "摄氏度", "华氏度"])

_MONEY = {
    "CN¥": "元", "¥": "元", "￥": "元", "US$": "美元", "$": "美元", "€": "欧元", "£": "英镑", "HK$": "港元",
    "A$": "澳元", "AU$": "澳元", "C$": "加元", "CA$": "加元", "NZ$": "新西兰元", "SG$": "新加坡元",
    "MX$": "墨西哥比索",
    "R$": "雷亚尔", "JP¥": "日元", "฿": "泰铢", "₫": "越南盾", "₺": "里拉", "₱": "比索", "₿": "比特币",
    "S$": "新加坡元", "NT$": "新台币", "₩": "韩元", "₹": "卢比", "₽": "卢布",
    "USD": "美元", "EUR": "欧元", "GBP": "英镑", "CNY": "元", "RMB": "元", "JPY": "日元", "HKD": "港元",
    "CAD": "加元", "AUD": "澳元", "SGD": "新加坡元", "NZD": "新西兰元", "CHF": "瑞士法郎", "KRW": "韩元",
    "TWD": "新台币",
}  # fmt: skip
CURRENCIES = "|".join(re.escape(sign) for sign in sorted(_MONEY, key=len, reverse=True))
"""Pattern of the currencies' signs and codes."""

_SCALES = {"k": 3, "K": 3, "m": 6, "M": 6, "million": 6, "b": 9, "B": 9, "bn": 9, "billion": 9}

MEASURES = (
    "个|只|条|张|本|位|名|件|块|片|把|台|部|辆|架|艘|座|间|栋|棵|朵|根|支|枝|瓶|杯|碗|盘|盒|包|袋|箱|双|对|套|组|群|份|封|首|节|场|次(?!方)|"
    "遍|趟|夜|晚(?!上)|回|顿|口|头|匹|颗|粒|滴|堆|排|串|束|句|段|篇|页(?!码)|种|类|样|项|门|家|所|人|天|周|年|岁|点|分|秒|小时|钟头|分钟|刻钟|星期|"
    "礼拜|季|倍|步|米|公里|千米|厘米|毫米|里|尺|寸|斤|公斤|千克|克|吨|升|毫升|元|块钱|毛|角|美元|欧元|英镑|日元|港元|度|平方|立方|"
    "摄氏度|卡|瓦|千瓦|千瓦时|兆|字|行|列|局|轮|盏|道|面|幅|扇|桶|勺|大勺|小勺|汤匙|茶匙|大匙|小匙|瓣|碟|罐|壶|剂|克拉|磅|盎司|英寸|英尺|英里"
    "|加仑|平米|平方米|人份|帧|站|款|户|圈|厅|居|人次|成|代|帮|派|则|笔|批|股|把|副|阵|声|下|亩|万|千|百|亿"
)
"""Pattern of what is counted: 2 before it is 两."""


def measure(number: str, unit: str, *, couple: bool) -> str:
    """``number`` of ``unit`` (a sign); ``couple``: with 两 for 2."""
    return decimal(number, couple=couple) + _UNITS[unit]


PER = "|".join(
    [re.escape(unit) for unit in sorted(set(_UNITS) - {"°"}, key=len, reverse=True)]
    + ["day", "month", "week", "year"]
)
"""Pattern of the signs that may stand after the slash of a rate."""
_PER = {"day": "天", "month": "月", "week": "周", "year": "年"}


def per(unit: str) -> str:
    """What stands after the slash of a rate: 每公斤."""
    return "每" + (_PER.get(unit) or _UNITS.get(unit, unit))


def unit_name(unit: str) -> str:
    """A unit's sign in words."""
    return _UNITS.get(unit, unit)


def money(sign: str, amount: str, scale: str) -> str:
    """An amount of money: 三点五美元, 两百万英镑."""
    amount = amount.replace(",", "")
    if scale in _SCALES:
        return f"{decimal(scaled(amount, _SCALES[scale]), couple=True)}{_MONEY[sign]}"
    whole, point, cents = amount.partition(".")
    cents = cents.rstrip("0")
    return decimal(whole + (f".{cents}" if point and cents else ""), couple=True) + scale + _MONEY[sign]


def currency(sign: str) -> str:
    """The name of the money that a sign stands for."""
    return _MONEY[sign]


def scaled(amount: str, power: int) -> str:
    """``amount`` times ten to the ``power``, as digits."""
    whole, _, fraction = amount.partition(".")
    moved = fraction.ljust(power, "0")
    rest = moved[power:].rstrip("0")
    return (whole + moved[:power]).lstrip("0") + (f".{rest}" if rest else "")
