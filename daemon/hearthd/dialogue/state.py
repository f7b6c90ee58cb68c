"""What the speaker's behaviour depends on: its phase, the live turn, the owner's rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from hearthd.common.parts import Part
from hearthd.dialogue.events import Origin

BargeInMode = Literal["speech", "wake_word", "off"]
"""What stops a reply: any speech, only the wake word and "stop", or only a command."""


MAX_ANNOUNCEMENTS = 16
"""Announcements that may wait for a turn to end; more are dropped, so that a runaway automation ends."""


class Phase(StrEnum):
    """What the speaker is doing."""

    STARTING = "starting"
    IDLE = "idle"
    LISTENING = "listening"
    THINKING = "thinking"
    SPEAKING = "speaking"
    HELD = "held"
    FOLLOW_UP = "follow_up"
    MUTED = "muted"


class Shown(StrEnum):
    """What the speaker is shown to do, over MQTT and in systemd's status.

    The first four are those of Home Assistant's own voice satellites.
    """

    IDLE = "idle"
    LISTENING = "listening"
    PROCESSING = "processing"
    RESPONDING = "responding"
    STARTING = "starting"
    MUTED = "muted"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Rules:
    """The owner's wishes, in seconds; replaced as a whole when the configuration is reloaded."""

    barge_in: BargeInMode = "speech"
    no_speech_seconds: float = 5.0
    max_speech_seconds: float = 25.0
    follow_up_seconds: float = 4.0
    question_seconds: float = 8.0
    think_seconds: float = 60.0
    """A reply that has not begun to sound by then never will."""
    quiet_seconds: float = 60.0
    """A reply of which nothing has sounded for so long is not gone on with. The engines give up sooner: this
    is for a device that swallows it, or one of them that goes on for ever without a word."""
    hold_seconds: float = 3.0
    """A suspicion that is neither confirmed nor dismissed by then was a false alarm."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything the speaker's behaviour depends on."""

    rules: Rules = Rules()
    phase: Phase = Phase.STARTING
    muted: bool = False
    turn_id: int = 0
    """The live turn, 0 when there is none."""
    origin: Origin | None = None
    next_turn_id: int = 1
    deadline: float | None = None
    """When the phase is over at the latest."""
    listening_from: int = 0
    """The first sample of the present listening; speech that ended before it is old news."""
    answer_by: float = 0.0
    """When the answer must have begun to sound; being held meanwhile gives it no more time."""
    held_phase: Phase = Phase.SPEAKING
    """What HELD goes back to."""
    held_until: float = 0.0
    """When HELD goes back at the latest."""
    faults: frozenset[Part] = frozenset()
    untold: frozenset[Part] = frozenset()
    """Broken parts that people are still to be told of."""
    tell_at: float | None = None
    """When they are told, on the events' clock."""
    announcements: tuple[str, ...] = ()

    @property
    def barge_in(self) -> BargeInMode:
        """What stops a reply now: not speech while it cannot be told from the speaker's own."""
        mode = self.rules.barge_in
        return "wake_word" if mode == "speech" and Part.ECHO in self.faults else mode

    @property
    def listens(self) -> bool:
        """The front end look for a person's words."""
        return self.phase in (Phase.LISTENING, Phase.FOLLOW_UP)

    @property
    def watches(self) -> bool:
        """The front end look for somebody who talks over the speaker."""
        talks = self.phase in (Phase.THINKING, Phase.SPEAKING, Phase.HELD)
        return talks and not self.muted and self.rules.barge_in != "off"

    @property
    def due(self) -> float | None:
        """When the next ``Tick`` is due, on the events' clock."""
        return min((at for at in (self.deadline, self.tell_at) if at is not None), default=None)

    @property
    def resting(self) -> Phase:
        """The phase without anything to do."""
        return Phase.MUTED if self.muted else Phase.IDLE

    @property
    def shown(self) -> Shown:
        """What the phase is shown as."""
        return _SHOWN[self.phase]


_SHOWN = {
    Phase.STARTING: Shown.STARTING,
    Phase.IDLE: Shown.IDLE,
    Phase.LISTENING: Shown.LISTENING,
    Phase.THINKING: Shown.PROCESSING,
    Phase.SPEAKING: Shown.RESPONDING,
    Phase.HELD: Shown.RESPONDING,
    Phase.FOLLOW_UP: Shown.LISTENING,
    Phase.MUTED: Shown.MUTED,
}
