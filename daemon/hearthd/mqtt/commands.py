"""The commands that MQTT clients may send, and how a message becomes one.

A payload is hostile until read: size, then UTF-8, then the value itself, each with a reason when it
is refused. A reason never quotes the payload, because what people say stays out of logs.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from hearthd.config.live_settings import LIVE_SETTINGS, LiveSetting, Switch, Value, Values
from hearthd.mqtt.ha_options import HaOptions
from hearthd.mqtt.timer_commands import BadTimerError, TimerWish, parse_snooze, parse_timer, parse_which

MAX_BYTES = 8192
"""No command is longer: ten minutes of speech fit."""
MAX_WAITING = 64
"""So many clients can wait for the same command's acknowledgement."""


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where one client waits for an answer: MQTT 5 response topic and correlation data."""

    topic: str
    correlation: bytes


@dataclass(slots=True)
class Acknowledgement:
    """The clients that wait to hear what became of ``command`` (a topic's name)."""

    command: str = ""
    waiting: list[ReplyTo] = field(default_factory=list)
    given: bool = False
    """They have been told."""


@dataclass(frozen=True, slots=True)
class MqttCommand:
    """A command that came in. ``acknowledgement``: who waits to hear what became of it."""

    acknowledgement: Acknowledgement = field(
        default_factory=Acknowledgement, compare=False, repr=False, kw_only=True
    )


@dataclass(frozen=True, slots=True)
class Stop(MqttCommand):
    """Silence, now."""


@dataclass(frozen=True, slots=True)
class StartListening(MqttCommand):
    """Open the microphone without the wake word."""


@dataclass(frozen=True, slots=True)
class Mute(MqttCommand):
    """Stop reading the microphone (``on``), or take it up again."""

    on: bool


@dataclass(frozen=True, slots=True)
class Say(MqttCommand):
    """Speak ``text`` now."""

    text: str = field(repr=False)
    room: str = ""
    """Where: a room, a group or "all"; empty: in the room whose topic it came on."""


@dataclass(frozen=True, slots=True)
class Ask(MqttCommand):
    """Answer ``text`` as if it had been heard."""

    text: str = field(repr=False)
    room: str = ""
    """Where: a room, a group or "all"; empty: in the room whose topic it came on."""


@dataclass(frozen=True, slots=True)
class Announce(MqttCommand):
    """Chime and speak ``text`` once the turn in progress has ended."""

    text: str = field(repr=False)
    room: str = ""
    """Where: a room, a group or "all"; empty: in the room whose topic it came on."""


@dataclass(frozen=True, slots=True)
class NewConversation(MqttCommand):
    """Forget what was talked about so far."""


@dataclass(frozen=True, slots=True)
class SetValue(MqttCommand):
    """Set ``name``, a row of ``config.live_settings``, to ``value``."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Restart(MqttCommand):
    """Leave and come back."""


@dataclass(frozen=True, slots=True)
class SetTimer(MqttCommand):
    """Set a timer, an alarm or a reminder."""

    wish: TimerWish


@dataclass(frozen=True, slots=True)
class CancelTimer(MqttCommand):
    """Cancel the timer, alarm or reminder with this id or name, or "all"."""

    which: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Snooze(MqttCommand):
    """Let what rings ring again after ``seconds`` (0: as long as usual)."""

    seconds: float


_ROOM = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)


class BadCommandError(ValueError):
    """The message is no command; the text says why."""


def parse(
    name: str, payload: bytes, options: HaOptions, acknowledgement: Acknowledgement | None = None
) -> MqttCommand:
    """The command that ``payload`` on the topic ``name`` means. Raises BadCommandError."""
    if len(payload) > MAX_BYTES:
        raise BadCommandError(f"longer than {MAX_BYTES} bytes")
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        raise BadCommandError("not UTF-8 text") from None
    return _PARSERS[name](text, options, Acknowledgement() if acknowledgement is None else acknowledgement)


def clean(text: str) -> str:
    """``text`` as it can be spoken: no control characters, single spaces. BadCommandError if wordless."""
    seen = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    spoken = " ".join(seen.split())
    if not any(c.isalnum() for c in spoken):
        raise BadCommandError("holds no word to speak")
    return spoken


def _pressed(text: str) -> None:
    if text.strip().upper() != "PRESS":
        raise BadCommandError("a button takes PRESS")


def _button(command: Callable[..., MqttCommand]) -> Callable[[str, HaOptions, Acknowledgement], MqttCommand]:
    def read(text: str, options: HaOptions, acknowledgement: Acknowledgement) -> MqttCommand:
        _pressed(text)
        return command(acknowledgement=acknowledgement)

    return read


def _words(command: Callable[..., MqttCommand]) -> Callable[[str, HaOptions, Acknowledgement], MqttCommand]:
    def read(text: str, options: HaOptions, acknowledgement: Acknowledgement) -> MqttCommand:
        words, room = _addressed(text)
        return command(clean(words), room, acknowledgement=acknowledgement)

    return read


def _addressed(text: str) -> tuple[str, str]:
    """The words, and the room that they are for: plain text, or ``{"text": …, "room": …}``."""
    if not text.lstrip().startswith("{"):
        return text, ""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):  # words may begin with a brace, too
        return text, ""
    if not isinstance(document, dict) or set(document) != {"text", "room"}:
        return text, ""
    words, room = document["text"], document["room"]
    if not isinstance(words, str) or not isinstance(room, str) or not _ROOM.fullmatch(room):
        raise BadCommandError("text and room are texts, and room is the name of a room, a group, or all")
    return words, room


def _timer(
    command: Callable[..., MqttCommand], read: Callable[[str], object]
) -> Callable[[str, HaOptions, Acknowledgement], MqttCommand]:
    def parsed(text: str, options: HaOptions, acknowledgement: Acknowledgement) -> MqttCommand:
        try:
            return command(read(text), acknowledgement=acknowledgement)
        except BadTimerError as error:
            raise BadCommandError(str(error)) from None

    return parsed


def _set(row: LiveSetting) -> Callable[[str, HaOptions, Acknowledgement], MqttCommand]:
    def read(text: str, options: HaOptions, acknowledgement: Acknowledgement) -> MqttCommand:
        return SetValue(
            row.name, _checked(row.values, text, options.of(row.name)), acknowledgement=acknowledgement
        )

    return read


def _checked(values: Values, text: str, options: tuple[str, ...] = ()) -> Value:
    try:
        return values.parse(text, options)
    except ValueError as error:
        raise BadCommandError(str(error)) from None


_PARSERS: dict[str, Callable[[str, HaOptions, Acknowledgement], MqttCommand]] = {
    # Whatever is sent to it means stop: it does no harm, and must never fail for a spelling.
    "stop": lambda text, options, acknowledgement: Stop(acknowledgement=acknowledgement),
    "mute": lambda text, options, acknowledgement: Mute(
        bool(_checked(Switch(), text)), acknowledgement=acknowledgement
    ),
    "listen": _button(StartListening),
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
"""Each has a topic ``<root>/<command>/set``."""
