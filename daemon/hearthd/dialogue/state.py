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
    RINGING = "ringing"


class Quiet(StrEnum):
    """How a ring makes way for somebody who speaks."""

    NO = "no"
    HELD = "held"
    """It is silent: somebody may be saying "stop"."""
    HEARD = "heard"
    """It is silent, and somebody is listened to who says more than a word."""
    DUCKED = "ducked"
    """It rings on quietly while somebody goes on speaking."""


@dataclass(frozen=True, slots=True)
class DueRing:
    """A timer, an alarm or a reminder that is due."""

    alert_id: str
    until: float | None = None
    """When it ends by itself; None: nobody has heard it yet."""
    number: int = 0
    """Of its sound, while it rings."""


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
    RINGING = "ringing"
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
    ring_seconds: float = 600.0
    """How long a timer, an alarm or a reminder rings if nobody stops it."""


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
    """Counts the rings, too: what sounds of one is never taken for another's."""
    rung: int = 0
    """How many rings there were."""
    deadline: float | None = None
    """When the phase is over at the latest."""
    listening_from: int = 0
    """The first sample of the present listening; speech that ended before it is old news."""
    question_from: int | None = None
    """The first sample of the live turn's question, or of the half that came before its pause."""
    question_until: int | None = None
    """The sample at which that was taken to be whole."""
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
    announcements: tuple[tuple[str, int], ...] = ()
    """What waits: texts, or the numbers of sounds."""
    ringing: DueRing | None = None
    """What rings, in the phase RINGING."""
    rings: tuple[DueRing, ...] = ()
    """What is due and waits for its turn."""
    share_until: float = 0.0
    """So long it rings before one that waits has its turn."""
    quiet: Quiet = Quiet.NO
    quiet_until: float = 0.0
    """When it is quiet no longer; or, if it is not, before when it may not be held again."""
    ring_by: float | None = None
    """When what is due waits no longer for the turn to end."""

    @property
    def barge_in(self) -> BargeInMode:
        """What stops a reply now: not speech while it cannot be told from the speaker's own."""
        mode = self.rules.barge_in
        return "wake_word" if mode == "speech" and Part.ECHO in self.faults else mode

    @property
    def listens(self) -> bool:
        """The front end looks for a person's words."""
        return self.phase in (Phase.LISTENING, Phase.FOLLOW_UP) or self.quiet in (Quiet.HEARD, Quiet.DUCKED)

    @property
    def watches(self) -> bool:
        """The front end looks for somebody who talks over the speaker."""
        if self.muted:
            return False
        talks = self.phase in (Phase.THINKING, Phase.SPEAKING, Phase.HELD)
        return self.phase is Phase.RINGING or (talks and self.rules.barge_in != "off")

    @property
    def due(self) -> float | None:
        """When the next ``Tick`` is due, on the events' clock."""
        return min((at for at in (self.deadline, self.tell_at, self.ring_by) if at is not None), default=None)

    @property
    def turns(self) -> int:
        """How many turns were opened so far."""
        return self.next_turn_id - 1 - self.rung

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
    Phase.RINGING: Shown.RINGING,
}
