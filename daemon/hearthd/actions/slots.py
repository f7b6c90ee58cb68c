"""The slots of the sentence files: what each takes, and what a command's slots become of what was taken."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from hearthd.actions.units import UNITS, Unit, convert, units
from hearthd.text.understand import durations_en, durations_zh, moments_en, moments_zh, numbers_en, numbers_zh
from hearthd.text.understand.moments import DAY, WEEKDAYS, WEEKEND, WORKDAYS, Habit, Moment, resolve
from hearthd.text.understand.numbers_en import word
from hearthd.text.understand.sums import sums_en, sums_zh
from hearthd.text.understand.tokens import Token

SLOTS = {
    "seconds": "a duration",
    "more": 'a duration with "more" in it',
    "within": "a duration, for a time so long from now",
    "at": "a time, perhaps with a day, or days on which it recurs",
    "when": 'the same, but in English a mere number needs an "at"',
    "until": "the same, for a timer that runs until then",
    "day": "a day without a time",
    "name": "a name of a few words",
    "text": "any words",
    "plain": "any words that ask nothing",
    "level": "a volume, 0 to 100",
    "by": "a step of the volume",
    "expression": "a sum",
    "amount": "a number with its unit",
    "to_unit": "a unit",
    "persona": "what a persona is called",
    "ignored": "a duration that was corrected",
}
"""What the patterns may ask for."""
_ALIASES = {"plain": "text", "more": "seconds", "persona": "name"}
"""What the contract calls them."""
_RECURRENCES = {"daily": WEEKDAYS, "weekdays": WORKDAYS, "weekends": WEEKEND}
ASKING = frozenset({
    "timer_query", "timer_list", "alarm_list", "reminder_list", "time", "date", "weekday", "calculate",
    "convert",
})  # fmt: skip
"""The commands that change nothing, and only these, follow "tell me"."""
MARKS = frozenset(
    {
        "question",
        "ability",
        "asking",
        "next",
        "once",
        "absolute",
        "habit",
        "all",
        "last",
        "repeats",
        "level",
        "by",
    }
)
"""What a pattern may fill by itself. question: it ends as a question; ability: it asks whether the speaker
can; asking: it asks to be told; next: it follows another of its kind; once: it does not recur;
absolute: it is not so long from now."""
FREE = frozenset({"name", "text", "plain"})
EXACT = frozenset({"more"})

MAX_NAME_WORDS = {"en": 4, "zh": 8}
_NO_NAME_EN = frozenset({
    "timer", "timers", "alarm", "alarms", "reminder", "reminders", "countdown", "for", "to", "at", "on",
    "with", "or", "is", "are", "was", "were", "do", "does", "did", "has", "have", "can", "could", "would",
    "will", "what", "when", "how", "why", "who", "which", "where", "it", "i", "he", "she", "they", "you",
    "me", "him", "us", "them", "minute", "minutes", "second", "seconds", "hour", "hours", "all", "any",
    "some", "no", "not", "never", "again", "much", "many", "long", "time", "a", "an", "the", "and", "wants",
    "want", "need", "needs", "said", "says", "set", "sets", "like", "please", "from", "in", "if", "but",
    "be",
})  # fmt: skip
"""None of these stands in a timer's name."""
_NAME_BEGINS_EN = frozenset({
    "a", "an", "the", "my", "your", "this", "that", "another", "new", "next", "one", "of", "and", "in",
})  # fmt: skip
_TIMES = frozenset({("screen", "time"), ("bath", "time"), ("play", "time"), ("bed", "time"), ("nap", "time")})
"""Names in which "time" is part of a word."""
_NO_NAME_ZH = re.compile(
    "[的我你他她它您咱谁哪吗呢吧把给让请再每]|计时|定时|倒计|倒数|闹钟|提醒|分钟|小时|秒|多少|什么|怎么|几[个点分]|还[有剩]|所有|全部|一[个下]|那个|这个"
    "|[定设开来上弄订]个|[不没]|今天|明天|早上|晚上|下午|上午|现在|取消|暂停|继续|开始|结束|停止|正在|在走|在跑|运行"
)
_RECURS = re.compile(
    r"\b(every|each) (other|second|third|few|\w+ (days|weeks|hours|minutes|months|years)|hour|minute|day"
    r"|week|month|year|morning|evening|night|mon|tues|wednes|thurs|fri|satur|sun)|\b(daily|weekly|monthly|yearly|hourly)\b"
    "|每[隔天周日月年晚]|每个?(小时|月|星期|礼拜|工作日)|隔[一天]",
    re.IGNORECASE,
)
"""What recurs in another way than on weekdays is no reminder that could be kept; nobody must believe so."""
_PAST_ZH = {"昨天": -1, "昨日": -1, "前天": -2}
"""Days that only the calendar is asked for."""
_ASKS_EN = re.compile(
    r"(what|who|how|why|when|where|which|whose|if|whether|again|of|please|for|at|on|in|to)\b", re.IGNORECASE
)
_ASKS_ZH = re.compile("谁|什么|怎么|为何|哪|吗|几[点个岁时]|多少|呢|如何|是不是|有没有|^[了的过]|了$")


