"""The speech queue: chunks of a reply become clips, in order and ahead of need, and one smooth speech.

``SpeechQueue.speak`` is one reply. It reads the chunks as fast as the model writes them, has them
synthesised at most two ahead of the one that sounds, shapes every clip (``joining``) and hands it to
the mixer at once. Cancelling the task closes the synthesis; the mixer is flushed by whoever cancels.

What an underrun would cut in the middle of a word is held back instead: a voice that is slower than
speech is given as much of a head start as its measured speed and the clip's expected length ask for,
so that lateness falls between clips, after a clause. There the pause is drawn out while the next clip
is late, as somebody does who reads aloud; what is later than that is an underrun.

A clip that fails is tried once more: whole if none of it was handed to the mixer, else the rest of it
after a short pause. A voice with a stand-in (``engines.tts.factory``) answers that second try with it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from hearthd.common.audio import Pcm
from hearthd.common.errors import EngineError
from hearthd.engines.protocols import Voice
from hearthd.speech.clip import Clip, Paces
from hearthd.speech.clip_shaper import Loudness, Shaper
from hearthd.speech.remainder import rest_of
from hearthd.text.chunker import Chunk
from hearthd.text.duration import spoken_length
from hearthd.text.normalize.normalizer import CONTEXT_CHARS, speakable

log = logging.getLogger(__name__)

AHEAD = 2
"""Clips made ahead of the one that sounds: enough to bridge a slow sentence, little lost at a barge-in."""
BREAK_SECONDS = 0.15
"""Pause where another voice takes over in the middle of a clip."""
HOLD_SECONDS = 0.6
"""The pause after a clause may be drawn out by so much: a reader's breath. The listener takes it for one."""
HOLD_SLICE_SECONDS = 0.1
"""It grows by so much at a time, so that it ends soon after the next clip has come."""
HELD_CHECK_SECONDS = 0.1
"""The least wait before looking again how far the speaker is: it may be held for as long as it likes."""
KEPT_REPORTS = 4

Gate = Callable[[], Awaitable[object]]
"""Returns once playing is allowed."""


class Output(Protocol):
    """What the queue needs of the mixer."""

    rate: int

    def play(self, turn_id: int, chunk: int, pcm: Pcm) -> None:
        """Append samples of a chunk."""
        ...

    def finish(self, turn_id: int) -> None:
        """No more audio will come for the turn."""
        ...

    def waiting(self) -> int:
        """Samples handed over that have not begun to sound (none if there is no speaker at all)."""
        ...


@dataclass(slots=True)
class Spoken:
    """One chunk as it was spoken. ``samples`` (at the mixer's rate) excludes the pause after it.

    Of the mixer's ``heard`` count of the chunk, whatever lies beyond ``samples`` is that pause.
    """

    index: int
    text: str
    """The chunk's text as the model wrote it."""
    samples: int = 0
    complete: bool = False
    """All its samples have been handed to the mixer."""


@dataclass(slots=True)
class SpeechReport:
    """What is known of a turn's speech so far. Times are monotonic seconds."""

    clips: list[Spoken] = field(default_factory=list)
    first_chunk_at: float | None = None
    first_audio_at: float | None = None
    """When the voice gave its first samples."""

    @property
    def begun(self) -> bool:
        """Something of the speech has been handed to the mixer: it sounds, or soon will."""
        return any(clip.samples for clip in self.clips)

    def complete(self, chunk: int) -> bool:
        """All samples of the chunk's speech have been handed to the mixer."""
        return any(clip.complete for clip in self.clips if clip.index == chunk)

    def samples_of(self, chunk: int) -> int:
        """Samples of the chunk's speech handed to the mixer so far."""
        return sum(clip.samples for clip in self.clips if clip.index == chunk)


