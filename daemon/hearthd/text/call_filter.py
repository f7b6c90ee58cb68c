"""Takes the calls of tools that a model writes into its text out of the reply, as it streams.

A model calls a tool in a field of its own; one that was not trained for the server's template, or is
small, writes the call where the answer belongs. Known is what the common families write:
``<tool_call>{...}`` (Qwen, Hermes, GLM), ``<function=name>...`` (Llama, Qwen Coder), ``<|python_tag|>`` and
bare ``{"name": ...}`` (Llama 3), ``[TOOL_CALLS]`` (Mistral), ``<|tool_call|>`` (Granite, Phi),
``<｜tool▁calls▁begin｜>`` (DeepSeek), ``functools[...]``, and as Python ``name(key=value)`` on a line.

Nothing of a call is ever said. JSON that calls nothing is no speech either: it is handed on as a block of
code, which is mentioned. ``calls`` are the texts of those seen, for whoever knows the tools.
"""

from __future__ import annotations

import re

CALL_CHARS = 8000
"""A call that is not whole by then has lost its way: what follows is text again."""
STRAY_CHARS = 2000
"""The same of JSON that nothing announced."""
LINE_CHARS = 500
"""A line that is longer is no call."""
SLICE_CHARS = 1000
"""What is looked at at a time: the work grows with the length, however much comes at once."""
MAX_CALLS = 16
"""What is kept of them; a model that calls more has lost its way, too."""

_ENDS = {
    "<|tool_calls_section_begin|>": "<|tool_calls_section_end|>",
    "<｜tool▁calls▁begin｜>": "<｜tool▁calls▁end｜>",
    "<｜tool▁call▁begin｜>": "<｜tool▁call▁end｜>",
    "<|tool_call_begin|>": "<|tool_call_end|>",
    "<|action_start|>": "<|action_end|>",
    "<|start_action|>": "<|end_action|>",
    "<|tool_call|>": "<|/tool_call|>",
    "<|python_tag|>": "<|eom_id|>",
    "[tool_request]": "[end_tool_request]",
    "[tool_calls]": "[/tool_calls]",
}
"""Tokens (lower case) that begin a call, and what ends it where its JSON or its line does not."""
CALL_TOKENS = frozenset({*_ENDS, *_ENDS.values()})
"""Special tokens that are read here."""
_RESULTS = re.compile(r"(?:tool|function)_(?:response|result|output)s?|observation", re.IGNORECASE)
"""What a model made up as the answer of a tool: not said, and no call."""
_VERBS = (
    "get|set|turn|play|search|create|add|remove|delete|open|close|send|start|stop|run|execute|list|find|fetch|control"
    "|activate|toggle|check|make|update|use|call|query|cancel|pause|lookup|show"
)
_NAME = (
    rf"(?:tool|function|invoke|observation)s?|(?:{_VERBS})(?:_[a-z0-9]+)+"
    r"|[a-z_]*(?:tool|function|invoke|api|call)_[a-z_]+|[a-z_]*_(?:tool|function|call)s?|toolcalls?|functioncalls?"
)
_TAG = re.compile(rf"<(/?)({_NAME})((?:[= \t][^<>\n]{{0,200}})?)>", re.IGNORECASE)
_TAG_BEGUN = re.compile(r"</?[a-z][^<>\n]{0,230}$|<[|｜/]?$|<[|｜][^<>\n]{0,60}$", re.IGNORECASE)
_TOKEN = re.compile("|".join(map(re.escape, sorted(CALL_TOKENS, key=len, reverse=True))), re.IGNORECASE)
_TOKEN_BEGUN = frozenset(
    token[:length] for token in CALL_TOKENS if token[0] == "[" for length in range(1, len(token))
)
_KEY = r"""["'][^"'\n]{1,60}["']\s*:"""
_JSON = re.compile(rf"(?:\[\s*)?\{{\s*\{{?\s*{_KEY}")
_JSON_BEGUN = re.compile(r"""(?:\[\s*)?(?:\{\s*\{?\s*)?(?:["'][^"'\n]{0,60}(?:["']\s*)?)?$""")
_STRUCTURE = re.compile(r'["{}\[\]]|\\.?|\n\s*\S?')
_WORD = re.compile(r"(?!\s)(?=.)[^\W\d_]*", re.S)
_LITERALS = ("true", "false", "null", "None", "True", "False")
_LITERAL_BEGUN = re.compile(
    "|".join(word[:length] for word in _LITERALS for length in range(1, len(word) + 1))
)
_BODY = re.compile(r"\s*(?:[\w.:▁-]{0,80}\s*)?(?:\[ARGS\]\s*)?(?:```\w*\s*)?(?=\{|\[\s*[{\]\"'])")
"""What may stand between the beginning of a call and its JSON."""
_CODE = "<|python_tag|>"
_FIRST_LINE = re.compile(r"\s*\S[^\n]*\n")
_AFTER_JSON = re.compile(r"[\s,;]*(?:```\s*)?")
"""What may stand between the JSON of a call and its closing tag, or the JSON of the next."""
_CALLS = re.compile(
    r"""["'](?:tool|tool_name|tool_calls?|toolname|function|function_name|function_call|arguments|parameters"""
    r"""|action|action_input|actions|intent|entity_id|service|method|api|command|commands)["']\s*:"""
)
"""JSON with such a key calls something."""
_ARGUMENTS = r"[a-z_]\w*[ \t]*=(?:[^\n()]|\([^\n()]*\)){0,400}"
_CALL = rf"(?:[a-z][\w.]{{2,60}}\([ \t]*{_ARGUMENTS}\)|[a-z]+[\w.]{{0,60}}[_.]\w+\([ \t]*\))"
_LINE = re.compile(
    rf"[ \t]*(?:print\()?\[?{_CALL}(?:,[ \t]*{_CALL}){{0,8}}[\])]{{0,2}}[ \t]*(?:\n|$)", re.ASCII
)
"""A line that is nothing but calls: set_timer(minutes=10)."""
_LINE_BEGUN = re.compile(
    rf"[ \t]*(?:print\()?\[?(?:{_CALL},[ \t]*){{0,8}}(?:[a-z][\w.]{{0,60}}"
    rf"(?:\([ \t]*(?:{_ARGUMENTS}(?:\([^\n()]*)?|[a-z_]\w*[ \t]*)?(?:\)[\])]{{0,2}}[ \t]*)?)?)?$",
    re.ASCII,
)
_NAMED = re.compile(r"[ \t]*(?:functools|[a-z]\w*_\w*)[ \t]*\n?[ \t]*(?=\[?\s*\{\s*[\"'])", re.ASCII)
"""The name of a tool before its JSON."""
_NAMED_BEGUN = re.compile(r"[ \t]*(?:functools|[a-z]\w*_\w*)[ \t]*\n?[ \t]*(?:\[\s*)?(?:\{\s*)?$", re.ASCII)
_TRIGGER = re.compile(r"[<\[{\n]")