class Slots:
    """The parsers for one utterance."""

    def __init__(
        self,
        text: str,
        tokens: Sequence[Token],
        language: str,
        now: datetime,
        personas: Mapping[tuple[str, ...], str],
    ) -> None:
        """``personas``: the names of each as tokens, and which it is."""
        self._text = text
        self._tokens = tokens
        self._words = [token.text for token in tokens]
        self._language = language
        self._now = now
        self._personas = personas
        self.parsers: dict[str, Callable[[int], Iterator[tuple[int, object]]]] = {
            "seconds": self._durations,
            "ignored": self._durations,
            "more": self._more,
            "within": lambda start: ((end, Moment(after=n)) for end, n in self._durations(start)),
            "at": lambda start: self._times(start, bare=True),
            "until": lambda start: self._times(start, bare=True),
            "when": lambda start: self._times(start, bare=False),
            "day": self._days,
            "name": self._names,
            "text": self._texts,
            "plain": self._plain_texts,
            "level": self._levels,
            "by": self._levels,
            "expression": lambda start: (sums_zh if language == "zh" else sums_en)(self._words, start),
            "amount": self._amounts,
            "to_unit": lambda start: units(self._words, start, language),
            "persona": self._personas_called,
        }

    def _durations(self, start: int) -> Iterator[tuple[int, int]]:
        parse = durations_zh.durations if self._language == "zh" else durations_en.durations
        return parse(self._words, start)

    def _more(self, start: int) -> Iterator[tuple[int, int]]:
        for end, seconds in self._durations(start):
            if not {"another", *durations_en.MORE}.isdisjoint(self._words[start:end]):
                yield end, seconds

    def _moments(self, start: int, *, bare: bool) -> Iterator[tuple[int, Moment]]:
        parse = moments_zh.moments if self._language == "zh" else moments_en.moments
        return parse(self._words, start, bare=bare)

    def _times(self, start: int, *, bare: bool) -> Iterator[tuple[int, Moment]]:
        """Only those that there are ("today" alone is no time, the 31st of February no day)."""
        return (
            (end, moment)
            for end, moment in self._moments(start, bare=bare)
            if resolve(moment, self._now) is not None
        )

    def _days(self, start: int) -> Iterator[tuple[int, Moment]]:
        if word(self._words, start) == "yesterday":
            yield start + 1, Moment(offset=-1)
        past = _PAST_ZH.get("".join(self._words[start : start + 2]))
        if past is not None:
            yield start + 2, Moment(offset=past)
        for end, moment in self._moments(start, bare=False):
            if moment.after is not None and moment.after % DAY == 0:  # "in five days"
                yield end, Moment(offset=moment.after // DAY)
            elif moment.dated and not moment.timed and moment.part is None and not moment.repeats:
                yield end, moment

    def _numbers(self, start: int) -> Iterator[tuple[int, Fraction]]:
        parse = numbers_zh.numbers if self._language == "zh" else numbers_en.numbers
        return parse(self._words, start)

    def _said(self, start: int, end: int) -> str:
        """The words as they were written, without the marks around them."""
        return self._text[self._tokens[start].start : self._tokens[end - 1].end].strip(" ,，、。.:：;；")

    def _names(self, start: int) -> Iterator[tuple[int, str]]:
        for end in range(start + 1, min(len(self._words), start + MAX_NAME_WORDS[self._language]) + 1):
            words = self._words[start:end]
            said = self._said(start, end)
            if self._language == "zh":
                if _NO_NAME_ZH.search(said) or any(map(self._is_time, range(start, end))):
                    return
            elif (
                words[0] in _NAME_BEGINS_EN or _is_no_name(words) or numbers_en.digits(words[-1]) is not None
            ):
                return
            yield end, said.casefold()

    def _is_time(self, start: int) -> bool:
        readings = itertools.chain(self._durations(start), moments_zh.clocks(self._words, start))
        return next(readings, None) is not None

    def _texts(self, start: int) -> Iterator[tuple[int, str]]:
        for end in range(start + 1, len(self._words) + 1):
            said = self._said(start, end)
            if len(said) > 1 and not _RECURS.search(said):
                yield end, said

    def _plain_texts(self, start: int) -> Iterator[tuple[int, str]]:
        asks = _ASKS_ZH.search if self._language == "zh" else _ASKS_EN.match
        return ((end, said) for end, said in self._texts(start) if not asks(said))

    def _levels(self, start: int) -> Iterator[tuple[int, int]]:
        percent = word(self._words, start) == "百"
        for end, number in self._numbers(start):
            value = number * 100 if percent or number.denominator in (2, 3, 4, 5) else number
            if value == 1 and word(self._words, end) in {"点", "些", "下", "格", "档"}:
                continue  # 大一点
            if value.denominator == 1 and 0 <= value <= 1000:
                after = end + (2 if self._words[end : end + 2] == ["per", "cent"] else 0)
                yield after, min(100, int(value))
                if word(self._words, after) in {"percent", "%"}:
                    yield after + 1, min(100, int(value))

    def _amounts(self, start: int) -> Iterator[tuple[int, tuple[Fraction, Unit]]]:
        """A number and its unit, or one unit ("in a pound"), or two ("5 foot 6", 五英尺六英寸)."""
        below_zero = word(self._words, start) in {"minus", "negative", "−"}
        below_zero |= self._words[start : start + 2] == ["零", "下"]
        first = start + below_zero * (2 if self._language == "zh" else 1)
        counted = [(end, -n if below_zero else n) for end, n in self._numbers(first)]
        one = start + (word(self._words, start) in {"a", "an"})
        if self._language == "en":
            counted.append((one, Fraction(1)))
            counted += [(end + 1, n) for end, n in counted if n < 1 and word(self._words, end) in {"a", "an"}]
        elif word(self._words, start) == "半":
            counted.append((start + 1, Fraction(1, 2)))
        for end, number in counted:
            of = end + (word(self._words, end) in {"degrees", "degree", "°", "个"})
            for after, unit in (
                *units(self._words, end, self._language),
                *units(self._words, of, self._language),
            ):
                yield after, (number, unit)
                yield from self._smaller(after, number, unit)
        if self._language == "zh":
            yield from self._degrees(start)

    def _degrees(self, start: int) -> Iterator[tuple[int, tuple[Fraction, Unit]]]:
        """A temperature whose scale stands first: 华氏三百五十度."""
        for at, unit in units(self._words, start, self._language):
            if unit.measures != "temperature":
                continue
            below_zero = self._words[at : at + 2] == ["零", "下"]
            for end, number in self._numbers(at + 2 * below_zero):
                if word(self._words, end) == "度":
                    yield end + 1, (-number if below_zero else number, unit)

    def _smaller(
        self, start: int, number: Fraction, unit: Unit
    ) -> Iterator[tuple[int, tuple[Fraction, Unit]]]:
        if self._language == "zh" and not unit.offset:
            yield from self._tenths(start, number, unit)
        at = start + (word(self._words, start) in {"and", "零", "又"})
        for end, more in self._numbers(at):
            for after, smaller in units(self._words, end, self._language):
                if smaller.measures == unit.measures and smaller.factor < unit.factor and not unit.offset:
                    yield after, (number + convert(more, smaller, unit), unit)
            if unit.name == "foot" and more < 12:  # "5 foot 6"
                yield end, (number + more / 12, unit)

    def _tenths(
        self, start: int, number: Fraction, unit: Unit
    ) -> Iterator[tuple[int, tuple[Fraction, Unit]]]:
        """What is said of a unit behind it: 两斤半, 一米八, 一米七五."""
        if word(self._words, start) == "半":
            yield start + 1, (number + Fraction(1, 2), unit)
        if unit.name == "meter" and number.denominator == 1:
            part = ""
            for said in self._words[start : start + 2]:
                figure = str(numbers_zh.DIGITS.get(said, said))
                if not (figure.isascii() and figure.isdigit() and len(part + figure) <= 2):
                    return
                part += figure
                start += 1
                yield start, (number + Fraction(int(part), 10 ** len(part)), unit)

    def _personas_called(self, start: int) -> Iterator[tuple[int, str]]:
        for name, persona in self._personas.items():
            if tuple(self._words[start : start + len(name)]) == name:
                yield start + len(name), persona


def _is_no_name(words: Sequence[str]) -> bool:
    for at, said in enumerate(words):
        if said in _NO_NAME_EN and tuple(words[max(0, at - 1) : at + 1]) not in _TIMES:
            return True
    return False


def filled(
    values: Sequence[tuple[str, object]], command: str, now: datetime, *, previous: str = ""
) -> dict[str, object] | None:
    """A command's slots from what its pattern took; None where together they mean nothing.

    Beside them ``after``: the seconds from now at which ``at`` is, where it was said so.

    ``previous``: the command that was said before it in the same breath.
    """
    slots: dict[str, object] = {}
    moment = Moment()
    for name, taken in values:
        value = Moment(repeats=_RECURRENCES[str(taken)]) if name == "repeats" else taken
        if isinstance(value, Moment):
            joined = moment.joined(value)
            if joined is None:
                return None
            moment = joined
        elif name == "amount":
            assert isinstance(value, tuple)
            slots["value"], slots["unit"] = value
        elif name in _ALIASES:
            slots[_ALIASES[name]] = value
        elif name != "ignored":
            slots[name] = value
    question, able, asking = (bool(slots.pop(mark, False)) for mark in ("question", "ability", "asking"))
    if (question and not able) or (asking and command not in ASKING):
        return None  # 闹钟关了吗 is no wish (能关闹钟吗 is one), and neither is 看一下闹钟
    if slots.pop("next", False) and previous != command:
        return None
    if slots.pop("once", False) and moment.repeats:
        return None
    if slots.pop("absolute", False) and moment.after is not None:
        return None
    habit = Habit(str(slots.pop("habit", Habit.ALARM if command.startswith("alarm") else Habit.NEXT)))
    if moment != Moment() and not _set_time(slots, moment, command, now, habit):
        return None
    if command == "convert" and not _set_units(slots):
        return None
    return slots


def _set_time(slots: dict[str, object], moment: Moment, command: str, now: datetime, habit: Habit) -> bool:
    if command in {"date", "weekday"} and moment.offset == 0:
        return True
    if moment.offset is not None and moment.offset < 0:
        slots["at"] = (now + timedelta(moment.offset)).date().isoformat()
        return True
    at = resolve(moment, now, habit)
    if at is None:
        return False
    at = at.replace(tzinfo=None)
    if command == "snooze":
        slots["seconds"] = moment.after
        return moment.after is not None
    if command == "timer_set":
        seconds = round((at - now.replace(tzinfo=None)).total_seconds())
        slots["seconds"] = seconds
        return moment.timed and 0 < seconds <= DAY
    if command in {"date", "weekday"}:
        slots["at"] = at.date().isoformat()
        return True
    if command == "alarm_set" and not moment.timed:
        return True  # "wake me tomorrow": at what time must be asked
    if command.endswith("_cancel") and moment.repeats and not moment.timed:
        slots["repeats"] = _days(moment)
        return True
    if command.endswith("_cancel") and not moment.timed:
        slots["at"] = at.date().isoformat()  # whatever comes on that day
        return True
    if moment.after is not None:
        slots["after"] = moment.after
    slots["at"] = at.isoformat(timespec="seconds")
    if moment.repeats:
        slots["repeats"] = _days(moment)
    return True


def _days(moment: Moment) -> str | list[str]:
    return "daily" if len(moment.repeats) == len(WEEKDAYS) else list(moment.repeats)


def _fluid(unit: Unit, other: Unit) -> Unit:
    """An ounce is a fluid one beside a cup."""
    return UNITS["fluid ounce"] if unit.name == "ounce" and other.measures == "volume" else unit


def _set_units(slots: dict[str, object]) -> bool:
    unit, into, value = slots["unit"], slots["to_unit"], slots["value"]
    assert isinstance(unit, Unit)
    assert isinstance(into, Unit)
    assert isinstance(value, Fraction)
    unit, into = _fluid(unit, into), _fluid(into, unit)
    if unit.measures != into.measures or unit is into:
        return False
    slots["unit"], slots["to_unit"] = unit.name, into.name
    slots["value"] = int(value) if value.denominator == 1 else float(value)
    return True
