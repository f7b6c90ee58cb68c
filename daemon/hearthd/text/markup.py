"""The model's tokens, as they stream, to plain text that can be said.

Emphasis, headings, bullets, quotes, rules, HTML and emoji lose their marks; links keep their text and
bare addresses their domain; a table is read row by row with its headings; formulas become plain signs;
code blocks are mentioned, not read; thoughts are left out. Only what could still become a mark is held
back, mostly one or two characters, so nothing waits for the end of a line but tables and code.

What is opened and never closed is held up to a cap and then read as it stands. Every decision is made
one character at a time, so how the text was split into tokens does not matter.
"""

from __future__ import annotations

import re

from hearthd.text.duration import is_han
from hearthd.text.markup_inline import HELD_CHARS, READERS
from hearthd.text.reply_filter import ReplyFilter
from hearthd.text.table import Table

CODE_CHARS = 1500
"""What is held of a code block; then it is dropped if it looks like code, read if it does not."""

_RULE = re.compile(r"[-*_=\s]*")
_CODE_SIGN = re.compile(
    r"[{};=<>]|\)\s*:?$|^\s*(?:def|import|from|class|return|if|for|while|#include)\b", re.M
)
_EMOJI = (
    (0x200B, 0x200F), (0x20E3, 0x20E3), (0x2122, 0x2122), (0x2139, 0x2139), (0x2300, 0x23FF),
    (0x2500, 0x27BF), (0x2B00, 0x2BFF), (0x3030, 0x3030), (0x303D, 0x303D), (0x3297, 0x3299),
    (0xA9, 0xA9), (0xAE, 0xAE),
    (0x2060, 0x206F), (0xFE00, 0xFE0F), (0xFE30, 0xFE4F), (0xFEFF, 0xFEFF),
    (0x1F000, 0x1FAFF), (0xE0000, 0xE01EF),
)  # fmt: skip


def is_emoji(character: str) -> bool:
    """Whether ``character`` is (part of) an emoji, a dingbat or an invisible mark."""
    code = ord(character)
    if code < 0x80:
        return (code < 0x20 and character not in "\n\t") or code == 0x7F
    return any(first <= code <= last for first, last in _EMOJI)


