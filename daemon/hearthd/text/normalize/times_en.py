"""Times of day, spans of time and durations, in English: 5:30-7 PM, 1h30m, 1:59:40.2, in his 30s."""

from __future__ import annotations

import re

from hearthd.text.normalize.numbers_en import cardinal, code, decade, decimal, number, pair
from hearthd.text.normalize.rule import BORDER, rule
from hearthd.text.normalize.units_en import counted, describes

HALF = r"\s?([aApP])(?:\.\s?[mM]\.|[mM]\b)"
"""Pattern of a.m. and p.m.; its group is "a" or "p"."""
_DASH = r"\s?[-–—~～−]{1,2}\s?"
_DAYS = r"(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)"


def clock(hour: str, minute: str | None, half: str | None, *, bare: bool = False) -> str:
    """A time of day; ``half``: "a" or "p" of a.m. and p.m. ``bare``: a full hour without "o'clock"."""
    said = cardinal(int(hour))
    if minute and int(minute):
        said += " " + pair(int(minute))
    elif not half and minute and not bare:
        said += " o'clock" if 0 < int(hour) <= 12 else " hundred" if int(hour) else " hours"
    return said + (f" {half.upper()} M" if half else "")


def day_name(short: str) -> str:
    """A weekday's short name in full."""
    return short[:3] + {"Tue": "sday", "Wed": "nesday", "Thu": "rsday", "Sat": "urday"}.get(short[:3], "day")


def stop(m: re.Match[str]) -> str:
    """A full stop that ended both p.m. and the sentence."""
    rest = m.string[m.end() :]
    return "." if m[0].endswith(".") and (not rest.strip() or re.match(r"\s+[A-Z]", rest)) else ""


def _span(m: re.Match[str]) -> str:
    """Two times of day, of which the second at least looks like one."""
    if max(int(m[1]), int(m[4])) > 24 or max(int(m[2] or 0), int(m[5] or 0)) > 59:
        return m[0]
    if not (m[6] or (m[2] and m[5]) or ((m[2] or m[5]) and max(int(m[1]), int(m[4])) > 4)):
        return m[0]
    first = clock(m[1], m[2], m[3], bare=bool(m[6]))
    return f"{first} to {clock(m[4], m[5], m[6])}" + stop(m)


def _time(m: re.Match[str]) -> str:
    """A time of day with minutes, or a score that looks like one."""
    if int(m[1]) > 24 or int(m[2]) > 59:
        return f"{cardinal(int(m[1]))} {pair(int(m[2]))}"
    said = clock(m[1], m[2], m[4])
    return said + (f" and {cardinal(int(m[3]))} seconds" if m[3] else "") + stop(m)


def _hour(m: re.Match[str]) -> str:
    """A full hour: 3 p.m., 9-5 p.m."""
    until = f"{cardinal(int(m[1]))} to " if m[1] else ""
    return until + clock(m[2], None, m[3]) + stop(m)


def _parts(*parts: tuple[str | None, str]) -> str:
    """Numbers and what they count; those that are missing are left out."""
    return " ".join(counted(str(int(n)) if n.isdigit() else n, name) for n, name in parts if n)


def _compound(m: re.Match[str]) -> str:
    """1h 30m 15s, 2d4h, 5m20s: at least two of them."""
    found = [part for part in m.groups() if part]
    if len(found) < 2:
        return m[0]
    said = _parts((m[1], "day"), (m[2], "hour"), (m[3], "minute"), (m[4], "second"))
    return re.sub(r"(?<=[a-z])s\b", "", said) if describes(m) else said


def _stopwatch(m: re.Match[str]) -> str:
    """1:59:40.2, 3:43.13: hours, minutes, seconds and their decimals; leading zeros left out."""
    hours, minutes, seconds = m[1], m[2], f"{int(m[3])}.{m[4]}" if m[4] else str(int(m[3]))
    shown = [(n, name) for n, name in ((hours, "hour"), (minutes, "minute")) if n and int(n)]
    return _parts(*shown, (seconds, "second"))


