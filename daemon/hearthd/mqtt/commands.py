"""What the house may order, and how a message becomes an order.

A payload is hostile until read: size, then UTF-8, then the value itself, each with a reason when it
is refused. A reason never quotes the payload, because what people say stays out of logs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import get_args

from hearthd.dialogue.state import BargeInMode
from hearthd.mqtt.ha_options import Choices

MAX_BYTES = 8192
"""No order is longer: ten minutes of speech fit."""
MAX_ANSWERS = 64
"""How many clients can wait for the same order's acknowledgement."""
THRESHOLD_BOUNDS = (0.05, 0.95)
"""Beyond these a wake word hears everything, or nothing."""
BARGE_IN_MODES: tuple[str, ...] = get_args(BargeInMode)
"""What can stop a reply, see ``settings.BargeIn``."""
THRESHOLD_DECIMALS = 4
"""What a slider sets has two; what a template computed has sixteen."""
_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?", re.ASCII)
"""A number as a template, a slider or a person writes it: "55.00000000000001", "5e-1", ".5"."""
_SWITCH = {"ON": True, "TRUE": True, "1": True, "OFF": False, "FALSE": False, "0": False}
"""A switch's own words, and what a template makes of a boolean."""


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
class Volume(HomeCommand):
    """Loudness, 0 to 100."""

    level: int


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
class SelectWakeWord(HomeCommand):
    """Listen for the wake word ``name``."""

    name: str


@dataclass(frozen=True, slots=True)
class SelectPersona(HomeCommand):
    """Be the persona ``name``."""

    name: str


@dataclass(frozen=True, slots=True)
class SelectVoice(HomeCommand):
    """Speak with the voice ``name``."""

    name: str


@dataclass(frozen=True, slots=True)
class SelectBargeIn(HomeCommand):
    """What stops a reply: one of ``BARGE_IN_MODES``."""

    mode: str


@dataclass(frozen=True, slots=True)
class Threshold(HomeCommand):
    """How sure the wake word must be, 0.05 to 0.95."""

    value: float


@dataclass(frozen=True, slots=True)
class Restart(HomeCommand):
    """Leave and come back."""


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


def _number(text: str, low: float, high: float, decimals: int) -> float:
    """The number in ``text``, rounded first: a template's 100.00000000000001 is 100."""
    written = text.strip()
    if _NUMBER.fullmatch(written):
        value = round(float(written), decimals)
        if low <= value <= high:
            return value
    raise BadOrderError(f"not a number from {low:g} to {high:g}")


def _pressed(text: str) -> None:
    if text.strip().upper() != "PRESS":
        raise BadOrderError("a button takes PRESS")


def _switched(text: str) -> bool:
    on = _SWITCH.get(text.strip().upper())
    if on is None:
        raise BadOrderError("a switch takes ON or OFF")
    return on


def _chosen(text: str, options: tuple[str, ...]) -> str:
    if text not in options:
        raise BadOrderError("not one of the options" if options else "there is nothing to choose from")
    return text


def _button(order: Callable[..., HomeCommand]) -> Callable[[str, Choices, Request], HomeCommand]:
    def read(text: str, choices: Choices, request: Request) -> HomeCommand:
        _pressed(text)
        return order(request=request)

    return read


def _words(order: Callable[..., HomeCommand]) -> Callable[[str, Choices, Request], HomeCommand]:
    return lambda text, choices, request: order(clean(text), request=request)


_PARSERS: dict[str, Callable[[str, Choices, Request], HomeCommand]] = {
    # Whatever is sent to it means stop: it does no harm, and must never fail for a spelling.
    "stop": lambda text, choices, request: Stop(request=request),
    "mute": lambda text, choices, request: Mute(_switched(text), request=request),
    "listen": _button(Listen),
    "say": _words(Say),
    "ask": _words(Ask),
    "announce": _words(Announce),
    "volume": lambda text, choices, request: Volume(int(_number(text, 0, 100, 0)), request=request),
    "new_conversation": _button(NewConversation),
    "wake_word": lambda text, choices, request: SelectWakeWord(
        _chosen(text, choices.wake_words), request=request
    ),
    "wake_threshold": lambda text, choices, request: Threshold(
        _number(text, *THRESHOLD_BOUNDS, THRESHOLD_DECIMALS), request=request
    ),
    "persona": lambda text, choices, request: SelectPersona(_chosen(text, choices.personas), request=request),
    "voice": lambda text, choices, request: SelectVoice(_chosen(text, choices.voices), request=request),
    "barge_in": lambda text, choices, request: SelectBargeIn(_chosen(text, BARGE_IN_MODES), request=request),
    "restart": _button(Restart),
}
