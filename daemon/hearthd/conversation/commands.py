"""Spoken commands: understood before any model, done, and answered in a sentence."""

from __future__ import annotations

import time
from dataclasses import replace

from hearthd.actions.answers import answer
from hearthd.actions.late_matcher import UnderstandsCommands
from hearthd.actions.performer import Pending, Performer
from hearthd.actions.result import Outcome, Result
from hearthd.actions.timers.finding import alike
from hearthd.conversation.responders import Reply, Request
from hearthd.dialogue.intent import SpokenCommand
from hearthd.engines.messages import Acted, Text


class CommandResponder:
    """Does what a command asks for, and says what came of it."""

    name = "command"

    def __init__(self, matcher: UnderstandsCommands, performer: Performer) -> None:
        self._matcher, self._performer = matcher, performer
        self._answered = 0
        """Replies so far: the wordings take turns."""

    def understood(self, words: str) -> SpokenCommand | None:
        """The command that ``words`` are, or that they complete after a question; changes nothing."""
        now = self._performer.now()
        command = self._matcher.understand(words, now)
        pending = self._performer.pending
        if command is not None or pending is None:
            return command
        slots = self._matcher.answered(pending.missing, pending.command.name, words, now)
        if slots is None or (pending.missing == "which" and not _is_one_of(slots, pending)):
            return None
        after = slots.pop("after", None)
        return replace(
            pending.command,
            slots={**pending.command.slots, **slots},
            after=after if isinstance(after, int) else pending.command.after,
        )

    def forget_question(self) -> None:
        """Nobody wants to answer what was asked back."""
        self._performer.forget_question()

    async def respond(self, request: Request) -> Reply | None:
        """What came of it."""
        if not isinstance(request.wanted, SpokenCommand):
            self._performer.forget_question()
            return None
        return self._performed(request, request.wanted)

    async def _performed(self, request: Request, wanted: SpokenCommand) -> Reply:
        await request.certain()
        sentences = []
        for command in (wanted, *wanted.then):
            told = replace(command, language=request.language)
            began = time.perf_counter()
            result = await self._performer.perform(told)
            milliseconds = (time.perf_counter() - began) * 1000
            yield Acted(told.name, told.slots, _word(result), "command", _is_done(told, result), milliseconds)
            sentences.append(answer(told, result, self._performer.now(), self._answered))
        self._answered += 1
        yield Text(" ".join(sentence for sentence in sentences if sentence))


def _is_one_of(slots: dict[str, object], pending: Pending) -> bool:
    """Whether what was answered is among what was asked about."""
    name = slots.get("name")
    return name is None or any(alike(str(name), item.name) for item in pending.items)


def _word(result: Result) -> str:
    return f"{result.outcome}: {result.reason}" if result.reason else str(result.outcome)


def _is_done(command: SpokenCommand, result: Result) -> bool:
    """Whether it took effect, or told what was asked: that no timer is set is an answer, too."""
    asked = command.name.endswith(("_list", "_query"))
    return result.outcome is Outcome.DONE or (asked and result.outcome is Outcome.NONE)
