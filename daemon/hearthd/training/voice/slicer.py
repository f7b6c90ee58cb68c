"""Cuts a recording into the pieces that a voice is trained with: 3 to 10 s of speech each.

Silero says where somebody speaks; long pauses are shortened, and what is longer than a piece is halved
at its longest pause, again and again. So cuts fall where a person took breath, not where a clock said.
Training costs grow with the longest piece (12 to 16 GB more GPU memory for every 10 s were reported),
hence the upper bound; the lower one is the shortest reference clip that the voice server takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hearthd.common.audio import Pcm

RATE = 32_000
"""Of the recording and of the pieces: what GPT-SoVITS trains with."""
WINDOW = 512 / 16_000
"""Seconds of one decision of the VAD."""
SPEECH, SILENCE = 0.5, 0.35
"""A span of speech begins above the one and ends below the other."""
SHORTEST, LONGEST = 3.0, 9.8
"""Seconds of a piece; 0.2 s are left for the rounding of those who measure it again."""
MARGIN = 0.1
"""Seconds kept around a span: soft consonants lie outside of what the VAD is sure of."""
BREATH = 0.5
"""Seconds of a pause that stay in a piece."""
BRIEF = 0.1
"""A span shorter than this is a click."""
FADE = 0.005


@dataclass(frozen=True, slots=True)
class Span:
    """Speech from ``start`` to ``end``, in seconds of the recording."""

    start: float
    end: float


Piece = tuple[Span, ...]
"""The spans that one piece is made of, in order."""


def spans(probabilities: list[float]) -> list[Span]:
    """Where the VAD heard speech, with a margin; margins that would overlap meet in the middle."""
    found: list[Span] = []
    start: int | None = None
    for number, probability in enumerate([*probabilities, 0.0]):
        if start is None and probability >= SPEECH:
            start = number
        elif start is not None and probability < SILENCE:
            if (number - start) * WINDOW >= BRIEF:
                found.append(Span(start * WINDOW, number * WINDOW))
            start = None
    widened: list[Span] = []
    for number, span in enumerate(found):
        before = found[number - 1].end if number else -np.inf
        after = found[number + 1].start if number + 1 < len(found) else np.inf
        widened.append(
            Span(
                max(0.0, span.start - MARGIN, (before + span.start) / 2),
                min(span.end + MARGIN, (span.end + after) / 2, len(probabilities) * WINDOW),
            )
        )
    return widened


def seconds(piece: Piece) -> float:
    """How long ``piece`` is, its pauses shortened."""
    pauses = sum(min(BREATH, later.start - earlier.end) for earlier, later in pairwise(piece))
    return sum(span.end - span.start for span in piece) + pauses


def plan(found: list[Span], probabilities: list[float]) -> list[Piece]:
    """Divide the speech of one recording into pieces; none if it holds less than ``SHORTEST``.

    Every span is in exactly one piece, in order; a span without a pause is cut where the VAD was
    least sure of it.
    """
    whole = tuple(found)
    return _divide(whole, probabilities) if whole and seconds(whole) >= SHORTEST else []


def _divide(piece: Piece, probabilities: list[float]) -> list[Piece]:
    if seconds(piece) <= LONGEST:
        return [piece]
    best: tuple[float, int] | None = None
    for cut in range(1, len(piece)):
        if min(seconds(piece[:cut]), seconds(piece[cut:])) >= SHORTEST:
            pause = piece[cut].start - piece[cut - 1].end
            if best is None or pause > best[0]:
                best = (pause, cut)
    if best is not None:
        left, right = piece[: best[1]], piece[best[1] :]
    else:
        left, right = _halve(piece, probabilities)
    return [*_divide(left, probabilities), *_divide(right, probabilities)]


def _halve(piece: Piece, probabilities: list[float]) -> tuple[Piece, Piece]:
    """Cut inside a span: where speech is least likely, at least ``SHORTEST`` from both ends."""
    best: tuple[float, int, float] | None = None
    for number, span in enumerate(piece):
        first = max(span.start, _moment(piece, SHORTEST))
        last = min(span.end, _moment(piece, seconds(piece) - SHORTEST))
        for window in range(int(np.ceil(first / WINDOW)), int(last / WINDOW) + 1):
            doubt = probabilities[min(window, len(probabilities) - 1)]
            if first <= window * WINDOW <= last and (best is None or doubt < best[0]):
                best = (doubt, number, window * WINDOW)
    assert best is not None  # at least 3.8 s may be cut in, and no pause is longer than BREATH
    _, number, moment = best
    left = [*piece[:number], Span(piece[number].start, moment)]
    right = [Span(moment, piece[number].end), *piece[number + 1 :]]
    return tuple(s for s in left if s.end > s.start), tuple(s for s in right if s.end > s.start)


def _moment(piece: Piece, after: float) -> float:
    """The moment of the recording that lies ``after`` seconds into ``piece``."""
    passed = 0.0
    for number, span in enumerate(piece):
        if number:
            passed += min(BREATH, span.start - piece[number - 1].end)
        if after <= passed + span.end - span.start:
            return span.start + max(0.0, after - passed)
        passed += span.end - span.start
    return piece[-1].end


def cut(pcm: Pcm, piece: Piece) -> Pcm:
    """The samples of ``piece`` out of the recording (at ``RATE``), without a click at any joint."""
    parts: list[Pcm] = []
    for number, span in enumerate(piece):
        start, end = round(span.start * RATE), round(span.end * RATE)
        if number:
            pause = start - round(piece[number - 1].end * RATE)
            keep = min(pause, round(BREATH * RATE))
            left = start - pause
            parts.append(_faded(pcm[left : left + keep // 2], falling=True))
            parts.append(_faded(pcm[start - (keep - keep // 2) : start], falling=False))
        parts.append(pcm[start:end])
    return np.concatenate(parts)


def _faded(pcm: Pcm, *, falling: bool) -> Pcm:
    """``pcm`` with one end taken to nothing."""
    length = min(len(pcm), round(FADE * RATE))
    ramp = np.ones(len(pcm), np.float32)
    if length:
        ramp[:length] = np.linspace(0, 1, length, dtype=np.float32)
    faded: Pcm = np.rint(pcm * (ramp[::-1] if falling else ramp)).astype(np.int16)
    return faded