def _lasting(hours: str | None, minutes: str, seconds: str) -> str:
    """00:45, 4:33, 2:05:30 of a thing that lasts; what is nothing is left out."""
    parts = ((hours, "hour"), (minutes, "minute"), (seconds, "second"))
    return _parts(*((n, name) for n, name in parts if n and int(n))) or "zero seconds"


def _minutes(m: re.Match[str]) -> str:
    """15m of time."""
    return f"{number(m[1])} minute" + ("" if m[1] == "1" or describes(m) else "s")


def _seconds(m: re.Match[str]) -> str:
    """30s of time; "a thirty second timer"."""
    return f"{number(m[1])} second" + ("" if m[1] == "1" or describes(m) else "s")


def _decades(m: re.Match[str]) -> str:
    """His 30s, the 60s and 70s, the 1990s-2000s."""
    said = m[1] + decade(int(m[2]))
    if not m[4]:
        return said
    return said + (m[3] if m[3].strip().isalpha() else " to ") + decade(int(m[4]))


SPANS = [
    rule(r"(?<![\d/])(\d{2,3}/\d{2,3})\s?[-–—]\s?(?=\d{2,3}/\d{2,3}(?![\d/]))", r"\1 to "),
    rule(r"(\d\s?[apAP]\.?[mM]\.?)\s?[-–—]\s?(?=[A-Z][a-z]+day\b|tomorrow\b)", r"\1 to "),
    rule(r"\b(noon|midnight)\s?[-–—]\s?(?=\d)", r"\1 to "),
    rule(r"(?<=[\dmM.])\s?[-–—]\s?(?=noon|midnight)", " to ", digitless=True),
    rule(
        rf"\b{_DAYS}\.?{_DASH}{_DAYS}\b\.?", lambda m: f"{day_name(m[1])} to {day_name(m[2])}", digitless=True
    ),
    rule(r"(?<=day)\s?[-–—~]\s?(?=[A-Z][a-z]+day\b)", " to ", digitless=True),
    rule(
        rf"\b{_DAYS}\.?(?:/(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\b\.?)+",
        lambda m: ", ".join(day_name(day) for day in re.findall("[A-Z][a-z]+", m[0])),
        digitless=True,
    ),
    rule(rf"\b{_DAYS}\b\.?(?=:?\s\d{{1,2}}(?::\d\d|\s?[-–—]\s?\d|\s?[ap]\.?m))", lambda m: day_name(m[1])),
    rule(
        rf"(?<![\w.:/$€£¥-])(\d{{1,2}})(?::(\d\d))?(?:{HALF})?{_DASH}(\d{{1,2}})(?::(\d\d))?(?:{HALF})?(?![\d:%]|\.\d|-\d)",
        _span,
    ),
]
"""Days and times of day from … to …."""

