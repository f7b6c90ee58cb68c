"""One turn: from the person's words to the last sample of the answer, and one way to end it.

A turn owns one task. Cancelling the task closes the model's stream and the voice's request; flushing
the mixer silences what was queued; whatever arrives late carries this turn's id and is dropped.

Work may begin before the person has certainly finished (``speculate``): everything runs, but the
``gate`` keeps it from sounding until ``answer`` opens it. ``retract`` throws it away.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError
from hearthd.common.parts import Part
from hearthd.conversation.conversation import Conversation, action_of, facts_now
from hearthd.conversation.first_say import FirstSay
from hearthd.conversation.played_reply import played_reply
from hearthd.conversation.recognition import Call, recognise
from hearthd.conversation.reply_chunks import NO_ANSWER, UNREADABLE, ReplyChunks, Written
from hearthd.conversation.responders import ModelResponder, Reply, Request, Responder, first_reply
from hearthd.dialogue.events import (
    BrokenOff,
    Ended,
    Event,
    OnlyWakeWordHeard,
    Origin,
    ReplyPlayed,
    TurnOver,
    Utterance,
)
from hearthd.dialogue.intent import (
    BeQuiet,
    Circumstances,
    HearRest,
    Nothing,
    NotWakeWord,
    OnlyWakeWord,
    Wanted,
    wanted,
)
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.messages import Acted, Answering, Paused, Text, Usage, Withdrawn
from hearthd.engines.protocols import Asr, PhraseEar
from hearthd.service.log_redaction import acted, heard
from hearthd.speech import prompts
from hearthd.speech.queue import SpeechQueue
from hearthd.text.chunker import Chunk
from hearthd.turn_taking.self_echo_text import nearby
from hearthd.turn_taking.unfinished import unfinished

log = logging.getLogger(__name__)

SILENCE_SECONDS = 1.0
"""A device that has not sounded the 10 ms of a fade by then has stopped."""
UNSPOKEN = -1
"""The chunk as which a recording is played: nothing of the reply's."""


Speech = AsyncGenerator[Chunk | None, None]
"""The chunks of a reply; None withdraws those that have not sounded."""
Again = Callable[[Request, str], Reply]
"""Asks once more for the answer to a request, given what was written."""


@dataclass(frozen=True, slots=True)
class TurnParts:
    """What a turn works with: one room's microphone and mouth, and who answers there."""

    asr: Asr
    audio: Callable[[int, int], Pcm]
    """The microphone's samples from one number to another."""
    circumstances: Callable[[str], Circumstances]
    """What decides what words want, given the name of the wake word that began the turn ("": none)."""
    conversation: Conversation
    model: ModelResponder
    responders: Sequence[Responder]
    """Who answers, the first that takes it; the last takes whatever comes."""
    speech: SpeechQueue
    mixer: Mixer
    post: Callable[[Event], None]
    clock: Callable[[], float] = time.monotonic
    ear: PhraseEar | None = None
    """Asked where the transcript does not hold the wake phrase."""


