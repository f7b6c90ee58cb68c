"""Units and money in English words."""

from __future__ import annotations

import re

from hearthd.text.normalize.numbers_en import cardinal, decimal

_UNITS = {
    "km/h": "kilometer~ per hour", "kph": "kilometer~ per hour", "mph": "mile~ per hour",
    "m/s²": "meter~ per second squared", "m/s": "meter~ per second", "km²": "square kilometer~",
    "km2": "square kilometer~", "m²": "square meter~", "m2": "square meter~", "㎡": "square meter~",
    "cm²": "square centimeter~", "ft²": "square feet", "m³": "cubic meter~", "m3": "cubic meter~",
    "cm³": "cubic centimeter~", "km": "kilometer~", "cm": "centimeter~", "mm": "millimeter~",
    "nm": "nanometer~", "µm": "micrometer~", "m": "meter~", "mi": "mile~", "ft": "feet", "yd": "yard~",
    "kg": "kilogram~", "mg": "milligram~", "g": "gram~", "lbs": "pounds", "lb": "pound~", "oz": "ounce~",
    "mL": "milliliter~", "ml": "milliliter~", "L": "liter~", "l": "liter~", "tsp": "teaspoon~",
    "tbsp": "tablespoon~", "kWh": "kilowatt hour~", "kW": "kilowatt~", "MW": "megawatt~", "W": "watt~",
    "mAh": "milliamp hour~", "V": "volt~", "mA": "milliamp~", "kHz": "kilohertz", "MHz": "megahertz",
    "GHz": "gigahertz", "Hz": "hertz", "dB": "decibel~", "kbps": "kilobit~ per second",
    "Kbps": "kilobit~ per second", "Mbps": "megabit~ per second", "Gbps": "gigabit~ per second",
    "MB/s": "megabyte~ per second", "GB/s": "gigabyte~ per second", "KB": "kilobyte~", "kB": "kilobyte~",
    "MB": "megabyte~", "GB": "gigabyte~", "TB": "terabyte~", "GiB": "gibibyte~", "MiB": "mebibyte~",
    "ms": "millisecond~", "s": "second~", "sec": "second~", "min": "minute~", "mins": "minute~", "h": "hour~",
    "hr": "hour~", "hrs": "hour~", "secs": "second~", "yr": "year~", "yrs": "year~",
    "mpg": "miles per gallon", "mmHg": "millimeters of mercury",
    "bpm": "beats per minute", "rpm": "R P M", "fps": "frames per second", "kcal": "kilocalorie~",
    "cal": "calorie~", "kJ": "kilojoule~", "J": "joule~", "N": "newton~", "Pa": "pascal~",
    "kPa": "kilopascal~", "hPa": "hectopascal~", "psi": "P S I", "px": "pixel~", "ha": "hectare~",
    "°C": "degree~ Celsius", "℃": "degree~ Celsius", "°F": "degree~ Fahrenheit", "℉": "degree~ Fahrenheit",
    "° C": "degree~ Celsius", "° F": "degree~ Fahrenheit", "°": "degree~", "%": "percent", "‰": "per mille",
    "¢": "cent~", "Ω": "ohm~", "kΩ": "kilohm~",
}  # fmt: skip
UNITS = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
"""Pattern of the units' signs."""

_MONEY = {
    "$": ("dollar~", "cent~"), "US$": ("U S dollar~", "cent~"), "A$": ("Australian dollar~", "cent~"),
    "C$": ("Canadian dollar~", "cent~"), "HK$": ("Hong Kong dollar~", "cent~"),
    "S$": ("Singapore dollar~", "cent~"), "£": ("pound~", "pence"), "€": ("euro~", "cent~"),
    "¥": ("yuan", ""), "￥": ("yuan", ""), "₹": ("rupee~", "paise"), "₩": ("won", ""), "₽": ("ruble~", ""),
    "CN¥": ("yuan", ""), "USD": ("U S dollar~", "cent~"), "EUR": ("euro~", "cent~"),
    "GBP": ("pound~", "pence"), "CNY": ("yuan", ""), "RMB": ("yuan", ""), "JPY": ("yen", ""),
    "HKD": ("Hong Kong dollar~", "cent~"),
}  # fmt: skip
CURRENCIES = "|".join(re.escape(sign) for sign in sorted(_MONEY, key=len, reverse=True))
"""Pattern of the currencies' signs."""

_SCALES = {"k": "thousand", "m": "million", "b": "billion", "bn": "billion"}


def _counted(name: str, *, one: bool) -> str:
    return name.replace("~", "" if one else "s")


def counted(number: str, one: str, many: str = "") -> str:
    """``number`` (whole) of a thing: "one hour", "two hours"."""
    return f"{decimal(number)} {one if number == '1' else many or one + 's'}"


def measure(found: re.Match[str]) -> str:
    """A sign, a number and a unit: "minus five degrees Celsius"."""
    article = re.search(r"\b[Aa]n? $", found.string[: found.start()])  # a 16 gigabyte card
    one = found[2] == "1" or article is not None
    return ("minus " if found[1] else "") + f"{decimal(found[2])} {_counted(_UNITS[found[3]], one=one)}"


def money(sign: str, amount: str, scale: str) -> str:
    """An amount of money: "three dollars and fifty cents", "two million pounds"."""
    name, part = _MONEY[sign]
    if scale:
        return f"{decimal(amount)} {_SCALES.get(scale.lower(), scale)} {_counted(name, one=False)}"
    whole, _, cents = amount.replace(",", "").partition(".")
    if len(cents) != 2 or not part:
        return f"{decimal(amount)} {_counted(name, one=amount == '1')}"
    said = f"{decimal(whole)} {_counted(name, one=whole == '1')}"
    small = f"{cardinal(int(cents))} {_counted(part, one=cents == '01')}"
    if cents == "00":
        return said
    return small if whole == "0" else f"{said} and {small}"
