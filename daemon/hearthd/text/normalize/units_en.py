"""Units and money in English words."""

from __future__ import annotations

import re

from hearthd.text.normalize.numbers_en import cardinal, decimal

_UNITS = {
    "km/h": "kilometer~ per hour", "kph": "kilometer~ per hour", "mph": "mile~ per hour", "kt": "knot~",
    "kn": "knot~",
    "m/s²": "meter~ per second squared", "m/s2": "meter~ per second squared", "mm³": "cubic millimeter~",
    "km³": "cubic kilometer~", "km²": "square kilometer~", "km2": "square kilometer~",
    "m²": "square meter~", "m2": "square meter~", "㎡": "square meter~", "sqm": "square meter~",
    "cm²": "square centimeter~", "mm²": "square millimeter~", "ft²": "square feet", "sq ft": "square feet",
    "sqft": "square feet", "sq. ft.": "square feet", "sq. ft": "square feet", "sq m": "square meter~",
    "sq km": "square kilometer~", "sq mi": "square mile~", "sq in": "square inches", "sq yd": "square yard~",
    "cu ft": "cubic feet", "cu. ft.": "cubic feet", "cu in": "cubic inches", "cu m": "cubic meter~",
    "ft³": "cubic feet",
    "m³": "cubic meter~", "m3": "cubic meter~", "cm³": "cubic centimeter~", "cc": "cubic centimeter~",
    "km": "kilometer~", "cm": "centimeter~", "mm": "millimeter~",
    "nm": "nanometer~", "µm": "micrometer~", "m": "meter~", "mi": "mile~", "ft": "feet", "ga": "gauge",
    "yd": "yard~",
    "yds": "yards",
    "dm": "decimeter~", "kg": "kilogram~", "mg": "milligram~", "µg": "microgram~", "mcg": "microgram~",
    "ng": "nanogram~",
    "g": "gram~", "lbs": "pounds", "lb": "pound~", "oz": "ounce~", "fl oz": "fluid ounce~",
    "fl. oz.": "fluid ounce~",
    "mL": "milliliter~", "ml": "milliliter~", "cl": "centiliter~", "cL": "centiliter~", "dL": "deciliter~",
    "dl": "deciliter~", "µL": "microliter~", "L": "liter~", "l": "liter~", "tsp": "teaspoon~",
    "Tsp": "teaspoon~",
    "tsps": "teaspoons", "tbsp": "tablespoon~", "Tbsp": "tablespoon~", "tbsps": "tablespoons",
    "TBSP": "tablespoon~",
    "tbs": "tablespoon~", "Tbs": "tablespoon~", "gal": "gallon~", "qt": "quart~", "qts": "quarts",
    "pt": "pint~",
    "pkg": "package~", "kWh": "kilowatt hour~", "MWh": "megawatt hour~", "GWh": "gigawatt hour~",
    "TWh": "terawatt hour~",
    "Wh": "watt hour~", "kW": "kilowatt~", "MW": "megawatt~", "GW": "gigawatt~", "W": "watt~",
    "hp": "horsepower",
    "mAh": "milliamp hour~", "Ah": "amp hour~", "V": "volt~", "mV": "millivolt~", "kV": "kilovolt~",
    "mA": "milliamp~",
    "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz", "THz": "terahertz", "Hz": "hertz",
    "dB": "decibel~",
    "dBm": "D B M", "dBA": "decibel~", "dBi": "D B I", "kbps": "kilobit~ per second",
    "Kbps": "kilobit~ per second", "Mbps": "megabit~ per second", "Gbps": "gigabit~ per second",
    "KB": "kilobyte~", "kB": "kilobyte~", "MB": "megabyte~", "GB": "gigabyte~", "TB": "terabyte~",
    "PB": "petabyte~",
    "GiB": "gibibyte~", "MiB": "mebibyte~", "KiB": "kibibyte~", "TiB": "tebibyte~", "Gb": "gigabit~",
    "Mb": "megabit~",
    "ms": "millisecond~", "µs": "microsecond~", "ns": "nanosecond~", "s": "second~", "sec": "second~",
    "min": "minute~",
    "mins": "minute~", "h": "hour~", "hr": "hour~", "hrs": "hour~", "secs": "second~", "yr": "year~",
    "yrs": "year~",
    "mpg": "miles per gallon", "mmHg": "millimeters of mercury", "inHg": "inches of mercury",
    "bpm": "beats per minute", "rpm": "R P M", "fps": "frames per second", "wpm": "words per minute",
    "ppm": "parts per million", "ppb": "parts per billion", "dpi": "dots per inch", "ppi": "pixels per inch",
    "kcal": "kilocalorie~", "cal": "calorie~", "kJ": "kilojoule~", "MJ": "megajoule~", "J": "joule~",
    "eV": "electron volt~",
    "N": "newton~", "kN": "kilonewton~", "Nm": "newton meter~", "Pa": "pascal~", "kPa": "kilopascal~",
    "MPa": "megapascal~", "hPa": "hectopascal~", "psi": "P S I", "mbar": "millibar~", "atm": "atmosphere~",
    "mol": "mole~", "mmol": "millimole~", "µmol": "micromole~", "IU": "I U", "lx": "lux", "lm": "lumen~",
    "cd": "candela~",
    "px": "pixel~", "MP": "megapixel~", "ha": "hectare~", "BTU": "B T U", "Btu": "B T U",
    "µSv": "microsievert~",
    "mSv": "millisievert~",
    "°C": "degree~ Celsius", "℃": "degree~ Celsius", "°F": "degree~ Fahrenheit", "℉": "degree~ Fahrenheit",
    "° C": "degree~ Celsius", "° F": "degree~ Fahrenheit", "°": "degree~", "%": "percent", "‰": "per mille",
    "¢": "cent~", "Ω": "ohm~", "kΩ": "kilohm~", "MΩ": "megohm~",
}  # fmt: skip
UNITS = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
"""Pattern of the units' signs."""

