"""What the house may order, and how a message becomes an order.

A payload is hostile until read: size, then UTF-8, then the value itself, each with a reason when it
is refused. A reason never quotes the payload, because what people say stays out of logs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from hearthd.config.live_settings import LIVE_SETTINGS, LiveSetting, Switch, Value, Values
from hearthd.mqtt.ha_options import Choices
from hearthd.mqtt.timer_orders import BadTimerError, TimerWish, parse_snooze, parse_timer, parse_which

MAX_BYTES = 8192
"""No order is longer: ten minutes of speech fit."""
MAX_ANSWERS = 64
"""How many clients can wait for the same order's acknowledgement."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where one client waits for the acknowledgement: MQTT 5 response topic and correlation data."""

    topic: str
    correlation: bytes


@dataclass(slots=True)
class Request:
    """The clients that wait for an order's acknowledgement; ``done`` once they have it."""

    answers: list[Answer] = field(default_factory=list)
    done: bool = False


@dataclass(frozen=True, slots=True)
class HomeCommand:
    """An order from the house. ``request`` is who waits for the acknowledgement."""

    request: Request = field(default_factory=Request, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Stop(HomeCommand):
    """Silence, now."""


@dataclass(frozen=True, slots=True)
class Listen(HomeCommand):
    """Open the microphone without the wake word."""


@dataclass(frozen=True, slots=True)
class Mute(HomeCommand):
    """Stop reading the microphone (``on``), or take it up again."""

    on: bool


@dataclass(frozen=True, slots=True)
class Say(HomeCommand):
    """Speak ``text`` now."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ask(HomeCommand):
    """Answer ``text`` as if it had been heard."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Announce(HomeCommand):
    """Chime and speak ``text`` once the turn in progress has ended."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewConversation(HomeCommand):
    """Forget what was talked about so far."""


@dataclass(frozen=True, slots=True)
class SetValue(HomeCommand):
    """Set ``name``, a row of ``config.live_settings``, to ``value``."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Restart(HomeCommand):
    """Leave and come back."""


@dataclass(frozen=True, slots=True)
class SetTimer(HomeCommand):
    """Set a timer, an alarm or a reminder."""

    wish: TimerWish


@dataclass(frozen=True, slots=True)
class CancelTimer(HomeCommand):
    """Cancel the timer, alarm or reminder with this id or name, or "all"."""

    which: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Snooze(HomeCommand):
    """Let what rings ring again after ``seconds`` (0: as long as usual)."""

    seconds: float


class BadOrderError(ValueError):
    """The message is no order; the text says why."""


def parse(name: str, payload: bytes, choices: Choices, request: Request | None = None) -> HomeCommand:
    """The order that ``payload`` on the topic of command ``name`` means. Raises BadOrderError."""
    if len(payload) > MAX_BYTES:
        raise BadOrderError(f"longer than {MAX_BYTES} bytes")
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        raise BadOrderError("not UTF-8 text") from None
    return _PARSERS[name](text, choices, Request() if request is None else request)


def clean(text: str) -> str:
    """``text`` as it can be spoken: no control characters, single spaces. BadOrderError if wordless."""
    seen = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    spoken = " ".join(seen.split())
    if not any(c.isalnum() for c in spoken):
        raise BadOrderError("holds no word to speak")
    return spoken


def _pressed(text: str) -> None:
    if text.strip().upper() != "PRESS":
        raise BadOrderError("a button takes PRESS")


def _button(order: Callable[..., HomeCommand]) -> Callable[[str, Choices, Request], HomeCommand]:
    def read(text: str, choices: Choices, request: Request) -> HomeCommand:
        _pressed(text)
        return order(request=request)

    return read


def _words(order: Callable[..., HomeCommand]) -> Callable[[str, Choices, Request], HomeCommand]:
    return lambda text, choices, request: order(clean(text), request=request)


def _timer(
    order: Callable[..., HomeCommand], read: Callable[[str], object]
) -> Callable[[str, Choices, Request], HomeCommand]:
    def parsed(text: str, choices: Choices, request: Request) -> HomeCommand:
        try:
            return order(read(text), request=request)
        except BadTimerError as error:
            raise BadOrderError(str(error)) from None

    return parsed


def _set(row: LiveSetting) -> Callable[[str, Choices, Request], HomeCommand]:
    def read(text: str, choices: Choices, request: Request) -> HomeCommand:
        return SetValue(row.name, _checked(row.values, text, choices.of(row.name)), request=request)

    return read


def _checked(values: Values, text: str, options: tuple[str, ...] = ()) -> Value:
    try:
        return values.parse(text, options)
    except ValueError as error:
        raise BadOrderError(str(error)) from None


_PARSERS: dict[str, Callable[[str, Choices, Request], HomeCommand]] = {
    # Whatever is sent to it means stop: it does no harm, and must never fail for a spelling.
    "stop": lambda text, choices, request: Stop(request=request),
    "mute": lambda text, choices, request: Mute(bool(_checked(Switch(), text)), request=request),
    "listen": _button(Listen),
    "say": _words(Say),
    "ask": _words(Ask),
    "announce": _words(Announce),
    "new_conversation": _button(NewConversation),
    "restart": _button(Restart),
    "timer": _timer(SetTimer, parse_timer),
    "timer_cancel": _timer(CancelTimer, parse_which),
    "snooze": _timer(Snooze, parse_snooze),
    **{row.name: _set(row) for row in LIVE_SETTINGS},
}
COMMANDS = tuple(_PARSERS)
"""What can be ordered: each has a topic ``<root>/<command>/set``."""
