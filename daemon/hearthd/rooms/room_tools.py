"""Who answers in one room, and the tools that its chat model has: what it does, rings and remembers there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from hearthd.actions.performer import Performer
from hearthd.actions.unable import Means
from hearthd.config.personas import Persona
from hearthd.config.settings import Settings
from hearthd.conversation.command_tools import CommandTools
from hearthd.conversation.conversation import Conversation
from hearthd.conversation.memory_tools import DocumentsTool, HistoryTool
from hearthd.conversation.responders import DocumentsResponder, ModelResponder, PersonaResponder, Responder
from hearthd.conversation.tools import Toolbox
from hearthd.conversation.truthful import UnableResponder
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.knowledge.answers import Consulted
from hearthd.rooms.ports import Documents
from hearthd.rooms.shared import Shared
from hearthd.tools.tool import Tool

MOST_TURNS = 500
"""Turns of one day, or the latest of all, among which words are looked for."""


def consulting(
    documents: Documents, conversation: Conversation
) -> Callable[[str, str], Awaitable[Consulted]]:
    """The documents as the persona that talks in a room may draw on them."""

    async def consult(question: str, language: str) -> Consulted:
        return await documents.consult(question, language, conversation.persona.workspaces)

    return consult


def responders(
    shared: Shared,
    conversation: Conversation,
    model: ModelResponder,
    become: Callable[[Persona], None],
    means: Callable[[], Means],
    *own: Responder | None,
) -> list[Responder]:
    """Who answers, the first that takes it: a persona, the room's ``own``, documents, the model."""
    row: list[Responder] = [PersonaResponder(shared.persona, become)]
    row += [one for one in own if one is not None]
    row.append(UnableResponder(means))
    if shared.documents is not None:
        row.append(DocumentsResponder(consulting(shared.documents, conversation)))
    return [*row, model]


def means_of(settings: Settings, shared: Shared, tools: Toolbox) -> Means:
    """With what acts can be done."""
    return Means(
        home=settings.home_assistant.enabled, tools=bool(tools.specs), timers=shared.timers is not None
    )


def toolbox(shared: Shared, conversation: Conversation, performer: Performer) -> Toolbox:
    """The tools of a room, whose commands ``performer`` carries out."""
    gate, documents, tools = shared.tool_gate, shared.documents, list[Tool]()
    if shared.commands is not None:
        tools += CommandTools(shared.commands, performer).tools

    def between(since: float, until: float) -> Sequence[TurnRecord]:
        return shared.store.turns_between(since, until, MOST_TURNS, conversation.room)

    tools.append(HistoryTool(between))
    if documents is not None and documents.there:
        tools.append(DocumentsTool(consulting(documents, conversation)))
    return Toolbox(
        tools,
        more=shared.tools,
        offered=lambda: gate is not None and gate.open,
        num_ctx=lambda: conversation.num_ctx,
    )
