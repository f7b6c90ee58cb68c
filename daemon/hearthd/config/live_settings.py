"""Everything that can be set while the speaker runs: one table, one row a setting.

A row says what its values are, which configuration key it overrides, how it reads and changes the
settings, and what Home Assistant shows of it. MQTT (topics, commands, entities), the file of overrides,
the start, the reload and ``App.set`` all read the table; a new setting is a new row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, get_args

from hearthd.config.settings import Settings, WakeWordModel
from hearthd.dialogue.state import BargeInMode

Value = str | int | float | bool

MAX_NAME = 255
"""Characters of a name that is chosen: Home Assistant's states hold no more."""
_DECIMALS = 4
"""What a slider sets has two; what a template computed has sixteen."""
_NUMBER = re.compile(r"[+-]?(\d{1,20}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?", re.ASCII)
"""A number as a template, a slider or a person writes it: "55.00000000000001", "5e-1", ".5"."""
_SWITCH = {"ON": True, "TRUE": True, "1": True, "OFF": False, "FALSE": False, "0": False}
"""A switch's own words, and what a template makes of a boolean."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number from ``low`` to ``high``, in steps of ``step``; whole ones if that is whole."""

    low: float
    high: float
    step: float

    def parse(self, text: str, installed: tuple[str, ...] = ()) -> Value:
        """The number in ``text``, rounded first: a template's 100.00000000000001 is 100.

        Raises ValueError with the reason if it is none.
        """
        written = text.strip()
        if not _NUMBER.fullmatch(written):
            raise ValueError(self._expected)
        return self.check(round(float(written)) if self._whole else round(float(written), _DECIMALS))

    def check(self, value: object) -> Value:
        """``value``, if it is such a number. Raises ValueError if not."""
        kind = int if self._whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kind):
            raise ValueError(self._expected)
        if not self.low <= value <= self.high:
            raise ValueError(self._expected)
        return value

    @property
    def _whole(self) -> bool:
        return self.step == int(self.step)

    @property
    def _expected(self) -> str:
        return f"not a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Options:
    """One of ``fixed``, or (there are none) one of what is installed at the moment."""

    fixed: tuple[str, ...] = ()

    def parse(self, text: str, installed: tuple[str, ...] = ()) -> Value:
        """``text``, if it is one of the options. Raises ValueError with the reason if not."""
        options = self.fixed or installed
        if text not in options:
            raise ValueError("not one of the options" if options else "there is nothing to choose from")
        return text

    def check(self, value: object) -> Value:
        """``value``, if it can be an option: what is installed may change. Raises ValueError if it cannot."""
        if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME:
            raise ValueError(f"not a name of 1 to {MAX_NAME} characters")
        if self.fixed and value not in self.fixed:
            raise ValueError("not one of the options")
        return value


@dataclass(frozen=True, slots=True)
class Switch:
    """On or off."""

    def parse(self, text: str, installed: tuple[str, ...] = ()) -> Value:
        """Whether ``text`` means on. Raises ValueError with the reason if it means neither on nor off."""
        on = _SWITCH.get(text.strip().upper())
        if on is None:
            raise ValueError("a switch takes ON or OFF")
        return on

    def check(self, value: object) -> Value:
        """``value``, if it is true or false. Raises ValueError if not."""
        if not isinstance(value, bool):
            raise ValueError("neither true nor false")
        return value


Values = Number | Options | Switch
"""What a setting can be: ``parse`` reads it from a message, ``check`` from a file or a caller."""


