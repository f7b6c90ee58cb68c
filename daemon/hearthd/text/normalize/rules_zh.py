"""Text to Chinese words, as a person reads it: one rule a kind of thing, the longest kinds first.

English words in it stay English; the numbers and signs between them are Chinese. A rule is a pattern
and what to say for it; words hold no digits, so no rule meets what another made. The kinds that have a
module of their own: codes and telephones, times and durations, quantities.
"""

from __future__ import annotations

import re

from hearthd.text.normalize import numbers_en
from hearthd.text.normalize import verbalize_zh as say
from hearthd.text.normalize.acronym import letters, read_acronyms
from hearthd.text.normalize.codes_zh import LABELLED, LONG, TELEPHONES
from hearthd.text.normalize.numbers_zh import cardinal, decimal, digits, number
from hearthd.text.normalize.quantities_zh import AMOUNTS, BETWEEN, RATES, RECIPES
from hearthd.text.normalize.roman import NUMBERED, REGENTS, roman
from hearthd.text.normalize.rule import BORDER, NUMBER, Rule, read
from hearthd.text.normalize.rule import ascii_rule as rule
from hearthd.text.normalize.times_zh import CLOCK, DURATIONS, RANGES, RATIOS, VERSES
from hearthd.text.normalize.units_zh import MEASURES

_MONTH_WORD = r"((?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6})\.?"
_SPAN = r"\s?[-–—~～至]\s?"
_NOT_YEARS = r"\s?[个位人天元块米斤次公%℃°]"
_SCORE = r"比分|比赛|战胜|击败|大胜|险胜|负于|输给|领先|落后|打平|战平|获胜"
_EXTENSIONS = (
    "pdf|docx?|xlsx?|pptx?|txt|md|py|js|ts|json|toml|ya?ml|html?|css|png|jpe?g|gif|mp[34]|wav|zip|exe|csv|sh"
)
_SIGNED = r"(?<![\w.\-])([-−－]?)"

