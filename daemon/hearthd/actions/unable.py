"""What is said instead of a claim: that it was not done, and what would mend that."""

from __future__ import annotations

from dataclasses import dataclass

from hearthd.actions.requests import Act


@dataclass(frozen=True, slots=True)
class Means:
    """With what acts can be done here."""

    home: bool = False
    """Home Assistant is connected; it was asked before."""
    tools: bool = False
    """The model may call tools; it has called none that did it."""
    timers: bool = True


_HOME = frozenset({
    Act.LIGHT, Act.DEVICE, Act.HEATING, Act.DOOR, Act.BLIND, Act.TV, Act.MUSIC, Act.LIST, Act.CALENDAR,
})  # fmt: skip
"""What Home Assistant can do."""
_OWN = frozenset({Act.TIMER, Act.ALARM, Act.REMINDER, Act.VOLUME})
"""What the speaker does itself: it was asked in words that it did not understand."""
_TIMED = _OWN - {Act.VOLUME}

_CANNOT = {
    "en": {
        Act.LIGHT: "I can't turn lights on or off yet",
        Act.DEVICE: "I can't control that yet",
        Act.HEATING: "I can't control the heating yet",
        Act.DOOR: "I can't open or lock doors yet",
        Act.BLIND: "I can't move blinds yet",
        Act.TV: "I can't control the television yet",
        Act.MUSIC: "I can't play music yet",
        Act.LIST: "I can't keep lists yet",
        Act.CALL: "I can't make phone calls",
        Act.MESSAGE: "I can't send or read messages yet",
        Act.EMAIL: "I can't send or read mail yet",
        Act.BUY: "I can't order or pay for anything yet",
        Act.BOOK: "I can't book or cancel anything yet",
        Act.CALENDAR: "I can't change your calendar yet",
        Act.CAMERA: "I can't take or show pictures",
    },
    "zh": {
        Act.LIGHT: "我还不能开关灯",
        Act.DEVICE: "我还不能控制这个",
        Act.HEATING: "我还不能调暖气和空调",
        Act.DOOR: "我还不能开门锁门",
        Act.BLIND: "我还不能开关窗帘",
        Act.TV: "我还不能控制电视",
        Act.MUSIC: "我还不能放音乐",
        Act.LIST: "我还不能记清单",
        Act.CALL: "我不能打电话",
        Act.MESSAGE: "我还不能收发消息",
        Act.EMAIL: "我还不能收发邮件",
        Act.BUY: "我还不能买东西或付款",
        Act.BOOK: "我还不能预订或取消预订",
        Act.CALENDAR: "我还不能改日历",
        Act.CAMERA: "我不能拍照，也不能看摄像头",
    },
}
_MENDS = {
    "en": {"home": ": connect Home Assistant first.", "tool": ": connect a tool for it first.", "": "."},
    "zh": {"home": "：请先连接 Home Assistant。", "tool": "：请先连接相应的工具。", "": "。"},
}
_EXAMPLES = {
    "en": {
        Act.TIMER: "I didn't get that; no timer is changed. Say, for example: set a timer for ten minutes.",
        Act.ALARM: "I didn't get that; no alarm is changed. Say, for example: wake me at seven.",
        Act.REMINDER: "I didn't get that; no reminder is set. Say, for example: remind me at five to call.",
        Act.VOLUME: "I didn't get how loud. Say, for example: volume thirty.",
    },
    "zh": {
        Act.TIMER: "我没听懂，计时器没有变。可以这样说：定一个十分钟的计时器。",
        Act.ALARM: "我没听懂，闹钟没有变。可以这样说：明早七点叫我起床。",
        Act.REMINDER: "我没听懂，提醒没有变。可以这样说：下午五点提醒我给妈妈打电话。",
        Act.VOLUME: "我没听懂要多大声。可以这样说：音量三十。",
    },
}
_OFF = {"en": "Timers are switched off in my configuration.", "zh": "我的配置里关闭了计时器。"}
_NOT_HOME = {
    "en": "I couldn't do that: Home Assistant doesn't know what you mean.",
    "zh": "没做成：Home Assistant 不知道你指的是什么。",
}
_NOTHING = {"en": "Sorry, I haven't done that: I can't.", "zh": "抱歉，这个我做不到，什么都没做。"}
_UNREACHED = {Act.CALL, Act.CAMERA}
"""There is no mend that can be named in a breath."""


def unable(act: Act | None, language: str, means: Means) -> str:
    """What is said where ``act`` (None: it is not known what) was asked for, and nothing was done."""
    spoken = language if language in _CANNOT else "en"
    if act is None:
        return _NOTHING[spoken]
    if act in _TIMED and not means.timers:
        return _OFF[spoken]
    if act in _OWN:
        return _EXAMPLES[spoken][act]
    if act in _HOME and means.home:
        return _NOT_HOME[spoken]
    mend = "home" if act in _HOME else "" if act in _UNREACHED else "tool"
    if mend == "tool" and means.tools:
        return _NOTHING[spoken]
    return _CANNOT[spoken][act] + _MENDS[spoken][mend]
