"""Numbers, durations, times and sums as people say them, and what libraries for them get wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from fractions import Fraction
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.text.normalize import numbers_en as spoken_en
from hearthd.text.normalize import numbers_zh as spoken_zh
from hearthd.text.understand import (
    durations_en,
    durations_zh,
    moments_en,
    moments_zh,
    numbers_en,
    numbers_zh,
)
from hearthd.text.understand.moments import WEEKDAYS, Habit, Moment, resolve
from hearthd.text.understand.sound_zh import alike, corrected
from hearthd.text.understand.sums import sums_en, sums_zh
from hearthd.text.understand.tokens import MAX_CHARACTERS, texts, tokenize

T = TypeVar("T")

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 27, 9, 30)
"""A Friday."""
WORKDAYS, WEEKEND = WEEKDAYS[:5], WEEKDAYS[5:]


def whole(parse: Callable[[list[str], int], Iterator[tuple[int, T]]], said: str) -> set[T]:
    """Every reading of all that was said."""
    tokens = texts(said)
    return {value for end, value in parse(tokens, 0) if end == len(tokens)}


def cases(table: str) -> list[tuple[str, ...]]:
    """The rows of a table, their cells separated by bars."""
    return [tuple(cell.strip() for cell in row.split("|")) for row in table.strip().splitlines()]


# --- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "value"),
    cases("""
        seventeen | 17
        twenty-five | 25
        twenty five | 25
        a hundred and twenty | 120
        two hundred and fifty three thousand four hundred and one | 253401
        nineteen hundred | 1900
        1,250 | 1250
        2.5 million | 2500000
        three point one four | 157/50
        two and a half | 5/2
        1 1/2 | 3/2
        1½ | 3/2
        three quarters | 3/4
        a third | 1/3
        zero point oh five | 1/20
    """),
)
def test_english_numbers(said: str, value: str) -> None:
    assert whole(numbers_en.numbers, said) == {Fraction(value)}


@pytest.mark.parametrize("said", ["twenty fifteen", "seven thirty", "hundred", "point", "and", "five and"])
def test_what_is_no_english_number(said: str) -> None:
    assert whole(numbers_en.numbers, said) == set()


@pytest.mark.parametrize(
    ("said", "value"),
    cases("""
        十七 | 17
        二十三 | 23
        一百零五 | 105
        一百五 | 150
        两万三 | 23000
        一千二百五十 | 1250
        一万零五百 | 10500
        一亿两千万 | 120000000
        10万 | 100000
        三点五 | 7/2
        零点零五 | 1/20
        三分之一 | 1/3
        百分之十五 | 3/20
        负五 | -5
        12,500 | 12500
        俩 | 2
    """),
)
def test_chinese_numbers(said: str, value: str) -> None:
    assert whole(numbers_zh.numbers, said) == {Fraction(value)}


@given(st.integers(0, 10**15 - 1))
def test_every_number_that_is_said_is_understood(number: int) -> None:
    assert Fraction(number) in whole(numbers_en.numbers, spoken_en.cardinal(number))
    assert Fraction(number) in whole(numbers_zh.numbers, spoken_zh.cardinal(number))
    assert Fraction(number) in whole(numbers_en.numbers, f"{number:,}")


# --- durations ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "seconds"),
    cases("""
        an hour and a half | 5400
        one and a half hours | 5400
        1.5 hours | 5400
        1½ hours | 5400
        ninety seconds | 90
        half an hour | 1800
        half-hour | 1800
        a quarter of an hour | 900
        three quarters of an hour | 2700
        an hour and a quarter | 4500
        two and a half minutes | 150
        a minute and a half | 90
        5 min | 300
        10-minute | 600
        ten more minutes | 600
        120 minutes | 7200
        a hundred and twenty seconds | 120
        1 hour 20 | 4800
        an hour and ten | 4200
        five minutes thirty | 330
        two hours, fifteen minutes and thirty seconds | 8130
        1h30m | 5400
        90s | 90
        a couple of minutes | 120
        two days | 172800
        another minute | 60
    """),
)
def test_english_durations(said: str, seconds: str) -> None:
    assert whole(durations_en.durations, said) == {int(seconds)}


@pytest.mark.parametrize(
    ("said", "seconds"),
    cases("""
        半小时 | 1800
        半个小时 | 1800
        半个钟头 | 1800
        半分钟 | 30
        一个半小时 | 5400
        两个半小时 | 9000
        一小时半 | 5400
        两分半 | 150
        两分半钟 | 150
        一刻钟 | 900
        三刻钟 | 2700
        1小时30分钟 | 5400
        一小时二十分 | 4800
        一个小时零五分 | 3900
        九十秒 | 90
        90秒 | 90
        一百二十分钟 | 7200
        1.5小时 | 5400
        一点五小时 | 5400
        俩小时 | 7200
        两个钟 | 7200
        一分三十秒 | 90
        五分三十 | 330
        三天 | 259200
        一周 | 604800
    """),
)
def test_chinese_durations(said: str, seconds: str) -> None:
    assert whole(durations_zh.durations, said) == {int(seconds)}


@pytest.mark.parametrize(
    "said", ["ten", "minutes", "0 minutes", "a thousand weeks", "十", "分钟", "零分钟", "一万周"]
)
def test_what_is_no_duration(said: str) -> None:
    assert whole(durations_en.durations, said) | whole(durations_zh.durations, said) == set()


# --- times --------------------------------------------------------------------------------------


def times(said: str, habit: Habit = Habit.NEXT, now: datetime = NOW) -> set[str]:
    """The local times that ``said`` may mean."""
    chinese = any("\u3400" <= character <= "\u9fff" for character in said)

    def parse(tokens: list[str], start: int) -> Iterable[tuple[int, Moment]]:
        return (moments_zh if chinese else moments_en).moments(tokens, start, bare=True)

    tokens = texts(said)
    found = {resolve(moment, now, habit) for end, moment in parse(tokens, 0) if end == len(tokens)}
    return {at.isoformat(timespec="minutes") for at in found if at is not None}


@pytest.mark.parametrize(
    ("said", "at"),
    cases("""
        at seven | 2026-11-27T19:00
        seven a.m. | 2026-11-28T07:00
        7:30 pm | 2026-11-27T19:30
        19:30 | 2026-11-27T19:30
        07:30 | 2026-11-28T07:30
        730 tomorrow morning | 2026-11-28T07:30
        quarter past seven | 2026-11-27T19:15
        half past seven in the morning | 2026-11-28T07:30
        half seven | 2026-11-27T19:30
        ten to eight tomorrow morning | 2026-11-28T07:50
        a quarter to nine | 2026-11-27T20:45
        half past | 2026-11-27T10:30
        quarter past | 2026-11-27T10:15
        seven oh five | 2026-11-27T19:05
        six o'clock this evening | 2026-11-27T18:00
        noon | 2026-11-27T12:00
        midnight | 2026-11-28T00:00
        tomorrow at noon | 2026-11-28T12:00
        tomorrow at seven | 2026-11-28T07:00
        tomorrow at three | 2026-11-28T15:00
        tonight at eight | 2026-11-27T20:00
        tonight at one | 2026-11-28T01:00
        the day after tomorrow at 8 | 2026-11-29T08:00
        on Monday at 9 | 2026-11-30T09:00
        Friday at 5 pm | 2026-11-27T17:00
        Friday at 8 am | 2026-12-04T08:00
        next Friday at 8 am | 2026-12-04T08:00
        December 5th at 9 in the morning | 2026-12-05T09:00
        the fifth of December at nine a.m. | 2026-12-05T09:00
        on the 5th at noon | 2026-12-05T12:00
        in two hours | 2026-11-27T11:30
        in half an hour | 2026-11-27T10:00
        in an hour and a half | 2026-11-27T11:00
        twenty minutes from now | 2026-11-27T09:50
        in two days at 10 am | 2026-11-29T10:00
        tomorrow morning | 2026-11-28T09:00
        tomorrow | 2026-11-28T09:00
        七点 | 2026-11-27T19:00
        明早七点 | 2026-11-28T07:00
        周一 | 2026-11-30T09:00
        周一早上七点 | 2026-11-30T07:00
        星期天上午十点 | 2026-11-29T10:00
        礼拜三晚上八点 | 2026-12-02T20:00
        下周三早上八点 | 2026-12-02T08:00
        下午三点一刻 | 2026-11-27T15:15
        两点三刻 | 2026-11-27T14:45
        七点半 | 2026-11-27T19:30
        7点半 | 2026-11-27T19:30
        七点零五分 | 2026-11-27T19:05
        十点十五 | 2026-11-27T10:15
        差五分七点 | 2026-11-27T18:55
        七点差一刻 | 2026-11-27T18:45
        19点30分 | 2026-11-27T19:30
        明天中午十二点 | 2026-11-28T12:00
        中午12点 | 2026-11-27T12:00
        中午一点半 | 2026-11-27T13:30
        今晚十二点 | 2026-11-28T00:00
        晚上一点 | 2026-11-28T01:00
        凌晨四点 | 2026-11-28T04:00
        零点 | 2026-11-28T00:00
        半小时后 | 2026-11-27T10:00
        一个半小时之后 | 2026-11-27T11:00
        过一刻钟 | 2026-11-27T09:45
        三天后早上八点 | 2026-11-30T08:00
        大后天下午三点 | 2026-11-30T15:00
        12月5日上午9点 | 2026-12-05T09:00
        十二月五号上午九点 | 2026-12-05T09:00
        五号下午三点 | 2026-12-05T15:00
    """),
)
def test_a_time_is_the_next_one(said: str, at: str) -> None:
    assert times(said) == {at}


@pytest.mark.parametrize(
    "said",
    ["at 25", "7:75", "at seven seventy", "February 31st at noon", "二十五点", "七点七十分", "二月三十一号"],
)
def test_what_is_no_time(said: str) -> None:
    assert times(said) == set()


@pytest.mark.parametrize(
    ("said", "habit", "at"),
    [
        ("seven", Habit.WAKE, "2026-11-28T07:00"),
        ("three", Habit.WAKE, "2026-11-27T15:00"),
        ("seven", Habit.ALARM, "2026-11-27T19:00"),
        ("tomorrow at six", Habit.ALARM, "2026-11-28T06:00"),
        ("tomorrow at six", Habit.NEXT, "2026-11-28T18:00"),
        ("七点", Habit.WAKE, "2026-11-28T07:00"),
        ("明天六点", Habit.ALARM, "2026-11-28T06:00"),
    ],
)
def test_which_half_of_the_day_is_meant_depends_on_what_for(said: str, habit: Habit, at: str) -> None:
    assert times(said, habit) == {at}


def test_what_is_over_today_is_tomorrow() -> None:
    late = datetime(2026, 11, 27, 23, 15)
    assert times("at seven", now=late) == {"2026-11-28T07:00"}
    assert times("today at eight", now=late) == {"2026-11-28T08:00"}
    assert times("今天晚上八点", now=late) == {"2026-11-28T20:00"}
    assert times("half past", now=late) == {"2026-11-27T23:30"}


def test_the_turn_of_the_year_and_leap_days_are_found() -> None:
    assert times("on the 31st at noon", now=datetime(2026, 11, 30, 9)) == {"2026-12-31T12:00"}
    assert times("January 1st at noon") == {"2027-01-01T12:00"}
    assert times("February 29th at noon") == {"2028-02-29T12:00"}


def test_hours_from_now_are_hours_when_the_clocks_change() -> None:
    berlin = datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert times("in one hour", now=berlin) == {"2026-03-29T03:30+02:00"}


@pytest.mark.parametrize(
    ("said", "days", "at"),
    [
        ("every weekday at 7 am", WORKDAYS, "2026-11-30T07:00"),
        ("weekdays at seven", WORKDAYS, "2026-11-30T07:00"),
        ("Monday through Friday at 6:30 am", WORKDAYS, "2026-11-30T06:30"),
        ("every day at nine pm", WEEKDAYS, "2026-11-27T21:00"),
        ("every morning at seven", WEEKDAYS, "2026-11-28T07:00"),
        ("on weekends at ten in the morning", WEEKEND, "2026-11-28T10:00"),
        ("Tuesdays and Thursdays at 7 a.m.", ("tuesday", "thursday"), "2026-12-01T07:00"),
        ("every Monday, Wednesday and Friday at noon", ("monday", "wednesday", "friday"), "2026-11-27T12:00"),
        ("每天早上七点", WEEKDAYS, "2026-11-28T07:00"),
        ("工作日早上七点", WORKDAYS, "2026-11-30T07:00"),
        ("周一到周五早上七点", WORKDAYS, "2026-11-30T07:00"),
        ("每个周末早上九点半", WEEKEND, "2026-11-28T09:30"),
        ("每周二和周四早上七点", ("tuesday", "thursday"), "2026-12-01T07:00"),
        ("每周一三五早上七点", ("monday", "wednesday", "friday"), "2026-11-30T07:00"),
        ("每逢星期三晚上八点", ("wednesday",), "2026-12-02T20:00"),
    ],
)
def test_what_recurs_says_on_which_days(said: str, days: tuple[str, ...], at: str) -> None:
    tokens = texts(said)
    parse = (moments_zh if ord(said[0]) > 0x3400 else moments_en).moments
    moments = {moment for end, moment in parse(tokens, 0, bare=True) if end == len(tokens)}
    assert {moment.repeats for moment in moments} == {days}
    assert times(said) == {at}


@given(st.integers(0, 23), st.integers(0, 59), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_every_time_of_a_clock_is_understood_and_lies_ahead(hour: int, minute: int, now: datetime) -> None:
    (at,) = times(f"at {hour:02}:{minute:02}", now=now)
    found = datetime.fromisoformat(at)
    assert found.hour == hour or (
        10 <= hour <= 12 and found.hour == (hour + 12) % 24
    )  # "10:00" may be at night
    assert found.minute == minute
    assert 0 < (found - now.replace(microsecond=0)).total_seconds() <= 86400
    assert at in times(f"{hour}点{minute}分" if minute else f"{hour}点整", now=now) or 1 <= hour <= 12


# --- sums ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "written"),
    cases("""
        17 times 23 | 17*23
        seventeen times twenty-three | 17*23
        12 x 12 | 12*12
        12x12 | 12*12
        3 plus 4 times 2 | 3+4*2
        15 percent of 80 | 15/100*80
        20% of 250 | 20/100*250
        half of 90 | 90/2
        two thirds of 90 | 90/3*2
        the square root of 144 | sqrt(144)
        five squared | 5^2
        two to the power of ten | 2^10
        10 to the 3rd power | 10^3
        multiply 14 by 6 | 14*6
        subtract 5 from 20 | 20-5
        100 - 37 | 100-37
        minus 5 plus 3 | (-5)+3
        one third plus one quarter | (1/3)+0.25
        十七乘以二十三 | 17*23
        三加四乘二 | 3+4*2
        三除九 | 9/3
        八十的百分之十五 | 80*15/100
        250的20% | 250*20/100
        九十的一半 | 90/2
        根号一百四十四 | sqrt(144)
        一百四十四的平方根 | sqrt(144)
        二的十次方 | 2^10
        12×12 | 12*12
        三分之一加四分之一 | (1/3)+0.25
    """),
)
def test_sums_are_written_down(said: str, written: str) -> None:
    assert written in whole(sums_zh if ord(said[0]) > 0x3400 or "的" in said else sums_en, said)


@pytest.mark.parametrize(
    "said", ["9/11", "24/7", "555-1234", "10-4", "20%", "-5", "three", "1,250", "三分之一", "九一一"]
)
def test_what_is_no_sum(said: str) -> None:
    assert whole(sums_en, said) | whole(sums_zh, said) == set()


# --- tokens -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("What's 7 a.m., o'clock?", "what is 7 am o'clock"),
        ("I'd like 7PM", "i would like 7 pm"),
        ("a 10-minute timer", "a 10 minute timer"),
        ("Um, set, uh, a timer", "set a timer"),
        ("today's alarm", "today's alarm"),
        ("音量60％啊", "音 量 60 %"),
        ("嗯，啊，好的", "好 的"),
    ],
)
def test_words_are_made_comparable(said: str, words: str) -> None:
    assert texts(said) == words.split()


@given(st.text(max_size=MAX_CHARACTERS))
def test_tokens_stand_in_order_where_they_say(said: str) -> None:
    at = 0
    for token in tokenize(said):
        assert at <= token.end <= len(said)
        assert token.start < token.end
        at = token.start


# --- sounds -------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", ["中钟", "即计", "色摄", "时十", "闹脑", "想响", "订定", "奢设"])
def test_characters_of_one_sound_are_alike(pair: str) -> None:
    assert alike(pair[0], pair[1])


@pytest.mark.parametrize("pair", ["灯钟", "电定", "a中", "中a", "🙂中"])
def test_characters_of_other_sounds_are_not(pair: str) -> None:
    assert not alike(pair[0], pair[1])


def test_a_term_is_mended_where_one_of_its_characters_is_right() -> None:
    assert "".join(corrected(list("一个半小十以后"), ["小时"])) == "一个半小时以后"
    assert "".join(corrected(list("笑十一下"), ["小时"])) == "笑十一下"