_LASTS = (
    r"(?:remaining|left|length|duration|run ?time|running time|elapsed|countdown|stopwatch|lap|pace|split"
    r"|finish time|finishing time|total time|(?:chip|gun|race|winning|best) time|personal best|record)"
)
_RAN = r"\b(?:ran|runs?|run|finish(?:ed|es)?|swam|cycled|rowed|did|completed|clocked|walked)\b"
_SHOWS = r"(?:(?:is|was|of|at|now|shows|stands at)\s){0,2}"
LASTING = [
    rule(rf"(?i)({_RAN}\s(?:(?:a|the|my|his|her)\s)?\d{{1,3}})k\b", r"\1 K"),
    rule(r"(?i)\b(?<![$€£])(\d{1,3})k(?=\s(?:run|race|jog|walk|swim)\b)", r"\1 K"),
    rule(
        r"(?i)(?<=\ba )(?:(\d{1,2}):)?(\d{1,3}):(\d\d)"
        r"(?=\s(?:half|marathon|mile|lap|plank|finish|race|song|track|clip|video|movie|recording)\b)",
        lambda m: re.sub(r"(?<=hour|nute|cond)s\b", "", _lasting(m[1], m[2], m[3])),
    ),
    rule(
        rf"(?i)(\b{_LASTS}[\s:{BORDER}]{{1,4}}{_SHOWS})(?:(\d{{1,2}}):)?(\d{{1,3}}):(\d\d)(?![\d:]|\.\d)",
        lambda m: m[1] + _lasting(m[2], m[3], m[4]),
    ),
    rule(
        r"(?i)(\b(?:in|takes?|took|lasts?|lasted|for|under|over|of|runs?|ran|another)\s(?:(?:about|only|just)\s)?)"
        r"(\d{1,2}):(\d\d):(\d\d)(?![\d:]|\.\d|\s?[ap]\.?m)",
        lambda m: m[1] + _lasting(m[2], m[3], m[4]),
    ),
    rule(
        r"(?<![\d:.])()(?:(\d{1,2}):)?(\d{1,3}):(\d\d)"
        r"(?=\s(?:long|remaining|left\b|in length|into the|elapsed|per (?:mile|km|kilometer|lap))\b)",
        lambda m: _lasting(m[2], m[3], m[4]),
    ),
]
"""What counts up or down: minutes and seconds. They come before ``CLOCK``."""

CLOCK = [
    rule(
        r"(?<![\d:.])(?:(\d{1,3}):)?(\d{1,2}):(\d\d)[.,](\d{1,3})(?![\d:])",
        _stopwatch,
    ),
    rule(
        r"(?<=\d)\s?[-–~]\s?(?=\d{1,2}:\d\d)|(?<=\d[ap]m)\s?[-–~]\s?(?=\d)"
        r"|(?<=[apAP][mM])\s?[-–~]\s?(?=\d{1,2}(?::\d\d)?\s?[apAP][mM])",
        " to ",
    ),
    rule(rf"\b(\d{{1,2}}):(\d\d)(?::(\d\d))?(?:{HALF})?(?!\d)", _time),
    rule(rf"\b(\d{{1,2}})\.([0-5]\d)()(?:{HALF})", _time),
    rule(rf"\b(?:(\d{{1,2}})\s?[-–]\s?)?(\d{{1,2}}){HALF}", _hour),
    rule(r"\b([ap])\.\s?m\.", lambda m: f"{m[1].upper()} M", digitless=True),
]
"""Times of day."""

