"""The phases and events of ``docs/architecture.md``; ``python -m tests.dialogue.table`` writes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hearthd.common.parts import Part
from hearthd.dialogue import events as e
from hearthd.dialogue import ring_events as r
from hearthd.dialogue.events import Command, Ended, Event
from hearthd.dialogue.machine import step
from hearthd.dialogue.state import Phase, Rules, State
from tests.dialogue.playing import play

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
BEGIN, END = "<!-- phases: made by tests/dialogue/table.py -->\n", "<!-- end of phases -->\n"

AT = 100.0
WORDS = e.Utterance(start=8_000, end=64_000, speech_end=56_000, speech_end_at=99.0)
WAKE = e.Wake(AT, "hey_jarvis", 0.9, start=8_000, end=24_000)

REACHED: dict[Phase, tuple[Event, ...]] = {
    Phase.IDLE: (),
    Phase.LISTENING: (WAKE,),
    Phase.THINKING: (WAKE, e.SpeechEnded(AT, WORDS)),
    Phase.SPEAKING: (WAKE, e.SpeechEnded(AT, WORDS), e.ReplyAudible(AT, 1)),
    Phase.HELD: (WAKE, e.SpeechEnded(AT, WORDS), e.ReplyAudible(AT, 1), e.NearEndSuspected(AT, 70_000)),
    Phase.FOLLOW_UP: (WAKE, e.SpeechEnded(AT, WORDS), e.ReplyAudible(AT, 1), e.ReplyPlayed(AT, 1)),
    Phase.MUTED: (e.MuteRequested(AT, True),),
    Phase.RINGING: (r.RingDue(AT, "pasta"),),
}
"""How each phase but STARTING is reached, from a speaker that is ready."""

HAPPENS: tuple[Event, ...] = (
    e.Ready(AT),
    WAKE,
    e.ListenRequested(AT, 70_000),
    e.SpeechStarted(AT, 70_000),
    e.SpeechPaused(AT, WORDS),
    e.SpeechResumed(AT),
    e.SpeechEnded(AT, WORDS),
    e.NothingSaid(AT),
    e.OnlyWakeWordHeard(AT, 1, 70_000),
    e.BrokenOff(AT, 1),
    e.ReplyAudible(AT, 1),
    e.ReplyPlayed(AT, 1),
    e.TurnOver(AT, 1, Ended.ERROR),
    e.NearEndSuspected(AT, 70_000),
    e.NearEndCertain(AT, 70_000),
    e.NearEndShort(AT, 70_000, 74_000),
    e.NearEndGone(AT),
    e.StopWord(AT),
    e.StopRequested(AT),
    e.SayRequested(AT, "Hello."),
    e.AskRequested(AT, "What time is it?"),
    e.AnnounceRequested(AT, "Dinner is ready."),
    e.MuteRequested(AT, True),
    e.MuteRequested(AT, False),
    e.PartFailed(AT, Part.MICROPHONE),
    e.PartFailed(AT, Part.ECHO),
    e.PartRecovered(AT, Part.MICROPHONE),
    e.Tick(AT + 10_000),
    e.EchoMeasured(AT, 20.0, 30.0, True),
    r.RingDue(AT, "tea"),
    r.RingGone(AT, "pasta"),
    r.RingSaid(AT, 1),
    r.SnoozeRequested(AT),
)
"""One of each event; where it matters what it holds, several."""


def reached(phase: Phase) -> State:
    """A state in ``phase``."""
    state = State(rules=Rules())
    if phase is Phase.STARTING:
        return state
    state = play(*REACHED[phase])[0]
    return replace(state, faults=frozenset())


def table() -> str:
    """The table, as Markdown. What a phase does not mention it ignores."""
    lines = ["| in | happens | becomes | does |", "|---|---|---|---|"]
    for phase in Phase:
        state = reached(phase)
        for event in HAPPENS:
            after, commands = step(state, event)
            if after.phase is phase and not commands:
                continue
            becomes = "" if after.phase is phase else str(after.phase)
            lines.append(f"| {phase} | {_named(event)} | {becomes} | {', '.join(map(_does, commands))} |")
    return "\n".join(lines) + "\n"


def _named(event: Event) -> str:
    match event:
        case e.MuteRequested(on=on):
            return f"MuteRequested ({'on' if on else 'off'})"
        case e.PartFailed(part=part) | e.PartRecovered(part=part):
            return f"{type(event).__name__} ({part})"
        case e.Tick():
            return "Tick (at the deadline)"
    return type(event).__name__


def _does(command: Command) -> str:
    match command:
        case e.WatchNearEnd(on=on) | e.ReadMicrophone(on=on):
            return f"{type(command).__name__} ({'on' if on else 'off'})"
        case e.EndTurn(ended=ended):
            return f"EndTurn ({ended})"
        case r.RingOver(how=how):
            return f"RingOver ({how})"
        case r.Duck(on=on):
            return f"Duck ({'on' if on else 'off'})"
        case e.Chime(name=name):
            return f"Chime ({name})"
    return type(command).__name__


def written() -> str:
    """The table as it stands in the page."""
    return PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]


if __name__ == "__main__":
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(before + BEGIN + table() + END + rest.partition(END)[2], "utf-8")
