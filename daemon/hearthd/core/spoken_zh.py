"""Text to Chinese words, as a person reads it: one rule a kind of thing, the longest kinds first.

English words in it stay English; the numbers and signs between them are Chinese. A rule is a pattern
and what to say for it; words hold no digits, so no rule meets what another made.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hearthd.core.acronym import letters, read_acronyms
from hearthd.core.number_zh import cardinal, decimal, digits, number
from hearthd.core.units_zh import CURRENCIES, DEGREES, MEASURES, UNITS, measure, money, unit_name

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_WORD = rf"((?:{'|'.join(_MONTHS)})[a-z]{{0,6}})\.?"
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_DASH = r"\s?[-–—~～至]\s?"
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_HOURS_OF = {"a": "上午", "p": "下午"}
_NOT_YEARS = r"\s?[个位人天元块米斤次公%℃°]"
_SCORE = r"比分|比赛|战胜|击败|大胜|险胜|负于|输给|领先|落后|打平|战平|获胜"


def _day(written_year: str, month: str, day: str) -> str:
    said = f"{cardinal(int(month))}月{cardinal(int(day))}日"
    return f"{_year(written_year)}年{said}" if written_year else said


def _year(text: str) -> str:
    return digits(text)


def _numeric_date(m: re.Match[str]) -> str:
    if not (1 <= int(m[3]) <= 12 and 1 <= int(m[4]) <= 31):
        return m[0]
    return _day(m[1], m[3], m[4])


def _month_first(m: re.Match[str], written_year: str | None = None) -> str:
    month, day = sorted((m[1], m[2]), key=int) if int(m[1]) > 12 else (m[1], m[2])
    return (
        _day(m[3] if written_year is None else written_year, month, day)
        if 1 <= int(month) <= 12 and 1 <= int(day) <= 31
        else m[0]
    )


def _month(name: str) -> str:
    return str(_MONTHS.index(name[:3]) + 1)


def _clock(hour: str, minute: str, second: str | None = None) -> str:
    said = f"{cardinal(int(hour), couple=True)}点"
    if int(minute) or second:
        said += (f"零{cardinal(int(minute))}" if 0 < int(minute) < 10 else cardinal(int(minute))) + "分"
    return said + (f"{cardinal(int(second), couple=True)}秒" if second else "")


def _time(m: re.Match[str]) -> str:
    if int(m[2]) > 24 or int(m[3]) > 59:
        return f"{m[1] or ''}{cardinal(int(m[2]))}比{cardinal(int(m[3]))}"
    half = _HOURS_OF[m[5].lower()] if m[5] else ""
    until = "到" if m[1] else ""
    return until + half + _clock(m[2], m[3], m[4])


def _hour(m: re.Match[str]) -> str:
    return f"{_HOURS_OF[m[2].lower()]}{cardinal(int(m[1]), couple=True)}点"


def _phone(m: re.Match[str]) -> str:
    groups = re.findall(r"\d+", m[0])
    if len(groups) == 1 and len(groups[0]) == 11:
        groups = [groups[0][:3], groups[0][3:7], groups[0][7:]]
    country = f"加{digits(groups.pop(0))}，" if "+" in m[0] else ""
    return country + "，".join(digits(group, phone=True) for group in groups)


def _range(m: re.Match[str]) -> str:
    """Two numbers and what is counted: 两到三个."""
    if not m[3] and float(m[1].replace(",", "")) > float(m[2].replace(",", "")):
        return f"{decimal(m[1])}减{decimal(m[2])}"
    couple = m[3] is not None and re.fullmatch(MEASURES, m[3]) is not None
    return f"{decimal(m[1], couple=couple)}到{decimal(m[2], couple=couple)}{m[3] or ''}"


def _measure(m: re.Match[str]) -> str:
    """A sign, perhaps a range, and a unit: 零下五到三摄氏度."""
    below = ("零下" if m[3] in DEGREES else "负") if m[1] else ""
    return below + measure(m[2], m[3])


def _measure_range(m: re.Match[str]) -> str:
    below = ("零下" if m[5] in DEGREES else "负") if m[1] else ""
    below_too = ("零下" if m[5] in DEGREES else "负") if m[3] else ""
    couple = m[5] not in DEGREES
    return (
        f"{below}{decimal(m[2], couple=couple)}到{below_too}{decimal(m[4], couple=couple)}{unit_name(m[5])}"
    )


def _percent(m: re.Match[str]) -> str:
    name = {"%": "百分之", "％": "百分之", "‰": "千分之"}[m[3]]
    return ("负" if m[1] else "") + name + decimal(m[2])


def _percent_range(m: re.Match[str]) -> str:
    return f"百分之{decimal(m[1])}到百分之{decimal(m[2])}"


def _money(m: re.Match[str]) -> str:
    first = money(m[1], m[2], m[3] or "")
    return first + ("到" + money(m[1], m[4], m[5] or "") if m[4] else "")


def _fraction(m: re.Match[str]) -> str:
    over, under = int(m[2]), int(m[3])
    if not under or (over, under) == (24, 7):
        return f"{cardinal(over)}，{cardinal(under)}"
    said = f"{cardinal(under)}分之{cardinal(over)}"
    return f"{cardinal(int(m[1]))}又{said}" if m[1] else said


def _roman(text: str) -> int:
    total = 0
    for c, following in zip(text, text[1:] + " ", strict=True):
        value = _ROMAN[c]
        total += -value if _ROMAN.get(following, 0) > value else value
    return total


def _address(m: re.Match[str]) -> str:
    """An address or a file name, its marks by name."""
    said = re.sub(r"^(?:https?://)?(?:www\.)?|[?#].*$", "", m[0]).rstrip("/")
    names = {".": "点", "/": "斜杠", "@": "艾特", "-": "杠", "_": "下划线", ":": "冒号", "#": "井号"}
    said = re.sub(
        r"\b(?:pdf|html?|csv|xml|txt|php|js|css|png|jpg|mp[34]|exe|io|cn|uk|tv|edu)\b",
        lambda w: letters(w[0]),
        said,
    )
    said = re.sub(r"[./@\-_:#]", lambda mark: names[mark[0]], said)
    return re.sub(r"\d+", lambda n: digits(n[0]), said)


def _version(m: re.Match[str]) -> str:
    return ("V " if m[1] else "") + "点".join(
        number(part) if part != "0" else "零" for part in m[2].split(".")
    )


def _named(m: re.Match[str]) -> str:
    """Letters and digits in one: GPT-4, MP3, JD0146."""
    head = read_acronyms(m[1]) if len(m[1]) > 1 else m[1]
    tail = number(m[2]) if len(m[2]) < 3 else digits(m[2], phone=True)
    return f"{head} {tail}" + (f" {m[3].upper()}" if m[3] else "")


def _years(m: re.Match[str]) -> str:
    """Four digits before 年: a year, or a span of years."""
    if m[1].endswith("000") and m[1] != "2000":
        return cardinal(int(m[1])) + m[2]
    return digits(m[1]) + m[2]


def _short_year(m: re.Match[str]) -> str:
    return digits(m[1]) + m[2]


def _count(m: re.Match[str]) -> str:
    return ("负" if m[1] else "") + decimal(m[2], couple=True)


def _plain(m: re.Match[str]) -> str:
    return ("负" if m[1] else "") + decimal(m[2])


Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _compile(pattern: str, say: Callable[[re.Match[str]], str], flags: int = re.ASCII) -> Rule:
    return re.compile(pattern, flags), say


_EXTENSIONS = (
    "pdf|docx?|xlsx?|pptx?|txt|md|py|js|ts|json|toml|ya?ml|html?|css|png|jpe?g|gif|mp[34]|wav|zip|exe|csv|sh"
)
_SIGNED = r"(?<![\w.\-])([-−－]?)"
_RULES: list[Rule] = [
    _compile(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z]{2,})+", _address),
    _compile(r"https?://[\w./:#?=&%-]+|\bwww\.[\w./-]+", _address),
    _compile(
        rf"(?<![\w.])(?:[A-Za-z0-9-]+\.)+(?:com|org|net|io|cn|dev|edu|gov|co|uk|de|ai|tv|local)\b(?:/[\w./-]*\w)?"
        rf"|(?<![\w./])[\w-]+\.(?:{_EXTENSIONS})\b",
        _address,
    ),
    _compile(r"\b(C|F|J)#", lambda m: f"{m[1]} Sharp"),
    _compile(r"\bC\+\+", lambda m: "C 加加"),
    _compile(r"(?:#|No\.\s?|NO\.\s?|№\s?)1(?!\d)", lambda m: "第一"),
    _compile(r"(?:#|No\.\s?|NO\.\s?|№\s?)(\d+)", lambda m: f"{number(m[1])}号"),
    _compile(r"#([^\s#]+)#?", lambda m: m[1]),
    _compile(r"(?<=[《“])(\d{3,4})(?=[》”])", lambda m: digits(m[1])),
    # dates
    _compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)(?:T(?=\d))?", _numeric_date),
    _compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)", _month_first),
    _compile(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\s{_MONTH_WORD},?\s(\d{{4}})", lambda m: _day(m[3], _month(m[2]), m[1])),
    _compile(rf"\b{_MONTH_WORD}\s(\d{{1,2}})(?:st|nd|rd|th)?(?:,\s?(\d{{4}}))?(?!\d)", lambda m: _day(m[3] or "", _month(m[1]), m[2])),
    _compile(rf"(?<![\d-])(1[1-9]\d\d|20\d\d){_DASH}(1[1-9]\d\d|20\d\d)(?![\d-]|{_NOT_YEARS})", lambda m: f"{digits(m[1])}到{digits(m[2])}"),
    _compile(r"(?<!\d)(1[1-9]\d\d|20\d\d|1000|[3-9]000|2[1-9]00)(\s?年)(?!级)", _years),
    _compile(r"(?<!\d)(\d{2})(年代)", lambda m: cardinal(int(m[1])) + m[2] if m[1][1] == "0" and m[1] != "00" else digits(m[1]) + m[2]),
    _compile(r"(?<![\d第])(\d{2})(后|级|届)(?![来面天年])", _short_year),
    _compile(r"(?<![\d第])([6-9][1-9]|0\d)(年)(?![级来多前后])", _short_year),
    _compile(r"(?<![\d第])(\d{4})(?=届|级|财年|学年|赛季)", lambda m: digits(m[1])),
    _compile(rf"(?<!\d)(\d{{1,2}})(月)(?:(\d{{1,2}}){_DASH})?(\d{{1,2}})?(?=[日号])?",
             lambda m: cardinal(int(m[1])) + m[2] + (cardinal(int(m[3])) + "到" if m[3] else "") + (cardinal(int(m[4])) if m[4] else "")),
    _compile(r"(?<=[在于到至从止期])(\d{1,2})/(\d{1,2})(?![\d/])", lambda m: _month_first(m, "")),
    _compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?=\s?(?:[（(]?(?:周|星期)|上午|下午|晚上|早上|中午))", lambda m: _month_first(m, "")),
    # times and scores
    _compile(rf"((?:{_SCORE})\D{{0,6}})(\d{{1,3}})\s?[:：\-–]\s?(\d{{1,3}})", lambda m: f"{m[1]}{cardinal(int(m[2]))}比{cardinal(int(m[3]))}"),
    _compile(rf"(?<!\d)(\d{{1,3}})\s?[:：\-–]\s?(\d{{1,3}})(?=\s?(?:{_SCORE}))", lambda m: f"{cardinal(int(m[1]))}比{cardinal(int(m[2]))}"),
    _compile(r"(?<![\d:：])(\d{1,3})[:：](\d)(?![\d:：])", lambda m: f"{cardinal(int(m[1]))}比{cardinal(int(m[2]))}"),
    _compile(rf"({_DASH})?(?<!\d)(\d{{1,2}})[:：](\d\d)(?:[:：](\d\d))?(?:\s?([aApP])\.?[mM]\b\.?)?(?!\d)", _time),
    _compile(r"(?<![\d.])(\d{1,2})\s?([aApP])\.?[mM]\b\.?", _hour),
    # numbers that are read digit by digit
    _compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", lambda m: "点".join(digits(part, phone=True) for part in m[0].split("."))),
    _compile(r"(?<![\w.])(?:\+\d{1,3}[\s-]?)?(?:\(\d{2,4}\)\s?|\d{3,4}-)\d{3,4}[\s-]\d{4}(?!\d)", _phone),
    _compile(r"(?<![\w.])\+\d{1,3}(?:[\s-]?\d{2,4}){2,4}(?!\d)|(?<!\d)(?:400|800|1)-\d{3}-\d{3,4}(?:-\d{4})?(?!\d)", _phone),
    _compile(r"(?<![\d.])(?:0\d{2,3}-\d{7,8}|1[3-9]\d{9})(?![\d.])", _phone),
    _compile(r"((?:拨打?|打|呼叫|报警|电话|热线|号码|致电|联系|客服|密码|验证码|尾号|邮编|单号|编号)\D{0,4})(\d{3,12})(?![\d.,]|[个次元块分多])",
             lambda m: m[1] + digits(m[2], phone=True)),
    _compile(r"(?<!\d)(\d{3,5})(?=\s?(?:室|号房|房间|房(?!子|价)|路公交|路车|次列车|次航班|航班))", lambda m: digits(m[1], phone=True)),
    _compile(r"(?<!\d)(1(?:10|19|20|22|14)|911|12306|12315|12345|10086|10010|10000)(?=电话|热线|报警|客服|急救)", lambda m: digits(m[1], phone=True)),
    _compile(r"(?<![A-Za-z])(v|V)\.?(\d+(?:\.\d+)*)", _version),
    _compile(r"(?<![\d.,])()(\d+(?:\.\d+){2,})(?![\d.])", _version),
    # money, shares, quantities
    _compile(
        rf"({CURRENCIES})\s?({_NUMBER})\s?(k|K|million|billion|m|M|bn|b|B|万亿|万|亿|千)?(?![a-zA-Z])"
        rf"(?:{_DASH}(?:{CURRENCIES})?({_NUMBER})\s?(k|K|m|M|万|亿|千)?(?![a-zA-Z]))?",
        _money,
    ),
    _compile(rf"({_NUMBER})\s?(万|亿)?\s?(€|£|¥|USD|EUR|GBP|CNY|RMB|JPY|HKD)(?![A-Za-z])", lambda m: money(m[3], m[1], m[2] or "")),
    _compile(rf"({_NUMBER})[%％]?{_DASH}({_NUMBER})[%％]", _percent_range),
    _compile(rf"{_SIGNED}({_NUMBER})\s?([%％‰])", _percent),
    _compile(rf"{_SIGNED}({_NUMBER})\s?(?:{UNITS})?{_DASH}([-−]?)({_NUMBER})\s?({UNITS})(?![A-Za-z0-9²³])", _measure_range),
    _compile(rf"{_SIGNED}({_NUMBER})\s?({UNITS})(?![A-Za-z0-9²³])", _measure),
    _compile(rf"(?<![\w.])[-−]({_NUMBER})(?=度)", lambda m: "零下" + decimal(m[1], couple=True)),
    _compile(r"(?<![\d/.])(?:(\d+)\s)?(\d{1,4})/(\d{1,4})(?![\d/.])", _fraction),
    _compile(r"第\s?(\d+)", lambda m: "第" + number(m[1])),
    _compile(r"第\s?([IVXLC]+)(?![A-Za-z])", lambda m: "第" + cardinal(_roman(m[1]))),
    _compile(r"(?<=[\u4e00-\u9fff])([IVX]{2,5}|[IVX](?=世|型|期|级|类|章|卷))(?![A-Za-z0-9])", lambda m: cardinal(_roman(m[1]))),
    _compile(r"(?<![A-Za-z])([IVX]{1,4})(?=型|期|级|类|章|卷|世)", lambda m: cardinal(_roman(m[1]))),
    _compile(r"\b(World War|Chapter|Part|Type|Phase|Act|Volume|Bowl)\s([IVX]+)(?![A-Za-z])", lambda m: f"{m[1]} {cardinal(_roman(m[2]))}"),
    # signs
    _compile(rf"(?<![\w.])({_NUMBER}){_DASH}({_NUMBER})(?![\d.]*\s?=|-\d)({MEASURES})?", _range),
    _compile(r"(?<=\d)\s?[xX*×]\s?(?=\d)", lambda m: "乘"),
    _compile(r"(?<=[\d)²³])\s?[-−]\s?(?=[\d(√])|(?<=[a-z]\s)[-−](?=\s)", lambda m: "减"),
    _compile(r"(?:10|(\d+))\^\(?(-?\d+)\)?", lambda m: f"{number(m[1] or '10')}的{decimal(m[2])}次方"),
    _compile(r"([~～≈]|约)\s?(?=[\d¥$])", lambda m: "约" if m[1] != "≈" else "约等于"),
    _compile(rf"({_NUMBER})\+(?!\s?\d)", lambda m: f"{decimal(m[1])}以上"),
    _compile(r"(?<![A-Za-z])([A-Za-z]*[A-Z][A-Za-z]*|[a-z])-?(\d+)([a-zA-Z]?)(?![A-Za-z\d.])", _named),
    _compile(r"(?<![\d.])(\d{3,4})([pP])(?![A-Za-z])", lambda m: digits(m[1], phone=True) + m[2].upper()),
    _compile(rf"{_SIGNED}({_NUMBER})(?=\s?(?:多|余|来)?(?:{MEASURES}))(?!\s?(?:年级|年代|分之|点\d|路|号|楼|层|班|月|日))", _count),
    _compile(r"(?<![\w.])([-−]?)(\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)", _plain),
    _compile(r"()(\d+(?:\.\d+)?)", _plain),
]  # fmt: skip

_SIGNS = {
    "²": "的平方", "³": "的立方", "±": "正负", "≥": "大于等于", "≤": "小于等于", "≠": "不等于", "≈": "约等于", "=": "等于", "×": "乘",
    "÷": "除以", "√": "根号", "∞": "无穷大", "π": "派", "°": "度", "%": "百分号", "&": "和", "+": "加", "−": "减", "∑": "求和",
    "α": "阿尔法", "β": "贝塔", "γ": "伽马", "δ": "德尔塔", "Δ": "德尔塔", "θ": "西塔", "λ": "拉姆达", "μ": "缪", "µ": "缪",
    "σ": "西格玛", "φ": "斐", "ω": "欧米伽", "Ω": "欧姆", "@": "艾特", "→": "，", "_": " ", "|": "，", "\\": " ", "*": "乘", "^": "的次方",
    "<": "小于", ">": "大于", "#": "", "/": "或", "$": "美元", "€": "欧元", "£": "英镑", "¥": "元", "℃": "摄氏度", "~": "", "～": "",
}  # fmt: skip
_SIGN = re.compile(r"\s?([" + re.escape("".join(_SIGNS)) + r"])\s?")


def read_chinese(text: str) -> str:
    """``text`` with everything in it that is no word written as words."""
    text = re.sub(r"(?<=[\d万亿元块])\s?/\s?(?=[月年天日时晚人个次斤克公平小周])", "每", text)
    for rule, say in _RULES:
        text = rule.sub(say, text)
    text = _SIGN.sub(lambda m: _SIGNS[m[1]], text)
    return read_acronyms(text)