_TEN = r"(\d0|\d{3}0)"
_FEW_MINUTES = r"([1-9]|[1-5]\d|60|90|120)\s?m\b"
_TIMED = (
    r"(?:left|remaining|ago|later|timer|break|nap|alarm|countdown|interval"
    r"|early|late|delay|from now|or so|max|movie|film|video|episode|podcast|meeting|class|lesson|lecture"
    r"|workout|session|commute|flight|interview|exam|call|talk|documentary|nap)"
)
DURATIONS = [
    rule(
        r"(?<![\w.:/-])(?:(\d+)\s?(?:d|days?)\s?)?(?:(\d+)\s?(?:h|hrs?)\.?\s?)?(?:(\d+)\s?(?:m|mins?)\.?\s?)?"
        r"(?:(\d+(?:\.\d+)?)\s?(?:s|secs?))?(?<=[a-z])(?![\w²³/])",
        _compound,
        digitless=True,
    ),
    rule(
        r"\b(\d{1,2})\s?h\s?([0-5]\d)\b(?!\s?[%°\w])", lambda m: f"{counted(m[1], 'hour')} {pair(int(m[2]))}"
    ),
    rule(
        r"(?i)((?:\b(?:the|his|her|their|my|your|our|whose|early|late|low|high|upper|lower|into)|mid|early|late|[’']s)[\s-]"
        rf"(?:(?:early|mid|late|low|high|upper|lower|roaring|swinging)[\s-])?)['’]?{_TEN}['’]?s\b"
        rf"(?:(\s?(?:and|or|to|through|-|–|—)\s?)(?:the\s)?['’]?{_TEN}['’]?s\b)?",
        _decades,
    ),
    rule(
        r"(?<![\w.,])()(\d0)s(\s(?:and|or|to)\s)(\d0)s(?=\s(?:music|songs?|hits?|rock|pop|disco|movies?|films?)\b)",
        _decades,
    ),
    rule(
        rf"(?<![\w.,])()['’]?{_TEN}['’]?s()()(?=\s(?:music|songs?|hits?|rock|pop|disco|movies?|films?|fashion|style|kids?|party"
        rf"|playlist|era|ballads?|classics|night|tunes|sitcoms?|classics?)\b)",
        _decades,
    ),
    rule(
        r"(?<=and )(\d0)s(?=\s(?:music|songs?|hits?|rock|pop|disco|movies?)\b)", lambda m: decade(int(m[1]))
    ),
    rule(
        r"(?<![\w.,])()(?:['’](\d0)['’]?|(\d{3}0)['’]?)s\b(?:(\s?(?:-|–|—)\s?)(\d{3}0)s\b)?",
        lambda m: decade(int(m[2] or m[3])) + (f" to {decade(int(m[5]))}" if m[5] else ""),
    ),
    rule(r"(?<![\w.,:$€£¥-])(\d{1,2}0)s\b(?![²³/]|\sof\b)", _seconds),
    rule(
        rf"(?<![\w.,$€£¥-]){_FEW_MINUTES}(?=\s{_TIMED}\b)",
        _minutes,
    ),
    rule(
        rf"(?i)(\b(?:for|every|wait|in|another|takes?|within|lasts?|rest|simmer|lasted|took|been"
        rf"|timer|timer:|snooze|left:|boil|bake|steep)[\s{BORDER}]{{1,2}}(?:about\s)?){_FEW_MINUTES}"
        r"(?!\s?[x×²³/]|\s(?:long|wide|tall|high|deep|turn|take|keep|you|away|down|up|and|of|north|south|east|west)\b)",
        lambda m: f"{m[1]}{number(m[2])} minute" + ("" if m[2] == "1" else "s"),
    ),
    rule(
        r"(?i)(\b(?:for|every|wait|in|another|takes?|within|lasts?|rest|simmer|boil|bake|steep|chill|cook|soak)\s(?:about\s)?)"
        r"(\d{1,3})\s?[-–—]\s?(\d{1,3})\s?m\b(?!\s?[x×²³/]|\s(?:long|wide|tall|high|deep|of|north|south|east|west)\b)",
        lambda m: f"{m[1]}{number(m[2])} to {number(m[3])} minutes",
    ),
    rule(
        rf"(?<![\w.,$€£¥-])(\d{{1,3}})\s?[-–]\s?(\d{{1,3}})\s?m(?=\s{_TIMED}\b)",
        lambda m: f"{number(m[1])} to {number(m[2])} minutes",
    ),
    rule(
        r"\b(\d+)\s?mo\b\.?(?=\s(?:warranty|contract|plan|lease|subscription|trial|term|period|loan|deal|baby)\b)",
        lambda m: f"{number(m[1])} month",
    ),
    rule(r"\b(\d+)\s?mos?\b(?:\.(?=\s[a-z]))?", lambda m: counted(m[1], "month")),
    rule(
        r"\b(\d+)\s?(?:d|D)(?=\s(?:trial|pass|forecast|streak|plan|trip|old|ago|left|later))",
        lambda m: (
            f"{number(m[1])} day"
            + ("s" if m[1] != "1" and re.match(r"\s(?:old|ago|left|later)", m.string[m.end() :]) else "")
        ),
    ),
    rule(
        r"\b(\d+)d\b(?!\s?(?:print|model|movie|film|glass|effect|game|scan|render))",
        lambda m: counted(m[1], "day"),
    ),
    rule(r"\b(\d+)\s?wks?\b", lambda m: counted(m[1], "week")),
]
"""Durations, and the decades that look like them."""

