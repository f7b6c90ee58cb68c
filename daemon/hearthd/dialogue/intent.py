"""What a person's words want: decided from the transcript and the circumstances, and from nothing else.

``understand`` is to the words what ``machine.step`` is to the events: pure, whole, in one place. What
comes of an intent is the business of whoever carries it out (``conversation.turn``, ``responders``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hearthd.turn_taking import wake_phrase
from hearthd.turn_taking.backchannel import wants_silence


@dataclass(frozen=True, slots=True)
class Nothing:
    """No words, or none that want anything."""


@dataclass(frozen=True, slots=True)
class NotWakeWord:
    """The network took something else for the wake word: the transcript does not hold it."""


@dataclass(frozen=True, slots=True)
class OnlyWakeWord:
    """The wake phrase alone: the question is still to come."""


@dataclass(frozen=True, slots=True)
class HearRest:
    """Only the wake phrase was recognised, but the person spoke on: what follows it is to be heard alone."""


@dataclass(frozen=True, slots=True)
class BeQuiet:
    """Silence, and no answer."""


@dataclass(frozen=True, slots=True)
class PersonaWanted:
    """Another persona shall answer from now on ("be Mario")."""

    name: str


@dataclass(frozen=True, slots=True)
class SpokenCommand:
    """Something to be done that is understood without a model ("volume up").

    The slots, where they were said: ``seconds`` (int), ``name``, ``text`` (str), ``at`` (local ISO time; a
    date of ``date``, ``weekday`` and where a whole day is cancelled), ``repeats`` (list of weekdays, or
    "daily"), ``all``, ``last`` (True), ``level``, ``by`` (0 to 100), ``expression`` (``actions.arithmetic``),
    ``value`` (a number), ``unit``, ``to_unit`` (``actions.units``). All can be written as JSON.
    """

    name: str
    slots: Mapping[str, Any] = field(default_factory=dict)
    language: str = ""
    """In which it was said."""
    after: int | None = None
    """Seconds from now at which ``at`` is, where it was said so."""
    then: tuple[SpokenCommand, ...] = ()
    """What else was asked for in the same breath, in order."""


@dataclass(frozen=True, slots=True)
class Question:
    """Everything else: to be answered."""


Wanted = PersonaWanted | SpokenCommand | Question
"""What somebody answers."""
Intent = Nothing | NotWakeWord | OnlyWakeWord | HearRest | BeQuiet | Wanted


QUIETING = frozenset({"stop", "never_mind"})
"""Commands that are obeyed by saying nothing."""


def _nobody(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else decides it."""

    phrases: Sequence[str] = ()
    """The ways to say the wake word."""
    must_confirm: bool = False
    """A wake word began the turn, and the transcript must hold it."""
    called: bool = False
    """The wake phrase was recognised before these words."""
    asked_again: bool = False
    """The wake phrase came alone before, and the question was waited for."""
    spoke_on: bool = False
    """The person went on speaking after the wake word."""
    persona_of: Callable[[str], str | None] = _nobody
    """The persona that words ask for, if that is all they do."""
    command_of: Callable[[str], SpokenCommand | None] = _nobody
    """The command that words are, if they are that and nothing else."""


def understand(transcript: str, circumstances: Circumstances) -> tuple[Intent, str]:
    """What ``transcript`` wants, and the words that say so, without the wake phrase."""
    text = transcript.strip()
    if not text:
        waits = circumstances.called and not circumstances.asked_again
        return (OnlyWakeWord() if waits else Nothing()), ""
    if circumstances.must_confirm and wake_phrase.confirm(text, circumstances.phrases) is None:
        return NotWakeWord(), text
    words = wake_phrase.strip(text, circumstances.phrases)
    if not words:
        if circumstances.spoke_on:
            return HearRest(), ""
        return (Nothing() if circumstances.asked_again else OnlyWakeWord()), ""
    if wants_silence(words):
        return BeQuiet(), words
    want = wanted(words, circumstances)
    if isinstance(want, SpokenCommand) and want.name in QUIETING and not want.then:
        return BeQuiet(), words
    return want, words


def wanted(words: str, circumstances: Circumstances) -> Wanted:
    """What ``words`` want that were addressed to it, by voice or in writing."""
    if (persona := circumstances.persona_of(words)) is not None:
        return PersonaWanted(persona)
    command = circumstances.command_of(words)
    if command is not None and command.name == "persona":
        return PersonaWanted(str(command.slots["name"]))
    return command or Question()