class SpeechQueue:
    """Speaks replies through one voice into one mixer. ``voice`` may be exchanged between replies."""

    def __init__(self, voice: Voice, mixer: Output) -> None:
        self.voice = voice
        self._mixer = mixer
        self._loudness = Loudness()
        self._paces: dict[str, Paces] = {}
        self._reports: OrderedDict[int, SpeechReport] = OrderedDict()

    def report(self, turn_id: int) -> SpeechReport:
        """What is known of the speech of ``turn_id`` (one of the last few turns), also after its end."""
        report = self._reports.get(turn_id)
        if report is None:
            report = self._reports[turn_id] = SpeechReport()
            while len(self._reports) > KEPT_REPORTS:
                self._reports.popitem(last=False)
        return report

    def forget(self, turn_id: int) -> None:
        """Drop the report of ``turn_id``: what it was about never sounded, and it begins again."""
        self._reports.pop(turn_id, None)

    async def speak(
        self, turn_id: int, chunks: AsyncIterator[Chunk | None], *, language: str, gate: Gate
    ) -> None:
        """Speak ``chunks``; returns when the last sample is handed over. Raises EngineError.

        None among them withdraws those before it of which nothing was handed to the mixer.

        Nothing is handed to the mixer before ``gate()`` returns; synthesis does not wait for it.
        """
        self.voice.new_reply()
        paces = self._paces.setdefault(self.voice.name, Paces())
        reply = _Reply(
            turn_id=turn_id,
            language=language,
            voice=self.voice,
            mixer=self._mixer,
            loudness=self._loudness,
            paces=paces,
            report=self.report(turn_id),
        )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(reply.read(chunks))
                group.create_task(reply.make())
                group.create_task(reply.play(gate))
        except BaseExceptionGroup as failures:
            raise _first(failures) from None
        self._mixer.finish(turn_id)