RATIOS = [
    rule(r"(?<![\w.:,])(\d{1,3}):(\d{3})(?![\w:]|[.,]\d)", lambda m: f"{number(m[1])} to {number(m[2])}"),
    rule(
        r"(?<![\w.:,])(\d+\.\d+|\d+):(\d\.\d+|\d{3,}\.\d+|\d{1,3}(?:,\d{3})+|\d{4,})(?![\w:]|[.,]\d)",
        lambda m: f"{decimal(m[1])} to {decimal(m[2])}",
    ),
    rule(r"(?<![\w.:,])(\d+\.\d+):(\d+)(?![\w:]|[.,]\d)", lambda m: f"{decimal(m[1])} to {decimal(m[2])}"),
    rule(
        r"(?<![\w.:,])\d{1,2}(?::\d){2,4}(?![\w:.])",
        lambda m: " to ".join(number(n) for n in m[0].split(":")),
    ),
    rule(
        r"(?i)(\b(?:ratio|scale|odds|aspect|mixed|dilution|resolution|proportions?)\b[^.!?\d]{0,16})(\d{1,3}):(\d{1,3})\b",
        lambda m: f"{m[1]}{number(m[2])} to {number(m[3])}",
    ),
    rule(
        r"(?<![\w.:,])(\d{1,3}):(\d{1,3})(?=\s?(?:ratio|aspect|display|screen|monitor|odds|scale|dilution|mix|format|panel|laptop|tablet|video))",
        lambda m: f"{number(m[1])} to {number(m[2])}",
    ),
    rule(r"\b(\d{1,2}):(\d)\b(?!:)", lambda m: f"{cardinal(int(m[1]))} to {cardinal(int(m[2]))}"),
]
"""Two to one, and to the golden ratio. They come before ``CLOCK``."""

_BOOKS = (
    "Genesis|Exodus|Leviticus|Numbers|Deuteronomy|Joshua|Judges|Ruth|Samuel|Kings|Chronicles|Ezra|Nehemiah|Esther|Job"
    "|Psalms?|Ps|Proverbs|Prov|Ecclesiastes|Isaiah|Jeremiah|Lamentations|Ezekiel|Daniel|Hosea|Joel|Amos|Obadiah|Jonah"
    "|Micah|Nahum|Habakkuk|Zephaniah|Haggai|Zechariah|Malachi|Matthew|Matt|Mark|Luke|John|Acts|Romans|Rom|Corinthians"
    "|Cor|Galatians|Ephesians|Eph|Philippians|Phil|Colossians|Thessalonians|Timothy|Titus|Philemon|Hebrews|Heb|James"
    "|Peter|Jude|Revelation|Rev|Quran|Surah|Sura"
)
_SHORT_BOOKS = {
    "Ps": "Psalm", "Prov": "Proverbs", "Matt": "Matthew", "Rom": "Romans", "Cor": "Corinthians",
    "Eph": "Ephesians",
    "Phil": "Philippians", "Heb": "Hebrews", "Rev": "Revelation",
}  # fmt: skip


def _verses(m: re.Match[str]) -> str:
    """A place in the Bible: chapter and verses."""
    which = {"1": "First ", "2": "Second ", "3": "Third "}.get(m[1] or "", "")
    said = f"{which}{_SHORT_BOOKS.get(m[2], m[2])} {code(m[3])}"
    return said + (f", verses {number(m[4])} to {number(m[5])}" if m[5] else f" {code(m[4])}")


VERSES = [
    rule(
        rf"\b(?:([123])\s)?({_BOOKS})\.?\s(\d{{1,3}}):(\d{{1,3}})(?:\s?[-–—]\s?(\d{{1,3}}))?(?![:\d])",
        _verses,
    )
]
"""Chapters and verses."""