_PER = {
    "day": "day", "days": "day", "d": "day", "wk": "week", "week": "week", "mo": "month", "month": "month",
    "year": "year", "night": "night", "person": "person", "hour": "hour", "minute": "minute",
    "second": "second",
    "head": "head", "capita": "capita", "serving": "serving", "meal": "meal", "game": "game", "unit": "unit",
    "item": "item", "piece": "piece", "user": "user", "room": "room", "car": "car", "cup": "cup",
    "can": "can",
    "mile": "mile", "gallon": "gallon", "pound": "pound", "ounce": "ounce", "liter": "liter", "kilo": "kilo",
    "inch": "inch", "in": "inch", "ticket": "ticket", "seat": "seat", "family": "family", "child": "child",
    "adult": "adult", "guest": "guest", "session": "session", "lesson": "lesson", "class": "class",
    "visit": "visit",
    "dose": "dose", "page": "page", "word": "word", "token": "token", "request": "request",
    "minutes": "minute",
    "bottle": "bottle", "box": "box", "bag": "bag", "pack": "pack", "dozen": "dozen",
    "square foot": "square foot",
    "sq ft": "square foot", "ft²": "square foot", "sqft": "square foot", "ft": "foot", "inches": "inch",
}  # fmt: skip
PER = "|".join(re.escape(unit) for unit in sorted({*_PER, *_UNITS} - {"°", "%", "‰"}, key=len, reverse=True))
"""Pattern of what may stand after the slash of a rate."""

_MONEY = {
    "$": ("dollar~", "cent~"), "US$": ("U S dollar~", "cent~"), "A$": ("Australian dollar~", "cent~"),
    "AU$": ("Australian dollar~", "cent~"), "C$": ("Canadian dollar~", "cent~"),
    "CA$": ("Canadian dollar~", "cent~"),
    "CAD$": ("Canadian dollar~", "cent~"), "NZ$": ("New Zealand dollar~", "cent~"),
    "HK$": ("Hong Kong dollar~", "cent~"),
    "S$": ("Singapore dollar~", "cent~"), "SG$": ("Singapore dollar~", "cent~"),
    "NT$": ("New Taiwan dollar~", "cent~"),
    "MX$": ("Mexican peso~", "centavo~"), "R$": ("Brazilian reais", "centavo~"), "£": ("pound~", "pence"),
    "€": ("euro~", "cent~"), "JP¥": ("yen", ""), "CN¥": ("yuan", ""),
    "¥": ("yuan", ""), "￥": ("yuan", ""), "₹": ("rupee~", "paise"), "₩": ("won", ""), "₽": ("ruble~", ""),
    "₺": ("lira", ""), "₫": ("dong", ""), "฿": ("baht", ""), "₱": ("peso~", ""), "₪": ("shekel~", ""),
    "₿": ("bitcoin~", ""),
    "USD": ("U S dollar~", "cent~"), "EUR": ("euro~", "cent~"), "CAD": ("Canadian dollar~", "cent~"),
    "AUD": ("Australian dollar~", "cent~"), "CHF": ("Swiss franc~", ""), "INR": ("rupee~", ""),
    "KRW": ("won", ""),
    "GBP": ("pound~", "pence"), "CNY": ("yuan", ""), "RMB": ("yuan", ""), "JPY": ("yen", ""),
    "HKD": ("Hong Kong dollar~", "cent~"), "SGD": ("Singapore dollar~", "cent~"),
    "NZD": ("New Zealand dollar~", "cent~"),
}  # fmt: skip
CURRENCIES = "|".join(re.escape(sign) for sign in sorted(_MONEY, key=len, reverse=True))
"""Pattern of the currencies' signs."""
CODES = "|".join(code for code in _MONEY if code.isalpha())
"""Pattern of the currencies' codes."""

