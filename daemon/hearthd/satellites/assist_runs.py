"""What goes on between a room and an ESPHome device: one run after the other, as the room's phases say.

A run, as the firmware's voice_assistant.cpp has it: the device asks for one (its wake word, its button,
or at the end of a reply that it was told to continue) and streams its microphone. Nobody speaks any more: the
microphone is closed and the device fetches the reply, which begins with silence (``ReplyStream``). The reply
has sounded: the device is told whether to listen again, then the stream ends. What is said without a run (an
announcement, a ring) is announced.

The device must hear TTS_END before it has played the stream out, or it waits for ever; and as long as it has
not, it tells when a person stops it. So TTS_END comes with the end of the reply, and silence after it.
The words themselves are not sent: where the firmware wants a text, it gets ``UNSAID``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from enum import StrEnum
from typing import Any

from aioesphomeapi import VoiceAssistantCommandFlag
from aioesphomeapi import VoiceAssistantEventType as Kind

from hearthd.audio.playback.mixer import Mixer
from hearthd.dialogue import events as e
from hearthd.dialogue.state import Phase
from hearthd.satellites.esphome_device import EsphomeDevice, shown
from hearthd.satellites.reply_server import ReplyServer
from hearthd.satellites.reply_stream import ReplyForm, ReplyStream

log = logging.getLogger(__name__)

UNSAID = "…"
"""The firmware passes over an empty text, and with it over the light that shows that it speaks."""
REFUSE_SECONDS = 1.0
"""A call that opens no turn by then is answered in another room, or nowhere: that is decided within 0.2 s."""
FETCH_SECONDS = 2.0
"""The firmware itself gives a reply up after so long."""
CONTINUE_SECONDS = 3.0
"""A device that was told to listen again does so once it has played the stream's end, 0.3 to 1 s later."""
STOPPED_SECONDS = 0.1
"""A cut reply is told to the device if so much of it or more is still to sound."""
FORMER_SECONDS = 0.5
"""News of the former stream come no later than so long after the next is fetched."""
ANNOUNCE_SECONDS = 900.0
MESSAGE = 1_024
SPEAKER_FORM = ReplyForm("pcm", 16_000)
SOUNDING = (Phase.THINKING, Phase.SPEAKING, Phase.HELD, Phase.RINGING)
LISTENING = (Phase.LISTENING, Phase.FOLLOW_UP)


class Doing(StrEnum):
    """What the device does for us."""

    NOTHING = "nothing"
    WAITING = "waiting"
    """It streams, and our own wake word is listened for."""
    LISTENING = "listening"
    """It streams what a person says."""
    ANSWERING = "answering"
    """It plays the reply of its run."""
    ANNOUNCING = "announcing"
    """It plays without a run."""
    STOPPED = "stopped"
    """A person has stopped it there, and the room has not yet fallen silent."""