_NAMES: list[Rule] = [
    rule(r"\b0x([0-9A-Fa-f]+)\b", lambda m: "十六进制" + letters(m[1])),
    rule(
        r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+−]?)(\d{1,3})(?![A-Za-z\d.])",
        lambda m: f"{decimal(m[1])}乘十的{'负' if m[2] in ('-', '−') else ''}{number(m[3])}次方",
    ),
    rule(r"\blog_(\w+) ?(?:\((\w+)\)|(\d+(?:\.\d+)?|[a-z](?![a-z])))", say.logarithm, digitless=True),
    rule(r"(?<![A-Za-z\d])((?:[A-Z][a-z]?\d{0,2}){1,8})(\s?\d?)([⁺⁻])(?![\w⁺⁻])", say.ion, digitless=True),
    rule(
        r"(?<![A-Za-z\d])(?=(?:[A-Z][a-z]?)*\d{1,2}(?:[A-Z][a-z]?)+\d)((?:[A-Z][a-z]?\d{0,2}){2,8})(?![A-Za-z\d.])",
        lambda m: say.formula(m[1]),
    ),
    rule(r"[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z]{2,})+", say.address, digitless=True),
    rule(r"https?://[\w./:#?=&%-]+|\bwww\.[\w./-]+", say.address, digitless=True),
    rule(
        rf"(?<![\w.])(?:[A-Za-z0-9-]+\.)+(?:com|org|net|io|cn|dev|edu|gov|co|uk|de|ai|tv|local)\b(?:/[\w./-]*\w)?"
        rf"|(?<![\w./])[\w-]+\.(?:{_EXTENSIONS})\b",
        say.address,
        digitless=True,
    ),
    rule(rf"(?:^|(?<=[：；。，:;{BORDER}]))\s*(\d{{1,2}})\.\s+(?=\D)", lambda m: f"{number(m[1])}，"),
    rule(r"(?<=\S)\s(\d{1,2})[.、]\s?(?=[\u4e00-\u9fff])", lambda m: f"，{number(m[1])}，"),
    rule(r"\b([A-Z])&([A-Z])\b", lambda m: f"{m[1]} and {m[2]}", digitless=True),
    rule(r"\b(C|F|J)#", lambda m: f"{m[1]} Sharp", digitless=True),
    rule(r"\bC\+\+", lambda m: "C 加加", digitless=True),
    rule(r"(?:#|No\.\s?|NO\.\s?|№\s?)1(?!\d)", lambda m: "第一"),
    rule(r"(?:#|No\.\s?|NO\.\s?|№\s?)(\d+)", lambda m: f"{number(m[1])}号"),
    rule(r"#([^\s#]+)#?", lambda m: m[1], digitless=True),
    rule(r"(?<=[《“])(\d{3,4})(?=[》”])", lambda m: digits(m[1])),
]
_DATES: list[Rule] = [
    rule(r"(?<=\d[月日号年点时])\s?[-–—~～]\s?(?=\d)", lambda m: "到"),
    rule(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)(?:T(?=\d))?", say.numeric_date),
    rule(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4})(?!\d)", say.month_first),
    rule(
        rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\s{_MONTH_WORD},?\s(\d{{4}})",
        lambda m: say.day(m[3], say.month_name(m[2]), m[1]),
    ),
    rule(
        rf"\b{_MONTH_WORD}\s(\d{{1,2}})(?:st|nd|rd|th)?(?:,\s?(\d{{4}}))?(?!\d)",
        lambda m: say.day(m[3] or "", say.month_name(m[1]), m[2]),
    ),
    rule(
        rf"(?<![\d-])(1[1-9]\d\d|20\d\d){_SPAN}(1[1-9]\d\d|20\d\d)(?![\d-]|{_NOT_YEARS})",
        lambda m: f"{digits(m[1])}到{digits(m[2])}",
    ),
    rule(
        r"(近|约|大约|将近|长达|超过|历时|已有|有)(\d{4})(?=年)|(?<!\d)()(\d{3}0)(?=年(?:的?历史|之久|以?前))",
        lambda m: m[1] + number(m[2], couple=True) if m[1] else number(m[4], couple=True),
    ),
    rule(r"(?<!\d)(1[1-9]\d\d|20\d\d|1000|[3-9]000|2[1-9]00)(\s?年)(?!级)", say.years),
    rule(
        r"(?<!\d)(\d{2})(年代)",
        lambda m: cardinal(int(m[1])) + m[2] if m[1][1] == "0" and m[1] != "00" else digits(m[1]) + m[2],
    ),
    rule(
        r"(?<![\d.])([5-9]0)s(?=音乐|歌|金曲|老歌|电影|风格|复古|摇滚|迪斯科|流行|经典)",
        lambda m: number(m[1]) + "年代",
    ),
    rule(r"(?<![\d第:：])(\d{2})(后|级|届)(?![来面天年])", say.short_year),
    rule(r"(?<![\d第])([6-9][1-9]|0\d)(年)(?![级来多前后])", say.short_year),
    rule(r"(?<![\d第])(\d{4})(?=届|级|财年|学年|赛季)", lambda m: digits(m[1])),
    rule(
        rf"(?<!\d)(\d{{1,2}})(月)(?:(\d{{1,2}}){_SPAN})?(\d{{1,2}})?(?=[日号])?",
        lambda m: (
            cardinal(int(m[1]))
            + m[2]
            + (cardinal(int(m[3])) + "到" if m[3] else "")
            + (cardinal(int(m[4])) if m[4] else "")
        ),
    ),
    rule(r"(?<=[在于到至从止期])(\d{1,2})/(\d{1,2})(?![\d/])", lambda m: say.month_first(m, "")),
    rule(
        r"(?<![\d/])(\d{1,2})/(\d{1,2})(?=\s?(?:[（(]?(?:周|星期)|上午|下午|晚上|早上|中午))",
        lambda m: say.month_first(m, ""),
    ),
    rule(r"(?<=是)(\d{1,2})/(1[3-9]|2\d|3[01])(?![\d/])", lambda m: say.month_first(m, "")),
    rule(r"(?<![\d/])(\d{1,2})/(\d{1,2})(?=是[^，。]{1,8}[节日诞])", lambda m: say.month_first(m, "")),
]
_SCORES: list[Rule] = [
    rule(
        rf"((?:{_SCORE})\D{{0,6}})(\d{{1,3}})\s?[:：\-–]\s?(\d{{1,3}})",
        lambda m: f"{m[1]}{cardinal(int(m[2]))}比{cardinal(int(m[3]))}",
    ),
    rule(
        rf"(?<!\d)(\d{{1,3}})\s?[:：\-–]\s?(\d{{1,3}})(?=\s?(?:{_SCORE}))",
        lambda m: f"{cardinal(int(m[1]))}比{cardinal(int(m[2]))}",
    ),
]
_VERSIONS: list[Rule] = [
    rule(
        r"(?<![A-Za-z\d.])(\d{1,2})\s?[vV]s?\.?\s?(\d{1,2})(?![\dA-Za-z伏.])",
        lambda m: f"{number(m[1])}V{number(m[2])}",
    ),
    rule(
        r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?::(\d{1,5}))?(?![\d.])",
        say.host,
    ),
    rule(r"\b(localhost):(\d{2,5})\b", lambda m: f"{m[1]}端口{digits(m[2], phone=True)}"),
    rule(r"(?<!\w)(?:/[\w.-]+){2,}", say.address, digitless=True),
    rule(r"\b802\.(\d+)([a-z]{0,2})\b", lambda m: f"八零二点{digits(m[1])} {letters(m[2])}"),
    rule(r"(?<![\d-])\d{1,2}(?:-\d{1,2}){2,}(?![\d-])", lambda m: "，".join(map(number, m[0].split("-")))),
    rule(
        r"(血压\D{0,4})(\d{2,3})/(\d{2,3})(?!\d)(?:\s?mmHg)?",
        lambda m: f"{m[1]}{cardinal(int(m[2]))}，{cardinal(int(m[3]))}",
    ),
    rule(r"(?<=[铀碳钴碘铯氢锶钚镭钍氪氙])-(\d{1,3})(?!\d)", lambda m: digits(m[1])),
    rule(r"((?:波音|空客)\s?)(\d{2,4})(?!\d)", lambda m: m[1] + digits(m[2], phone=True)),
    rule(
        r"(歼|轰|直|运|强|东风|巨浪|长征|神舟|天宫|嫦娥|米格|图)-?(\d{1,3})(?![\d.])",
        lambda m: m[1] + number(m[2]),
    ),
    rule(r"\b([A-Z]{2,3}(?:/[A-Z])?)\s?(\d{3,5})-(\d{4})(?!\d)", say.standard),
    rule(r"\b([A-Z])\.(\d{3})(?!\d)", lambda m: f"{m[1]} {digits(m[2], phone=True)}"),
    rule(
        r"(?<![\d.])(985|211|911|9\.11|996|315|3\.15|618)(?=高校|大学|工程|院校|事件|恐怖|晚会|大促|购物节|工作制)",
        lambda m: digits(m[1]),
    ),
    rule(
        r"(?<![A-Za-z])([A-Z]{2,6})\s(\d{4})(?![\d年个人米元])", lambda m: f"{letters(m[1])} {digits(m[2])}"
    ),
    rule(
        r"(?<=(?:单元|号楼))(\d{3,4})(?![\d.个户人米元平间])|(?<=[栋幢座])(\d{3,4})(?![\d.个户人米元平间])",
        lambda m: digits(m[0], phone=True),
    ),
    rule(r"(?<![\d.])([1-9])([1-9])(?=折)", lambda m: digits(m[0])),
    rule(
        r"(?<!\d)(\d{3,5})(?=\s?(?:室|号房|房间|房(?!子|价)|路(?![口程人])|次列车|次航班|航班))",
        lambda m: digits(m[1], phone=True),
    ),
    rule(r"(?<![A-Za-z\d])(v|V)\.?(\d+(?:\.\d+)*)", say.version),
    rule(r"(?<![\d.,])()(\d+(?:\.\d+){2,})(?![\d.])", say.version),
]
_ORDINALS: list[Rule] = [
    rule(rf"第\s?(\d+){_SPAN}(\d+)", lambda m: f"第{number(m[1])}到{number(m[2])}"),
    rule(r"第\s?(\d+)", lambda m: "第" + number(m[1])),
    rule(r"第\s?([IVXLC]+)(?![A-Za-z])", lambda m: "第" + cardinal(roman(m[1])), digitless=True),
    rule(
        r"(?<=[\u4e00-\u9fff])([IVX]{2,5}|[IVX](?=世|型|期|级|类|章|卷))(?![A-Za-z0-9])",
        lambda m: cardinal(roman(m[1])),
        digitless=True,
    ),
    rule(
        r"(?<![A-Za-z])([IVX]{1,4})(?=型|期|级|类|章|卷|世)", lambda m: cardinal(roman(m[1])), digitless=True
    ),
    rule(
        rf"\b({REGENTS})\s([IVX]+)(?![A-Za-z])",
        lambda m: f"{m[1]} the {numbers_en.ordinal(roman(m[2]))}",
        digitless=True,
    ),
    rule(
        rf"\b({NUMBERED})\s([IVX]+)(?![A-Za-z])",
        lambda m: f"{m[1]} {numbers_en.cardinal(roman(m[2]))}",
        digitless=True,
    ),
    rule(r"(?<![\w.])(\d+)(?:st|nd|rd|th)\b", lambda m: numbers_en.ordinal(int(m[1]))),
]
_REST: list[Rule] = [
    rule(
        r"(?<![A-Za-z])([A-Za-z]*[A-Z][A-Za-z]*|[a-z])-?(\d+(?:\.\d+)?)([a-zA-Z]?)(?![A-Za-z\d.])",
        say.named,
    ),
    rule(r"(?<![\d.])(\d{3,4})([pP])(?![A-Za-z])", lambda m: digits(m[1], phone=True) + m[2].upper()),
    rule(
        rf"{_SIGNED}({NUMBER})(?=\s?(?:多|余|来)?(?:{MEASURES}))(?!\s?(?:年级|年代|分之|路|号|楼|层|班|月|日))",
        say.count,
    ),
    rule(r"(?<![\w.])([-−]?)(\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)", say.plain),
    rule(r"()(\d+(?:\.\d+)?)", say.plain),
]
_RULES: list[Rule] = [
    *_NAMES, *LABELLED, *TELEPHONES, *LONG, *VERSES, *RANGES, *_DATES, *_SCORES, *DURATIONS, *RATIOS, *CLOCK,
    *_VERSIONS, *RATES, *RECIPES, *AMOUNTS, *_ORDINALS, *BETWEEN, *_REST,
]  # fmt: skip

