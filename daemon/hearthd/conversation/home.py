"""Home Assistant as one who answers: it does what no command of the speaker's own is.

An order is asked there first and waited for, since nothing else can carry it out. Whatever else is said goes
there while the model already prepares its answer (``first_say``). What opens a house is done only after a
spoken yes (``home_assistant.guarded``).
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hearthd.actions.requests import Act, requested
from hearthd.common.parts import Part
from hearthd.conversation.first_say import FirstSay
from hearthd.conversation.responders import Reply, Request
from hearthd.dialogue.events import Ended
from hearthd.dialogue.intent import Question
from hearthd.engines.messages import Acted, Text
from hearthd.home_assistant import guarded
from hearthd.home_assistant.agent import HomeAssistant
from hearthd.home_assistant.answer import AnswerKind, HomeAnswer
from hearthd.home_assistant.connection import (
    HomeAssistantError,
    NoSuchThingError,
    TokenError,
    UncertainError,
    UntrustedError,
    UnwantedError,
)
from hearthd.home_assistant.guarded import Confirmation, Guard
from hearthd.home_assistant.sentences import for_it, wanted_there

log = logging.getLogger(__name__)

QUESTION_SECONDS = 0.8
"""For what is no order: so long at most is the model's answer kept from sounding. Home Assistant was measured
at 11 to 36 ms a sentence, 200 ms for its first; a small computer takes five times as long."""
ORDER_SECONDS = 3.0
"""For an order: it waits up to 0.2 s for the device, and nobody else can do it. Who waits longer for a lamp
goes to the switch."""
PENDING_SECONDS = 30.0
"""A yes that comes later than this answers something else."""
CONVERSATION_SECONDS = 240.0
"""Home Assistant forgets a conversation after five minutes."""

Sentences = Mapping[str, str]
DONE: Sentences = {"en": "Done.", "zh": "好了。"}
"""Where it did something and says nothing."""
FAILED: Sentences = {"en": "Home Assistant couldn't do that.", "zh": "Home Assistant 没能做到。"}
UNKNOWN: Sentences = {
    "en": "Home Assistant did not answer in time; I don't know whether it was done.",
    "zh": "Home Assistant 没有及时回应，我不知道有没有做成。",
}
NOT_DONE: Sentences = {"en": "All right, I won't.", "zh": "好的，不做了。"}
AWAY: Sentences = {
    "en": "I can't reach Home Assistant, so nothing was done.",
    "zh": "我现在连不上 Home Assistant，所以什么也没做。",
}
REFUSED: Sentences = {
    "en": "Home Assistant refuses my token, so nothing was done. I need a new one.",
    "zh": "Home Assistant 不接受我的令牌，所以什么也没做。需要换一个新的。",
}
UNTRUSTED: Sentences = {
    "en": "I don't trust Home Assistant's certificate, so nothing was done.",
    "zh": "Home Assistant 的证书不可信，所以什么也没做。",
}
NOT_READY: Sentences = {
    "en": "Home Assistant is not ready to be asked, so nothing was done.",
    "zh": "Home Assistant 还没准备好，所以什么也没做。",
}


AT_HOME = frozenset(
    {
        *(Act.LIGHT, Act.DEVICE, Act.HEATING, Act.DOOR, Act.BLIND, Act.TV, Act.MUSIC, Act.CAMERA),
        *(Act.LIST, Act.CALENDAR),
    }
)
"""Acts that Home Assistant can carry out."""
_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """An order that waits for a yes."""

    text: str
    asked_at: float


class HomeAssistantResponder:
    """One room's way to Home Assistant."""

    name = "home_assistant"

    def __init__(
        self, home: HomeAssistant, satellite: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``satellite``: this room's entity there, whose area is meant where nobody names one."""
        self._home, self._satellite, self._clock = home, satellite, clock
        self._unconfirmed: Unconfirmed | None = None
        self._just_asked = False
        """It was asked back in the turn that is live."""
        self._conversation, self._answered_at = "", 0.0

    def turn_over(self, ended: Ended) -> None:
        """The live turn is over: what was asked back waits for the very next words, and no others."""
        if ended is Ended.STOPPED or not (self._just_asked or ended is Ended.NO_SPEECH):
            self._unconfirmed = None
        self._just_asked = False

    async def respond(self, request: Request) -> Reply | None:
        """Its answer; or None, and perhaps it has the first say on what the others prepare."""
        if not self._home.enabled or not isinstance(request.wanted, Question):
            return None
        waiting = self._waiting()
        if waiting is not None:
            answer = guarded.confirmed(request.text)
            if answer is Confirmation.YES:
                return self._confirmed(request, waiting)
            if answer is Confirmation.NO:
                return self._declined(request)
        order = in_the_house(request.text)
        if not wanted_there(request.text, order=order):
            return None
        match guarded.guard(request.text, self._home.guarded):
            case Guard.KEEP:
                return None
            case Guard.CONFIRM:
                return self._asked_back(request)
        if order:
            return await self._ordered(request)
        if self._home.away is None:
            request.first_say = FirstSay(self.name, self._questioned(request, request.certain))
            request.certain = request.first_say.left_to_others
        return None

    def _waiting(self) -> Unconfirmed | None:
        waiting = self._unconfirmed
        if waiting is not None and self._clock() - waiting.asked_at > PENDING_SECONDS:
            waiting = self._unconfirmed = None
        return waiting

    # --- what needs a yes -----------------------------------------------------------------------

    async def _asked_back(self, request: Request) -> Reply:
        if (refusal := self._known_away(request.language)) is not None:
            async for event in refusal:
                yield event
            return
        await request.certain()
        self._unconfirmed, self._just_asked = Unconfirmed(request.text, self._clock()), True
        yield Text(guarded.question(request.text))

    async def _confirmed(self, request: Request, waiting: Unconfirmed) -> Reply:
        await request.certain()
        self._unconfirmed = None
        reply = await self._sent(request, waiting.text, order=True)
        async for event in reply or _told(FAILED, request.language):
            yield event

    async def _declined(self, request: Request) -> Reply:
        await request.certain()
        self._unconfirmed = None
        async for event in _told(NOT_DONE, request.language):
            yield event

    # --- what does not --------------------------------------------------------------------------

    async def _ordered(self, request: Request) -> Reply | None:
        if (refusal := self._known_away(request.language)) is not None:
            return refusal
        await request.certain()
        return await self._sent(request, request.text, order=True)

    async def _questioned(self, request: Request, certain: Callable[[], Awaitable[object]]) -> Reply | None:
        await certain()
        try:
            return await self._sent(request, request.text, order=False)
        except Exception:  # whatever it is: the model can answer
            log.exception("Home Assistant's answer could not be used", extra={"part": Part.HOME_ASSISTANT})
            return None

    async def _sent(self, request: Request, text: str, *, order: bool) -> Reply | None:
        """What Home Assistant says to ``text``; None if that is nothing for it."""
        began, language = time.perf_counter(), request.language
        said_in = "zh" if _HAN.search(text) else "en"
        try:
            answer = await self._home.ask(
                for_it(text, said_in),
                said_in,
                seconds=ORDER_SECONDS if order else QUESTION_SECONDS,
                satellite=self._satellite,
                conversation=self._continued(),
            )
        except asyncio.CancelledError:  # somebody talks over it: Home Assistant goes on all the same
            if order:
                request.done_late(_acted({}, "unknown", began, done=False))
            raise
        except HomeAssistantError as error:
            if not order or isinstance(error, UnwantedError):
                return None
            unknown = isinstance(error, UncertainError)
            acted = _acted({}, "unknown" if unknown else "not reached", began, done=False)
            return _told(_why(error), language, acted)
        self._remember(text, answer)
        if answer.kind is AnswerKind.NO_INTENT or (answer.kind is AnswerKind.NO_TARGETS and not order):
            return None
        if not answer.speech and answer.kind is AnswerKind.DONE and not answer.success and not answer.failed:
            return None  # "never mind", which it takes for itself
        arguments = {"success": list(answer.success), "failed": list(answer.failed)}
        acted = _acted(arguments, answer.kind.value, began, done=answer.done)
        if answer.speech:
            return _told({"en": answer.speech}, "en", acted)
        return _told(DONE if answer.done else FAILED, language, acted)

    def _known_away(self, language: str) -> Reply | None:
        """Why an order comes to nothing; None if Home Assistant may carry it out.

        One that was merely late may: it is asked, and has longer for an order than for a question.
        """
        away = self._home.away
        if away is None or isinstance(away, UncertainError):
            return None
        return _told(_why(away), language, _acted({}, "not reached", time.perf_counter(), done=False))

    def _continued(self) -> str:
        late = self._clock() - self._answered_at > CONVERSATION_SECONDS
        return "" if late else self._conversation

    def _remember(self, text: str, answer: HomeAnswer) -> None:
        """The next sentence may refer to this one, but never to what is guarded: "open it" asks nobody."""
        self._conversation = "" if guarded.names_guarded(text, self._home.guarded) else answer.conversation_id
        self._answered_at = self._clock()


def in_the_house(text: str) -> bool:
    """Whether ``text`` reads as something to be done there."""
    return requested(text) in AT_HOME


def _why(error: HomeAssistantError) -> Sentences:
    match error:
        case UncertainError():
            return UNKNOWN
        case TokenError():
            return REFUSED
        case UntrustedError():
            return UNTRUSTED
        case NoSuchThingError():
            return NOT_READY
    return AWAY


def _acted(arguments: Mapping[str, Any], result: str, began: float, *, done: bool) -> Acted:
    milliseconds = (time.perf_counter() - began) * 1000
    return Acted("conversation", arguments, result, "home_assistant", done, milliseconds)


async def _told(sentences: Sentences, language: str, acted: Acted | None = None) -> Reply:
    if acted is not None:
        yield acted
    yield Text(sentences.get(language, sentences["en"]))
