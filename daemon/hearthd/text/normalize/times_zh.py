"""Times of day, ranges and durations, in Chinese: 2:30-3点, 周1-周5, 5元-10元, 1h30m, 1:59:40.2."""

from __future__ import annotations

import re

from hearthd.text.normalize.numbers_zh import cardinal, decimal, number
from hearthd.text.normalize.rule import BORDER
from hearthd.text.normalize.rule import ascii_rule as rule
from hearthd.text.normalize.units_zh import MEASURES, unit_name

DASH = r"\s?(?:[-–—~～−]|——|--)\s?"
"""Pattern of the dash of a range."""
_HALVES = {"a": "上午", "p": "下午"}
_WEEK = "周|星期|礼拜"
_WEEKDAYS = {"1": "一", "2": "二", "3": "三", "4": "四", "5": "五", "6": "六", "7": "日"}
_OF_DAY = "早|晚|上午|下午|晚上|早上|早晨|中午|凌晨|傍晚|夜里|次日|第二天|翌日|今天|明天|后天|当晚|周|星期"
_ADDRESS = "号楼|栋|幢|单元|座|弄|巷"
_N = r"\d+(?:,\d{3})*(?:\.\d+)?"


def clock(hour: str, minute: str, second: str | None = None) -> str:
    """Hours and minutes, perhaps seconds."""
    said = f"{cardinal(int(hour), couple=True)}点"
    if int(minute) or second:
        said += (f"零{cardinal(int(minute))}" if 0 < int(minute) < 10 else cardinal(int(minute))) + "分"
    return said + (f"{cardinal(int(second), couple=True)}秒" if second else "")


def _time(m: re.Match[str]) -> str:
    """A time of day with minutes, or a score that looks like one."""
    if int(m[2]) > 24 or int(m[3]) > 59:
        return f"{m[1] or ''}{cardinal(int(m[2]))}比{cardinal(int(m[3]))}"
    half = _HALVES[m[5].lower()] if m[5] else ""
    until = "到" if m[1] else ""
    return until + half + clock(m[2], m[3], m[4])


def _weekdays(m: re.Match[str]) -> str:
    """周1-周5."""
    first, last = (_WEEKDAYS.get(day, day) for day in (m[2], m[4]))
    return f"{m[1]}{first}到{m[3] or ''}{last}"


def _below(sign: str) -> str:
    return "零下" if sign else ""


def _degrees_range(m: re.Match[str]) -> str:
    """-5~-2度, 20度-25度, -10到-8度."""
    first_unit = "度" if m[3] == "度" else ""
    return f"{_below(m[1])}{decimal(m[2])}{first_unit}到{_below(m[4])}{decimal(m[5])}{unit_name(m[6])}"


def _seconds(text: str) -> str:
    whole, _, part = text.partition(".")
    return decimal(f"{int(whole)}.{part}" if part else str(int(whole)), couple=True) + "秒"


def _duration(days: str | None, hours: str | None, minutes: str | None, seconds: str | None) -> str:
    """Days to seconds; what is missing or a leading zero is left out."""
    said = "".join(
        cardinal(int(n), couple=True) + name for n, name in ((days, "天"), (hours, "小时")) if n and int(n)
    )
    if minutes and int(minutes):
        said += cardinal(int(minutes), couple=True) + ("分" if seconds else "分钟")
    return said + (_seconds(seconds) if seconds else "")


def _compound(m: re.Match[str]) -> str:
    """1h 30m 15s, 2d4h, 5m20s: at least two of them."""
    if sum(part is not None for part in m.groups()) < 2:
        return m[0]
    return _duration(*m.groups())


def _stopwatch(m: re.Match[str]) -> str:
    """1:59:40.2, 3:43.13: hours, minutes, seconds and their decimals."""
    return _duration(None, m[1], m[2], f"{m[3]}.{m[4]}")


def _lasting(m: re.Match[str]) -> str:
    """时长3:45, 用时1:59:40."""
    if not m[4]:
        return f"{m[1]}{_duration(None, None, m[2], m[3])}"
    seconds = m[4] if int(m[4]) else None
    minutes = _duration(None, m[2], m[3], seconds)
    return m[1] + (minutes.removesuffix("钟") if not seconds else minutes)


def _ratio(m: re.Match[str]) -> str:
    return "比".join(decimal(part) for part in re.split("[:：]", m[0]))


