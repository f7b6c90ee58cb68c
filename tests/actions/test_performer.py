"""What is said, what it does, and what is answered: dialogues with the timers, on a virtual clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from hearthd.actions.performer import PENDING_SECONDS, Performer
from hearthd.actions.timers.alert import MAX_ALERTS, Kind
from hearthd.actions.timers.store import AlertStore
from hearthd.actions.timers.timers import Timers
from hearthd.conversation.commands import CommandResponder
from hearthd.conversation.responders import Request
from hearthd.dialogue.intent import Question, SpokenCommand
from hearthd.dialogue.ring_events import Over
from hearthd.engines.messages import texts
from tests.actions import corpus
from tests.actions.timers.virtual import NotingBell, VirtualClock

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 27, 9, 30)


class Box:
    """A speaker that writes down what is done with it."""

    room = ""

    def __init__(self) -> None:
        self.volume = 50
        self.done: list[str] = []
        self.said = "It is about forty degrees."

    def set_volume(self, level: int) -> None:
        self.volume = level

    def mute(self) -> None:
        self.done.append("mute")

    def last_reply(self) -> str:
        return self.said

    def start_anew(self) -> None:
        self.done.append("anew")

    async def forget_last(self) -> bool | None:
        self.done.append("forget")
        return bool(self.said)


class Household:
    """Somebody speaks; ``asks`` returns the answer, or None where the words go to the model."""

    def __init__(self, *, timers: bool = True) -> None:
        self.clock, self.bell, self.box = VirtualClock(NOW), NotingBell(), Box()
        self.timers = Timers(AlertStore(None), self.clock, self.bell)
        self.timers.trust()
        self.performer = Performer(self.timers if timers else None, self.box, self.clock.boot)
        self.responder = CommandResponder(corpus.matcher(), self.performer)

    async def asks(self, words: str, language: str = "") -> str | None:
        async def certain() -> None: ...

        spoken = language or ("zh" if any("\u3400" < c < "\u9fff" for c in words) else "en")
        wanted = self.responder.understood(words) or Question()
        self.responder._answered = 0  # the first wording
        reply = await self.responder.respond(Request(wanted, words, spoken, certain=certain))
        return None if reply is None else "".join([text async for text in texts(reply)])


@pytest.fixture
def house() -> Iterator[Household]:
    household = Household()
    yield household
    household.timers.close()


DIALOGUES = {
    "yesterday": """
        What day was it yesterday? > Yesterday was Thursday.
        What was the date yesterday? > Yesterday was Thursday, November 26th, 2026.
        昨天几号？ > 昨天是2026年11月26号，星期四。
    """,
    "the alarm of some days": """
        Wake me at seven every weekday. > Alarm set for every weekday at 7 a.m., first on Monday.
        Set an alarm for Monday at nine. > Alarm set for Monday at 9 a.m.
        Cancel the weekend alarm. > There is no such alarm.
        Cancel the weekday alarm. > I've cancelled the alarm for every weekday at 7 a.m.
        Which alarms are set? > One alarm: on Monday at 9 a.m.
    """,
    "timers": """
        Set a pasta timer for ten minutes. > Pasta timer, 10 minutes, starting now.
        Set a timer for an hour and a half. > 1 hour and 30 minutes, starting now.
        How long is left on the pasta timer? > 10 minutes left on the pasta timer.
        Which timers are running? > Two timers: the pasta timer has 10 minutes left; \
