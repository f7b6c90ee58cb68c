"""What happens to the speaker (events) and what it decides to do about it (commands).

``machine.step`` maps one to the other and does nothing else. Both are plain frozen values, so a
whole dialogue can be written down as a list and replayed in a test.

Times (``at``) are seconds on the process's monotonic clock; positions (``sample``, ``start``,
``end``) are samples at 16 kHz counted from the microphone's first sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hearthd.common.parts import Part

SAMPLE_RATE = 16_000
"""Samples per second of everything the canceller works on."""


class Ended(StrEnum):
    """Why a turn ended. Every turn ends exactly once, with one of these."""

    COMPLETED = "completed"
    NO_SPEECH = "no_speech"
    STOPPED = "stopped"
    BARGE_IN = "barge_in"
    TIMEOUT = "timeout"
    ERROR = "error"


class Origin(StrEnum):
    """What began a turn."""

    WAKE = "wake"
    FOLLOW_UP = "follow_up"
    BARGE_IN = "barge_in"
    LISTEN = "listen"
    ASK = "ask"
    SAY = "say"
    ANNOUNCE = "announce"


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of the microphone's audio in which a person spoke.

    ``start`` to ``end`` is what the recogniser gets (pre-roll included); ``speech_end`` is the last
    sample of speech, and ``speech_end_at`` its time on the monotonic clock.
    """

    start: int
    end: int
    speech_end: int
    speech_end_at: float


# --- events -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``at`` (seconds, monotonic)."""

    at: float


@dataclass(frozen=True, slots=True)
class Ready(Event):
    """Every engine that can be loaded is loaded. ``after_crash``: the last life did not end in order."""

    after_crash: bool = False


@dataclass(frozen=True, slots=True)
class Tick(Event):
    """The state's deadline may have passed."""

    sounded_at: float | None = None
    """Until when the live turn's speech has sounded, as far as it was played; None if none was."""


@dataclass(frozen=True, slots=True)
class Wake(Event):
    """The wake word ``word`` was recognised between samples ``start`` and ``end``.

    ``start == end``: by a satellite itself, and its sound was not heard here.
    """

    word: str
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SpeechStarted(Event):
    """While listening: the person has begun to speak, at ``sample``."""

    sample: int


@dataclass(frozen=True, slots=True)
class SpeechPaused(Event):
    """While listening: the person fell silent, perhaps for good."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class SpeechResumed(Event):
    """While listening: the pause was only a pause."""


@dataclass(frozen=True, slots=True)
class SpeechEnded(Event):
    """While listening: the endpoint. The utterance is whole."""

    utterance: Utterance


@dataclass(frozen=True, slots=True)
class NothingSaid(Event):
    """While listening: nobody spoke in the time given."""


@dataclass(frozen=True, slots=True)
class NearEndSuspected(Event):
    """While the speaker talks: somebody may be talking over it, since ``sample``."""

    sample: int


@dataclass(frozen=True, slots=True)
class NearEndCertain(Event):
    """While the speaker talks: somebody is talking over it, since ``sample``."""

    sample: int


@dataclass(frozen=True, slots=True)
class NearEndGone(Event):
    """The suspicion came to nothing."""


@dataclass(frozen=True, slots=True)
class NearEndShort(Event):
    """Something short was said over the speaker, between two samples: its words decide what it was."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class EchoMeasured(Event):
    """How well the canceller hears past the speaker's own voice, measured while it sounds."""

    reduction_db: float | None
    """How much of it they take out; None as long as they learn."""
    delay_ms: float
    """How much later it comes than the clocks say."""
    converged: bool
    """The linear path, which keeps a person whole, has learned the room."""


@dataclass(frozen=True, slots=True)
class StopWord(Event):
    """The person said "stop" (or 停, 闭嘴, 够了) over the speaker."""


