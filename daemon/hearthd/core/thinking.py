"""Removes what a model thinks aloud from what it says.

A thinking model that is asked not to think (``think: false``) may still write ``<think>…</think>`` into
its answer, and a reply read out with its doubts is the most common complaint about spoken models. The
tags come split over any number of stream pieces, so this is a small filter with a memory.
"""

from __future__ import annotations

_TAGS = ("think", "thinking", "thought", "reasoning")
_OPENING = tuple(f"<{tag}>" for tag in _TAGS)
_CLOSING = tuple(f"</{tag}>" for tag in _TAGS)


class ThinkingFilter:
    """Feed it the stream's pieces; it returns the text that is not thinking.

    Text that may be the beginning of a tag is held back until it is certain. A closing tag that nothing
    opened is removed; thinking that is never closed is dropped to the end. White space before the first
    word and right after a removed passage is dropped.
    """

    def __init__(self) -> None:
        self._held = ""
        self._thinking = False
        self._trim = True
        self.thought = False
        """Some thinking was removed."""

    def feed(self, piece: str) -> str:
        """Take the next piece of the stream, return what may be said of it now."""
        text = self._held + piece
        self._held = ""
        said: list[str] = []
        while text:
            tags = _CLOSING if self._thinking else _OPENING + _CLOSING
            start = text.find("<")
            if start < 0:
                self._say(said, text)
                break
            self._say(said, text[:start])
            text = text[start:]
            tag = next((t for t in tags if text[: len(t)].lower() == t), None)
            if tag is not None:
                self._thinking = tag in _OPENING
                self.thought = True
                self._trim = True
                text = text[len(tag) :]
            elif any(t.startswith(text.lower()) for t in tags):
                self._held = text
                break
            else:
                self._say(said, "<")
                text = text[1:]
        return "".join(said)

    def end(self) -> str:
        """The stream has ended: what was held back and is no tag after all."""
        said: list[str] = []
        self._say(said, self._held)
        self._held = ""
        return "".join(said)

    def _say(self, said: list[str], text: str) -> None:
        if self._thinking:
            return
        if self._trim:
            text = text.lstrip()
        if text:
            self._trim = False
            said.append(text)