the 1 hour 30 minute timer has 1 hour and 30 minutes left.
        Add five minutes to the pasta timer. > Added. 15 minutes left.
        Take two minutes off the pasta timer. > Done. 13 minutes left.
        Pause the pasta timer. > Paused, with 13 minutes left.
        How long is left on the pasta timer? > Paused, with 13 minutes left.
        Resume the pasta timer. > Going on. 13 minutes left.
        Cancel the timer. > The pasta timer or the 1 hour 30 minute timer?
        The pasta timer. > I've cancelled the pasta timer.
        Cancel the timer. > I've cancelled the 1 hour 30 minute timer.
        Cancel the timer. > There is no timer set.
        How much time is left? > There is no timer set.
        Cancel the tea timer. > There is no timer called tea.
        Set a timer for twelve days. > That's too long for a timer. A week is the longest I can do.
    """,
    "timers in Chinese": """
        给泡面定个三分钟的计时器。 > 泡面计时器，3分钟，开始计时。
        定时半小时。 > 好的，半小时，开始计时。
        泡面计时器还剩多久？ > 泡面计时器还剩3分钟。
        有哪些计时器？ > 有2个计时器：泡面计时器还剩3分钟；半小时的计时器还剩半小时。
        泡面计时器加三十秒。 > 加好了，还剩3分钟30秒。
        暂停泡面计时器。 > 暂停了，还剩3分钟30秒。
        继续泡面的计时器。 > 继续计时，还剩3分钟30秒。
        取消计时器。 > 泡面计时器还是半小时的计时器？
        泡面的。 > 泡面计时器取消了。
        取消所有计时器。 > 半小时的计时器取消了。
        还剩多久？ > 现在没有计时器。
    """,
    "what was left open": """
        Set a timer. > For how long?
        Ten minutes. > 10 minutes, starting now.
        Set an alarm. > For what time?
        Seven tomorrow morning. > Alarm set for tomorrow at 7 a.m.
        Remind me to buy milk. > When shall I remind you?
        At five. > I'll remind you today at 5 p.m.: buy milk.
        Remind me in an hour. > What shall I remind you of?
        To call my mother. > I'll remind you today at 10:30 a.m.: call your mother.
        Set a timer. > For how long?
        Why is the sky blue? > None
        Ten minutes. > None
        定一个闹钟。 > 定在几点？
        明天早上七点半。 > 闹钟定好了，明天早上7点半。
        提醒我买牛奶。 > 什么时候提醒你？
        下午五点。 > 好的，今天下午5点提醒你买牛奶。
        设个定时器。 > 要多长时间？
        五分钟吧。 > 好的，5分钟，开始计时。
    """,
    "alarms": """
        Wake me at seven every weekday. > Alarm set for every weekday at 7 a.m., first on Monday.
        Wake me up tomorrow at eight. > Alarm set for tomorrow at 8 a.m.
        Set an alarm for December 5th at 9 am. > Alarm set for Saturday, December 5th at 9 a.m.
        Which alarms are set? > Three alarms: tomorrow at 8 a.m.; every weekday at 7 a.m.; \
on Saturday, December 5th at 9 a.m.
        Cancel my alarm for tomorrow. > I've cancelled the alarm for tomorrow at 8 a.m.
        Cancel the seven o'clock alarm. > I've cancelled the alarm for every weekday at 7 a.m.
        Cancel all alarms. > I've cancelled the alarm for Saturday, December 5th at 9 a.m.
        Snooze. > Nothing is ringing.
        工作日早上七点叫我起床。 > 闹钟定好了，每个工作日早上7点，星期一开始。
        我有哪些闹钟？ > 有1个闹钟：每个工作日早上7点。
        取消七点的闹钟。 > 每个工作日早上7点的闹钟取消了。
    """,
    "reminders": """
        Remind me in ten minutes to check the oven. > I'll remind you in 10 minutes: check the oven.
        Remind me every day at nine pm to feed my cat. > I'll remind you every day at 9 p.m.: feed your cat.
        What are my reminders? > Two reminders: in 10 minutes: check the oven; \