class SpeakableText:
    """Feed it the model's tokens; it returns the text to say, without leading or trailing space."""

    def __init__(self) -> None:
        self._reply = ReplyFilter()
        self._begin()

    @property
    def withdrawn(self) -> int:
        """How often all that was returned so far has turned out to be a thought, which nobody should hear."""
        return self._reply.withdrawn

    @property
    def calls(self) -> list[str]:
        """The calls of tools that the model wrote into its text so far."""
        return self._reply.calls

    def feed(self, token: str) -> str:
        """Take the next token; return the text that is certain (often nothing)."""
        withdrawn = self.withdrawn
        text = self._reply.feed(token)
        if self.withdrawn != withdrawn:
            self._begin()
        return self._read(text)

    def flush(self) -> str:
        """The reply is over: return what is left and begin anew."""
        self._read(self._reply.flush(), keep=True)
        while self._held:
            self._take(final=True)
        if self._code is not None:
            self._end_code(closed=False)
            while self._held:
                self._take(final=True)
        self._say(self._table.flush())
        said = "".join(self._said)
        self._begin()
        return said

    def _begin(self) -> None:
        self._held = ""  # what may still become a mark
        self._said: list[str] = []
        self._space = ""  # white space that is said if a word follows
        self._gap = False  # an emoji stood where a mark of punctuation might
        self._last = ""  # the last character read
        self._any = False  # whether anything was said
        self._line_start = True
        self._inline_code = False
        self._code: str | None = None  # the code block that is going on
        self._fence = ""
        self._han = 0  # Han said, less letters
        self._table = Table(plain)

    def _read(self, text: str, *, keep: bool = False) -> str:
        for c in text:
            self._held += c
            while self._held and self._take(final=False):
                pass
        if keep:
            return ""
        said = "".join(self._said)
        self._said.clear()
        return said

    def _say(self, text: str) -> None:
        """Say ``text``, in which no marks are left."""
        for c in text:
            if c.isspace():
                if c == "\n":
                    self._space = "\n\n" if "\n" in self._space else "\n"
                elif not self._space:
                    self._space = " "
                continue
            if self._any and (self._space or self._gap):
                self._said.append(self._between(c))
            self._space, self._gap, self._any = "", False, True
            self._said.append(c)
            self._han += is_han(c) * 3 - c.isascii()

    def _between(self, c: str) -> str:
        """What separates ``c`` from what was said before it."""
        if not self._gap or "\n" in self._space or not c.isalnum():
            return self._space
        if is_han(c):
            return "，"
        return ". " if c.isupper() and self._space else ", "

    def _drop(self, count: int) -> bool:
        """Forget the first ``count`` characters held."""
        self._last, self._held = self._held[count - 1], self._held[count:]
        self._line_start = False
        return True

    def _literal(self, count: int = 1) -> bool:
        """Say the first ``count`` characters held."""
        self._say(self._held[:count])
        return self._drop(count)

    def _take(self, *, final: bool) -> bool:
        """Take something from the front of what is held; False: it takes more to know what it is.

        With ``final`` nothing more will come, and something is taken.
        """
        if self._code is not None:
            return self._code_line(final=final)
        c = self._held[0]
        if self._inline_code and c != "\n":
            if c == "`":
                self._inline_code = False
                return self._drop(1)
            return self._literal()
        if self._line_start and (known := self._block(final=final)) is not None:
            return known
        if c == "\n":
            self._literal()
            self._line_start, self._inline_code = True, False
            return True
        if is_emoji(c):
            self._gap = self._gap or (self._last.isalnum() and ord(c) > 0x20FF)
            last = self._last
            self._drop(1)
            self._last = last
            return True
        if c == "`":
            return self._backtick(final=final)
        if (reader := READERS.get(c)) is None:
            return self._literal()
        if (taken := reader(self._held, self._last, final)) is None:
            return False
        self._say(taken[0])
        last = self._last
        self._drop(taken[1])
        if c in "*_~":
            self._last = last  # what stands beside a mark is the word, not another mark
        return True

    # --- blocks, at the start of a line

    def _block(self, *, final: bool) -> bool | None:
        """Take the mark that a line starts with. None: there is none; False: that is not certain yet."""
        held = self._held
        rest = held.lstrip(" \t")
        indent = len(held) - len(rest)
        if not rest:
            return self._drop_indent(len(held)) if final or len(held) >= HELD_CHARS else False
        waiting = "\n" not in rest and not final and len(rest) < HELD_CHARS
        c = rest[0]
        if c != "|" and self._table.pending and c != "\n":
            self._say(self._table.flush())
        if c == "|":
            return False if waiting else self._row(indent)
        if c in "`~":
            return self._fence_line(rest, indent, waiting=waiting)
        if c in "-*_=+•" and _RULE.fullmatch(rest.replace("+", "-").replace("•", "-")) and waiting:
            return False
        line = rest.partition("\n")[0]
        if c in "-*_=" and len(line.strip()) > 2 and _RULE.fullmatch(line) and len(set(line.split()[0])) == 1:
            return self._drop_indent(indent + len(line))
        if c in "-*+•·" and rest[1:2] in (" ", "\t", ""):
            return self._drop_indent(indent + len(rest[:2]), more=False)
        if c == "#":
            level = len(rest) - len(rest.lstrip("#"))
            if level == len(rest) and waiting:
                return False
            if level < 7 and rest[level : level + 1] in (" ", "\t", ""):
                return self._drop_indent(indent + level, more=False)
        if c == ">" and (len(rest) > 1 or final) and rest[1:2] != "=" and not rest[1:2].isdigit():
            return self._drop_indent(indent + 1)
        if c == ">" and len(rest) == 1:
            return False
        if indent:
            self._say(" ")
            return self._drop_indent(indent, more=False)
        return None

    def _drop_indent(self, count: int, *, more: bool = True) -> bool:
        """Forget a block's mark; ``more``: another may follow it on the line."""
        self._drop(count)
        self._line_start = more
        return True

    def _row(self, indent: int) -> bool:
        """Take a line of a table."""
        line = self._held[indent:].partition("\n")[0]
        self._say(self._table.row(line))
        self._drop(min(len(self._held), indent + len(line) + 1))
        self._line_start = True
        return True

    def _fence_line(self, rest: str, indent: int, *, waiting: bool) -> bool | None:
        """Take the line that opens a code block."""
        mark = rest[0] * 3
        if mark.startswith(rest) and waiting:
            return False
        if not rest.startswith(mark):
            return None
        line = rest.partition("\n")[0]
        if "`" in line.lstrip("`"):
            return None  # code within a line
        if waiting:
            return False
        self._fence = mark
        self._code = ""
        return self._drop_indent(min(len(self._held), indent + len(line) + 1))

    def _code_line(self, *, final: bool) -> bool:
        """Take a line of a code block."""
        line, end, _ = self._held.partition("\n")
        if not end and not final and len(line) < HELD_CHARS:
            return False
        self._held = self._held[len(line) + len(end) :]
        closed = line.strip().startswith(self._fence) and not line.strip().strip(self._fence[0])
        assert self._code is not None
        if not closed:
            self._code += line + end
        if closed or len(self._code) >= CODE_CHARS:
            self._end_code(closed=closed)
        return True

    def _end_code(self, *, closed: bool) -> None:
        """The block is over (or too long): mention it, or read it after all if it is no code."""
        code, self._code = self._code or "", None
        lines = [line for line in code.splitlines() if line.strip()]
        like_code = sum(bool(_CODE_SIGN.search(line)) for line in lines) * 3 >= len(lines)
        self._line_start = True
        if lines and (closed or like_code):
            self._say("\n代码就不念了。\n" if self._han > 0 else "\nI'll skip the code here.\n")
            if not closed and len(code) >= CODE_CHARS:
                self._code = ""
        elif lines:
            self._held = code + self._held

    def _backtick(self, *, final: bool) -> bool:
        """Take the backticks that open code within a line."""
        run = len(self._held) - len(self._held.lstrip("`"))
        if run == len(self._held) and run < 4 and not final:
            return False
        self._inline_code = run != 2
        return self._drop(run)


def plain(text: str) -> str:
    """``text`` as it can be said, all at once."""
    cleaner = SpeakableText()
    return cleaner.feed(text) + cleaner.flush()
