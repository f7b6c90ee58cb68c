"""A turn's timeline on the terminal: where the time went between the person's last word and the answer."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hearthd.common.printable import in_a_line
from hearthd.dialogue.turn_record import TurnRecord

BAR_CELLS = 48
"""Width of the waterfall: with its labels it fits a terminal of 80 columns."""

STAGES = (
    ("endpoint", "endpoint_ms", None),
    ("words recognised", "asr_ms", None),
    ("first token", "llm_first_token_ms", "asr_ms"),
    ("first clause", "first_chunk_ms", "llm_first_token_ms"),
    ("first audio", "tts_first_audio_ms", "first_chunk_ms"),
    ("first sound", "first_audible_ms", "tts_first_audio_ms"),
)
"""Label, the record's field, the field of the stage it waits for."""


def waterfall(record: TurnRecord) -> Table:
    """The stages as bars on one scale, milliseconds from the end of the person's speech."""
    table = Table(box=None, padding=(0, 1), show_header=False)
    reached = [value for _, name, _ in STAGES if (value := getattr(record, name)) is not None]
    scale = max([*reached, 1.0])
    for label, name, after in STAGES:
        value = getattr(record, name)
        if value is None:
            continue
        begin = getattr(record, after) if after else None
        left = min(round((begin or 0.0) / scale * BAR_CELLS), BAR_CELLS - 1)
        right = max(left + 1, round(value / scale * BAR_CELLS))
        bar = Text(" " * left + "█" * (right - left), style="cyan")
        table.add_row(label, bar, Text(f"{value:.0f} ms", justify="right"))
    return table


def deeds(record: TurnRecord) -> list[str]:
    """What was done, with what, and what came of it: a line each."""
    lines = []
    for action in record.actions:
        given = ", ".join(f"{name}={value}" for name, value in action.arguments.items())
        told = f"{action.name}({given}): {action.result}" if action.result else f"{action.name}({given})"
        how = f"{action.by}, {action.ms:.0f} ms" + ("" if action.done else ", not done")
        lines.append(in_a_line(f"{told} [{how}]"))
    return lines


def show(record: TurnRecord, console: Console) -> None:
    """Print what was heard and said, how it ended, and the waterfall."""
    console.rule(f"turn {record.turn_id}", align="left", style="dim")
    engines = ", ".join(name for name in (record.asr_model, record.chat_model, record.voice) if name)
    lines = [f"wake    {record.wake_word} ({record.wake_score or 0.0:.2f})"] if record.wake_word else []
    lines += [f"heard   {record.heard or '(nothing)'}", f"spoken  {record.spoken or '(nothing)'}"]
    lines += [f"did     {line}" for line in deeds(record)]
    for line in lines:
        console.print(line, markup=False, emoji=False, highlight=False)
    ended = f"ended   {record.ended}" + (f"   ({engines})" if engines else "")
    console.print(ended, style="dim", markup=False, emoji=False, highlight=False)
    if record.first_audible_ms is not None:
        console.print(waterfall(record))