every day at 9 p.m.: feed your cat.
        Cancel the reminder to check the oven. > I won't remind you any more: check the oven.
        Cancel my nine pm reminder. > I won't remind you any more: feed your cat.
        明天下午三点提醒我给我妈妈打电话。 > 好的，明天下午3点提醒你给你妈妈打电话。
        我有哪些提醒？ > 有1个提醒：明天下午3点给你妈妈打电话。
        取消给妈妈打电话的提醒。 > 给你妈妈打电话的提醒取消了。
    """,
    "the speaker itself": """
        What time is it? > It's 9:30 a.m.
        What's the date? > It's Friday, November 27th, 2026.
        What day is tomorrow? > Tomorrow is Saturday.
        What day of the week is December 5th? > December 5th is a Saturday.
        现在几点？ > 现在是上午9点半。
        今天几号？ > 今天是2026年11月27号，星期五。
        明天星期几？ > 明天是星期六。
        Louder. > 60 percent.
        A bit louder. > 65 percent.
        Set the volume to thirty percent. > 30 percent.
        把音量调小。 > 音量20%。
        Say that again. > It is about forty degrees.
        New conversation. > All right, let's start over.
        Forget what I just said. > Forgotten.
        Never mind. > OK.
        算了。 > 好的。
    """,
    "sums": """
        What's 17 times 23? > That's 391.
        What's 100 divided by 7? > That's about 14.29.
        What's 10 divided by 0? > Nothing can be divided by zero.
        What's the square root of 2? > That's about 1.41.
        What's 9 to the power of 900? > That number is too big to say.
        三磅是多少公斤？ > 3磅大约是1.36公斤。
        180 Celsius in Fahrenheit > 180 degrees Celsius is 356 degrees Fahrenheit.
        How many grams are in a pound? > 1 pound is about 453.6 grams.
        十七乘以二十三等于几？ > 等于391。
        What's minus 400 Celsius in Fahrenheit? > I can't do that.
    """,
}


@pytest.mark.parametrize("dialogue", DIALOGUES)
async def test_what_is_said_is_done_and_answered(house: Household, dialogue: str) -> None:
    for line in DIALOGUES[dialogue].strip().splitlines():
        words, _, expected = line.strip().partition(" > ")
        assert str(await house.asks(words)) == expected, words


async def test_which_of_two_may_be_answered_with_all_of_them(house: Household) -> None:
    for words in ("Set a timer for one minute", "Set a timer for two minutes"):
        await house.asks(words)
    assert await house.asks("Cancel the timer") == "The 1 minute timer or the 2 minute timer?"
    assert await house.asks("Both") == "Two timers cancelled."
    assert house.timers.alerts() == []


async def test_a_question_that_waited_too_long_is_not_answered_any_more(house: Household) -> None:
    await house.asks("Set a timer.")
    house.clock.passes(PENDING_SECONDS + 1)
    assert await house.asks("Ten minutes.") is None


async def test_what_was_asked_about_is_not_any_name(house: Household) -> None:
    for words in ("Set an egg timer for one minute", "Set a tea timer for two minutes", "Cancel the timer"):
        await house.asks(words)
    assert await house.asks("the moon") is None
    assert len(house.timers.alerts()) == 2


async def test_a_timer_that_has_rung_cannot_be_cancelled(house: Household) -> None:
    await house.asks("Set a timer for one minute")
    house.clock.passes(61)
    house.timers.look()
    assert await house.asks("Cancel the timer.") == "I've cancelled the 1 minute timer."
    assert house.bell.hushed


async def test_five_more_minutes_ring_again(house: Household) -> None:
    await house.asks("Wake me up in one hour")
    house.clock.passes(3601)
    house.timers.look()
    (alarm,) = house.timers.alerts()
    house.timers.over(alarm.id, Over.STOPPED)
    assert await house.asks("Five more minutes.") == "Snoozing for 5 minutes."
    assert [round(house.timers.left(one)) for one in house.timers.alerts(Kind.ALARM)] == [300]


async def test_switched_off_timers_say_so(house: Household) -> None:
    off = Household(timers=False)
    assert await off.asks("Set a timer for ten minutes") == "Timers are switched off in my configuration."
    assert await off.asks("贪睡") == "计时功能在设置里关掉了。"
    assert await off.asks("What's 2 plus 2?") == "That's 4."
    off.timers.close()


async def test_too_many_are_refused(house: Household) -> None:
    for _ in range(MAX_ALERTS):
        house.timers.set_timer(60)
    answer = await house.asks("Set a timer for ten minutes")
    assert answer == "There are too many set already. Cancel some first."


async def test_two_commands_have_two_answers(house: Household) -> None:
    answer = await house.asks("Set a timer for ten minutes and turn it up")
    assert answer == "10 minutes, starting now. 60 percent."


async def test_the_wordings_take_turns(house: Household) -> None:
    said = set()
    for seed in range(4):
        house.responder._answered = seed
        command = house.responder.understood("Set a timer for ten minutes")
        assert isinstance(command, SpokenCommand)
        reply = await house.responder.respond(Request(command, "", "en", certain=_certain))
        assert reply is not None
        said.add("".join([text async for text in texts(reply)]))
    assert said == {"10 minutes, starting now.", "Timer set for 10 minutes."}


async def _certain() -> None: ...