_SCALES = {
    "k": "thousand",
    "m": "million",
    "b": "billion",
    "bn": "billion",
    "t": "trillion",
    "tn": "trillion",
}


def _counted(name: str, *, one: bool) -> str:
    if one:
        name = name.replace("feet", "foot").replace("square inches", "square inch")
    return name.replace("~", "" if one else "s")


def counted(number: str, one: str, many: str = "") -> str:
    """``number`` of a thing: "one hour", "two hours"."""
    return f"{decimal(number)} {one if number == '1' else many or one + 's'}"


_DETERMINER = re.compile(
    r"\b(?:an?|the|this|that|another|each|every|your|my|his|her|our|their|its)\s$", re.IGNORECASE
)
_NOUN = re.compile(
    r"\s(?!(?:of|and|or|to|in|at|is|are|was|were|has|have|from|by|per|on|for|with|as|so|if|when|than|that|it|we"
    r"|you|more|less|left|each|long|wide|tall|high|deep|thick|away|apart|later|ago|after|before|a|an|the)\b)[a-z]{3,}"
)
_DESCRIBED = re.compile(
    r"\s(?:bulbs?|timers?|plank|rest|sprints?|hold|break|intervals?|countdown|chargers?|battery|batteries|screens?|monitors?"
    r"|tanks?|bottles?|bags?|cans?|cables?|drives?|cards?|races?|dash|walk|run|clips?|ads?|cake|pan|pizza|engines?|motors?"
    r"|plugs?|outlets?|shift|nap|home|house|apartment|lot|board|jars?|package|steaks?|burgers?|trial|warranty|lens|pipes?|flights?|videos?|films?|movies?|meetings?|calls?|drives?|rides?|naps?)\b"
)


def describes(m: re.Match[str]) -> bool:
    """Whether the measure found describes one thing, and is said in the singular: "a 16 gigabyte card"."""
    before, after = m.string[: m.start()], m.string[m.end() :]
    if _DESCRIBED.match(after):
        return True
    found = _DETERMINER.search(before)
    return found is not None and (found[0].strip().lower() in ("a", "an") or _NOUN.match(after) is not None)


def unit_name(unit: str, *, one: bool) -> str:
    """A unit's sign in words, one or several of it."""
    return _counted(_UNITS[unit], one=one)


def per(unit: str) -> str:
    """What stands after the slash of a rate, in words: "per kilogram"."""
    if unit in _PER:
        return f"per {_PER[unit]}"
    return "per " + _counted(_UNITS[unit].removesuffix("s"), one=True)


def money(sign: str, amount: str, scale: str) -> str:
    """An amount of money: "three dollars and fifty cents", "two million pounds"."""
    name, part = _MONEY[sign]
    if scale:
        return f"{decimal(amount)} {scale_name(scale)} {_counted(name, one=False)}"
    whole, _, cents = amount.replace(",", "").partition(".")
    if len(cents) != 2 or not part:
        return f"{decimal(amount)} {_counted(name, one=amount == '1')}"
    said = f"{decimal(whole)} {_counted(name, one=whole == '1')}"
    small = f"{cardinal(int(cents))} {_counted(part, one=cents == '01')}"
    if cents == "00":
        return said
    return small if whole == "0" else f"{said} and {small}"


def scale_name(scale: str) -> str:
    """A short scale in full: k is thousand."""
    return _SCALES.get(scale.lower(), scale)