@dataclass(frozen=True, slots=True)
class LiveSetting:
    """One row."""

    name: str
    """In topics (``<root>/<name>``, ``<root>/<name>/set``), in the file of overrides, in entity ids."""
    key: str
    """The configuration key that it overrides. A reload takes a new value of it over at once."""
    values: Values
    entity: Mapping[str, str]
    """What Home Assistant shows: ``name``, ``icon``, and what else an entity of that kind can have."""
    get: Callable[[Settings], Any] | None = None
    """Reads it from the settings; None: the value of ``key``."""
    put: Callable[[Settings, Any], Settings] | None = None
    """The settings with another value; None: ``key`` is replaced."""
    file_wins: bool = False
    """A reload with another value of ``key`` in the file forgets what was set: the newer wish counts."""

    def read(self, settings: Settings) -> Value:
        """The value in ``settings``."""
        value: Value = (self.get or attrgetter(self.key))(settings)
        return value

    def write(self, settings: Settings, value: Value) -> Settings:
        """``settings`` with ``value``, which ``values.check`` has let pass."""
        if self.put is not None:
            return self.put(settings, value)
        section, _, name = self.key.rpartition(".")
        if not section:
            return settings.model_copy(update={name: value})
        changed = getattr(settings, section).model_copy(update={name: value})
        return settings.model_copy(update={section: changed})


def _first_wake_word(settings: Settings) -> str:
    return settings.wake.words[0].name


def _listen_for(settings: Settings, name: str) -> Settings:
    """The first configured wake word stands for all of them; any other one is listened for alone."""
    first, *others = settings.wake.words
    if name == first.name:
        return settings
    word = next((word for word in others if word.name == name), None) or WakeWordModel(name=name)
    return settings.model_copy(update={"wake": settings.wake.model_copy(update={"words": [word]})})


def _first_threshold(settings: Settings) -> float:
    return settings.wake.words[0].threshold


def _all_thresholds(settings: Settings, value: float) -> Settings:
    words = [word.model_copy(update={"threshold": value}) for word in settings.wake.words]
    return settings.model_copy(update={"wake": settings.wake.model_copy(update={"words": words})})


LIVE_SETTINGS = (
    LiveSetting(
        "volume",
        "audio.volume",
        Number(0, 100, 1),
        {"name": "Volume", "icon": "mdi:volume-high", "mode": "slider", "unit_of_measurement": "%"},
    ),
    LiveSetting(
        "alarm_volume",
        "actions.alarm_volume",
        Number(1, 100, 1),
        {"name": "Alarm volume", "icon": "mdi:alarm", "mode": "slider", "unit_of_measurement": "%"},
    ),
    LiveSetting(
        "wake_threshold",
        "wake.words",
        Number(0.05, 0.95, 0.01),  # beyond these a wake word hears everything, or nothing
        {"name": "Wake word threshold", "icon": "mdi:tune", "mode": "box", "entity_category": "config"},
        get=_first_threshold,
        put=_all_thresholds,
    ),
    LiveSetting(
        "wake_word",
        "wake.words",
        Options(),
        {"name": "Wake word", "icon": "mdi:chat-alert"},
        get=_first_wake_word,
        put=_listen_for,
    ),
    LiveSetting(
        "persona",
        "persona",
        Options(),
        {"name": "Persona", "icon": "mdi:drama-masks"},
        file_wins=True,
    ),
    LiveSetting("voice", "voice.name", Options(), {"name": "Voice", "icon": "mdi:account-music"}),
    LiveSetting(
        "barge_in",
        "barge_in.mode",
        Options(get_args(BargeInMode)),
        {"name": "Barge-in", "icon": "mdi:account-alert"},
    ),
)

BY_NAME = {row.name: row for row in LIVE_SETTINGS}

REMEMBERED: Mapping[str, Values] = {
    "muted": Switch(),  # a state of the dialogue, not a setting; it outlasts a restart all the same
    **{row.name: row.values for row in LIVE_SETTINGS},
}
"""What outlasts a restart, and what each of it can be."""


def in_force(configured: Settings, overrides: Mapping[str, Value]) -> Settings:
    """The configuration with ``overrides`` (values by a row's name) over it.

    Always made anew from the configuration, so nothing of an earlier choice stays behind.
    """
    settings = configured
    # What is chosen comes first: a number may belong to it (the threshold of the chosen wake word).
    for row in sorted(LIVE_SETTINGS, key=lambda row: isinstance(row.values, Number)):
        if row.name in overrides:
            settings = row.write(settings, overrides[row.name])
    return settings
