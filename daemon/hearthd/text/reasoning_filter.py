"""Takes what a model thinks aloud out of its reply, as it streams.

Knows the tags of the common models (``<think>``, ``<thinking>``, ``[THINK]``, ``◁think▷`` and their
like) and the channels of the harmony format (``<|channel|>analysis<|message|>`` ... ``<|end|>``). Other
``<|special|>`` tokens are dropped, but for those that begin the call of a tool (``call_filter``).

A template may open the thought itself, so that the reply holds only its end, ``</think>``. That cannot be
known before it comes. Three things help: who knows says so (``thinking``); a beginning that speaks of
"the user" is held until the thought ends, or the reply; and ``withdrawn`` tells that what was returned so
far was thought aloud, so that it is taken back where it has not sounded.
"""

from __future__ import annotations

import re

from hearthd.text.call_filter import CALL_TOKENS, SLICE_CHARS

HIDDEN_CHARS = 8000
"""What is kept of a thought, in case it turns out to have been the answer."""
OPENING_CHARS = 240
"""So far into a reply it is looked whether it reads like a thought."""
DOUBTED_CHARS = 600
"""A beginning that may as well be an answer's ("let me think") is held no longer."""

_NAMES = (
    "think", "thinking", "thought", "thoughts", "reasoning", "reason", "reflection", "scratchpad", "analysis",
    "inner_monologue", "internal_monologue",
)  # fmt: skip
_OPEN = {f"<{name}>" for name in _NAMES} | {"<seed:think>", "[think]", "◁think▷", "<|begin_of_thought|>"}
_CLOSE = {f"</{name}>" for name in _NAMES} | {"</seed:think>", "[/think]", "◁/think▷", "<|end_of_thought|>"}
_TAGS = frozenset(_OPEN | _CLOSE)
_BEGUN = frozenset(tag[:length] for tag in _TAGS for length in range(1, len(tag)))
_LONGEST_TAG = 40
_ENDS = {"<": ">", "[": "]", "◁": "▷"}
_SPECIAL = re.compile(r"<[|｜][\w:/ ▁-]{0,60}[|｜]>")
_SPECIAL_BEGUN = re.compile(r"<(?:[|｜](?:[\w:/ ▁-]{0,60}[|｜]?)?)?$")
_TAG_START = re.compile(r"[<\[◁]")
_OF_THE_USER = re.compile(
    r"(?i)\b(?:the|this) user(?:'s|s')? (?:is|was|wants?|ask|said|says?|has|have|might|may|just|needs?"
    r"|seems?|would|could|did|quer|question|messag|request|mention|provid|likely|probably|wrote|writes|greet|first|input|probab|intent)"
    r"|用户(?:问|想|说|要|让|希望|提|可能|的问题|的请求|在|发|询问|请求|需要|输入|给|没|又|刚|现在|打|应该|似乎"
    r"|好像|表示|是在|用)"
)
"""A thought speaks of the person in the third person; an answer does not."""
_DELIBERATES = re.compile(
    r"(?i)\blet me (?:think|figure|break this down)"
    r"|\bi (?:need|have|should|want) to (?:figure|respond|answer|determine)"
    r"|\bi should (?:respond|answer|reply|give|provide)|\bthey(?:'re| are)? (?:asking|want)"
    r"|让我(?:先)?(?:想|思考)|我(?:需要|应该|得)(?:先)?(?:想|回答|回复|考虑|分析|理解)"
)


