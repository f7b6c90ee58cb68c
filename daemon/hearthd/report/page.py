"""``hearthd report``'s page: where the time of recent turns went, and how it moves from day to day.

One self-contained HTML file: no server, no script, nothing fetched. It holds times and names of
what was done, never words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any

from hearthd.report import data
from hearthd.report import figures as report_figures
from hearthd.report.data import STAGES, Figures, ReportedTurn, quantile

ROWS = 50
"""Turns in the table."""
MAX_DONE = 3
"""Names of what was done, in one of its rows."""

STYLE = """
:root { color-scheme: light dark;
  --ink: #1c1f23; --soft: #66707a; --page: #f6f7f9; --card: #fff; --grid: #d9dde2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --soft: #9aa5b1; --page: #16181b; --card: #1f2226; --grid: #3a4047; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1rem; max-width: 68rem; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
p { color: var(--soft); margin: .2rem 0 1.2rem; }
section { background: var(--card); border: 1px solid var(--grid); border-radius: 12px; padding: 1rem;
  margin: 0 0 1rem; overflow-x: auto; }
section svg { display: block; min-width: 36rem; height: auto; }
section svg text { font-family: inherit !important; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.9rem, 1fr)); gap: .75rem;
  margin: 0 0 1rem; }
.tile { background: var(--card); border: 1px solid var(--grid); border-radius: 12px; padding: .7rem .9rem; }
.tile b { display: block; font-size: 1.45rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .82rem; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; color: var(--soft); padding: .3rem .6rem; white-space: nowrap; }
td { text-align: right; padding: .3rem .6rem; border-top: 1px solid var(--grid); white-space: nowrap; }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
"""


def build(turns: Iterable[Mapping[str, Any]]) -> str:
    """The page for ``turns`` (a turn's fields by name, any of them missing, in any order)."""
    return _page(data.figures(turns))


def picture(turns: Iterable[Mapping[str, Any]]) -> bytes:
    """The same pictures as one PNG."""
    return report_figures.png(data.figures(turns))


def _page(figures: Figures) -> str:
    drawn = report_figures.svgs(figures)
    times = [turn.at for turn in figures.turns if turn.at is not None]
    span = f"{times[0]:%d %B %Y} to {times[-1]:%d %B %Y}" if times else "nothing is stored yet"
    sections = "\n".join(f"<section>{svg}</section>" for svg in drawn.values())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hearthd: latency report</title>
<style>{STYLE}</style>
</head>
<body>
<h1>hearthd: latency report</h1>
<p>{len(figures.turns)} turns, {escape(span)}. Times are milliseconds from the end of the person's speech.</p>
<div class="tiles">{_tiles(figures)}</div>
{sections}
<section>{_table(figures.turns)}</section>
<p>Written {datetime.now():%d %B %Y, %H:%M}.</p>
</body>
</html>
"""


def _tiles(figures: Figures) -> str:
    turns = figures.turns
    ended = [turn for turn in turns if turn.ended]
    answered = [turn for turn in ended if turn.ended != "no_speech"]
    well = sum(turn.ended in ("completed", "barge_in", "stopped") for turn in answered)
    stops = [turn.bargein_stop for turn in turns if turn.bargein_stop is not None]
    chimes = [turn.wake_to_chime for turn in turns if turn.wake_to_chime is not None]
    medians = figures.stage_medians()
    slowest = max(medians, key=lambda name: medians[name], default=None)
    label = {name: shown for name, shown, _ in STAGES}
    tiles = [
        (_ms(figures.quantile(0.5)), "to the first sound, median"),
        (_ms(figures.quantile(0.95)), "to the first sound, 95th percentile"),
        (f"{100 * well / len(answered):.0f} %" if answered else "–", "of answered turns without a fault"),
        (str(sum(turn.underruns for turn in turns)), "underruns"),
        (str(sum(turn.retracted for turn in turns)), "guesses taken back"),
        (_ms(quantile(stops, 0.5)), "to silence when interrupted, median"),
        (_ms(quantile(chimes, 0.5)), "from wake word to chime, median"),
        (str(sum(len(turn.done) for turn in turns)), "things done"),
    ]
    if slowest is not None:
        tiles.append((_ms(medians[slowest]), f"added by the slowest stage: {label[slowest]}"))
    return "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(what)}</span></div>' for value, what in tiles
    )


def _table(turns: list[ReportedTurn]) -> str:
    heads = [
        "began",
        "ended",
        *(shown for _, shown, _ in STAGES),
        "underruns",
        "retracted",
        "answered by",
        "done",
    ]
    rows = [
        [
            turn.clock(),
            turn.ended.replace("_", " "),
            *(_plain(turn.marks.get(name)) for name, _, _ in STAGES),
            str(turn.underruns or ""),
            str(turn.retracted or ""),
            turn.understood_by.replace("_", " "),
            ", ".join(turn.done[:MAX_DONE]) + (" …" if len(turn.done) > MAX_DONE else ""),
        ]
        for turn in reversed(turns[-ROWS:])
    ]
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f} ms"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
