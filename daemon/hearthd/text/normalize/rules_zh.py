"""Text to Chinese words, as a person reads it: one rule a kind of thing, the longest kinds first.

English words in it stay English; the numbers and signs between them are Chinese. A rule is a pattern
and what to say for it; words hold no digits, so no rule meets what another made.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hearthd.text.normalize import numbers_en
from hearthd.text.normalize import verbalize_zh as say
from hearthd.text.normalize.acronym import letters, read_acronyms
from hearthd.text.normalize.numbers_zh import cardinal, decimal, digits, number
from hearthd.text.normalize.roman import NUMBERED, REGENTS, roman
from hearthd.text.normalize.units_zh import CURRENCIES, MEASURES, UNITS, money

_MONTH_WORD = r"((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6})\.?"
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_DASH = r"\s?[-–—~～至]\s?"
_NOT_YEARS = r"\s?[个位人天元块米斤次公%℃°]"
_SCORE = r"比分|比赛|战胜|击败|大胜|险胜|负于|输给|领先|落后|打平|战平|获胜"


Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _compile(pattern: str, say: Callable[[re.Match[str]], str], flags: int = re.ASCII) -> Rule:
    return re.compile(pattern, flags), say


_EXTENSIONS = (
    "pdf|docx?|xlsx?|pptx?|txt|md|py|js|ts|json|toml|ya?ml|html?|css|png|jpe?g|gif|mp[34]|wav|zip|exe|csv|sh"
)
_SIGNED = r"(?<![\w.\-])([-−－]?)"
_RULES: list[Rule] = [
    _compile(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z]{2,})+", say.address),
    _compile(r"https?://[\w./:#?=&%-]+|\bwww\.[\w./-]+", say.address),
    _compile(
        rf"(?<![\w.])(?:[A-Za-z0-9-]+\.)+(?:com|org|net|io|cn|dev|edu|gov|co|uk|de|ai|tv|local)\b(?:/[\w./-]*\w)?"
        rf"|(?<![\w./])[\w-]+\.(?:{_EXTENSIONS})\b",
        say.address,
    ),
    _compile(r"(?:^|(?<=[：；。，:;]))\s*(\d{1,2})\.\s+(?=\D)", lambda m: f"{number(m[1])}，"),
    _compile(r"(?<=\S)\s(\d{1,2})[.、]\s?(?=[\u4e00-\u9fff])", lambda m: f"，{number(m[1])}，"),
    _compile(r"(?<=[一二三四五六日天月号年])\s?[~～-]\s?(?=[周星一二三四五六日七八九十])", lambda m: "到"),
    _compile(r"\b([A-Z])&([A-Z])\b", lambda m: f"{m[1]} and {m[2]}"),
    _compile(r"\b(C|F|J)#", lambda m: f"{m[1]} Sharp"),
    _compile(r"\bC\+\+", lambda m: "C 加加"),
    _compile(r"(?:#|No\.\s?|NO\.\s?|№\s?)1(?!\d)", lambda m: "第一"),
    _compile(r"(?:#|No\.\s?|NO\.\s?|№\s?)(\d+)", lambda m: f"{number(m[1])}号"),
    _compile(r"#([^\s#]+)#?", lambda m: m[1]),
    _compile(r"(?<=[《“])(\d{3,4})(?=[》”])", lambda m: digits(m[1])),
    # dates
    _compile(r"(?<=[月日号年点时])\s?[-–—~～]\s?(?=\d)", lambda m: "到"),
    _compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)(?:T(?=\d))?", say.numeric_date),
    _compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)", say.month_first),
    _compile(
        rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\s{_MONTH_WORD},?\s(\d{{4}})",
        lambda m: say.day(m[3], say.month_name(m[2]), m[1]),
    ),
    _compile(
        rf"\b{_MONTH_WORD}\s(\d{{1,2}})(?:st|nd|rd|th)?(?:,\s?(\d{{4}}))?(?!\d)",
        lambda m: say.day(m[3] or "", say.month_name(m[1]), m[2]),
    ),
    _compile(
        rf"(?<![\d-])(1[1-9]\d\d|20\d\d){_DASH}(1[1-9]\d\d|20\d\d)(?![\d-]|{_NOT_YEARS})",
        lambda m: f"{digits(m[1])}到{digits(m[2])}",
    ),
    _compile(
        r"(近|约|大约|将近|长达|超过|历时|已有|有)(\d{4})(?=年)|(?<!\d)()(\d{3}0)(?=年(?:的?历史|之久|以?前))",
        lambda m: m[1] + number(m[2], couple=True) if m[1] else number(m[4], couple=True),
    ),
    _compile(r"(?<!\d)(1[1-9]\d\d|20\d\d|1000|[3-9]000|2[1-9]00)(\s?年)(?!级)", say.years),
    _compile(
        r"(?<!\d)(\d{2})(年代)",
        lambda m: cardinal(int(m[1])) + m[2] if m[1][1] == "0" and m[1] != "00" else digits(m[1]) + m[2],
    ),
    _compile(r"(?<![\d第])(\d{2})(后|级|届)(?![来面天年])", say.short_year),
    _compile(r"(?<![\d第])([6-9][1-9]|0\d)(年)(?![级来多前后])", say.short_year),
    _compile(r"(?<![\d第])(\d{4})(?=届|级|财年|学年|赛季)", lambda m: digits(m[1])),
    _compile(
        rf"(?<!\d)(\d{{1,2}})(月)(?:(\d{{1,2}}){_DASH})?(\d{{1,2}})?(?=[日号])?",
        lambda m: (
            cardinal(int(m[1]))
            + m[2]
            + (cardinal(int(m[3])) + "到" if m[3] else "")
            + (cardinal(int(m[4])) if m[4] else "")
        ),
    ),
    _compile(r"(?<=[在于到至从止期])(\d{1,2})/(\d{1,2})(?![\d/])", lambda m: say.month_first(m, "")),
    _compile(
        r"(?<![\d/])(\d{1,2})/(\d{1,2})(?=\s?(?:[（(]?(?:周|星期)|上午|下午|晚上|早上|中午))",
        lambda m: say.month_first(m, ""),
    ),
    _compile(r"(?<=是)(\d{1,2})/(1[3-9]|2\d|3[01])(?![\d/])", lambda m: say.month_first(m, "")),
    _compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?=是[^，。]{1,8}[节日诞])", lambda m: say.month_first(m, "")),
    # times and scores
    _compile(
        rf"((?:{_SCORE})\D{{0,6}})(\d{{1,3}})\s?[:：\-–]\s?(\d{{1,3}})",
        lambda m: f"{m[1]}{cardinal(int(m[2]))}比{cardinal(int(m[3]))}",
    ),
    _compile(
        rf"(?<!\d)(\d{{1,3}})\s?[:：\-–]\s?(\d{{1,3}})(?=\s?(?:{_SCORE}))",
        lambda m: f"{cardinal(int(m[1]))}比{cardinal(int(m[2]))}",
    ),
    _compile(
        r"(?<![\d:：.])(\d{1,3})[:：](\d|\d{3,})(?![\d:：])",
        lambda m: f"{cardinal(int(m[1]))}比{number(m[2])}",
    ),
    _compile(
        rf"({_DASH})?(?<!\d)(\d{{1,2}})[:：](\d\d)(?:[:：](\d\d))?(?:\s?([aApP])\.?[mM]\b\.?)?分?(?!\d)",
        say.time,
    ),
    _compile(r"(?<![\d.])(\d{1,2})\s?([aApP])\.?[mM]\b\.?", say.hour),
    # numbers that are read digit by digit
    _compile(
        r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?(?![\d.])",
        say.host,
    ),
    _compile(r"\b(localhost):(\d{2,5})\b", lambda m: f"{m[1]}端口{digits(m[2], phone=True)}"),
    _compile(r"(?<!\w)(?:/[\w.-]+){2,}", say.address),
    _compile(r"\b802\.(\d+)([a-z]{0,2})\b", lambda m: f"八零二点{digits(m[1])} {letters(m[2])}"),
    _compile(
        r"(?<![\d-])\d{1,2}(?:-\d{1,2}){2,}(?![\d-])", lambda m: "，".join(map(number, m[0].split("-")))
    ),
    _compile(
        r"(血压\D{0,4})(\d{2,3})/(\d{2,3})(?!\d)(?:\s?mmHg)?",
        lambda m: f"{m[1]}{cardinal(int(m[2]))}，{cardinal(int(m[3]))}",
    ),
    _compile(r"(?<![\w.])(?:\+\d{1,3}[\s-]?)?(?:\(\d{2,4}\)\s?|\d{3,4}-)\d{3,4}[\s-]\d{4}(?!\d)", say.phone),
    _compile(
        r"(?<![\w.])\+\d{1,3}(?:[\s-]?\d{2,4}){2,4}(?!\d)|(?<!\d)(?:400|800|1)-\d{3}-\d{3,4}(?:-\d{4})?(?!\d)",
        say.phone,
    ),
    _compile(r"(?<![\d.])1[3-9]\d\s\d{4}\s\d{4}(?!\d)|(?<=ISBN )[\d-]{7,17}(?!\d)", say.phone),
    _compile(r"(?<![\d.])(?:0\d{2,3}-\d{7,8}|1[3-9]\d{9})(?![\d.])", say.phone),
    _compile(
        r"((?:拨打?|打|呼叫|报警|电话|热线|号码|致电|联系|客服|密码|验证码|尾号|邮编|单号|编号|卡号|账号|学号|工号|QQ|ID|房间号|房号|端口"
        r"|[Rr]oom |Gate |HTTP |[A-Z]座|转(?=\d{3}))\D{0,4})(\d{3,12})(?:(或者?|和|、)(\d{3,12}))?"
        r"(?:(或者?|和|、)(\d{3,12}))?(?![\d.,]|[个次元块分多万])",
        say.numbers,
    ),
    _compile(r"((?:波音|空客)\s?)(\d{2,4})(?!\d)", lambda m: m[1] + digits(m[2], phone=True)),
    _compile(
        r"(歼|轰|直|运|强|东风|巨浪|长征|神舟|天宫|嫦娥|米格|图)-?(\d{1,3})(?![\d.])",
        lambda m: m[1] + number(m[2]),
    ),
    _compile(r"\b([A-Z]{2,3}(?:/[A-Z])?)\s?(\d{3,5})-(\d{4})(?!\d)", say.standard),
    _compile(r"\b([A-Z])\.(\d{3})(?!\d)", lambda m: f"{m[1]} {digits(m[2], phone=True)}"),
    _compile(
        r"(?<![\d.])(985|211|911|9\.11|996|315|3\.15|618)(?=高校|大学|工程|院校|事件|恐怖|晚会|大促|购物节|工作制)",
        lambda m: digits(m[1]),
    ),
    _compile(
        r"(?<![A-Za-z])([A-Z]{2,6})\s(\d{4})(?![\d年个人米元])", lambda m: f"{letters(m[1])} {digits(m[2])}"
    ),
    _compile(
        r"(?<!\d)(\d{3,5})(?=\s?(?:室|号房|房间|房(?!子|价)|路(?![口程人])|次列车|次航班|航班))",
        lambda m: digits(m[1], phone=True),
    ),
    _compile(
        r"(?<!\d)(1(?:10|19|20|22|14)|911|12306|12315|12345|10086|10010|10000)(?=电话|热线|报警|客服|急救)",
        lambda m: digits(m[1], phone=True),
    ),
    _compile(r"(?<![A-Za-z])(v|V)\.?(\d+(?:\.\d+)*)", say.version),
    _compile(r"(?<![\d.,])()(\d+(?:\.\d+){2,})(?![\d.])", say.version),
    # money, shares, quantities
    _compile(r"(\d+|[A-Za-z)])\^\(?([-−]?)(\d+)\)?", say.power),
    _compile(
        rf"({CURRENCIES})\s?({_NUMBER})\s?(k|K|million|billion|m|M|bn|b|B|万亿|万|亿|千)?(?![a-zA-Z])"
        rf"(?:{_DASH}(?:{CURRENCIES})?({_NUMBER})\s?(k|K|m|M|万|亿|千)?(?![a-zA-Z]))?",
        say.amount,
    ),
    _compile(
        rf"({_NUMBER})\s?(万|亿)?\s?(€|£|¥|USD|EUR|GBP|CNY|RMB|JPY|HKD)(?![A-Za-z])",
        lambda m: money(m[3], m[1], m[2] or ""),
    ),
    _compile(rf"({_NUMBER})[%％]?{_DASH}({_NUMBER})[%％]", say.percent_range),
    _compile(rf"{_SIGNED}({_NUMBER})\s?([%％‰])", say.percent),
    _compile(r"(?:(?<=[\u4e00-\u9fff])|^)\+(?=百分之|千分之)", lambda m: "正"),
    _compile(
        rf"{_SIGNED}({_NUMBER})\s?(?:{UNITS})?{_DASH}([-−]?)({_NUMBER})\s?({UNITS})(?![A-Za-z0-9²³])",
        say.measured_range,
    ),
    _compile(rf"{_SIGNED}({_NUMBER})\s?({UNITS})(?![A-Za-z0-9²³])", say.measured),
    _compile(rf"(?<![\w.])[-−]({_NUMBER})(?=度)", lambda m: "零下" + decimal(m[1], couple=True)),
    _compile(r"(?<![\d/.])(?:(\d+)\s)?(\d{1,4})/(\d{1,4})(?![\d/.])", say.fraction),
    _compile(rf"第\s?(\d+){_DASH}(\d+)", lambda m: f"第{number(m[1])}到{number(m[2])}"),
    _compile(r"第\s?(\d+)", lambda m: "第" + number(m[1])),
    _compile(r"第\s?([IVXLC]+)(?![A-Za-z])", lambda m: "第" + cardinal(roman(m[1]))),
    _compile(
        r"(?<=[\u4e00-\u9fff])([IVX]{2,5}|[IVX](?=世|型|期|级|类|章|卷))(?![A-Za-z0-9])",
        lambda m: cardinal(roman(m[1])),
    ),
    _compile(r"(?<![A-Za-z])([IVX]{1,4})(?=型|期|级|类|章|卷|世)", lambda m: cardinal(roman(m[1]))),
    _compile(
        rf"\b({REGENTS})\s([IVX]+)(?![A-Za-z])", lambda m: f"{m[1]} the {numbers_en.ordinal(roman(m[2]))}"
    ),
    _compile(
        rf"\b({NUMBERED})\s([IVX]+)(?![A-Za-z])", lambda m: f"{m[1]} {numbers_en.cardinal(roman(m[2]))}"
    ),
    _compile(r"(?<![\w.])(\d+)(?:st|nd|rd|th)\b", lambda m: numbers_en.ordinal(int(m[1]))),
    # signs
    _compile(rf"(?<![\w.])({_NUMBER}){_DASH}({_NUMBER})(?![\d.]*\s?=|-\d)({MEASURES})?", say.span),
    _compile(r"(?<=\d)\s?[xX*×]\s?(?=\d)", lambda m: "乘"),
    _compile(r"(?<=[\d)²³])\s?[-−]\s?(?=[\d(√])|(?<=[a-z]\s)[-−](?=\s)", lambda m: "减"),
    _compile(r"\s⁻\s", lambda m: "减"),
    _compile(r"\b([fghFG])\(([a-z])\)", lambda m: f"{m[1]} {m[2]}"),
    _compile(r"(?<![\w.])(\d+)['′](\d+)(?:\"|″|''|(?!\w))", lambda m: f"{number(m[1])}分{number(m[2])}秒"),
    _compile(r"([~～≈]|约)\s?(?=[\d¥$])", lambda m: "约" if m[1] != "≈" else "约等于"),
    _compile(
        rf"(?<![A-Za-z\d])({_NUMBER})w(\+?)(?![A-Za-z\d])",
        lambda m: decimal(m[1]) + "万" + ("以上" if m[2] else ""),
    ),
    _compile(rf"({_NUMBER})\+(?!\s?\d)", lambda m: f"{decimal(m[1])}以上"),
    _compile(
        r"(?<![A-Za-z])([A-Za-z]*[A-Z][A-Za-z]*|[a-z])-?(\d+(?:\.\d+)?)([a-zA-Z]?)(?![A-Za-z\d.])",
        say.named,
    ),
    _compile(r"(?<![\d.])(\d{3,4})([pP])(?![A-Za-z])", lambda m: digits(m[1], phone=True) + m[2].upper()),
    _compile(
        rf"{_SIGNED}({_NUMBER})(?=\s?(?:多|余|来)?(?:{MEASURES}))(?!\s?(?:年级|年代|分之|路|号|楼|层|班|月|日))",
        say.count,
    ),
    _compile(r"(?<![\w.])([-−]?)(\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)", say.plain),
    _compile(r"()(\d+(?:\.\d+)?)", say.plain),
]

_SIGNS = {
    "²": "的平方", "³": "的立方", "±": "正负", "≥": "大于等于", "≤": "小于等于", "≠": "不等于", "≈": "约等于",
    "=": "等于", "×": "乘", "÷": "除以", "√": "根号", "∞": "无穷大", "π": "派", "°": "度", "%": "百分号",
    "&": "和", "+": "加", "−": "减", "∑": "求和", "α": "阿尔法", "β": "贝塔", "γ": "伽马", "δ": "德尔塔",
    "Δ": "德尔塔", "θ": "西塔", "λ": "拉姆达", "μ": "缪", "µ": "缪", "σ": "西格玛", "φ": "斐", "ω": "欧米伽",
    "Ω": "欧姆", "@": "艾特", "→": "，", "_": " ", "|": "，", "\\": " ", "*": "乘", "^": "的次方",
    "<": "小于", ">": "大于", "#": "", "/": "或", "$": "美元", "€": "欧元", "£": "英镑", "¥": "元",
    "℃": "摄氏度", "~": "", "～": "", "∠": "角", "△": "三角形", "⊥": "垂直于",
    "⁻": "负", "∫": "积分", "∈": "属于", "↑": "上升", "↓": "下降",
}  # fmt: skip
_SIGN = re.compile(r"\s?([" + re.escape("".join(_SIGNS)) + r"])\s?")


_EQUATION = re.compile(r"[^，。；、,;]*=[^，。；、,;]*")


def _difference(m: re.Match[str]) -> str:
    """An equation, its hyphens as minus signs and its slashes as divisions."""
    if "://" in m[0] or "www." in m[0]:
        return m[0]
    text = re.sub(r"(?<=[\w)²³])\s?[-−–]\s?(?=[\w(√]+)(?!\d{3,4}-)", "减", m[0])
    return re.sub(r"\b([a-z])\s?/\s?(?=[a-z]\s?=)", r"\1÷", text)


def read_chinese(text: str) -> str:
    """``text`` with everything in it that is no word written as words."""
    text = re.sub(r"(?<=[\d万亿元块里米])\s?/\s?(?=[月年天日时晚人个次斤克公平小周秒分])", "每", text)
    text = re.sub(r"(\d\s?(?:[A-Za-z]{1,3}|[人个次台件份张杯]))\s?/\s?(?=[\u4e00-\u9fff])", r"\1每", text)
    text = _EQUATION.sub(_difference, text)
    text = re.sub(r"(?<![A-Za-z/])km/h\b", "公里每小时", text)
    text = re.sub(r"(?<=\s)m/s(?![\w/²])", "米每秒", text)
    text = re.sub(r"(?<=\w)\s?/\s?(?=\d+\s?(?:km|公里)\b)", "每", text)
    text = re.sub(r"(?<=[A-Za-z])/(?=[A-Z])", " ", text)
    for rule, words in _RULES:
        text = rule.sub(words, text)
    text = _SIGN.sub(lambda m: _SIGNS[m[1]], text)
    return read_acronyms(text)