class ThinkingFilter:
    """Feed it the model's tokens; it returns those of the answer."""

    def __init__(self, *, thinking: bool = False) -> None:
        """``thinking``: the reply begins inside a thought whose opening the template has written."""
        self._held = ""
        """The beginning of what may be a tag."""
        self._hidden: str | None = "" if thinking else None
        """The end of the thought that is going on, or None."""
        self._presumed = thinking
        """Nothing in the reply itself has begun the thought that is going on."""
        self._header: str | None = None
        """The text of a harmony header (role or channel) that is going on, or None."""
        self._to = ""
        """Whom the harmony message that is going on is for, if it is a tool."""
        self._beginning: _Beginning | None = None if thinking else _Beginning()
        self._thought = False
        """A thought has begun or ended in this reply."""
        self.withdrawn = 0
        """How often a thought ended that nothing had begun: all that was returned before was part of it."""
        self.unopened = False
        """A thought ended whose opening did not stand in the reply: the next one will be such, too."""
        self.calls: list[str] = []
        """What was written to tools in a channel of its own."""

    @property
    def inside(self) -> bool:
        """A thought is going on."""
        return self._hidden is not None and not (self.presumed and not self._hidden.strip())

    @property
    def presumed(self) -> bool:
        """If one is, nothing in the reply has begun it: it may yet be the answer."""
        return self._presumed

    def feed(self, token: str) -> str:
        """Take the next piece; return what of the answer is certain."""
        said: list[str] = []
        for start in range(0, len(token), SLICE_CHARS):
            self._held += token[start : start + SLICE_CHARS]
            while self._held and self._take(said, final=False):
                pass
        return "".join(said)

    def flush(self) -> str:
        """The reply is over. A thought that was never closed gives its last paragraph as the answer."""
        said: list[str] = []
        while self._held:
            self._take(said, final=True)
        if self._hidden is not None:
            thought = self._hidden.strip()
            answer = self._presumed and not _OF_THE_USER.search(thought)  # it did not think this time
            said.append(thought if answer else thought.rpartition("\n\n")[2])
        if self._beginning is not None:
            said.append(self._beginning.flush())
        self._hidden = self._header = None
        self._beginning, self._thought = _Beginning(), False
        return "".join(said)

    def _take(self, said: list[str], *, final: bool) -> bool:
        """Take a tag or a run of text from what is held; False: it may still become a tag."""
        held = self._held
        if held[0] in _ENDS:
            tag = self._tag_of(held)
            if tag:
                self._held = held[len(tag) :]
                self._act_on(tag, said)
                return True
            if not final and (held.lower() in _BEGUN or _SPECIAL_BEGUN.match(held)):
                return False
            end = 1
        else:
            found = _TAG_START.search(held)
            end = found.start() if found else len(held)
        self._held = held[end:]
        self._text(held[:end], said)
        return True

    @staticmethod
    def _tag_of(held: str) -> str:
        """The tag that ``held`` begins with, or ""."""
        if found := _SPECIAL.match(held):
            return found[0]
        tag = held[: held.find(_ENDS[held[0]], 1, _LONGEST_TAG) + 1]
        return tag if tag.lower() in _TAGS else ""

    def _text(self, text: str, said: list[str]) -> None:
        """Text of a header, a thought or the answer."""
        if self._header is not None:
            self._header = (self._header + text)[-4 * _LONGEST_TAG :]
        elif self._hidden is not None:
            self._hidden = (self._hidden + text)[-HIDDEN_CHARS:]
        elif self._beginning is None:
            said.append(text)
        else:
            said.append(self._beginning.feed(text))
            if self._beginning.over:
                self._beginning = None

    def _act_on(self, written: str, said: list[str]) -> None:
        """Act on a tag."""
        tag = written.lower()
        self.unopened = self.unopened or (tag in _CLOSE and self._presumed)
        if tag in _CLOSE and self._hidden is None and self._header is None and not self._thought:
            self.withdrawn += 1
            self.unopened = True
            said.clear()
            self._beginning = None
        elif self._hidden is None and self._beginning is not None:
            said.append(self._beginning.flush())
            self._beginning = None
        if tag in _OPEN:
            self._hidden, self._presumed, self._thought = "", False, True
        elif tag in _CLOSE:
            self._hidden, self._thought, self._presumed = None, True, False
        elif tag in ("<|start|>", "<|channel|>"):
            self._header, self._hidden = "", None
        elif tag == "<|message|>":
            header = (self._header or "").strip()
            self._header, self._presumed = None, False
            self._to = header.partition("to=")[2]
            self._hidden = "" if self._to or header.startswith(("analysis", "commentary")) else None
        elif tag in ("<|end|>", "<|return|>", "<|call|>"):
            if self._to and self._hidden:
                self.calls.append(f"{self._to.split()[0]} {self._hidden.strip()}")
            self._header = self._hidden = None
            self._to = ""
        elif tag in CALL_TOKENS and self._hidden is None and self._header is None:
            said.append(written)


class _Beginning:
    """The beginning of an answer, held from where it reads like a thought."""

    def __init__(self) -> None:
        self._read = ""
        self._said = 0
        """Characters of it that were let go."""
        self._hold = 0
        """It reads like a thought and is held until it is this long; 0: it does not."""
        self.over = False
        """It need not be looked at any more."""

    def feed(self, text: str) -> str:
        """Take the next piece; return what is certain."""
        self._read += text
        if not self._hold:
            sign = _OF_THE_USER.search(self._read, 0, OPENING_CHARS)
            doubt = sign or _DELIBERATES.search(self._read, 0, OPENING_CHARS)
            if doubt:
                self._hold = HIDDEN_CHARS if sign else DOUBTED_CHARS
                return self._let_go(max(doubt.start(), self._said))
            if len(self._read) < OPENING_CHARS:
                return self._let_go(len(self._read))
        return "" if len(self._read) < self._hold else self.flush()

    def flush(self) -> str:
        """Nothing of it is held any longer: the rest."""
        self.over = True
        return self._let_go(len(self._read))

    def _let_go(self, end: int) -> str:
        start, self._said = self._said, max(self._said, end)
        return self._read[start:end]
