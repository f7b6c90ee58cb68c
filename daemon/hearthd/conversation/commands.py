"""Spoken commands: understood before any model, done, and answered in a sentence."""

from __future__ import annotations

from dataclasses import replace

from hearthd.actions.answers import answer
from hearthd.actions.matcher import Matcher
from hearthd.actions.performer import Pending, Performer
from hearthd.actions.timers.finding import alike
from hearthd.conversation.responders import Reply, Request, said
from hearthd.dialogue.intent import SpokenCommand


class CommandResponder:
    """Does what a command asks for, and says what came of it."""

    name = "command"

    def __init__(self, matcher: Matcher, performer: Performer) -> None:
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
        await request.certain()
        sentences = []
        for command in (request.wanted, *request.wanted.then):
            told = replace(command, language=request.language)
            result = await self._performer.perform(told)
            sentences.append(answer(told, result, self._performer.now(), self._answered))
        self._answered += 1
        return said(" ".join(sentence for sentence in sentences if sentence))


def _is_one_of(slots: dict[str, object], pending: Pending) -> bool:
    """Whether what was answered is among what was asked about."""
    name = slots.get("name")
    return name is None or any(alike(str(name), item.name) for item in pending.items)
