"""The speaker as a whole: events in, ``dialogue.step``, commands out, each carried out here.

Everything in this class runs in the asyncio thread. Threads (the ears, the speaker's callback, the
MQTT client) hand over their news with ``post_from_thread`` and never wait.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from hearthd.app.engine_manager import EngineRoom, SwitchVoice
from hearthd.app.health import Health
from hearthd.app.ports import Device, Ears, InputDevice, Knowledge, Observer
from hearthd.audio.chime import chime
from hearthd.audio.playback.mixer import Kind, Mixer
from hearthd.common.audio import SAMPLE_RATE
from hearthd.config.personas import Persona, asked_for
from hearthd.config.settings import Settings
from hearthd.conversation.conversation import Conversation, facts_now, manner_of, rules_of
from hearthd.conversation.overheard_words import QuickWords
from hearthd.conversation.summarizer import Summariser
from hearthd.conversation.turn import Parts, Turn
from hearthd.dialogue import events as e
from hearthd.dialogue import machine
from hearthd.dialogue.events import Command, Ended, Event, Origin
from hearthd.dialogue.interruption import interrupted_since
from hearthd.dialogue.state import Rules, State
from hearthd.engines.protocols import Asr, ChatModel, Voice
from hearthd.frontend.frontend import FrontEnd
from hearthd.frontend.thread import FrontEndThread
from hearthd.history.store import Store
from hearthd.service.log_redaction import said
from hearthd.service.message_ids import MessageId
from hearthd.service.supervise import supervise
from hearthd.speech import prompts
from hearthd.speech.queue import SpeechQueue

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.3
"""The follow-up window opens this long after the reply's last sample: a living room's echo has died
away by then (RT60 of furnished rooms is 0.3 to 0.5 s), so the speaker's own tail begins no turn."""
CLOSE_SECONDS = 3.0
"""How long a turn in progress may take to be written down when the speaker shuts down."""