class CallFilter:
    """Feed it the model's text; it returns what of it is no call."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        """The calls seen, as they were written."""
        self._begin()

    def _begin(self) -> None:
        self._held = ""
        """What may still become the beginning of a call."""
        self._call: _Capture | None = None
        self._line = ""
        """The beginning of the line that was handed on last, while it goes on."""
        self._code = False
        """Within a block of code."""

    def feed(self, text: str) -> str:
        """Take the next piece; return what is certain."""
        said: list[str] = []
        for start in range(0, len(text), SLICE_CHARS):
            self._held += text[start : start + SLICE_CHARS]
            while self._held and self._take(said, final=False):
                pass
        return "".join(said)

    def flush(self) -> str:
        """The reply is over: a call that was not whole is dropped."""
        said: list[str] = []
        while self._held:
            self._take(said, final=True)
        if self._call is not None:
            self._end(said)
        self._begin()
        return "".join(said)

    def _take(self, said: list[str], *, final: bool) -> bool:
        """Take something from the front of what is held; False: it takes more to know what it is."""
        if self._call is not None:
            self._held = self._call.feed(self._held)
            if self._call.whole:
                self._end(said)
            return True
        held = self._held
        if not self._line and (known := self._whole_line(held, final=final)) is not None:
            return known
        if held[0] in "<[{" and (known := self._opening(held, final=final)) is not None:
            return known
        found = _TRIGGER.search(held, 1) if held[0] != "\n" else None
        end = 1 if held[0] == "\n" else found.start() if found else len(held)
        self._hand_on(said, held[:end])
        self._held = held[end:]
        return True

    def _whole_line(self, held: str, *, final: bool) -> bool | None:
        """A line that is a call, or names one. None: it is neither; False: that is not certain yet."""
        if found := _LINE.match(held):
            if not found[0].endswith("\n") and not final:
                return False
            self._keep(found[0])
            self._held = held[found.end() :]
            return True
        if found := _NAMED.match(held):
            self._call = _Capture(found[0], "")
            self._held = held[found.end() :]
            return True
        begun = _LINE_BEGUN.match(held) or _NAMED_BEGUN.match(held)
        return False if begun and not final else None

    def _opening(self, held: str, *, final: bool) -> bool | None:
        """What begins a call within a line. None: nothing; False: that is not certain yet."""
        if found := _TAG.match(held):
            self._held = held[found.end() :]
            if not found[1]:
                alone = found[3].endswith("/")
                self._call = _Capture(
                    found[0], f"</{found[2]}>", result=bool(_RESULTS.fullmatch(found[2])), over=alone
                )
            return True
        if found := _TOKEN.match(held):
            self._held = held[found.end() :]
            if (closing := _ENDS.get(found[0].lower())) is not None:
                self._call = _Capture(found[0], closing)
            return True
        if _JSON.match(held):
            self._call = _Capture("", "", loose=True)
            return True
        begun = _TAG_BEGUN.match(held) if held[0] == "<" else _JSON_BEGUN.match(held)
        return False if not final and (begun or held.lower() in _TOKEN_BEGUN) else None

    def _hand_on(self, said: list[str], text: str) -> None:
        """Let text go that is no call."""
        said.append(text)
        if text != "\n":
            self._line = (self._line + text.lstrip(" \t"))[:4]
            return
        if self._line.startswith("```"):
            self._code = not self._code
        self._line = ""

    def _keep(self, call: str) -> None:
        if len(self.calls) < MAX_CALLS:
            self.calls.append(call.strip())

    def _end(self, said: list[str]) -> None:
        """The call is over: keep it. JSON that is none is handed on as code."""
        capture, self._call = self._call, None
        assert capture is not None
        if capture.result:
            return
        text = capture.opening + capture.text
        if not capture.loose or _CALLS.search(text):
            self._keep(text)
        else:
            said.append(text if self._code else f"\n```json\n{text}\n```\n")


class _Capture:
    """What is written since a call began, until it ends."""

    def __init__(
        self, opening: str, closing: str, *, loose: bool = False, result: bool = False, over: bool = False
    ) -> None:
        self.opening = opening
        self.loose = loose
        """It is JSON that nothing announced: whether it is a call must be seen."""
        self.result = result
        """It is the made-up answer of a tool."""
        self.whole = over
        self.text = ""
        self._closing = closing.lower()
        self._json = None if closing else _Brackets(0)
        self._searched = 0

    def feed(self, text: str) -> str:
        """Take the next piece; return what of it comes after the end."""
        self.text += text
        most = STRAY_CHARS if self.loose else CALL_CHARS
        if (end := self._find_end()) is None and len(self.text) > most:
            end = most
        if end is None:
            return ""
        rest, self.text = self.text[end:], self.text[:end]
        self.whole = True
        return rest

    def _find_end(self) -> int | None:
        """Where it ends, if it does; what was looked at is not looked at again."""
        if self._json is None and len(self.text) < 2 * LINE_CHARS and (body := _BODY.match(self.text)):
            self._json = _Brackets(body.end())
        if self._json is not None:
            return self._json_end(self._json)
        line = _FIRST_LINE.match(self.text) if self.opening.lower() == _CODE else None
        found = self.text[self._searched :].lower().find(self._closing)
        end = self._searched + found + len(self._closing) if found >= 0 else None
        self._searched = max(self._searched, len(self.text) - len(self._closing))
        if line is not None and (end is None or line.end() < end):
            return line.end()
        return end

    def _json_end(self, json: _Brackets) -> int | None:
        """The end of the JSON, and of the tag that closes the call after it."""
        while (end := json.end(self.text)) is not None:
            after = _AFTER_JSON.match(self.text, end)
            at = after.end() if after and self._closing else end
            rest = self.text[at : at + len(self._closing)].lower()
            if rest == self._closing:
                return at + len(rest)
            if self._closing.startswith(rest) or (rest in ("`", "``") and self._closing):  # it may yet come
                return None
            if rest[0] not in "{[":
                return end
            self._json = json = _Brackets(at)
        return None


class _Brackets:
    """Finds the end of a JSON value; one that is broken off ends before the line that is none any more."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._depth = 0
        self._string = False
        self._end: int | None = None

    def end(self, text: str) -> int | None:
        """Where in ``text`` the value ends; ``text`` begins as it did the last time."""
        while self._end is None and (found := _STRUCTURE.search(text, self._at)):
            mark = found[0]
            if mark[0] == "\n":
                word = _WORD.match(text, found.end() - 1)
                if word is None or (word.end() == len(text) and _LITERAL_BEGUN.fullmatch(word[0])):
                    return None  # what the next line begins with has not come yet
                if word[0] and word[0] not in _LITERALS:
                    self._end = found.end() - 1
                self._string, self._at = False, found.end() - 1
                continue
            if len(mark) == 1 and mark == "\\":
                return None
            self._at = found.end()
            if mark == '"':
                self._string = not self._string
            elif mark in "{}[]" and not self._string:
                self._depth += 1 if mark in "{[" else -1
                if self._depth <= 0:
                    self._end = self._at
        if self._end is None:
            self._at = len(text)
        return self._end
