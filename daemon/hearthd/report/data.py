"""The figures behind ``hearthd report``: stored turns, cleaned, and summed up by day.

Turns come from a store that older versions have written: any field may be missing or nonsense. What
is no sensible number is left out, never guessed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from hearthd.dialogue.turn_record import actions_of

STAGES = (
    ("endpoint", "endpoint", "endpoint_ms"),
    ("asr", "words", "asr_ms"),
    ("llm", "first token", "llm_first_token_ms"),
    ("chunk", "first clause", "first_chunk_ms"),
    ("tts", "voice", "tts_first_audio_ms"),
    ("audible", "speaker", "first_audible_ms"),
)
"""(name, what is shown, the turn's field), in the order in which they happen."""

ENDINGS = ("completed", "barge_in", "stopped", "no_speech", "timeout", "error")
ANSWERING = ("command", "home_assistant", "documents", "model", "persona")
"""Who may have answered."""
LONGEST_MS = 600_000.0
"""A stage of more than ten minutes is a broken clock."""


@dataclass(frozen=True, slots=True)
class ReportedTurn:
    """One turn. ``marks``: stage -> milliseconds from the end of the person's speech."""

    at: datetime | None
    ended: str
    marks: dict[str, float]
    underruns: int
    wake_to_chime: float | None
    bargein_stop: float | None
    understood_by: str = ""
    done: tuple[str, ...] = ()
    """The names of what was done."""
    retracted: int = 0
    """Guesses taken back."""

    @property
    def total(self) -> float | None:
        """Milliseconds to the first audible sample; None if nothing sounded."""
        return self.marks.get("audible")

    def clock(self) -> str:
        """When it began, for a label (local time)."""
        return self.at.strftime("%d %b %H:%M:%S") if self.at is not None else "(no time)"


@dataclass(frozen=True, slots=True)
class Day:
    """The turns of one local day."""

    noon: datetime
    endings: Counter[str]
    underruns: int
    median: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything shown. ``turns`` from old to new."""

    turns: list[ReportedTurn]
    days: list[Day]

    def quantile(self, share: float) -> float | None:
        """Of the time to the first sound, over all turns."""
        return quantile([turn.total for turn in self.turns if turn.total is not None], share)

    def first_sounds(self) -> dict[str, list[float]]:
        """Who answered -> milliseconds to the first sound of each answer."""
        found: dict[str, list[float]] = {}
        for turn in self.turns:
            if turn.understood_by and turn.total is not None:
                found.setdefault(turn.understood_by, []).append(turn.total)
        return {who: found[who] for who in ANSWERING if who in found}

    def stage_medians(self) -> dict[str, float]:
        """Stage -> the median of the time it added to what came before it."""
        added: dict[str, list[float]] = {}
        for turn in self.turns:
            reached = 0.0
            for name, _, _ in STAGES:
                at = turn.marks.get(name)
                if at is not None:
                    added.setdefault(name, []).append(max(0.0, at - reached))
                    reached = max(reached, at)
        return {name: value for name, list_ in added.items() if (value := quantile(list_, 0.5)) is not None}


def figures(turns: Iterable[Mapping[str, Any]]) -> Figures:
    """Clean ``turns`` (any order) and sum them up."""
    clean = sorted((_turn(one) for one in turns), key=lambda turn: turn.at.timestamp() if turn.at else 0.0)
    by_day: dict[datetime, list[ReportedTurn]] = {}
    for turn in clean:
        if turn.at is not None:
            by_day.setdefault(datetime.combine(turn.at.date(), time(12)), []).append(turn)
    return Figures(clean, [_day(noon, members) for noon, members in by_day.items()])


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value that ``share`` of them do not exceed, between neighbours in proportion; None of none."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _day(noon: datetime, turns: Sequence[ReportedTurn]) -> Day:
    totals = [turn.total for turn in turns if turn.total is not None]
    return Day(
        noon=noon,
        endings=Counter(turn.ended for turn in turns),
        underruns=sum(turn.underruns for turn in turns),
        median=quantile(totals, 0.5),
        p95=quantile(totals, 0.95),
    )


def _turn(raw: Mapping[str, Any]) -> ReportedTurn:
    ended = str(raw.get("ended") or "")
    marks = {name: value for name, _, key in STAGES if (value := _milliseconds(raw.get(key))) is not None}
    return ReportedTurn(
        at=_moment(raw.get("started_at")),
        ended=ended if ended in ENDINGS else "error" if ended else "",
        marks=marks,
        underruns=_count(raw.get("underruns")),
        wake_to_chime=_milliseconds(raw.get("wake_to_chime_ms")),
        bargein_stop=_milliseconds(raw.get("bargein_stop_ms")),
        understood_by=by if isinstance(by := raw.get("understood_by"), str) and by in ANSWERING else "",
        done=tuple(action.name for action in actions_of(raw.get("actions")) if action.done),
        retracted=_count(raw.get("retracted")),
    )


def _count(value: object) -> int:
    number = _number(value)
    return max(0, min(int(number), 100_000)) if number is not None else 0


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e15 and math.isfinite(value) else None


def _milliseconds(value: object) -> float | None:
    number = _number(value)
    return number if number is not None and 0 <= number <= LONGEST_MS else None


def _moment(value: object) -> datetime | None:
    number = _number(value)
    if number is None or not 0 < number < 32_503_680_000:  # the year 3000
        return None
    return datetime.fromtimestamp(number)
