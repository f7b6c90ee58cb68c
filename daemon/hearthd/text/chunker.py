"""Cuts a reply, while it is being written, into the chunks that the voice is handed.

Two wishes pull against each other. The first chunk shall be short, for nothing sounds before it is
whole; every later one must last until the next is synthesised: gap = synthesis(n+1) - audio(n). So the
least length grows (``_least``, in units of ``text.duration``): 2, 8, 16. A reply mostly begins with an
opener, 好的, or "Sure,": 0.4 s and a real pause. What follows it starts no later for its being spoken
apart, and something is heard half a second sooner. Shorter still, a cloned voice gets unstable and
repeats its reference.

A chunk is spoken with the melody of a whole sentence, so a cut anywhere but at a breath is heard as a
mistake. Commas may end the first two chunks, later only long ones; where nothing ends, the first chunk
may stop before a conjunction, and a very long one before a preposition. No English sentence is chopped
merely to be quick: one without an opener starts at its first clause, some 20 characters later, which
is 0.15 s of a model that writes 30 tokens a second.

Every decision looks at the characters seen so far, one after the other, never at how they were split
into tokens. The chunks, joined, are the text: nothing doubled, and nothing lost but a tail without a
word in it, and runs of more than ``MAX_CHARS`` characters without one.
"""

from __future__ import annotations

from dataclasses import dataclass

from hearthd.text.abbreviation import words
from hearthd.text.boundary import CLAUSES, CLOSERS, ENDERS, PAUSE, Strength, boundary
from hearthd.text.duration import is_han, spoken_length, units

MAX_UNITS = 48.0
"""No chunk is longer (about 10 s), but for one single word or number that is."""

MAX_CHARS = 400
"""No chunk has more characters, whatever they are."""

FIRST_MAX_UNITS = 18.0
"""A first chunk longer than this (3.6 s) ends at the last English word before which one could breathe."""

_LATER_COMMA = 24.0
"""From this length on a comma may end a third or later chunk: GPT-SoVITS drops words in longer ones."""

_OPENER = 2.0
"""The least first chunk that has Han: "好的，"."""

_LATIN_OPENER = 0.8
"""The least first chunk that has none: "Yes,"."""

_SPLIT = 8.0
"""The least length of either of the best places to cut a chunk that has grown too long."""

_GREETINGS = frozenset(["hello", "hi", "hey", "dear", "thanks"])
"""A name may follow these after the comma, in the same breath."""

_CONJUNCTIONS = words("but because although unless whereas")
_PREPOSITIONS = words(
    "and or so that which who when where while if as to of in on at for from with by into about than"
)
_HAN_CONJUNCTIONS = words("但是 因为 所以 而且 不过 如果 然后 可是")
_HAN_PARTICLES = frozenset("的了吧呢吗着过是、")

_LINKS = frozenset("/@=&")
"""Marks of an address: a comma after one may be part of it."""

_BRACKETS = {"（": "）", "(": ")", "【": "】", "[": "]", "《": "》", "〈": "〉", "{": "}"}
_BRACKET_UNITS = 16.0
"""No cut inside brackets that hold less than this; those that hold more may have been left open."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the reply: what the voice says in one breath."""

    index: int
    """0, 1, 2... within the reply."""
    text: str
    """The slice of the reply as it was written, spaces and punctuation included."""
    pause: float
    """Seconds of silence that its punctuation asks for after it."""


@dataclass(frozen=True, slots=True)
class _Break:
    """A place where the text held back could be cut."""

    offset: int
    strength: Strength
    pause: float
    length: float
    """Spoken length of the text before it, in units."""


def _least(index: int, strength: Strength, text: str) -> float:
    """The spoken length that chunk ``index`` must have for a cut of ``strength`` to end it."""
    if index == 0:
        if strength < Strength.CLAUSE:
            return 4.0
        return _OPENER if any(map(is_han, text)) else 3.0 if '"' in text or "“" in text else _LATIN_OPENER
    if strength >= Strength.LINE:
        return 3.0
    if index == 1:
        return 8.0
    return 16.0 if strength == Strength.SENTENCE else _LATER_COMMA


