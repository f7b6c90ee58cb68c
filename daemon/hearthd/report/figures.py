"""The pictures of ``hearthd report``, drawn with matplotlib (imported only when one is drawn).

Every picture is drawn into Axes that the caller makes, so that the page (one SVG each) and the PNG
(all in one) show the same. What people said is in none of them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hearthd.report.data import ENDINGS, STAGES, Day, Figures, ReportedTurn, quantile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, GRID = "#101112", "#d0d1d2"
"""In an SVG these two become the page's own colours, so that it is readable on dark and on light."""

STAGE_COLOURS = dict(
    zip(
        (name for name, _, _ in STAGES),
        ("#9aa5b1", "#4c86c6", "#ee9336", "#e3c23f", "#58a55c", "#a977b8"),
        strict=True,
    )
)
ENDING_COLOURS = {
    "completed": "#58a55c",
    "barge_in": "#4c86c6",
    "stopped": "#7fb2d9",
    "no_speech": "#9aa5b1",
    "timeout": "#ee9336",
    "error": "#cf5650",
}
ROWS = 20
"""Turns in the waterfall: more do not fit on a screen."""


def svgs(figures: Figures) -> dict[str, str]:
    """Name -> SVG text, for a page."""
    drawn = {}
    for name, size, draw in _pictures(figures):
        with _style() as plot:
            figure, axes = plot.subplots(figsize=size, layout="constrained")
            draw(axes)
            out = io.StringIO()
            figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
            plot.close(figure)
        text = out.getvalue()
        text = text[text.index("<svg") :]
        text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r'\1 width="100%"', text, count=1)
        text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
        text = text.replace(INK, "currentColor").replace(GRID, "var(--grid)")
        drawn[name] = re.sub(r'(id="|url\(#|href="#)', rf"\g<1>{name}-", text)
    return drawn


def png(figures: Figures) -> bytes:
    """All pictures, one above the other."""
    pictures = list(_pictures(figures))
    heights = [size[1] for _, size, _ in pictures]
    with _style() as plot:
        figure, axes = plot.subplots(
            len(pictures),
            1,
            figsize=(10, sum(heights)),
            height_ratios=heights,
            layout="constrained",
            squeeze=False,
        )
        for one, (_, _, draw) in zip(axes[:, 0], pictures, strict=True):
            draw(one)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=120)
        plot.close(figure)
    return out.getvalue()


def _pictures(figures: Figures) -> Iterator[tuple[str, tuple[float, float], Callable[[Axes], None]]]:
    timed = [turn for turn in figures.turns if turn.marks][-ROWS:]
    yield "waterfall", (10, 1.5 + 0.27 * max(3, len(timed))), lambda axes: _waterfall(axes, timed)
    yield "trend", (10, 3.2), lambda axes: _trend(axes, figures)
    yield "endings", (10, 2.6), lambda axes: _endings(axes, figures.days)
    yield "answering", (10, 2.4), lambda axes: _answering(axes, figures.first_sounds())


@contextmanager
def _style() -> Iterator[Any]:
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    settings: Any = {
        "font.size": 9,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 26,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.edgecolor": GRID,
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.titlecolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "lines.linewidth": 1.5,
        "figure.constrained_layout.h_pad": 0.12,
        "svg.fonttype": "none",
        "svg.hashsalt": "hearthd",
        "font.family": "sans-serif",
    }
    with matplotlib.rc_context(settings):
        yield pyplot


def _legend(axes: Axes, columns: int) -> None:
    """Above the picture; areas first, then lines and marks."""
    from matplotlib.container import BarContainer

    handles, labels = axes.get_legend_handles_labels()
    order = sorted(range(len(handles)), key=lambda n: not isinstance(handles[n], BarContainer))
    axes.legend(
        [handles[n] for n in order],
        [labels[n] for n in order],
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=columns,
        borderaxespad=0.3,
        columnspacing=1.2,
        handlelength=1.2,
    )


def _empty(axes: Axes, title: str, why: str) -> None:
    axes.set_title(title)
    axes.set_axis_off()
    axes.text(0.5, 0.5, why, ha="center", va="center", transform=axes.transAxes)


def _waterfall(axes: Axes, turns: Sequence[ReportedTurn]) -> None:
    """Where the time of each turn went, from the end of the person's speech."""
    title = "From the end of speech to the first sound of the answer"
    if not turns:
        _empty(axes, title, "no timed turns yet")
        return
    for row, turn in enumerate(turns):
        reached = 0.0
        for name, _, _ in STAGES:
            at = turn.marks.get(name)
            if at is None:
                continue
            if at > reached:
                axes.barh(
                    row, at - reached, left=reached, height=0.68, color=STAGE_COLOURS[name], linewidth=0
                )
                reached = at
            else:  # it was ready before it was needed: worked ahead during the endpoint's silence
                axes.plot(at, row, marker="|", markersize=8, markeredgewidth=2, color=STAGE_COLOURS[name])
        if turn.underruns:
            axes.plot(reached, row, marker="x", markersize=5, color=ENDING_COLOURS["error"], clip_on=False)
        if turn.total is not None:
            place = (reached, row)
            text = f"{reached:,.0f}"
            axes.annotate(text, place, xytext=(7, 0), textcoords="offset points", va="center", fontsize=8)
    for name, label, _ in STAGES:
        axes.barh(0, 0, color=STAGE_COLOURS[name], label=label)
    axes.plot(
        [], [], linestyle="", marker="|", markersize=8, markeredgewidth=2, color=INK, label="done early"
    )
    if any(turn.underruns for turn in turns):
        axes.plot([], [], linestyle="", marker="x", color=ENDING_COLOURS["error"], label="underruns")
    axes.set_yticks(range(len(turns)), [f"{turn.clock()}  {turn.ended.replace('_', ' ')}" for turn in turns])
    axes.set_ylim(-0.6, max(3, len(turns)) - 0.4)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlim(0, 1.08 * max(1.0, *(max(turn.marks.values()) for turn in turns)))
    axes.set_xlabel("ms")
    axes.grid(axis="x")
    axes.set_title(title)
    _legend(axes, len(STAGES) + 2)