RANGES = [
    rule(rf"(?<=\d[kKwW]){DASH}(?=\d+(?:\.\d+)?\s?[kKwW](?![A-Za-z]))", "到"),
    rule(
        rf"(?<![\d/])(\d{{2,3}})/(\d{{2,3}})(?:{DASH}|到|至)(\d{{2,3}})/(\d{{2,3}})(?![\d/])",
        lambda m: f"{number(m[1])}，{number(m[2])}到{number(m[3])}，{number(m[4])}",
    ),
    rule(
        r"(?<=[\u4e00-\u9fff])\s?[:：]\s?(?=[\u4e00-\u9fff]{1,4}(?:[:：][\u4e00-\u9fff]{1,4})*\s?[=＝是为约]{1,2}\s?\d+(?:\.\d+)?\s?[:：]\s?\d)",
        "比",
    ),
    rule(rf"(\d(?:元|块|毛|美元|个|次|公里|米|克|毫升)/[\u4e00-\u9fff]{{1,2}}){DASH}(?=[¥￥$]?\d)", r"\1到"),
    rule(rf"((?<!\d)\d{{1,2}}[:：]\d(?!\d)){DASH}(?=\d{{1,2}}[:：]\d(?!\d))", r"\1到"),
    rule(rf"(第[一二三四五六七八九十]+[\u4e00-\u9fff]?){DASH}(?=第)", r"\1到", digitless=True),
    rule(rf"(半(?:小时|天|年|个月|斤|米|公里)){DASH}(?=\d)", r"\1到"),
    rule(rf"(零下\d+(?:\.\d+)?(?:度|℃|°C|摄氏度)?){DASH}(?=零下|\d)", r"\1到"),
    rule(
        rf"(?<!\d)({_WEEK})([1-7一二三四五六日天]){DASH}({_WEEK})?([1-7一二三四五六日天])(?!\d|[点时])",
        _weekdays,
        digitless=True,
    ),
    rule(
        rf"(?<![\w.])([-−－]?)({_N})\s?(度|℃|°C|°|摄氏度)?(?:{DASH}"
        rf"|到|至)([-−－]?)({_N})\s?(度|℃|°C|° C|°F|℉|摄氏度|华氏度)",
        lambda m: _degrees_range(m) if m[1] or m[4] else m[0],
    ),
    rule(
        rf"(?<![\d:：/.-])(\d{{1,2}}){DASH}(\d{{1,2}})(?=月(?!\d))",
        lambda m: f"{number(m[1])}到{number(m[2])}",
    ),
    rule(
        rf"(?<=\d)([:：]\d\d(?:分)?|点\d{{1,2}}分?|点半){DASH}(?=(?:{_OF_DAY})?\d{{1,2}}(?:[:：点时]|\d?点))",
        r"\1到",
    ),
    rule(rf"(?<=[\d半分点时])([点时分半钟]?){DASH}(?=(?:{_OF_DAY})\s?\d)", r"\1到"),
    rule(
        rf"(\d\s?(?!{_ADDRESS})(?:{MEASURES}|[月日号年点时楼层级线页章节回集期区排世班届名站折]|年代|岁|小时|分钟|公里|厘米|平米|号线|人民币))"
        rf"(?<!°){DASH}(?=(?:[-−]|零下|负)?[¥￥$第]?\s?\d)(?!\s?[-−]\s?\d+\s?(?:=|等于))",
        r"\1到",
    ),
    rule(rf"(第\s?\d+[\u4e00-\u9fff]{{1,2}}){DASH}(?=第\s?\d)", r"\1到"),
    rule(r"(?<=[一二三四五六日天月号年])\s?[~～-]\s?(?=[周星一二三四五六日七八九十])", "到", digitless=True),
]
"""From … to … with a unit on both sides, weekdays, months, degrees. They come before any other dash."""