class Chunker:
    """Feed it the reply as it comes; it returns the chunks that are whole.

    >>> [chunk.text for chunk in Chunker().feed("当然，今天")]
    ['当然，']
    """

    def __init__(self, first: int = 0) -> None:
        """``first``: the number of the first chunk."""
        self._first = first
        self._index = 0
        self._begin("")

    def feed(self, text: str) -> list[Chunk]:
        """Take the next piece of the reply, of any length; return the chunks now whole (often none)."""
        chunks: list[Chunk] = []
        for start in range(0, len(text), MAX_CHARS):  # a cut copies what follows it, so that is kept short
            self._text += text[start : start + MAX_CHARS]
            while self._at < len(self._text):
                cut = self._read(self._text[self._at])
                if cut is not None:
                    chunks.append(Chunk(self._first + self._index, self._text[: cut.offset], cut.pause))
                    self._index += 1
                    self._begin(self._text[cut.offset :])
        return chunks

    def flush(self) -> list[Chunk]:
        """The reply is over: return what is left (nothing if it holds no word) and begin anew."""
        chunks: list[Chunk] = []
        if self._length > 0:
            end = boundary(self._text[: self._run], self._text[self._run :], "") if self._run else None
            pause = end.pause if end else PAUSE[Strength.SENTENCE]
            chunks.append(Chunk(self._first + self._index, self._text, pause))
        self._index = 0
        self._begin("")
        return chunks

    def _begin(self, text: str) -> None:
        """Start on the next chunk with ``text``, of which nothing is read yet."""
        self._text = text
        self._at = 0  # decisions look no further: how the text came in pieces must not matter
        self._length = 0.0
        self._breaks: list[_Break] = []
        self._run: int | None = None  # where the marks and spaces begin that may end something
        self._word = 0  # where the word of an alphabet begins that is being read
        self._quote = False
        self._bracket = ""  # what closes the bracket that is open
        self._bracket_from = 0.0

    def _read(self, c: str) -> _Break | None:
        """Read the next character; return the place to cut at, if it showed one."""
        if self._run is not None and not self._continues(c):
            end = boundary(self._text[: self._run], self._text[self._run : self._at], c)
            self._run = None
            if end and (cut := self._offer(self._at, end.strength, end.pause)):
                return cut
        cut = self._letter(c) if c.isalnum() else self._mark(c)
        self._at += 1
        if cut is None and c in "，,":
            cut = self._comma_at_once(c)
        if cut is None and self._index == 0 and self._length > FIRST_MAX_UNITS:
            cut = self._best(Strength.PREPOSITION, 4.0)
        if cut is None and (self._length > MAX_UNITS or self._at >= MAX_CHARS):
            cut = self._best(Strength.WORD, _SPLIT) or self._anywhere()
        return cut

    def _continues(self, c: str) -> bool:
        """Whether ``c`` belongs to the run of marks that may end something here."""
        if c.isspace():
            return True
        if self._text[self._at - 1].isspace():
            return False
        if c == '"' and not self._quote:  # an opening one, but for that of a quotation cut in two
            return self._text[self._at - 1] in ENDERS
        return c in ENDERS or c in CLAUSES or c in CLOSERS

    def _letter(self, c: str) -> _Break | None:
        """Read a letter, digit or Han."""
        self._length += units(c)
        if not is_han(c):
            return None
        at, self._word = self._at, self._at + 1
        if self._text[at - 1 : at + 1] in _HAN_CONJUNCTIONS and self._text[at - 2 : at - 1] not in (
            "之",
            "只",
        ):
            return self._offer(at - 1, Strength.CONJUNCTION, PAUSE[Strength.CONJUNCTION])
        if self._text[at - 1 : at] in _HAN_PARTICLES:
            return self._offer(at, Strength.ENUMERATION, PAUSE[Strength.ENUMERATION])
        return None

    def _mark(self, c: str) -> _Break | None:
        """Read what is no part of a word: it ends one, and opens, closes or begins something."""
        at, cut = self._at, None
        word = self._text[self._word : at].lower()
        if word in _CONJUNCTIONS:
            cut = self._offer(self._word, Strength.CONJUNCTION, PAUSE[Strength.CONJUNCTION])
        elif word in _PREPOSITIONS:
            self._offer(self._word, Strength.PREPOSITION, 0.0)
        self._word = at + 1
        if c == '"':
            self._quote = not self._quote
        elif c in "“”「」『』":
            self._quote = c in "“「『"
        elif c == self._bracket:
            self._bracket = ""
        elif c in _BRACKETS and not self._bracket:
            self._bracket, self._bracket_from = _BRACKETS[c], self._length
        elif c == " " and self._run is None:
            self._offer(at + 1, Strength.WORD, 0.0)
        if self._run is None and (c in ENDERS or c in CLAUSES or c == "\n"):
            self._run = at
        return cut

    def _comma_at_once(self, c: str) -> _Break | None:
        """Cut after a comma without waiting for what follows, where that cannot matter."""
        before = self._text[: self._at - 1]
        if self._quote or self._run != self._at - 1:
            return None
        if c == ",":
            *others, word = before.split() or [""]
            if (
                not before[-1:].isalpha()
                or not _LINKS.isdisjoint(word)
                or (len(others) > 1 and word[0].isupper())
            ):
                return None
        least = _least(self._index, Strength.CLAUSE, self._text[: self._at])
        if self._length < least or self._index > 1:
            return None
        return self._offer(self._at, Strength.CLAUSE, PAUSE[Strength.CLAUSE])

    def _offer(self, offset: int, strength: Strength, pause: float) -> _Break | None:
        """A place to cut at: return it if it is good enough for this chunk, else remember it."""
        if self._bracket and strength < Strength.LINE and self._length - self._bracket_from < _BRACKET_UNITS:
            return None
        text = self._text[:offset]
        length = self._length if offset >= self._at else spoken_length(text)
        found = _Break(offset, strength, pause, length)
        if strength == Strength.CLAUSE and self._index == 0 and length < 2 and self._greets(text):
            return None
        wanted = Strength.CONJUNCTION if self._index == 0 else Strength.CLAUSE
        if strength >= wanted and length >= _least(self._index, strength, text):
            return (self._best(Strength.SENTENCE, _SPLIT) or found) if strength == Strength.CLAUSE else found
        if length > 0:
            self._breaks.append(found)
        return None

    @staticmethod
    def _greets(text: str) -> bool:
        """Whether ``text`` is a greeting and its comma (a Chinese one is no part of an English name)."""
        return text.strip(" ,\n\"'").lower() in _GREETINGS

    def _best(self, strength: Strength, length: float) -> _Break | None:
        """The strongest, and then latest, place of those remembered that is at least this good."""
        fit = [b for b in self._breaks if b.strength >= strength and b.length >= length]
        return max(fit, key=lambda b: (b.strength, b.offset), default=None)

    def _anywhere(self) -> _Break | None:
        """Cut a chunk that is too long and has no good place: before the word that is being read."""
        if self._length == 0:
            self._begin(self._text[self._at :])
            return None
        before = spoken_length(self._text[: self._word])
        if before > 0:
            return _Break(self._word, Strength.WORD, 0.0, before)
        return _Break(self._at, Strength.WORD, 0.0, self._length) if self._at >= MAX_CHARS else None