_SIGNS = {
    "²": "的平方", "³": "的立方", "±": "正负", "≥": "大于等于", "≤": "小于等于", "≠": "不等于", "≈": "约等于",
    "=": "等于", "×": "乘", "÷": "除以", "√": "根号", "∞": "无穷大", "π": "派", "°": "度", "%": "百分号",
    "&": "和", "+": "加", "−": "减", "∑": "求和", "α": "阿尔法", "β": "贝塔", "γ": "伽马", "δ": "德尔塔",
    "Δ": "德尔塔", "θ": "西塔", "λ": "拉姆达", "μ": "缪", "µ": "缪", "σ": "西格玛", "φ": "斐", "ω": "欧米伽",
    "Ω": "欧姆", "@": "艾特", "→": "，", "_": " ", "|": "，", "\\": " ", "*": "乘", "^": "的次方",
    "<": "小于", ">": "大于", "#": "", "/": "或", "$": "美元", "€": "欧元", "£": "英镑", "¥": "元",
    "℃": "摄氏度", "~": "", "～": "", "∠": "角", "△": "三角形", "⊥": "垂直于",
    "⁻": "负", "⁺": "加", "∫": "积分", "∈": "属于", "↑": "上升", "↓": "下降",
}  # fmt: skip
_SIGN = re.compile(r"\s?([" + re.escape("".join(_SIGNS)) + r"])\s?")