class Turn:
    """A turn in progress. All methods belong to the asyncio thread; none waits."""

    def __init__(
        self,
        number: int,
        origin: Origin,
        record: TurnRecord,
        parts: TurnParts,
        *,
        before: asyncio.Task[None] | None,
        call: Call | None = None,
        goes_on_from: int | None = None,
    ) -> None:
        """``goes_on_from``: where the question began of which the person has said only a half so far."""
        self._goes_on_from = goes_on_from
        self.number = number
        self.origin = origin
        self._call = call
        """Where the wake word was recognised, if one began this turn."""
        self.record = record
        self._parts = parts
        self._before = before
        """Done when the turn before this one is written into the context."""
        circumstances = parts.circumstances(record.wake_word or "")
        self._circumstances = replace(
            circumstances, must_confirm=circumstances.must_confirm and call is not None
        )
        self._gate = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._utterance: Utterance | None = None
        self._words_ended_at = parts.clock()
        self._at_fault = Part.VOICE
        """Where an engine's failure would lie, as far as is known."""
        self._apologised = False
        self._chunks = ReplyChunks(record, self._has_sounded)
        self.usage: Usage | None = None
        """What the model's reply cost, once it is whole."""
        self.silent: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        """When nothing of the turn sounds any more: set by the mixer's notification."""

    # --- what the dialogue asks for -------------------------------------------------------------

    def prefill(self) -> None:
        """Let the model read the conversation so far while the person speaks."""
        self._begin(self._prefill)

    def speculate(self, utterance: Utterance) -> None:
        """Work on what was heard so far; nothing sounds yet."""
        self._gate.clear()
        self._hear(utterance)

    def retract(self) -> None:
        """The person went on speaking: what was begun is worth nothing."""
        self.record.retracted += self._utterance is not None
        self._utterance = None
        self.record.heard = ""
        self._gate.clear()
        self._cancel()

    @property
    def call(self) -> Call | None:
        """Where the wake word was recognised, if the words of this turn had to hold it."""
        return self._call if self._circumstances.must_confirm else None

    def take_back(self) -> bool:
        """It has ended, for it answers the half of a question; whether that is possible: nothing was done."""
        if self.record.actions:
            return False
        if self.record.heard and self._call is not None:
            self._call.said = True  # the first half held the wake phrase: what follows it need not
        self.record.retracted += 1
        self.record.heard = ""
        return True

    def answer(self, utterance: Utterance, at: float) -> None:
        """The utterance is whole (known at ``at``): let the answer sound."""
        if self._utterance is None or self._utterance.speech_end != utterance.speech_end:
            self._hear(utterance)
        self.record.endpoint_ms = _milliseconds(at - utterance.speech_end_at)
        if self.record.heard:
            self._parts.conversation.heard(self.record)
        self._log("endpoint", "the person has finished", self.record.endpoint_ms)
        self._gate.set()

    def answer_text(self, text: str) -> None:
        """Answer ``text`` as if it had been heard."""
        self._words_ended_at = self._parts.clock()
        self._gate.set()
        self._begin(self._answer_words, text)

    def speak(self, text: str, after: float = 0.0) -> None:
        """Say ``text`` as it is, ``after`` so many seconds (a chime sounds first, perhaps)."""
        self._words_ended_at = self._parts.clock()
        asyncio.get_running_loop().call_later(after, self._gate.set)
        self._begin(self._say_text, text)

    def play(self, sound: Pcm, after: float) -> None:
        """Let ``sound`` (at the mixer's rate) be heard, ``after`` so many seconds."""
        asyncio.get_running_loop().call_later(after, self._gate.set)
        self._begin(self._play, sound)

    def audible(self, at: float) -> None:
        """The first sample of the answer sounded at ``at``."""
        report = self._parts.speech.report(self.number)
        first_audio = self._after_words(report.first_audio_at)
        if first_audio is not None and report.begun:  # else it is an apology
            self._log("tts", f"{self._parts.speech.voice.name} speaks", first_audio)
            self.record.first_audible_ms = _milliseconds(at - self._words_ended_at)

    def played_out(self, at: float) -> Event:
        """What it means that the turn's last sample sounded at ``at``."""
        if self._apologised:
            return TurnOver(at, self.number, Ended.ERROR, told=True)
        said = "".join(chunk.text for chunk in self._chunks.said[-1:])
        asks = said.rstrip(" \n\"'”’)）").endswith(("?", "？"))
        return ReplyPlayed(at, self.number, asks)

    @property
    def sounding(self) -> str:
        """What of the reply may be heard at this moment."""
        text = "".join(chunk.text for chunk in self._chunks.said)
        return nearby(text, len(self._played(whole=False)))

    async def end(self, ended: Ended) -> None:
        """Silence everything and complete the record. Done when nothing of the turn sounds any more."""
        self._cancel()
        try:
            if ended is not Ended.COMPLETED:
                self._parts.mixer.flush(self.number)
                await asyncio.wait([self.silent], timeout=SILENCE_SECONDS)
            else:
                self._parts.mixer.resume()  # it may have been held while its last block sounded
        finally:
            self._complete(ended)

    def _complete(self, ended: Ended) -> None:
        report = self._parts.speech.report(self.number)
        self.record.first_chunk_ms = self._after_words(report.first_chunk_at)
        self.record.tts_first_audio_ms = self._after_words(report.first_audio_at)
        self.record.voice = self._parts.speech.voice.name if report.begun else ""
        self.record.ended = ended
        self.record.spoken = self._played(whole=ended is Ended.COMPLETED)
        self.record.underruns = self._parts.mixer.underruns(self.number)[0]

    # --- the work -------------------------------------------------------------------------------

    def _hear(self, utterance: Utterance) -> None:
        self._utterance = utterance
        if self._goes_on_from is not None:
            utterance = replace(utterance, start=self._goes_on_from)
        self._words_ended_at = utterance.speech_end_at
        self._begin(self._answer_speech, utterance)

    def _begin(self, work: Callable[..., Awaitable[None]], *arguments: object) -> None:
        self._cancel()
        self._parts.speech.forget(self.number)
        self._chunks = ReplyChunks(self.record, self._has_sounded)
        self.record.reply = self.record.understood_by = ""
        self._task = asyncio.create_task(self._guarded(work, *arguments))

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _guarded(self, work: Callable[..., Awaitable[None]], *arguments: object) -> None:
        try:
            await work(*arguments)
        except EngineError as error:
            log.error("%s", error, extra={"turn_id": self.record.turn_id})
            await self._apologise()
        except Exception:
            log.exception("the turn failed", extra={"turn_id": self.record.turn_id})
            await self._over(Ended.ERROR)

    async def _apologise(self) -> None:
        """Say what does not work; once that has sounded, the dialogue hears that the turn has failed."""
        language = self.record.language or self._parts.conversation.expected_language()
        sentence = prompts.recorded(self._at_fault, language, self._parts.mixer.rate)
        if not len(sentence):
            return await self._over(Ended.ERROR)
        await self._gate.wait()
        self._apologised = True
        self._parts.mixer.play(self.number, UNSPOKEN, sentence)
        return self._parts.mixer.finish(self.number)

    async def _over(self, ended: Ended) -> None:
        await self._gate.wait()
        self._parts.post(TurnOver(self._parts.clock(), self.number, ended))

    async def _prefill(self) -> None:
        await self._previous_turn()
        try:
            await self._parts.model.prefill(self._parts.conversation.expected_language(), facts_now())
        except EngineError as error:  # the answer itself will tell whether it matters
            log.info("prefill: %s", error, extra={"turn_id": self.record.turn_id})

    async def _previous_turn(self) -> None:
        if self._before is not None:  # not awaited itself: neither its end nor its failure is this turn's
            await asyncio.wait([self._before])

    async def _answer_speech(self, utterance: Utterance) -> None:
        parts = self._parts
        self.record.asr_model = parts.asr.name
        self._at_fault = Part.ASR
        intent, text, language = await recognise(
            parts.asr, parts.audio, utterance, self._circumstances, self._call, ear=parts.ear
        )
        self.record.asr_ms = self._since()
        if not self._gate.is_set() and unfinished(text):
            parts.post(BrokenOff(parts.clock(), self.number))
        self._at_fault = Part.VOICE
        match intent:
            case NotWakeWord():
                log.info("not the wake word", extra={"turn_id": self.record.turn_id, "stage": "wake"})
                return await self._over(Ended.NO_SPEECH)
            case OnlyWakeWord():
                await self._gate.wait()
                self._circumstances = replace(self._circumstances, must_confirm=False, asked_again=True)
                return parts.post(OnlyWakeWordHeard(parts.clock(), self.number, utterance.speech_end))
            case Nothing() | HearRest():
                return await self._over(Ended.NO_SPEECH)
            case BeQuiet():
                return await self._over(Ended.STOPPED)
        seconds = (utterance.speech_end - utterance.start) / SAMPLE_RATE
        heard(log, self.record.turn_id, seconds, text, self.record.asr_ms or 0.0)
        return await self._reply_to(intent, text, language)

    async def _reply_to(self, intent: Wanted, text: str, language: str) -> None:
        parts = self._parts
        await self._previous_turn()
        language = parts.conversation.language(text, language)
        self.record.heard, self.record.language = text, language
        if self._gate.is_set():
            parts.conversation.heard(self.record)
        request = Request(
            intent, text, language, certain=self._gate.wait, facts=facts_now(), done_late=self._done_late
        )
        try:
            answers, reply = await first_reply(parts.responders, request)
            self.record.understood_by = answers
            again = parts.model.again if answers == parts.model.name else None
            await self._say(self._answer(reply, request, again), language, request.first_say)
        finally:
            if request.first_say is not None:
                request.first_say.end()

    async def _answer(self, reply: Reply, request: Request, again: Again | None) -> Speech:
        """The chunks of a reply. The model is asked once more for one that no voice can say."""
        chunks, first_say = self._chunks, request.first_say
        if first_say is not None:
            reply = first_say.until_decided(reply)
        async for chunk in chunks.read(self._texts(reply)):
            yield chunk
        if first_say is not None and (theirs := await first_say.decided()) is not None:
            chunks.withdraw()
            yield None
            self.record.understood_by, self.record.chat_model, self.usage = first_say.name, "", None
            again = None
            first_say.takes_over()
            async for chunk in chunks.read(self._texts(theirs)):
                yield chunk
        if chunks.is_foreign and again is not None:
            log.info(
                "the answer is in a script that no voice here can say", extra={"turn_id": self.record.turn_id}
            )
            async for chunk in chunks.read(self._texts(again(request, self.record.reply))):
                yield chunk
        if chunks.lost:
            log.warning("the model gave no answer", extra={"turn_id": self.record.turn_id, "stage": "llm"})
            yield chunks.instead(NO_ANSWER, request.language)

    async def _texts(self, reply: Reply) -> Written:
        """What is said of a reply as it comes; a model's first token is timed."""
        self.record.llm_first_token_ms = None
        model = ""
        try:
            async with aclosing(reply):
                async for event in reply:
                    match event:
                        case Answering(model=name):
                            model = name
                        case Usage():
                            self.usage = event
                        case Withdrawn() | Paused():
                            yield event
                        case Text(text=text):
                            if model and self.record.llm_first_token_ms is None:
                                self.record.llm_first_token_ms = self._since()
                                self.record.chat_model = model
                                self._log("llm", f"{model} answers", self.record.llm_first_token_ms)
                            yield text
                        case Acted():
                            self._acted(event)
        except EngineError:
            self._at_fault = Part.CHAT
            raise

    def _acted(self, event: Acted) -> None:
        """Write down what was done at once: it stays done, whatever becomes of the reply."""
        action = action_of(event)
        self.record.add(action)
        told = f"{action.arguments}: {action.result}"
        acted(log, self.record.turn_id, action.name, told, action.ms, done=action.done)

    def _done_late(self, event: Acted) -> None:
        """A tool that could not be given up has ended after the reply was."""
        self._acted(event)
        if self.record.ended is not None:
            self._parts.conversation.amended(self.record)

    async def _answer_words(self, text: str) -> None:
        """Answer words that came in writing."""
        await self._reply_to(wanted(text, self._circumstances), text, "")

    async def _say_text(self, text: str) -> None:
        language = self._parts.conversation.language(text, "")
        await self._say(self._as_it_is(text, language), language)

    async def _as_it_is(self, text: str, language: str) -> Speech:
        """The chunks of a text that is no answer to anything."""
        async for chunk in self._chunks.read(_once(text)):
            yield chunk
        if not self._chunks.said:
            yield self._chunks.instead(UNREADABLE, language)

    async def _say(self, chunks: Speech, language: str, first_say: FirstSay | None = None) -> None:
        parts = self._parts
        self.record.language = language

        async def gate() -> None:
            await self._gate.wait()
            if first_say is not None:
                await first_say.may_sound()

        await parts.speech.speak(self.number, chunks, language=language, gate=gate)
        parts.conversation.answered(self.record)

    async def _play(self, sound: Pcm) -> None:
        await self._gate.wait()
        self._parts.mixer.play(self.number, UNSPOKEN, sound)
        self._parts.mixer.finish(self.number)

    def _has_sounded(self, chunk: int) -> bool:
        return self._parts.speech.report(self.number).samples_of(chunk) > 0

    def _played(self, *, whole: bool) -> str:
        mixer, report = self._parts.mixer, self._parts.speech.report(self.number)
        sounded = mixer.played_samples(self.number)
        return played_reply(self._chunks.said, report, sounded, mixer.rate, whole=whole)

    def _log(self, stage: str, what: str, latency_ms: float) -> None:
        fields = {"turn_id": self.record.turn_id, "stage": stage, "latency_ms": latency_ms}
        log.info("%s (%.0f ms)", what, latency_ms, extra=fields)

    def _since(self) -> float:
        return _milliseconds(self._parts.clock() - self._words_ended_at)

    def _after_words(self, at: float | None) -> float | None:
        return None if at is None else _milliseconds(at - self._words_ended_at)


async def _once(text: str) -> Written:
    yield text


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