class _Reply:
    """The three stages of one reply: read the chunks, make the clips, play them."""

    def __init__(
        self,
        *,
        turn_id: int,
        language: str,
        voice: Voice,
        mixer: Output,
        loudness: Loudness,
        paces: Paces,
        report: SpeechReport,
    ) -> None:
        self._turn_id = turn_id
        self._voice = voice
        self._mixer = mixer
        self._loudness = loudness
        self._paces = paces
        self._report = report
        self._language = language
        self._to_make: asyncio.Queue[Clip | None] = asyncio.Queue()
        self._to_play: asyncio.Queue[Clip | None] = asyncio.Queue()
        self._handed = 0
        self._hold_left = 0.0
        """Seconds by which the pause that sounds now may still be drawn out."""
        self._now = asyncio.get_running_loop().time

    async def read(self, chunks: AsyncIterator[Chunk | None]) -> None:
        """Take the chunks as they are written: the model is never kept waiting by the voice."""
        before = ""
        clips: list[Clip] = []
        async for chunk in chunks:
            if chunk is None:
                for clip in clips:
                    if not clip.begun.is_set():
                        clip.drop()
                if not self._report.begun:
                    self._report.first_chunk_at = self._report.first_audio_at = None
                before = ""
                continue
            if self._report.first_chunk_at is None:
                self._report.first_chunk_at = self._now()
            words = speakable(chunk.text, self._language, before=before)
            before = (before + chunk.text)[-CONTEXT_CHARS:]
            if spoken_length(words) > 0:
                clip = Clip(chunk, words)
                clips.append(clip)
                self._to_make.put_nowait(clip)
                self._to_play.put_nowait(clip)
        self._to_make.put_nowait(None)
        self._to_play.put_nowait(None)

    async def make(self) -> None:
        """Synthesise in order, one at a time, never more than ``AHEAD`` clips beyond the one that sounds."""
        clips: list[Clip] = []
        while (clip := await self._to_make.get()) is not None:
            clips.append(clip)
            if len(clips) > AHEAD:
                await self._until_sounding(clips[-1 - AHEAD])
            if not clip.dropped:
                await self._made(clip)

    async def _made(self, clip: Clip) -> None:
        """Synthesise the clip, unless it is withdrawn meanwhile: what comes instead must not wait for it."""
        clip.making = asyncio.create_task(self._synthesise(clip))
        try:
            await clip.making
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not clip.dropped or (task is not None and task.cancelling()):
                raise

    async def _until_sounding(self, clip: Clip) -> None:
        """Wait until the speaker has come to ``clip``, by its sample clock."""
        await clip.begun.wait()
        while True:
            missing = clip.before - (self._handed - self._mixer.waiting())
            if missing <= 0:
                return
            await asyncio.sleep(max(missing / self._mixer.rate, HELD_CHECK_SECONDS))

    async def _synthesise(self, clip: Clip) -> None:
        try:
            await self._stream(clip, clip.words)
        except EngineError as error:
            fields = {"turn_id": self._turn_id, "stage": "tts"}
            log.warning("the voice failed and is tried again: %s", error, extra=fields)
            clip.fail(self._mixer.rate)
            words = clip.words
            if clip.played:
                words = rest_of(words, clip.made / self._paces.of(words).seconds_per_unit)
            if words:
                await self._stream(clip, words)
        clip.end()

    async def _stream(self, clip: Clip, words: str) -> None:
        began = self._now()
        total = 0.0
        async with aclosing(self._voice.synthesize(words, self._language)) as stream:
            async for pcm in stream:
                if clip.dropped:
                    return
                if self._report.first_audio_at is None:
                    self._report.first_audio_at = self._now()
                seconds = len(pcm) / self._voice.rate
                total += seconds
                clip.add(pcm, seconds)
        self._paces.of(words).learn(spoken_length(words), total, self._now() - began)

    async def play(self, gate: Gate) -> None:
        """Hand the clips to the mixer, with the pause that each one's punctuation asks for between."""
        previous: Clip | None = None
        while (clip := await self._to_play.get()) is not None:
            if previous is not None and self._mixer.waiting() > 0:  # if it ran dry, the pause is over
                self._silence(previous, previous.chunk.pause)
            if await self._play_clip(clip, previous, gate):
                previous = clip

    async def _play_clip(self, clip: Clip, previous: Clip | None, gate: Gate) -> bool:
        """Hand over one clip as it streams in. False if there was nothing to hear in it."""
        spoken = Spoken(clip.chunk.index, clip.chunk.text)
        self._report.clips.append(spoken)
        clip.before = self._handed
        shaper: Shaper | None = None
        sounds = False
        while True:
            await self._news(clip, previous)
            if not sounds:
                if not self._may_sound(clip):
                    continue
                await gate()
                sounds = True
            if clip.dropped:
                break
            if clip.broken:
                clip.broken = False
                if shaper is not None and clip.played:
                    self._hand(clip, spoken, shaper.finish())
                    self._silence(clip, BREAK_SECONDS)
                shaper = None
            if clip.pieces:
                pcm = np.concatenate(clip.pieces)
                clip.pieces.clear()
                shaper = shaper or Shaper(self._voice.rate, self._mixer.rate, self._loudness)
                self._hand(clip, spoken, shaper.feed(pcm))
                if self._voice.whole_clauses and not clip.ended:
                    self._hand(clip, spoken, shaper.pause())
            if clip.ended:
                break
        if shaper is not None:
            self._hand(clip, spoken, shaper.finish())
        clip.begun.set()
        spoken.complete = True
        return clip.played > 0

    async def _news(self, clip: Clip, previous: Clip | None) -> None:
        """Wait for more of the clip; where a clause has ended, draw its pause out meanwhile."""
        ended = previous if clip.played == 0 else clip if self._voice.whole_clauses else None
        while ended is not None and self._hold_left > 0 and not clip.news.is_set():
            until_dry = self._mixer.waiting() / self._mixer.rate
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, until_dry - HOLD_SLICE_SECONDS)):
                    await clip.news.wait()
            until_dry = self._mixer.waiting() / self._mixer.rate
            if until_dry == 0:  # too late, or there is no speaker
                break
            if not clip.news.is_set() and until_dry < 1.5 * HOLD_SLICE_SECONDS:
                self._silence(ended, HOLD_SLICE_SECONDS)
                self._hold_left -= HOLD_SLICE_SECONDS
        await clip.news.wait()
        clip.news.clear()

    def _may_sound(self, clip: Clip) -> bool:
        """Whether enough of the clip is there, or enough sounds before it, that it won't run dry."""
        if clip.ended:
            return True
        still_sounding = self._mixer.waiting() / self._mixer.rate
        return clip.made + still_sounding >= self._paces.of(clip.words).head_start(clip.units)

    def _hand(self, clip: Clip, spoken: Spoken, pcm: Pcm) -> None:
        if len(pcm) == 0:
            return
        self._mixer.play(self._turn_id, clip.chunk.index, pcm)
        clip.played += len(pcm)
        spoken.samples += len(pcm)
        self._handed += len(pcm)
        self._hold_left = HOLD_SECONDS
        clip.begun.set()

    def _silence(self, clip: Clip, seconds: float) -> None:
        silence = np.zeros(round(seconds * self._mixer.rate), np.int16)
        if len(silence):
            self._mixer.play(self._turn_id, clip.chunk.index, silence)
            self._handed += len(silence)


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The failure that began it all."""
    failure: BaseException = failures
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
