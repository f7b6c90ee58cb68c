"""What of a model's reply is meant to be said: not its thoughts, and no calls written into the text."""

from __future__ import annotations

from hearthd.text.call_filter import CallFilter
from hearthd.text.reasoning_filter import ThinkingFilter


class ReplyFilter:
    """Feed it the model's tokens; it returns what is meant to be said, however they were split."""

    def __init__(self, *, thinking: bool = False) -> None:
        """``thinking``: the reply begins inside a thought whose opening the template has written."""
        self._thoughts = ThinkingFilter(thinking=thinking)
        self._calls = CallFilter()

    @property
    def calls(self) -> list[str]:
        """The calls of tools seen so far, as they were written."""
        return self._thoughts.calls + self._calls.calls

    @property
    def thinking(self) -> bool:
        """A thought is going on: what is called in it is no call."""
        return self._thoughts.inside

    @property
    def unopened(self) -> bool:
        """A thought ended that nothing in the reply had begun: this model's next one will be such, too."""
        return self._thoughts.unopened

    @property
    def withdrawn(self) -> int:
        """How often all that was returned so far has turned out to be a thought: see ``ThinkingFilter``."""
        return self._thoughts.withdrawn

    def feed(self, token: str) -> str:
        """Take the next piece; return what is certain (often nothing)."""
        withdrawn = self.withdrawn
        text = self._thoughts.feed(token)
        if self.withdrawn != withdrawn:
            self._calls = CallFilter()
        return self._calls.feed(text)

    def flush(self) -> str:
        """The reply is over: return what is left, and begin anew. An unended thought calls nothing."""
        thought, alone, before = self.thinking, self._thoughts.presumed, len(self._calls.calls)
        text = self._calls.feed(self._thoughts.flush()) + self._calls.flush()
        if thought and not (alone and not text.strip()):
            del self._calls.calls[before:]
        return text
