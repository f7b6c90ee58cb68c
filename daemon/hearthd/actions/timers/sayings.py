"""What a ring says, and what is said of those that were missed. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hearthd.actions.timers.alert import Alert, Kind
from hearthd.common.local_time import local_at

MOST_NAMED = 5
"""So many that were missed are named; of more only the number is told."""
LOST = {
    "en": "The file in which I keep timers and alarms was damaged. Please check whether all are there.",
    "zh": "保存定时器和闹钟的文件坏了，请检查一下它们是不是都还在。",
}
"""What is told when the file was damaged."""
_PERIODS_ZH = ((5, "凌晨"), (9, "早上"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
"""Until which hour, and what the hours before it are called."""
_UNITS = {"en": (" hour", " minute", " second"), "zh": ("小时", "分钟", "秒")}


def said(alert: Alert, language: str) -> str:
    """What ``alert`` says when it rings."""
    zh = language == "zh"
    match alert.kind:
        case Kind.REMINDER:
            return f"提醒你：{alert.name}。" if zh else f"A reminder: {alert.name}."
        case Kind.ALARM if not alert.name:
            return f"现在{_hour(alert, 'zh')}。" if zh else f"It's {_hour(alert, 'en')}."
    return f"{_called(alert, language)}到时间了。" if zh else f"{_called(alert, language)}."


def missed(alerts: Sequence[Alert], language: str) -> str:
    """What is told of ``alerts`` that fell due while the speaker was off."""
    zh = language == "zh"
    named = [f"{_called(one, language)}{'，' if zh else ', '}{_hour(one, language)}" for one in alerts]
    kept, more = named[:MOST_NAMED], len(named) - MOST_NAMED
    if zh:
        return f"我没在运行的时候错过了：{'；'.join(kept)}{f'；还有{more}个' if more > 0 else ''}。"
    return f"While I was off I missed this: {'; '.join(kept)}{f'; and {more} more' if more > 0 else ''}."


def _called(alert: Alert, language: str) -> str:
    """What it is called, as in "The pasta timer"; one without a name is called by its length."""
    zh = language == "zh"
    if alert.kind is Kind.REMINDER:
        return f"提醒“{alert.name}”" if zh else f'the reminder "{alert.name}"'
    what = {Kind.TIMER: "计时器", Kind.ALARM: "闹钟"}[alert.kind] if zh else alert.kind.value
    name = alert.name or (_length(alert.seconds, language) if alert.seconds else "")
    if zh:
        return name if name.endswith(what) else f"{name}{'' if alert.name or not name else '的'}{what}"
    return "The " + " ".join(word for word in (name.removesuffix(what).strip(), what) if word)


def _length(seconds: float, language: str) -> str:
    """As it stands before "timer": "1 hour 30 minute"."""
    whole = round(seconds)
    counted = (whole // 3600, whole // 60 % 60, whole % 60)
    parts = [f"{count}{unit}" for count, unit in zip(counted, _UNITS[language], strict=True) if count]
    return ("" if language == "zh" else " ").join(parts)


def _hour(alert: Alert, language: str) -> str:
    """When ``alert`` was due, as a clock is read: "7:05 AM", "早上7点5分"."""
    at = alert.at if alert.at is not None else local_at(alert.due or 0.0, alert.zone)
    return (
        _read_zh(at)
        if language == "zh"
        else f"{at.hour % 12 or 12}:{at.minute:02} {'AM' if at.hour < 12 else 'PM'}"
    )


def _read_zh(at: datetime) -> str:
    period = next(name for until, name in _PERIODS_ZH if at.hour < until)
    hour = at.hour if at.hour <= 12 else at.hour - 12
    return f"{period}{hour}点{f'{at.minute}分' if at.minute else ''}"