def _trend(axes: Axes, figures: Figures) -> None:
    """Every turn's time to the first sound, and each day's median and 95th percentile."""
    title = "Time to the first sound, day by day"
    points = [
        (_x(turn.at), turn.total) for turn in figures.turns if turn.at is not None and turn.total is not None
    ]
    if not points:
        _empty(axes, title, "no answered turns yet")
        return
    axes.plot(
        *zip(*points, strict=True), linestyle="", marker=".", markersize=4, color="#9aa5b1", label="a turn"
    )
    days = [day for day in figures.days if day.median is not None]
    noons = [_x(day.noon) for day in days]
    medians, highs = [day.median or 0.0 for day in days], [day.p95 or 0.0 for day in days]
    marker = "o" if len(days) < 40 else ""
    axes.plot(noons, highs, color="#ee9336", marker=marker, markersize=3.5, label="95th percentile")
    axes.plot(noons, medians, color="#4c86c6", marker=marker, markersize=3.5, linewidth=2, label="median")
    top = 1.15 * max(1.0, *highs)
    axes.set_ylim(0, top)
    outside = sum(total > top for _, total in points)
    if outside:
        axes.annotate(f"{outside} above", (1, 1), xycoords="axes fraction", ha="right", va="top", fontsize=8)
    _days_axis(axes, figures.days)
    axes.set_ylabel("ms")
    axes.grid(axis="y")
    axes.set_title(title)
    _legend(axes, 3)


def _endings(axes: Axes, days: Sequence[Day]) -> None:
    """How each day's turns ended."""
    title = "How turns ended, day by day"
    if not days:
        _empty(axes, title, "no turns yet")
        return
    from matplotlib.ticker import MaxNLocator

    noons = [_x(day.noon) for day in days]
    floor = [0] * len(days)
    for ending in ENDINGS:
        counts = [day.endings.get(ending, 0) for day in days]
        if any(counts):
            label = ending.replace("_", " ")
            axes.bar(noons, counts, bottom=floor, width=0.7, color=ENDING_COLOURS[ending], label=label)
            floor = [one + two for one, two in zip(floor, counts, strict=True)]
    for noon, day, height in zip(noons, days, floor, strict=True):
        if day.underruns:
            axes.annotate(
                f"{day.underruns} ×",
                (noon, height),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=7.5,
                color=ENDING_COLOURS["error"],
            )
    if any(day.underruns for day in days):
        axes.plot([], [], linestyle="", marker="x", color=ENDING_COLOURS["error"], label="underruns")
    axes.set_ylim(0, 1.15 * max(1, *floor))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    _days_axis(axes, days)
    axes.set_ylabel("turns")
    axes.grid(axis="y")
    axes.set_title(title)
    _legend(axes, len(ENDINGS) + 1)


def _answering(axes: Axes, sounds: Mapping[str, Sequence[float]]) -> None:
    """How soon each of those that answer is heard."""
    title = "Time to the first sound, by who answered"
    if not sounds:
        _empty(axes, title, "no answered turns yet")
        return
    for row, totals in enumerate(sounds.values()):
        axes.plot(totals, [row] * len(totals), linestyle="", marker=".", markersize=4, color="#9aa5b1")
        median = quantile(totals, 0.5) or 0.0
        axes.plot(median, row, marker="|", markersize=14, markeredgewidth=2.5, color="#4c86c6")
        place, text = (median, row), f"{median:,.0f}"
        axes.annotate(text, place, xytext=(0, 9), textcoords="offset points", ha="center", fontsize=8)
    axes.set_yticks(range(len(sounds)), [f"{who.replace('_', ' ')} ({len(sounds[who])})" for who in sounds])
    axes.set_ylim(-0.6, max(2, len(sounds)) - 0.3)
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("ms; the bar is the median")
    axes.grid(axis="x")
    axes.set_title(title)


def _days_axis(axes: Axes, days: Sequence[Day]) -> None:
    """A label under the noon of a day, at most ten of them."""
    noons = [_x(day.noon) for day in days]
    room = max(0.6, 2.5 - (noons[-1] - noons[0]) / 2)
    axes.set_xlim(noons[0] - room, noons[-1] + room)
    step = -(-len(days) // 10)
    axes.set_xticks(noons[::step], [f"{day.noon:%d %b}" for day in days[::step]])


def _x(moment: datetime) -> float:
    """Where a moment stands on the axis of days."""
    return moment.timestamp() / 86_400