@dataclass(frozen=True, slots=True)
class TurnEvent(Event):
    """Something that a turn reports. One from a turn that is no longer live is ignored."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class OnlyWakeWordHeard(TurnEvent):
    """The transcript held the wake phrase and nothing else: the question is still to come."""

    sample: int


@dataclass(frozen=True, slots=True)
class BrokenOff(TurnEvent):
    """The words that were heard before the present pause cannot be the end of a sentence."""


@dataclass(frozen=True, slots=True)
class ReplyAudible(TurnEvent):
    """The first sample of the reply has sounded."""


@dataclass(frozen=True, slots=True)
class ReplyPlayed(TurnEvent):
    """The last sample of the reply has sounded. ``asks``: it ended with a question."""

    asks: bool = False


@dataclass(frozen=True, slots=True)
class TurnOver(TurnEvent):
    """The turn cannot go on: nothing was said, or something failed (and people have been ``told``)."""

    ended: Ended
    told: bool = False


@dataclass(frozen=True, slots=True)
class StopRequested(Event):
    """Silence, now: a button, an automation, the command line."""


@dataclass(frozen=True, slots=True)
class ListenRequested(Event):
    """Open the microphone without the wake word, from ``sample`` on."""

    sample: int


@dataclass(frozen=True, slots=True)
class MuteRequested(Event):
    """Stop (or take up again) reading the microphone."""

    on: bool


@dataclass(frozen=True, slots=True)
class SayRequested(Event):
    """Speak ``text`` now."""

    text: str


@dataclass(frozen=True, slots=True)
class AskRequested(Event):
    """Answer ``text`` as if it had been heard."""

    text: str


@dataclass(frozen=True, slots=True)
class AnnounceRequested(Event):
    """Chime and speak ``text``, or play the sound ``clip``, once the turn in progress has ended."""

    text: str
    clip: int = 0
    """The number of the sound among the room's; 0: it is a text."""


@dataclass(frozen=True, slots=True)
class PartFailed(Event):
    """A part of the speaker is broken."""

    part: Part


@dataclass(frozen=True, slots=True)
class PartRecovered(Event):
    """A part of the speaker works again."""

    part: Part


# --- commands ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do. Commands of one step are carried out in order."""


@dataclass(frozen=True, slots=True)
class OpenTurn(Command):
    """A turn begins. ``wake`` is what woke it, if a wake word did.

    ``goes_on_from``: the first sample of a question that was taken to be whole when the person had only
    paused; what comes is its other half.
    """

    turn_id: int
    origin: Origin
    wake: Wake | None = None
    goes_on_from: int | None = None


@dataclass(frozen=True, slots=True)
class Listen(Command):
    """Look for the person's words from ``sample`` on; give up after ``seconds`` without any.

    ``include_from`` is the first sample that the recogniser shall get (the wake phrase, say).
    """

    sample: int
    seconds: float
    include_from: int


@dataclass(frozen=True, slots=True)
class WaitLonger(Command):
    """So many seconds of silence end the utterance, if nothing more is said."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StopListening(Command):
    """Nobody's words are looked for any more; the wake word still is."""


@dataclass(frozen=True, slots=True)
class ListenAfterReply(Command):
    """The reply has sounded: look for the person's words from now on, for ``seconds``."""

    seconds: float


@dataclass(frozen=True, slots=True)
class WatchNearEnd(Command):
    """While the speaker thinks or sounds (``on``, from now anew), look for somebody who talks over it.

    ``over_ring``: it rings. A ring that is held for nothing costs less than one that goes on over a "stop".
    """

    on: bool
    over_ring: bool = False


@dataclass(frozen=True, slots=True)
class Chime(Command):
    """Sound the chime of that name."""

    name: str


@dataclass(frozen=True, slots=True)
class Tell(Command):
    """Announce to the people here that ``part`` is broken."""

    part: Part


@dataclass(frozen=True, slots=True)
class Speculate(Command):
    """Work on what was heard so far; nothing may sound before ``Answer`` confirms it."""

    turn_id: int
    utterance: Utterance


@dataclass(frozen=True, slots=True)
class Retract(Command):
    """The speculation was too early: drop it."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Answer(Command):
    """The utterance is whole: transcribe it (unless that is already under way) and answer."""

    turn_id: int
    utterance: Utterance


@dataclass(frozen=True, slots=True)
class AnswerText(Command):
    """Answer ``text`` as if it had been heard."""

    turn_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Speak(Command):
    """Say ``text`` as it is; or play the sound ``clip``."""

    turn_id: int
    text: str
    clip: int = 0


@dataclass(frozen=True, slots=True)
class Hold(Command):
    """Pause the speaker at this very sample."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Resume(Command):
    """Go on at the very sample where the speaker was held."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class JudgeWords(Command):
    """Find out what was said over the speaker between two samples.

    The answer is ``StopWord``, ``NearEndCertain`` or ``NearEndGone``. ``only_stop``: the reply goes on
    meanwhile, and nothing but a stop word ends it. ``over_ring``: no reply sounds, but a ring, and the words
    for a snooze count as well (``SnoozeRequested``).
    """

    turn_id: int
    start: int
    end: int
    only_stop: bool = False
    over_ring: bool = False


@dataclass(frozen=True, slots=True)
class EndTurn(Command):
    """The turn is over: silence the speaker, close every stream, write it down."""

    turn_id: int
    ended: Ended


@dataclass(frozen=True, slots=True)
class ReadMicrophone(Command):
    """Read the microphone (or, muted, do not)."""

    on: bool
