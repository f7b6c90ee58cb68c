"""Takes what a model thinks aloud out of its reply, as it streams.

Knows the tags of the common models (``<think>``, ``<thinking>``, ``[THINK]``, ``◁think▷`` and their
like) and the channels of the harmony format (``<|channel|>analysis<|message|>`` ... ``<|end|>``). Other
``<|special|>`` tokens are dropped.
"""

from __future__ import annotations

import re

HIDDEN_CHARS = 8000
"""What is kept of a thought, in case it turns out to have been the answer."""

_NAMES = ("think", "thinking", "thought", "reasoning", "reflection", "scratchpad", "analysis", "tool_call")
_OPEN = {f"<{name}>" for name in _NAMES} | {"<seed:think>", "[think]", "◁think▷", "<|begin_of_thought|>"}
_CLOSE = {f"</{name}>" for name in _NAMES} | {"</seed:think>", "[/think]", "◁/think▷", "<|end_of_thought|>"}
_PLAIN_TAGS = tuple(_OPEN | _CLOSE)
_LONGEST_TAG = 40
_SPECIAL = re.compile(r"<\|[\w:/ -]*\|>")
_SPECIAL_BEGUN = re.compile(r"<(?:\|(?:[\w:/ -]*\|?)?)?$")


class ThinkingFilter:
    """Feed it the model's tokens; it returns those of the answer."""

    def __init__(self) -> None:
        self._held = ""
        """The beginning of what may be a tag."""
        self._hidden: str | None = None
        """The end of the thought that is going on, or None."""
        self._header: str | None = None
        """The text of a harmony header (role or channel) that is going on, or None."""

    def feed(self, token: str) -> str:
        """Take the next piece; return what of the answer is certain."""
        said: list[str] = []
        for c in token:
            self._held += c
            while self._held and self._take(said, final=False):
                pass
        return "".join(said)

    def flush(self) -> str:
        """The reply is over. A thought that was never closed gives its last paragraph as the answer."""
        said: list[str] = []
        while self._held:
            self._take(said, final=True)
        if self._hidden is not None:
            said.append(self._hidden.strip().rpartition("\n\n")[2])
        self._hidden = self._header = None
        return "".join(said)

    def _take(self, said: list[str], *, final: bool) -> bool:
        """Take a tag or a character from what is held; False: it may still become a tag."""
        held = self._held
        lower = held.lower()
        if held[0] in "<[◁":
            if lower in _OPEN or lower in _CLOSE or _SPECIAL.fullmatch(held):
                self._held = ""
                self._tag(lower)
                return True
            begun = any(tag.startswith(lower) for tag in _PLAIN_TAGS) or _SPECIAL_BEGUN.match(held)
            if begun and len(held) < _LONGEST_TAG and not final:
                return False
        self._held = held[1:]
        if self._header is not None:
            self._header = (self._header + held[0])[-_LONGEST_TAG:]
        elif self._hidden is not None:
            self._hidden = (self._hidden + held[0])[-HIDDEN_CHARS:]
        else:
            said.append(held[0])
        return True

    def _tag(self, tag: str) -> None:
        """Act on a tag (lower case)."""
        if tag in _OPEN:
            self._hidden = ""
        elif tag in _CLOSE:
            self._hidden = None
        elif tag in ("<|start|>", "<|channel|>"):
            self._header, self._hidden = "", None
        elif tag == "<|message|>":
            self._hidden = "" if (self._header or "").strip().startswith(("analysis", "commentary")) else None
            self._header = None
        elif tag in ("<|end|>", "<|return|>", "<|call|>"):
            self._header = self._hidden = None