class AssistRuns:
    """The runs of one connection. For the asyncio thread; none of its methods waits."""

    def __init__(
        self,
        device: EsphomeDevice,
        mixer: Mixer,
        replies: ReplyServer,
        *,
        post: Callable[[e.Event], None],
        now: Callable[[], int],
        unreachable: Callable[[str], None],
    ) -> None:
        """``unreachable`` is told the address that the device did not fetch."""
        self.doing = Doing.NOTHING
        self._device, self._mixer, self._replies = device, mixer, replies
        self._post, self._now, self._unreachable = post, now, unreachable
        self._facing = device.facing
        self._phase = Phase.STARTING
        self._url, self._stream = "", ReplyStream(mixer, SPEAKER_FORM, self._broke_off)
        self._stream.end()
        self._continues_until = float("-inf")
        """It was told to listen again, and a run that it begins by then is no new call."""
        self._calls_over = False
        """It was called over a reply, and the room has not yet taken that up."""
        self._run = 0
        self._conversation = ""
        self._playing: asyncio.Task[None] | None = None
        self._later: set[asyncio.TimerHandle] = set()

    # --- what the device tells ----------------------------------------------------------------------

    def started(self, conversation: str, flags: int, phrase: str | None, reading: bool) -> None:
        """It wants a run. ``reading``: not muted."""
        self._end_stream()
        self._play(None)
        self._run += 1
        self._calls_over = self._phase in SOUNDING
        self._conversation = conversation[:64]
        at, sample = asyncio.get_running_loop().time(), self._now()
        continues, self._continues_until = at < self._continues_until, float("-inf")
        self._offer()
        self._device.event(Kind.VOICE_ASSISTANT_RUN_START, **({"url": self._url} if self._url else {}))
        if flags & VoiceAssistantCommandFlag.USE_WAKE_WORD:
            self.doing = Doing.WAITING
            self._device.event(Kind.VOICE_ASSISTANT_WAKE_WORD_START)
            return
        self.doing = Doing.LISTENING
        self._device.event(Kind.VOICE_ASSISTANT_STT_START)
        if continues:
            if self._phase not in LISTENING:  # nobody waits for words any more
                self._nothing_said()
            return
        if not reading:
            self._refuse()
            return
        if phrase:
            self._post(e.Wake(at, shown(phrase) or "satellite", 1.0, sample, sample))
        else:
            self._post(e.ListenRequested(at, sample))
        self._in(REFUSE_SECONDS, self._unless_heard, self._run)

    def stopped(self) -> None:
        """A person has stopped it: its button, its own "stop", or its wake word over a reply."""
        if self.doing in (Doing.NOTHING, Doing.STOPPED):  # the firmware also says so of an error that we sent
            return
        before, self.doing = self.doing, Doing.STOPPED
        self._end_stream()
        if before is not Doing.ANNOUNCING:
            self._device.event(Kind.VOICE_ASSISTANT_RUN_END)
        if before is not Doing.WAITING:
            self._post(e.StopRequested(asyncio.get_running_loop().time()))
        if self._phase not in SOUNDING:
            self.doing = Doing.NOTHING

    def announced(self) -> None:
        """It has played what it was given to the end, or was stopped, or gave up.

        Of a stream that was fetched only just now it is not said: that was the one before.
        """
        fetched = self._stream.fetched_at
        if fetched is None or asyncio.get_running_loop().time() - fetched < FORMER_SECONDS:
            return
        self._cut_off()

    def _cut_off(self) -> None:
        if self.doing in (Doing.ANSWERING, Doing.ANNOUNCING) and not self._stream.over:
            self.stopped()

    def _broke_off(self, stream: ReplyStream) -> None:
        """It fetches no more of the reply, and says why in the next moment, if it does."""
        if stream is self._stream:
            self._in(STOPPED_SECONDS, self._cut_off)

    def close(self) -> None:
        """The connection is gone."""
        self.doing = Doing.NOTHING
        self._end_stream()
        self._play(None)
        for one in self._later:
            one.cancel()

    # --- what the room does ---------------------------------------------------------------------------

    def phase(self, phase: Phase) -> None:
        """The room has come into ``phase``, or is still in it."""
        before, self._phase = self._phase, phase
        self._calls_over = self._calls_over and phase in SOUNDING
        match self.doing:
            case Doing.WAITING if phase in LISTENING:
                self.doing = Doing.LISTENING
                self._device.event(Kind.VOICE_ASSISTANT_WAKE_WORD_END)
                self._device.event(Kind.VOICE_ASSISTANT_STT_START)
            case Doing.WAITING | Doing.LISTENING if phase in SOUNDING and not self._calls_over:
                self._answer()
            case Doing.LISTENING if before in LISTENING and phase not in LISTENING:
                self._nothing_said()
            case Doing.ANSWERING | Doing.ANNOUNCING if phase not in SOUNDING:
                self._reply_over(goes_on=phase in LISTENING)
            case Doing.ANSWERING | Doing.ANNOUNCING if self._url and phase is Phase.SPEAKING is not before:
                self._device.event(Kind.VOICE_ASSISTANT_TTS_START, text=UNSAID)
            case Doing.STOPPED if phase not in SOUNDING:
                self.doing = Doing.NOTHING
            case Doing.NOTHING if phase in SOUNDING:
                self._announce()

    # --- a run ------------------------------------------------------------------------------------------

    def _unless_heard(self, run: int) -> None:
        if run == self._run and self.doing is Doing.LISTENING and self._phase not in LISTENING:
            self._refuse()
            self.phase(self._phase)

    def _refuse(self) -> None:
        """Another room answers, or this one cannot. The firmware shows nothing for this error."""
        self._cancel("duplicate_wake_up_detected", "another room answers")

    def _nothing_said(self) -> None:
        self._cancel("stt-no-text-recognized", "nothing was said")

    def _cancel(self, code: str, message: str) -> None:
        self.doing = Doing.NOTHING
        self._end_stream()
        self._device.event(Kind.VOICE_ASSISTANT_ERROR, code=code, message=message)
        self._device.event(Kind.VOICE_ASSISTANT_RUN_END)

    def _answer(self) -> None:
        """The person has finished."""
        self.doing = Doing.ANSWERING
        tell = self._device.event
        tell(Kind.VOICE_ASSISTANT_STT_VAD_END)
        tell(Kind.VOICE_ASSISTANT_STT_END, text=UNSAID)
        tell(Kind.VOICE_ASSISTANT_INTENT_START)
        if self._url:
            tell(Kind.VOICE_ASSISTANT_INTENT_PROGRESS, tts_start_streaming="1")
            self._in(FETCH_SECONDS, self._not_fetched, self._run)
        elif self._device.can.has_speaker:
            tell(Kind.VOICE_ASSISTANT_TTS_START, text=UNSAID)
            tell(Kind.VOICE_ASSISTANT_TTS_END, url="api")  # only to have it take API audio
            tell(Kind.VOICE_ASSISTANT_TTS_STREAM_START)
            self._play(self._push(self._stream))
        else:
            self._mixer.abandon()

    def _reply_over(self, goes_on: bool) -> None:
        tell = self._device.event
        tell(
            Kind.VOICE_ASSISTANT_INTENT_END,
            conversation_id=self._conversation,
            continue_conversation="1" if goes_on else "0",
        )
        now = asyncio.get_running_loop().time()
        self._continues_until = now + CONTINUE_SECONDS if goes_on else float("-inf")
        if self.doing is Doing.ANSWERING and self._url:
            tell(Kind.VOICE_ASSISTANT_TTS_END, url=self._url)
            tell(Kind.VOICE_ASSISTANT_RUN_END)
        self.doing = Doing.NOTHING
        silent_at = self._mixer.silent_at()
        if silent_at is not None and silent_at > now + STOPPED_SECONDS:
            self._device.stop_playing()
        self._end_stream()

    def _announce(self) -> None:
        """Something is to be said that nobody asked for there."""
        if not self._device.can.announces:
            log.warning("this device takes no announcements", extra={"stage": "audio"})
            self._mixer.abandon()
            return
        self.doing = Doing.ANNOUNCING
        self._run += 1
        self._offer()
        self._play(self._device.announce(self._url, UNSAID, ANNOUNCE_SECONDS))
        self._in(FETCH_SECONDS, self._not_fetched, self._run)

    # --- its sound ------------------------------------------------------------------------------------------

    def _offer(self) -> None:
        can = self._device.can
        fetches = can.player is not None
        self._stream = ReplyStream(self._mixer, can.form if fetches else SPEAKER_FORM, self._broke_off)
        self._url = self._replies.offer(self._stream, self._facing) if fetches else ""

    def _play(self, sending: Coroutine[Any, Any, None] | None) -> None:
        if self._playing is not None:
            self._playing.cancel()
        self._playing = None if sending is None else asyncio.create_task(sending)

    async def _push(self, stream: ReplyStream) -> None:
        """API audio, in messages as long as the device's own."""
        waiting = b""
        async with aclosing(stream.body()) as body:
            async for chunk in body:
                waiting += chunk
                while len(waiting) >= MESSAGE:
                    self._device.sound(waiting[:MESSAGE])
                    waiting = waiting[MESSAGE:]
        self._device.sound(waiting)
        self._device.event(Kind.VOICE_ASSISTANT_TTS_STREAM_END)
        self._device.event(Kind.VOICE_ASSISTANT_RUN_END)

    def _not_fetched(self, run: int) -> None:
        plays = self.doing in (Doing.ANSWERING, Doing.ANNOUNCING)
        if run == self._run and plays and self._stream.fetched_at is None:
            self._unreachable(self._url)
            self._end_stream()
            self._mixer.abandon()

    def _end_stream(self) -> None:
        self._stream.end()
        self._replies.withdraw(self._url)
        self._mixer.detach()

    def _in(self, seconds: float, act: Callable[..., None], *told: int) -> None:
        """``act`` later, unless the connection is gone by then."""

        def due() -> None:
            self._later.discard(handle)
            act(*told)

        handle = asyncio.get_running_loop().call_later(seconds, due)
        self._later.add(handle)
