"""No reply claims what was not done: decided from the request and the record, not left to a model.

A request that reads as an act (``actions.requests``) and that no command and no Home Assistant took is
answered without the model where that has no tools. Where it has some, what it writes is held back until
one of them has done something, and replaced if none has. A reply to anything else is spoken as it comes,
but for a beginning that claims a deed (``actions.claims``) without there being one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import aclosing

from hearthd.actions.claims import claims
from hearthd.actions.requests import requested, wants_words
from hearthd.actions.unable import Means, unable
from hearthd.conversation.context import Context
from hearthd.conversation.responders import FILLERS, ModelResponder, Reply, Request, said
from hearthd.conversation.tools import Toolbox
from hearthd.engines.messages import Acted, Paused, Text, Withdrawn
from hearthd.engines.protocols import ChatModel

LOOKED_AT = 160
"""Characters at the beginning of a reply in which it is looked for a claim: two or three clauses."""
MAX_HELD = 400
"""A model that has written so much and done nothing does nothing any more."""
MAX_QUESTION = 160
"""Characters of what may be asked back instead of acting."""
_ASKED_BACK = re.compile(
    r"(?:(?:ok|okay|sure|of course|certainly)[,.!] )?(?:which|what|where|when|who|how|for (?:how|what|"
    r"which)|at what|in which|to whom|"
    r"do you (?:want|mean)|would you like|should i|shall i|is (?:it|that)|are you sure)\b[^.!?]*\?"
    r"|(?:好的?[,，。])?[^。！!?？了已]*(?:哪|什么|几|多|谁|吗|要不要|呢)[^。！!?？了已]*[?？]"
)
"""One question, and nothing else that could be a claim."""
_PROMISE = re.compile(
    r"(?:(?:ok|okay|sure|of course|certainly|all right)[,.!] )?(?:i'll|i will|i'm going to|let me|"
    r"one moment|just a)\b[^.!?]*[.!]?$"
    r"|(?:好的?[,，。])?(?:稍等|我来|我去|我这就|让我|马上)[^。！？]*[。！]?$"
)
"""Says what is about to be done, and no more."""
_CLAUSE = re.compile(r"[,.!;:\n]+\s|[，。！；：\n]|[?？]")


class UnableResponder:
    """Says at once that it can't, where an act is wanted and nobody here could do it."""

    name = "command"

    def __init__(self, means: Callable[[], Means]) -> None:
        self._means = means

    async def respond(self, request: Request) -> Reply | None:
        """That it can't, and what would mend it; None if no act is wanted, or the model has tools."""
        act, means = requested(request.text), self._means()
        if act is None or means.tools:
            return None
        return said(unable(act, request.language, means))


class TruthfulModel(ModelResponder):
    """The chat model, held to what was done."""

    def __init__(self, chat: ChatModel, context: Context, tools: Toolbox, means: Callable[[], Means]) -> None:
        super().__init__(chat, context, tools)
        self._means = means

    async def respond(self, request: Request) -> Reply:
        """What the model writes, as far as it is true."""
        return self._truthful(await super().respond(request), request)

    def again(self, request: Request, written: str) -> Reply:
        """The same, told to be in the language wanted."""
        return self._truthful(super().again(request, written), request)

    def _truthful(self, reply: Reply, request: Request) -> Reply:
        act, means = requested(request.text), self._means()
        if act is None and wants_words(request.text):
            return reply
        instead = unable(act, request.language, means)
        return truthful(reply, request, instead, wanted=act is not None, tools=means.tools)


async def truthful(reply: Reply, request: Request, instead: str, *, wanted: bool, tools: bool) -> Reply:
    """``reply``, but ``instead`` of what it claims without a deed.

    ``wanted``: an act was asked for, so that nothing is said before one was done, but for one question: a
    model may have to ask which lamp. Else only a beginning that claims a deed is kept back. ``tools``: one
    may still come.
    """
    held, passed, strict, begun = "", 0, wanted, False
    async with aclosing(reply):
        async for event in reply:
            match event:
                case Acted(done=True, looks=False):
                    request.acted = True
                    yield event
                    if held:
                        yield Text(held)
                        held = ""
                case Withdrawn():
                    held, passed, strict = "", 0, wanted
                    yield event
                case Paused():  # a tool is at work: what was promised before may be heard
                    if held and (_PROMISE.match(held.strip().lower()) or not (strict or claims(held))):
                        yield Text(held)
                        held = ""
                    yield event
                case Text(text) if not request.acted and passed < LOOKED_AT:
                    if text in FILLERS.values() and not held:
                        yield event
                        continue
                    if not begun:
                        begun = True
                        yield Text("")  # by it the model's first token is timed
                    held += text
                    while not strict and (end := _CLAUSE.search(held)) is not None:
                        clause = held[: end.end()]
                        if claims(clause):
                            strict = True
                            break
                        held, passed = held[end.end() :], passed + len(clause)
                        yield Text(clause)
                    if strict and (len(held) > MAX_HELD or not tools):
                        break
                    if not strict and passed + len(held) >= LOOKED_AT:
                        yield Text(held)
                        held, passed = "", LOOKED_AT
                case _:
                    yield event
    if request.acted or passed >= LOOKED_AT:
        return
    if wanted:
        yield Text(held if _asks_back(held) else instead)
    elif held:
        yield Text(instead if strict or claims(held) else held)


def _asks_back(text: str) -> bool:
    text = text.strip()
    return len(text) <= MAX_QUESTION and _ASKED_BACK.fullmatch(text.lower()) is not None
