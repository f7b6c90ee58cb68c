"""Which timer people mean: pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from hearthd.actions.timers.alert import Alert

LIKE = 0.75
"""Two names that are so alike (difflib's ratio) are one, misheard: "past a" is "pasta" (0.91), "egg" is not
"leg" (0.67)."""
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Found:
    """What was meant: nothing, one, or several."""

    alerts: tuple[Alert, ...] = ()
    every: bool = False
    """All of them were asked for."""
    just_rang: bool = False
    """They have been rung to their end: to cancel them nothing is left to do."""

    @property
    def one(self) -> Alert | None:
        """The one that is meant."""
        return self.alerts[0] if len(self.alerts) == 1 else None

    @property
    def ambiguous(self) -> bool:
        """It may be one of several: ask which."""
        return len(self.alerts) > 1 and not self.every and not self.just_rang


def named_like(name: str, alerts: Sequence[Alert]) -> list[Alert]:
    """Those called ``name``; else those whose name holds it; else those whose name sounds like it."""
    wanted = _plain(name)
    names = [(_plain(alert.name), alert) for alert in alerts if alert.name]
    same = [alert for plain, alert in names if plain == wanted]
    if same or not wanted:
        return same
    holding = [alert for plain, alert in names if wanted in plain]
    if holding:
        return holding
    return [alert for plain, alert in names if difflib.SequenceMatcher(None, wanted, plain).ratio() >= LIKE]


def alike(name: str, other: str) -> bool:
    """Whether ``name`` may mean what is called ``other``."""
    wanted, known = _plain(name), _plain(other)
    ratio = difflib.SequenceMatcher(None, wanted, known).ratio()
    return bool(wanted) and bool(known) and (wanted in known or ratio >= LIKE)


def _plain(name: str) -> str:
    return _NO_WORD.sub("", name.casefold())