_EQUATION = re.compile(r"[^，。；、,;]*=[^，。；、,;]*")


def _difference(m: re.Match[str]) -> str:
    """An equation, its hyphens as minus signs and its slashes as divisions."""
    if "://" in m[0] or "www." in m[0]:
        return m[0]
    text = re.sub(r"(?<=[\w)²³])\s?[-−–]\s?(?=[\w(√]+)(?!\d{3,4}-)", "减", m[0])
    return re.sub(r"\b([a-z])\s?/\s?(?=[a-z]\s?=)", r"\1÷", text)


_STEP = (
    r"设置|设定|系统|通用|菜单|文件|选项|打开|点击|点按|轻点|进入|首页"
    r"|我的|应用|更多|偏好|网络|蓝牙|隐私|账户|帐户|工具"
)
_PATH = re.compile(
    r"(?:(?<=[\u4e00-\u9fffA-Za-z”」』\"\]])\s?[>›»]\s?(?=[“「『\"\[]?[\u4e00-\u9fffA-Z]))(?<![^A-Za-z\u4e00-\u9fff][A-Za-z]>)"
)
"""The mark between the steps of a menu: 设置 > 蓝牙."""
_MENU = re.compile(_STEP)


def read_chinese(text: str) -> str:
    """``text`` with everything in it that is no word written as words."""
    if ">" in text and (_MENU.search(text) or len(_PATH.findall(text)) > 1 or "”" in text):
        text = _PATH.sub("，", text)
    text = _EQUATION.sub(_difference, text)
    text = re.sub(r"(?<=和|与)/或", "或", text)
    text = re.sub(r"(?<![A-Za-z/\d])(?<!\d )km/h\b", "公里每小时", text)
    text = re.sub(r"(?<=[^\d]\s)m/s(?![\w/²])", "米每秒", text)
    text = re.sub(r"(?<=\w)\s?/\s?(?=\d+\s?(?:km|公里)\b)", "每", text)
    text = re.sub(r"(?<=[A-Z])/(?=[A-Z])", " ", text)
    text = _SIGN.sub(lambda m: _SIGNS[m[1]], read(_RULES, text))
    return read_acronyms(text)
