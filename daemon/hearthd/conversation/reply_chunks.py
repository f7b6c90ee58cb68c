"""What a reply writes becomes the chunks that are spoken, and a record of what may be said of it.

Marks are taken out and the text is cut at breaths. What no voice here can say (a reply in kana, Hangul or
Cyrillic) is left out, for it would be silence; a reply that is mostly such is lost, and asked for once more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.messages import Paused, Withdrawn
from hearthd.text.chunker import Chunk, Chunker
from hearthd.text.duration import spoken_length
from hearthd.text.markup import SpeakableText
from hearthd.text.script import sayable, unsayable_length

MAX_REPLY_CHARACTERS = 8_000
"""About half an hour of speech: a model that writes more has lost its way."""
SLICE_CHARACTERS = 400
"""So much of what comes at once is read before others have the loop: 20 ms at worst, 2 ms of prose."""
FOREIGN_UNITS = 12.0
"""Spoken length (2.4 s) of what no voice can say: a reply of which that, and most, is such is lost.
A foreign word or a greeting in an answer is shorter."""
VOICES = ("en", "zh")
"""The languages that every voice speaks."""
NO_ANSWER = {"zh": "抱歉，这个我答不上来。", "en": "Sorry, I have no answer to that."}
"""Said when the model wrote nothing that can be spoken."""
UNREADABLE = {"zh": "抱歉，这段文字我念不出来。", "en": "Sorry, I can't read that text aloud."}
"""Said in the place of a text that nobody here can read."""

Written = AsyncGenerator[str | Withdrawn | Paused, None]
"""The text of a reply as it comes."""


class ReplyChunks:
    """One turn's reply; ``record.reply`` is what was written of it, ``said`` what the voice is handed."""

    def __init__(self, record: TurnRecord, has_sounded: Callable[[int], bool]) -> None:
        """``has_sounded``: whether anything of the chunk of a number was handed to the loudspeaker."""
        self.said: list[Chunk] = []
        self._record = record
        self._has_sounded = has_sounded
        self._next = 0
        self._foreign = 0.0
        """Spoken length of what was left out."""

    @property
    def lost(self) -> bool:
        """More than a word or two was left out, or nothing is left."""
        return not self.said or self._is_mostly_foreign

    @property
    def is_foreign(self) -> bool:
        """It is lost because of the script that it is written in."""
        return self.lost and self._foreign > 0

    @property
    def _is_mostly_foreign(self) -> bool:
        return self._foreign >= FOREIGN_UNITS and self._foreign > sum(
            spoken_length(chunk.text) for chunk in self.said
        )

    async def read(self, written: Written) -> AsyncGenerator[Chunk | None, None]:
        """The chunks of ``written``. None: those that have not sounded are withdrawn."""
        self._record.reply = ""
        self._foreign = 0.0
        text, chunker = SpeakableText(), Chunker(self._next)
        async with aclosing(written):
            async for piece in written:
                if isinstance(piece, Withdrawn):
                    self.withdraw()
                    yield None
                    text, chunker = SpeakableText(), Chunker(self._next)
                    continue
                if isinstance(piece, Paused):
                    for chunk in self._kept([*chunker.feed(text.flush()), *chunker.flush()]):
                        yield chunk
                    text, chunker = SpeakableText(), Chunker(self._next)
                    self._record.reply += " " if self._record.reply[-1:].strip() else ""
                    continue
                rest = piece[: MAX_REPLY_CHARACTERS - len(self._record.reply)]
                while rest:
                    part, rest = rest[:SLICE_CHARACTERS], rest[SLICE_CHARACTERS:]
                    self._record.reply += part
                    for chunk in self._kept(chunker.feed(text.feed(part))):
                        yield chunk
                    if self._is_mostly_foreign:
                        return
                    if rest:
                        await asyncio.sleep(0)
                if len(self._record.reply) >= MAX_REPLY_CHARACTERS:
                    break
        for chunk in self._kept([*chunker.feed(text.flush()), *chunker.flush()]):
            yield chunk

    def instead(self, sentences: dict[str, str], language: str) -> Chunk:
        """A sentence in the place of what can't be said."""
        return self._say(Chunk(self._next, sentences.get(language, sentences["en"]), 0.0))

    def _kept(self, chunks: list[Chunk]) -> list[Chunk]:
        """The chunks without what no voice can say."""
        kept = []
        for chunk in chunks:
            self._foreign += unsayable_length(chunk.text, VOICES)
            self._next = chunk.index + 1
            if text := sayable(chunk.text, VOICES):
                kept.append(self._say(Chunk(chunk.index, text, chunk.pause)))
        return kept

    def _say(self, chunk: Chunk) -> Chunk:
        self._next = chunk.index + 1
        self.said.append(chunk)
        return chunk

    def withdraw(self) -> None:
        """What was written is no part of the reply; what has sounded of it, has."""
        self._record.reply = ""
        self._foreign = 0.0
        self.said = [chunk for chunk in self.said if self._has_sounded(chunk.index)]
