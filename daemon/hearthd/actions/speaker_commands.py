"""The speaker itself and the conversation: the spoken commands, and what is said of them."""

from __future__ import annotations

from datetime import datetime

from hearthd.actions.result import Outcome, Reason, Result
from hearthd.actions.row import Household, Row, always, nothing_to_do
from hearthd.dialogue.intent import SpokenCommand

STEP = 10
"""By so much the volume changes if nobody says by how much: less is hardly heard in a living room."""
QUIETEST = 5
"""Turned down step by step it stays audible: who wants silence says so."""


def _be_at(household: Household, level: int) -> Result:
    household.speaker.set_volume(level)
    return Result(level=level)


def _volume_set(household: Household, command: SpokenCommand) -> Result:
    return _be_at(household, int(command.slots["level"]))


def _volume_up(household: Household, command: SpokenCommand) -> Result:
    return _be_at(household, min(100, household.speaker.volume + int(command.slots.get("by", STEP))))


def _volume_down(household: Household, command: SpokenCommand) -> Result:
    now = household.speaker.volume
    return _be_at(household, max(min(QUIETEST, now), now - int(command.slots.get("by", STEP))))


def _volume_en(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    return [f"{result.level} percent.", f"Volume {result.level} percent."]


def _volume_zh(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    return [f"音量{result.level}%。", f"好的，音量{result.level}%。"]


def _mute(household: Household, command: SpokenCommand) -> Result:
    household.speaker.mute()
    return Result()


def _repeat(household: Household, command: SpokenCommand) -> Result:
    text = household.speaker.last_reply()
    return Result(text=text) if text else Result(Outcome.NONE)


def _repeated(command: SpokenCommand, result: Result, now: datetime) -> list[str]:
    return [result.text]


def _start_anew(household: Household, command: SpokenCommand) -> Result:
    household.speaker.start_anew()
    return Result()


async def _forget_last(household: Household, command: SpokenCommand) -> Result:
    gone = await household.speaker.forget_last()
    if gone is None:
        return Result(Outcome.REFUSED, reason=Reason.DISK)
    return Result() if gone else Result(Outcome.NONE)


SPEAKER = (
    Row("volume_set", _volume_set, _volume_en, _volume_zh),
    Row("volume_up", _volume_up, _volume_en, _volume_zh),
    Row("volume_down", _volume_down, _volume_en, _volume_zh),
    Row(
        "mute",
        _mute,
        always("My microphone is off now. Switch it on again at the speaker or in your home's app."),
        always("我的麦克风关了，要再打开，请按音箱上的按钮或者用家里的应用。"),
    ),
    Row(
        "repeat",
        _repeat,
        _repeated,
        _repeated,
        nothing={"en": "I haven't said anything yet.", "zh": "我还没说过什么。"},
    ),
    Row("stop", nothing_to_do),
    Row("never_mind", nothing_to_do, always("OK.", "All right."), always("好的。", "好。")),
)
CONVERSATION = (
    Row(
        "new_conversation",
        _start_anew,
        always("All right, let's start over.", "OK, a new conversation."),
        always("好的，我们重新开始。", "好，新的对话。"),
    ),
    Row(
        "forget_last",
        _forget_last,
        always("Forgotten.", "It's forgotten."),
        always("好的，忘掉了。", "已经忘了。"),
        nothing={"en": "There is nothing to forget.", "zh": "没有什么可忘的。"},
    ),
    Row("persona", nothing_to_do),
)
