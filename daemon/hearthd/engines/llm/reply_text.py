"""A model's raw text as events: what is to be said of it, a bit at a time, and what has to be taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from hearthd.engines.messages import ReplyEvent, Text, ToolCall, ToolSpec, Withdrawn
from hearthd.text.reply_filter import ReplyFilter
from hearthd.text.written_call import calls_in

SLICE_CHARS = 2_000
"""So much of one answer is read at a time (some 2 ms); then whoever else waits for the loop has it."""
MAX_CALLS = 16
"""Of tools in one reply; a model that calls more has lost its way."""


class ReplyText:
    """One reply. ``feed`` what the model writes, then ``finish``."""

    def __init__(self, *, thinking: bool = False) -> None:
        """``thinking``: the model's last reply began inside a thought, so this one does."""
        self._filter = ReplyFilter(thinking=thinking)
        self.said = False
        """Something was to be said."""

    @property
    def calls(self) -> list[str]:
        """The calls of tools that the model wrote into its text, as it wrote them."""
        return self._filter.calls

    def tool_calls(self, tools: Sequence[ToolSpec]) -> list[ToolCall]:
        """Those of them that call one of ``tools``; once the reply is over."""
        names = {tool.name for tool in tools}
        found = [call for written in self.calls for call in calls_in(written, names)]
        return [ToolCall(name, given, f"written_{n}") for n, (name, given) in enumerate(found[:MAX_CALLS])]

    @property
    def thinking(self) -> bool:
        """A thought is going on: what is called in it is no call."""
        return self._filter.thinking

    @property
    def thinks(self) -> bool:
        """The model's next reply begins inside a thought."""
        return self._filter.unopened

    async def feed(self, text: str) -> AsyncGenerator[ReplyEvent, None]:
        """The events of the next piece, however long it is."""
        for start in range(0, len(text), SLICE_CHARS):
            if start:
                await asyncio.sleep(0)
            withdrawn = self._filter.withdrawn
            said = self._filter.feed(text[start : start + SLICE_CHARS])
            if self._filter.withdrawn != withdrawn and self.said:
                self.said = False
                yield Withdrawn()
            if event := self._text(said):
                yield event

    def finish(self) -> Text | None:
        """The reply is over: the rest of it, if there is any."""
        return self._text(self._filter.flush())

    def _text(self, text: str) -> Text | None:
        """``text`` without the white space before the reply's first word."""
        text = text if self.said else text.lstrip()
        self.said = self.said or bool(text)
        return Text(text) if text else None
