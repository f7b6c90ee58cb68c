"""Which models are offered tools: those that have passed the probe (``engines.llm.tool_probe``).

A model is asked in a quiet moment, some seconds after the speaker fell idle; a turn that opens ends it,
and the next quiet moment begins it again. Until then, and where it fails, the model answers without tools.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from hearthd.common.errors import EngineError
from hearthd.conversation.summarizer import size_in
from hearthd.dialogue.events import EchoMeasured
from hearthd.dialogue.state import Phase, State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.llm.tool_probe import Results, ask
from hearthd.engines.protocols import ChatModel

log = logging.getLogger(__name__)

_STAGE = {"stage": "llm"}

IDLE_SECONDS = 3.0
"""Quiet before the model is asked: what is prefilled at the start comes first."""
SMALLEST = 1.0
"""Billions of parameters. The starter model (0.5B) calls right at 16 of 28 requests and leaves the tools
alone at 7 of 12; its first word takes 1.9 s in place of 0.3 s, 42 s in place of 0.8 s while it has not read
them, on two busy cores (``tests/bench/tool_calls.py``). The spoken commands do what it could."""
OFF = "switched off (tools.offer)"
SMALL = "smaller than 1B (tools.offer)"
NOT_ASKED = "not asked yet"

Offer = Literal["auto", "on", "off"]


class ToolGate:
    """One for the speaker. ``keep`` runs a task until it shuts down."""

    def __init__(
        self,
        chat: ChatModel,
        offer: Offer,
        results: Results,
        keep: Callable[[Awaitable[None]], asyncio.Task[None]],
    ) -> None:
        self._chat, self._offer, self._results, self._keep = chat, offer, results, keep
        self._wrong: dict[str, str] = {}
        """What is wrong with each model that was asked, by its name; "": nothing."""
        self._busy: set[Watch] = set()
        """Rooms in which something goes on."""
        self._task: asyncio.Task[None] | None = None
        self.changed: list[Callable[[], object]] = []
        """Called when another answer holds: the tools stand at the beginning of what a model has read."""

    @property
    def open(self) -> bool:
        """The model that answers now is offered tools."""
        return self.why_not == ""

    @property
    def why_not(self) -> str:
        """Why the model that answers now is offered none; "": it is."""
        return self._why_not(self._chat.name)

    def may_call(self, name: str) -> bool:
        """Whether the model of that name is offered tools."""
        return self._why_not(name) == ""

    def _why_not(self, name: str) -> str:
        return why_not(name, self._offer) or self._wrong.get(name, NOT_ASKED)

    @property
    def shown(self) -> str:
        """The model that has tools, or why there are none, in a few words."""
        return self.why_not or self._chat.name

    def watch(self) -> Watch:
        """An observer for a room: what goes on there comes first."""
        return Watch(self)

    def told(self, room: Watch, *, busy: bool) -> None:
        """Something goes on in ``room``, or no longer does."""
        (self._busy.add if busy else self._busy.discard)(room)
        if self._busy:
            if self._task is not None:
                self._task.cancel()
                self._task = None
        elif self._task is None or self._task.done():
            self._task = self._keep(self._ask())

    async def _ask(self) -> None:
        name = self._chat.name
        if name in self._wrong or why_not(name, self._offer):
            return
        await asyncio.sleep(IDLE_SECONDS)
        try:
            name, wrong = self._chat.name, await ask(self._chat, self._results)
        except EngineError as error:
            log.info("whether %s calls tools is not known yet: %s", name, error, extra=_STAGE)
            return
        self.known(name, wrong)
        log.info("%s is offered %s", name, f"no tools: {wrong}" if wrong else "tools", extra=_STAGE)
        for changed in self.changed:
            changed()

    def known(self, name: str, wrong: str) -> None:
        """What is wrong with the model of that name; "": nothing."""
        self._wrong[name] = wrong


def why_not(model: str, offer: Offer) -> str:
    """Why a model of that name is not even asked; "": it is."""
    if offer == "off":
        return OFF
    size = size_in(model)
    return SMALL if offer == "auto" and size is not None and size < SMALLEST else ""


class Watch:
    """An ``Observer`` of one room."""

    def __init__(self, gate: ToolGate) -> None:
        self._gate = gate

    def state(self, state: State) -> None:
        """Quiet, or not."""
        self._gate.told(self, busy=state.phase not in (Phase.IDLE, Phase.MUTED))

    def wake(self, record: TurnRecord) -> None:
        """The state has changed already."""

    def turn(self, record: TurnRecord) -> None:
        """None of its business."""

    def echo(self, measured: EchoMeasured) -> None:
        """None of its business."""