class App:
    """One speaker. ``run`` is its life."""

    def __init__(
        self,
        settings: Settings,
        *,
        devices: Callable[[Mixer, Callable[[str, bool, str], None]], tuple[InputDevice, Device]],
        front_end: Callable[[Mixer, Callable[[str, bool, str], None]], FrontEnd],
        asr: Asr,
        chat: ChatModel,
        voice: Voice,
        switch_voice: SwitchVoice,
        persona: Persona,
        others: Sequence[Persona] = (),
        store: Store,
        knowledge: Knowledge | None = None,
        phrases: Callable[[str], Sequence[str]],
        muted: bool = False,
        after_crash: bool = False,
        ears: Callable[[InputDevice, FrontEnd, Callable[[Event], None]], Ears] = FrontEndThread,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._after_crash = after_crash
        self.health = Health(self.post, self.post_from_thread, self._tell, clock)
        self.mixer = Mixer(notify=self._mixer_told, clock=clock)
        self.mixer.volume = settings.audio.volume
        self.microphone, self._speaker = devices(self.mixer, self.health.device)
        self.front_end = front_end(self.mixer, self.health.device)
        self.ears = ears(self.microphone, self.front_end, self.post_from_thread)
        self.observers: list[Observer] = []
        self.ready = asyncio.Event()
        """Set once every engine was tried: it listens."""
        self.conversation = Conversation(settings, persona, store)
        self.voice = persona.voice or settings.voice.name
        """The voice that speaks from the next reply on, by its name in the settings."""
        self.personas = others
        """Those that can be asked for by voice."""
        self._chat = chat
        self._engines = EngineRoom(
            asr, chat, voice, switch_voice, on_health=self.health.part, keep=self._keep
        )
        self._store = store
        self._knowledge = knowledge
        self.observers.append(Summariser(settings, self.conversation, chat, store, self._keep))
        self._parts = Parts(
            asr=asr,
            chat=chat,
            speech=SpeechQueue(voice, self.mixer),
            mixer=self.mixer,
            context=self.conversation.context,
            audio=self.front_end.audio,
            phrases=phrases,
            confirm=lambda: self.settings.wake.confirm,
            facts=facts_now,
            asked_for=lambda heard: asked_for(heard, self.personas),
            become=self.use_persona,
            post=self.post,
            store=store,
            language=self.conversation.language,
            expected_language=self.conversation.expected_language,
            consult=knowledge.consult if knowledge is not None else None,
            clock=clock,
        )
        self._quick_words = QuickWords(self._parts)
        self.state = State(rules=rules_of(settings, persona), muted=muted)
        self._turn: Turn | None = None
        """The live turn."""
        self._turns: dict[int, Turn] = {}
        """The live turn and those that are being closed."""
        self._interrupted_at: float | None = None
        self._closing: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._deadline: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- life -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live until cancelled; then end the turn in progress and write it down."""
        self._loop = asyncio.get_running_loop()
        self.ears.start()
        tasks = [
            asyncio.create_task(supervise("microphone", self.microphone.run, self.health.part)),
            asyncio.create_task(supervise("speaker", self._speaker.run, self.health.part)),
            asyncio.create_task(self._start_engines()),
        ]
        if self._knowledge is not None:
            tasks.append(asyncio.create_task(supervise("knowledge", self._knowledge.run, self.health.part)))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await self._close()

    async def _start_engines(self) -> None:
        await self._engines.start()
        self.post(e.Ready(self._clock(), self._after_crash))
        self.ready.set()
        if "chat" not in self.state.faults:  # the first question shall find the persona's prompt read
            await self._chat.prefill(self.conversation.context.prefix())

    async def _close(self) -> None:
        if self._turn is not None:
            self._run(e.EndTurn(self._turn.number, Ended.STOPPED))
        if self._closing is not None:
            await asyncio.wait([self._closing], timeout=CLOSE_SECONDS)
        if self._deadline is not None:
            self._deadline.cancel()
        for task in self._tasks:
            task.cancel()
        self.ears.stop()
        await self._engines.close()
        self._store.close()

    @property
    def description(self) -> str:
        """One line for people: what it listens for and with what it answers."""
        words = ", ".join(f'"{word.name}"' for word in self.settings.wake.words)
        return f"listening for {words}; {', '.join(self._engines.names)}"

    def reconfigure(self, settings: Settings) -> None:
        """Take over what can change while it runs (``reload.LIVE``)."""
        self.settings = settings
        self.mixer.volume = settings.audio.volume
        self._rule(rules_of(settings, self.conversation.persona))
        if self._knowledge is not None:
            self._knowledge.adopt(settings, self.conversation.num_ctx)
        self.ears.call(lambda ears: ears.reconfigure(settings))

    def use_persona(self, persona: Persona) -> None:
        """Be ``persona`` from the next turn on; the conversation begins anew."""
        self.settings = self.settings.model_copy(update={"persona": persona.name})
        self.conversation.become(persona)
        self._chat.adopt(manner_of(persona))
        if self._knowledge is not None:
            self._knowledge.adopt(self.settings, self.conversation.num_ctx)
        self._keep(self._settle_in())
        self._speak_with(persona.voice or self.settings.voice.name)
        self._rule(rules_of(self.settings, persona))
        self._tell()

    async def _settle_in(self) -> None:
        """Between two replies: have the persona's model loaded, and its prompt read."""
        if self._turn is not None:
            await self._turn.silent
        if await self._engines.start_one("chat"):
            await self._chat.prefill(self.conversation.context.prefix())

    def use_voice(self, name: str) -> None:
        """Speak with the voice ``name`` ("" is the embedded one) as soon as it is ready."""
        voice = self.settings.voice.model_copy(update={"name": name})
        self.settings = self.settings.model_copy(update={"voice": voice})
        self._speak_with(name)

    def _speak_with(self, name: str) -> None:
        if name != self.voice:
            before, self.voice = self.voice, name
            self._keep(self._change_voice(name, before))

    async def _change_voice(self, name: str, before: str) -> None:
        """Between two replies: a reply in progress is spoken to its end by the voice that began it."""
        if self._turn is not None:
            await self._turn.silent
        changed = await self._engines.change_voice(name, self.settings, self._parts.speech)
        if not changed and self.voice == name:
            self.voice = before
            self._tell()

    def _rule(self, rules: Rules) -> None:
        self._become(*machine.ruled(self.state, self._clock(), rules))

    def now(self) -> float:
        """The present time on the events' clock."""
        return self._clock()

    # --- news -----------------------------------------------------------------------------------

    def post_from_thread(self, event: Event) -> None:
        """Like ``post``, from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.post, event)

    def post(self, event: Event) -> None:
        """Let ``event`` happen: decide, act, tell."""
        before = self.state
        after, commands = machine.step(before, event)
        log.debug("%s in %s: %s", type(event).__name__, before.phase, [type(c).__name__ for c in commands])
        since, time_of = self._interrupted_at, self.front_end.time_of
        self._interrupted_at = interrupted_since(since, before.phase, event, time_of)
        self._become(after, commands)
        if isinstance(event, e.EchoMeasured):
            for observer in self.observers:
                observer.echo(event)

    def _become(self, state: State, commands: Sequence[Command]) -> None:
        before, self.state = self.state, state
        for command in commands:
            self._run(command)
        self._arm(self.state.due)
        if self.state != before:
            self._tell()

    def _tell(self) -> None:
        for observer in self.observers:
            observer.state(self.state)

    def _mixer_told(self, kind: Kind, number: int, at: float) -> None:
        """From the audio thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._sounded, kind, number, at)

    def _sounded(self, kind: Kind, number: int, at: float) -> None:
        turn = self._turns.get(number)
        if turn is None:
            return
        if kind in ("finished", "flushed") and not turn.silent.done():
            turn.silent.set_result(at)
        if kind == "first_audible":
            turn.audible(at)
            self.post(e.ReplyAudible(at, number))
        elif kind == "finished":
            self.post(turn.heard_out(at))

    def _arm(self, deadline: float | None) -> None:
        """Have a Tick come at ``deadline``."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if deadline is not None and self._loop is not None:
            wait = max(0.0, deadline - self._clock())
            self._deadline = self._loop.call_later(wait, lambda: self.post(e.Tick(self._clock())))

    # --- deeds ----------------------------------------------------------------------------------

    def _run(self, command: Command) -> None:
        turn = self._turn
        match command:
            case e.OpenTurn():
                self._open(command)
            case e.EndTurn(ended=ended) if turn is not None:
                self._turn = None
                self._quick_words.cancel()
                self._closing = self._keep(self._close_turn(turn, ended, self._interrupted_at))
                self._interrupted_at = None
            case e.Listen(sample=sample, seconds=seconds, include_from=include_from):
                self.ears.call(lambda ears: ears.listen(sample, seconds, include_from))
            case e.ListenAfterReply(seconds=seconds):
                settle = int(SETTLE_SECONDS * SAMPLE_RATE)
                self.ears.call(lambda ears: ears.listen(ears.now + settle, seconds, ears.now + settle))
            case e.StopListening():
                self.ears.call(lambda ears: ears.stop_listening())
            case e.WatchNearEnd(on=on):
                self.ears.call(lambda ears: ears.watch_near_end(on))
            case e.ReadMicrophone(on=on):
                self.microphone.reading = on
            case e.Chime(name=name):
                if self.settings.audio.chime:
                    self.mixer.chime(chime(name))
            case e.Tell(part=part):
                sentence = prompts.told(part, self.conversation.expected_language())
                self.post(e.AnnounceRequested(self._clock(), sentence))
            case e.Hold():
                if self.settings.barge_in.action == "hold":
                    self.mixer.hold()
                else:
                    self.mixer.duck(True)
            case e.Resume():
                self._quick_words.resumed()
                self.mixer.resume()
                self.mixer.duck(False)
            case e.JudgeWords() if turn is not None:
                self._quick_words.judge(command, turn.sounding)
            case _ if turn is not None:
                self._work(turn, command)

    def _work(self, turn: Turn, command: Command) -> None:
        match command:
            case e.Speculate(utterance=utterance):
                turn.speculate(utterance)
            case e.Retract():
                turn.retract()
            case e.Answer(utterance=utterance):
                turn.answer(utterance, self._clock())
            case e.AnswerText(text=text):
                turn.answer_text(text)
            case e.Speak(text=text):
                chimes = turn.origin is Origin.ANNOUNCE and self.settings.audio.chime
                turn.speak(text, after=len(chime("announce")) / self.mixer.rate if chimes else 0.0)

    def _open(self, command: e.OpenTurn) -> None:
        record = self.conversation.new_record()
        if command.wake is not None:
            record.wake_word, record.wake_score = command.wake.word, round(command.wake.score, 3)
            record.wake_to_chime_ms = round((self._clock() - command.wake.at) * 1000, 1)
            log.info(
                '"%s" %.2f',
                command.wake.word,
                command.wake.score,
                extra={"turn_id": record.turn_id, "stage": "wake"},
            )
        self._store.begin(record)
        wake_end = command.wake.end if command.wake is not None else None
        self._turn = Turn(
            command.turn_id, command.origin, record, self._parts, before=self._closing, wake_end=wake_end
        )
        self._turns[command.turn_id] = self._turn
        if command.origin not in (Origin.SAY, Origin.ANNOUNCE, Origin.ASK):
            self._turn.prefill()
        if command.wake is not None:
            for observer in self.observers:
                observer.wake(record)

    async def _close_turn(self, turn: Turn, ended: Ended, interrupted_at: float | None) -> None:
        """Everything that comes after the last sample: none of it is on the way to the next answer."""
        self.mixer.duck(False)
        await turn.end(ended)
        del self._turns[turn.number]
        record = turn.record
        if interrupted_at is not None and record.first_audible_ms is not None and turn.silent.done():
            record.bargein_stop_ms = round((turn.silent.result() - interrupted_at) * 1000, 1)
        self.conversation.ended(record, turn.origin, self._chat.usage)
        if record.first_audible_ms is not None:
            said(log, record.turn_id, record.spoken, record.first_audible_ms)
        if ended is Ended.ERROR:
            fields = {"turn_id": record.turn_id, "message_id": MessageId.TURN_FAILED}
            log.error("the turn failed; see the lines before", extra=fields)
        elif ended is not Ended.COMPLETED:
            log.info("ended: %s", ended, extra={"turn_id": record.turn_id, "stage": "playback"})
        for observer in self.observers:
            observer.turn(record)

    def _keep(self, work: Awaitable[None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