_LASTS = (
    "时长|用时|耗时|片长|历时|配速|还剩|剩余|剩下|倒计时|计时|播放到|进度"
    "|跑了|骑了|游了|走了|跑完|游完|骑完|完赛|成绩|全长|全程|录音|纪录|视频长?|音频长?|歌曲长?|马拉松|用了|花了|耗|已过|已播放|总共|时间还有"
)
_DURING = (
    "计时|定时|还剩|剩余|剩下|等待?|煮|蒸|炖|焖|烤|泡|煎|炒|腌|炸|静置"
    "|发酵|醒发|休息|持续|用时|耗时|提前|推迟|延迟|每隔|闹钟|定时器|计时器|再睡|多睡|冥想|小睡"
    "|午休|锻炼|运动|听了?|看了?"
)
_FEW = r"([1-9]|[1-5]\d|60|90|120)m"
DURATIONS = [
    rule(r"(?<![\w.])(\d+)d(?![A-Za-z\d打模电效])", lambda m: number(m[1], couple=True) + "天"),
    rule(
        rf"((?:{_LASTS})[\s:：{BORDER}是为约有了]{{0,3}})(\d{{1,3}})[:：](\d\d)(?:[:：](\d\d))?(?![\d:：.]|\s?(?:开|播|上|发|更|到|至|结|出|之?后|左右开|准时|[-–~]))",
        _lasting,
    ),
    rule(r"(?<![\d:：.])(?:(\d{1,3})[:：])?(\d{1,2})[:：](\d\d)\.(\d{1,3})(?![\d:：])", _stopwatch),
    rule(
        r"(?<![\d:：.])(\d{1,2})[:：](\d\d)[:：](\d\d)(?=的?(?:成绩|纪录|记录|时长|视频|电影|录音|音频|比赛))",
        lambda m: _duration(None, *m.groups()),
    ),
    rule(
        r"(?<![\w.:/-])(?:(\d+)\s?d\s?)?(?:(\d+)\s?(?:h|hrs?)\s?)?(?:(\d+)\s?(?:m|mins?)\s?)?"
        r"(?:(\d+(?:\.\d+)?)\s?(?:s|secs?))?(?<=[a-z])(?![\w²³/])",
        _compound,
        digitless=True,
    ),
    rule(
        rf"((?:{_DURING})[\s:：{BORDER}约了]{{0,2}}){_FEW}(?![\w²³/])",
        lambda m: f"{m[1]}{number(m[2], couple=True)}分钟",
    ),
    rule(
        rf"(?<![\w.]){_FEW}(?=的?(?:闹钟|计时|定时|提醒|午睡|小睡|休息|番茄钟)|后|内(?!径)|倒计时|计时|闹钟|之后|以内|左右后)(?<!前方\d\dm)",
        lambda m: f"{number(m[1], couple=True)}分钟",
    ),
]
"""Durations. They come before ``CLOCK`` and the units."""

_SHAPES = (
    "比例|屏幕|画面|宽高比|长宽比|比值|配比|赔率|显示器|画幅|兑水|稀释|水粉比|粉水比|屏|液晶屏|视频|分辨率"
)
RATIOS = [
    rule(r"(?<![\d:：.])\d{1,2}(?:[:：]\d){2,4}(?![\d:：.])", _ratio),
    rule(
        rf"(?:(?<=比例)|(?<=比例是)|(?<=比例为)|(?<=宽高比)|(?<=长宽比))(\d{{1,3}})[:：](\d{{1,3}})(?![\d:：.])|(?<![\d:：.])(\d{{1,3}})[:：](\d{{1,3}})(?=\s?的?(?:{_SHAPES}))",
        _ratio,
    ),
    rule(r"(?<![\w:：.,])(\d+\.\d+)[:：](\d+(?:\.\d+)?)(?![\d:：]|\.\d)", _ratio),
    rule(r"(?<![\w:：.,])(\d+)[:：](\d\.\d+|\d{3,}\.\d+|\d{1,3}(?:,\d{3})+)(?![\d:：]|\.\d)", _ratio),
    rule(r"(?<![\w:：.])(\d{1,3})[:：](\d|\d{3,})(?![\d:：])", _ratio),
]
"""One to two, and to the golden ratio."""

CLOCK = [
    rule(
        rf"({DASH})?(?<![\d.])(\d{{1,2}})[:：](\d\d)(?:[:：](\d\d))?(?:\s?([aApP])\.?[mM]\b\.?)?分?(?!\d)",
        _time,
    ),
    rule(
        r"(?<![\d.])(\d{1,2})\s?([aApP])\.?[mM]\b\.?",
        lambda m: f"{_HALVES[m[2].lower()]}{cardinal(int(m[1]), couple=True)}点",
    ),
]
"""Times of day."""

_BOOKS = (
    "诗篇|箴言|创世记|出埃及记|利未记|民数记|申命记|约书亚记|士师记|路得记|约伯记|传道书|雅歌|以赛亚书|耶利米书|但以理书"
    "|马太福音|马可福音|路加福音|约翰福音|使徒行传|罗马书|哥林多[前后]书|加拉太书|以弗所书|腓立比书|希伯来书|雅各书|彼得[前后]书|启示录"
)
VERSES = [
    rule(
        rf"((?:{_BOOKS})》?)\s?(\d{{1,3}})[:：](\d{{1,3}})(?:{DASH}(\d{{1,3}}))?",
        lambda m: f"{m[1]}{number(m[2])}章{number(m[3])}" + (f"到{number(m[4])}" if m[4] else "") + "节",
    )
]
"""Chapters and verses."""
