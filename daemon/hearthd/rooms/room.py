"""One room: a microphone, a loudspeaker, and what goes on between them.

Events in, ``dialogue.machine.step``, commands out, each carried out here. Everything in this class runs
in the asyncio thread. Threads (the front end's, the loudspeaker's callback, the MQTT client's) hand over
their news with ``post_from_thread`` and never wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from hearthd.actions.performer import Performer
from hearthd.actions.timers.ringer import Ringer
from hearthd.actions.unable import Means
from hearthd.audio.chime import chime
from hearthd.audio.playback.mixer import Mixer, MixerNotice
from hearthd.common.audio import SAMPLE_RATE
from hearthd.common.parts import Part
from hearthd.config import personas
from hearthd.config.live_settings import Value
from hearthd.config.personas import Persona
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import Settings, WakeSettings
from hearthd.conversation.commands import CommandResponder
from hearthd.conversation.conversation import Conversation, manner_of, rules_of
from hearthd.conversation.home import HomeAssistantResponder
from hearthd.conversation.overheard_words import OverheardWords
from hearthd.conversation.responders import Responder
from hearthd.conversation.summarizer import Summariser
from hearthd.conversation.truthful import TruthfulModel
from hearthd.conversation.turn import TurnParts
from hearthd.dialogue import events as e
from hearthd.dialogue import machine
from hearthd.dialogue import ring_events as r
from hearthd.dialogue.events import Command, Ended, Event
from hearthd.dialogue.intent import Circumstances, SpokenCommand
from hearthd.dialogue.interruption import interrupted_since
from hearthd.dialogue.state import Rules, State
from hearthd.engines.protocols import Voice
from hearthd.frontend.frontend import FrontEnd
from hearthd.home_assistant.speaker import state_entity
from hearthd.rooms.controls import Controls
from hearthd.rooms.engine_manager import SwitchVoice
from hearthd.rooms.fair_queue import Waits
from hearthd.rooms.health import Health
from hearthd.rooms.ports import HardwareMaker, Observer
from hearthd.rooms.rings import Rings
from hearthd.rooms.room_tools import means_of, responders, toolbox
from hearthd.rooms.room_voice import RoomVoice
from hearthd.rooms.shared import Shared
from hearthd.rooms.shared_engines import RoomChat, room_asr
from hearthd.rooms.turns import Turns
from hearthd.rooms.waiting_sounds import WaitingSounds
from hearthd.service.log_redaction import reason_of
from hearthd.service.supervise import supervise
from hearthd.speech import prompts
from hearthd.turn_taking import wake_phrase

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.3
"""The follow-up window opens this long after the reply's last sample: a living room's echo has died
away by then (RT60 of furnished rooms is 0.3 to 0.5 s), so the reply's own tail begins no turn."""
CLOSE_SECONDS = 1.2
"""How long a turn in progress may take to fall silent and be written down when the speaker shuts down."""


class Room:
    """What belongs to one microphone and one loudspeaker. ``run`` is its life."""

    def __init__(
        self,
        settings: Settings,
        shared: Shared,
        hardware: HardwareMaker,
        *,
        persona: Persona,
        voice: Voice,
        switch_voice: SwitchVoice,
        running: RunningSettings | None = None,
        muted: bool = False,
        name: str = "",
        group: str = "",
        language: str | None = None,
    ) -> None:
        """``hardware`` opens nothing yet: it makes the devices for a mixer, told how to report.

        ``name``: of the room; that of the box itself has none. ``group``: the rooms that can hear each other.
        ``language``: the only one spoken there.
        """
        self.settings = settings
        self.running = running or RunningSettings(settings)
        """What is configured and what was set over it; ``settings`` is what follows from both."""
        self.name, self.group = name, group
        self.shared = shared
        self._clock = shared.clock
        self.health = Health(self.post, self.post_from_thread, self._tell, self._clock)
        self.mixer = Mixer(notify=self._mixer_told, clock=self._clock)
        self.mixer.volume = settings.audio.volume
        self.hardware = hardware(self.mixer, self.health.told, self.hear_from_thread)
        self.front_end = self.hardware.front_end
        self.observers: list[Observer] = []
        self.clips = WaitingSounds()
        waits = Waits()
        self.chat = RoomChat(shared.chats, name, manner_of(persona), waits)
        self.conversation = Conversation(settings, persona, shared.store, name)
        self.voice = RoomVoice(
            self.running.voice(persona.voice),
            voice,
            switch_voice,
            self.mixer,
            on_health=self.health.told,
            background=shared.background,
            reply_over=self._reply_over,
            changed=self._tell,
        )
        performer = Performer(shared.timers, Controls(self, self._reply_over), self._clock)
        self._commands = None if shared.commands is None else CommandResponder(shared.commands, performer)
        self._home = self._at_home()
        self.tools = toolbox(shared, self.conversation, performer)
        """What the model may call here."""
        self.observers.append(
            Summariser(
                *(settings, self.conversation, self.chat, shared.store, shared.background.keep),
                offered=lambda: self.tools.specs,
            )
        )
        if shared.tool_gate is not None:
            self.observers.append(shared.tool_gate.watch())
            shared.tool_gate.changed.append(self._tools_changed)
        self._model = TruthfulModel(self.chat, self.conversation.context, self.tools, self._means)
        parts = TurnParts(
            asr=room_asr(shared.asr, shared.asr_queue, name, waits, language),
            audio=self.front_end.audio,
            circumstances=self._circumstances,
            conversation=self.conversation,
            model=self._model,
            responders=self._responders(),
            speech=self.voice.speech,
            mixer=self.mixer,
            post=self.post,
            clock=self._clock,
            ear=shared.ear,
        )
        self._parts = parts
        self._overheard = OverheardWords(parts)
        self._rings = self._ringing()
        self.state = State(rules=rules_of(settings, persona), muted=muted)
        self.restart_chat: Callable[[], Awaitable[bool]] | None = None
        """Has the chat model loaded that is wanted now; whether it is."""
        self._turns = Turns(
            *(parts, shared, self.observers, lambda: self.settings.audio.chime, self._turn_ended),
            waits=waits,
            clips=self.clips,
        )
        self._interrupted_at: float | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def _ringing(self) -> Rings:
        def said(number: int) -> None:
            self.post(r.RingSaid(self._clock(), number))

        def lost(alert_id: str) -> None:
            self.post(r.RingGone(self._clock(), alert_id))

        speech, conversation = self.voice.speech, self.conversation
        ringer = Ringer(self.mixer, lambda: speech.voice, conversation.expected_language, said)
        return Rings(ringer, self.shared.timers, self.settings, lost)

    def _responders(self) -> list[Responder]:
        own = (self._commands, self._home)
        return responders(self.shared, self.conversation, self._model, self._asked_to_be, self._means, *own)

    def _means(self) -> Means:
        return means_of(self.settings, self.shared, self.tools)

    def _circumstances(self, wake_word: str) -> Circumstances:
        words = self.settings.wake.words
        word = next((word for word in words if word.name == wake_word), words[0])
        return Circumstances(
            phrases=wake_phrase.phrases_of(word.name, word.phrases),
            must_confirm=self.settings.wake.confirm,
            persona_of=self.shared.persona_called,
            command_of=self._command_of,
        )

    def _at_home(self) -> HomeAssistantResponder | None:
        if self.shared.home is None:
            return None
        return HomeAssistantResponder(self.shared.home, state_entity(self.settings.node), self._clock)

    def _command_of(self, words: str) -> SpokenCommand | None:
        return None if self._commands is None else self._commands.understood(words)

    # --- life -----------------------------------------------------------------------------------

    async def run(self) -> None:
        """Listen and speak until cancelled; ``end`` and ``close`` come after."""
        self._loop = asyncio.get_running_loop()
        self.hardware.thread.start()
        await asyncio.gather(
            supervise(Part.MICROPHONE, self.hardware.microphone.run, self.health.told),
            supervise(Part.LOUDSPEAKER, self.hardware.loudspeaker.run, self.health.told),
        )

    async def prefill(self) -> None:
        """Have the persona's prompt read. Nothing depends on it but the first answer's haste."""
        if Part.CHAT in self.state.faults:
            return
        try:
            await self.chat.prefill(self.conversation.context.prefix(), self.tools.specs)
        except Exception as error:  # the answer itself will tell whether it matters
            log.warning("the persona's prompt was not read: %s", reason_of(error), extra={"stage": "llm"})

    def _tools_changed(self) -> None:
        """The model is offered tools from now on, or no longer: they stand before the persona's prompt."""
        self._tell()
        self.shared.background.keep(self.prefill())

    async def end(self) -> None:
        """End the turn in progress and see it written down."""
        self._rings.end()
        if self._turns.live is not None:
            self._run(e.EndTurn(self._turns.live.number, Ended.STOPPED))
        await self._turns.closed(CLOSE_SECONDS)
        if self._deadline is not None:
            self._deadline.cancel()

    async def close(self) -> None:
        """Let go of the microphone and the voice."""
        self.hardware.thread.stop()
        await self.voice.close()

    # --- what can be changed while it runs --------------------------------------------------------

    def set(self, name: str, value: Value) -> None:
        """Set ``name`` (a row of ``config.live_settings``) to ``value``, now and after a restart.

        Raises ValueError or ConfigError if it cannot be that; nothing has changed then.
        """
        settings = self.running.having(name, value)
        persona = personas.load(settings.persona) if name == "persona" else None
        self.running.remember(name, value)
        self.reconfigure(settings, persona)
        if name == "voice":  # also the one that is configured, over a persona's own
            self.voice.speak_with(settings.voice.name, settings)

    def reconfigure(self, settings: Settings, persona: Persona | None = None) -> None:
        """Take over what can change while it runs (``reload.LIVE``).

        With ``persona``: be that one from the next turn on; the conversation begins anew.
        """
        before, self.settings = self.settings, settings
        self.mixer.volume = settings.audio.volume
        self._rings.adopt(settings)
        if persona is not None:
            self.conversation.become(persona)
            self.chat.adopt(manner_of(persona))
            self.shared.background.keep(self._settle_in())
        if persona is not None or settings.voice.name != before.voice.name:
            self.voice.speak_with(self.running.voice(self.conversation.persona.voice), settings)
        if self.shared.documents is not None and not self.name:
            self.shared.documents.adopt(settings, self.conversation.num_ctx)
        self._rule(rules_of(settings, self.conversation.persona))
        self.hardware.thread.call(lambda front_end: self._reconfigured(front_end, settings))
        self._tell()

    def _reconfigured(self, front_end: FrontEnd, settings: Settings) -> None:
        """In the front end's thread: ``settings`` are in force there, as far as they can be."""
        in_use = front_end.reconfigure(settings)
        if in_use != settings.wake and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake_stays, settings.wake, in_use)

    def _wake_stays(self, wanted: WakeSettings, in_use: WakeSettings) -> None:
        """The wake words ``wanted`` cannot be loaded: those in use are shown, and come back at a restart."""
        if self.settings.wake == wanted:
            self.running.keep_wake(in_use)
            self.reconfigure(self.running.in_force)

    def use_persona(self, persona: Persona) -> None:
        """Be ``persona`` from the next turn on."""
        self.reconfigure(self.settings.model_copy(update={"persona": persona.name}), persona)

    def _asked_to_be(self, persona: Persona) -> None:
        """By voice."""
        self.running.remember("persona", persona.name)
        self.use_persona(persona)

    async def _reply_over(self) -> None:
        """Nothing of the live turn sounds any more, or its device has stopped and it is closed."""
        if self._turns.live is not None:
            await asyncio.wait([self._turns.live.silent])

    async def _settle_in(self) -> None:
        """Between two replies: have the persona's model loaded, and its prompt read."""
        await self._reply_over()
        await self.chat.settle()
        if self.restart_chat is None or await self.restart_chat():
            await self.prefill()

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

    def hear_from_thread(self, event: Event) -> None:
        """Let ``event``, which was heard here, happen, unless another room answers it. From any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.shared.floor.heard, self, event)

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

    def _mixer_told(self, kind: MixerNotice, number: int, at: float) -> None:
        """From the audio thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._turns.sounded, kind, number, at)

    def _arm(self, deadline: float | None) -> None:
        """Have a Tick come at ``deadline``."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if deadline is not None and self._loop is not None:
            wait = max(0.0, deadline - self._clock())
            self._deadline = self._loop.call_later(wait, self._tick)

    def _tick(self) -> None:
        self.post(e.Tick(self._clock(), self.mixer.sounded_until(self.state.turn_id)))

    # --- deeds ----------------------------------------------------------------------------------

    def _run(self, command: Command) -> None:
        turn, call = self._turns.live, self.hardware.thread.call
        match command:
            case e.OpenTurn():
                self._turns.open(command)
            case e.EndTurn(ended=ended) if turn is not None:
                self._overheard.cancel()
                self._turns.end(ended, self._interrupted_at)
                self._interrupted_at = None
            case e.Listen(sample=sample, seconds=seconds, include_from=include_from):
                call(lambda front_end: front_end.listen(sample, seconds, include_from))
            case e.ListenAfterReply(seconds=seconds):
                call(lambda front_end: _listen_after_reply(front_end, seconds))
            case e.WaitLonger(seconds=seconds):
                call(lambda front_end: front_end.wait(seconds))
            case e.StopListening():
                call(lambda front_end: front_end.stop_listening())
            case e.WatchNearEnd(on=on, over_ring=over_ring):
                call(lambda front_end: front_end.watch_near_end(on, over_ring=over_ring))
            case e.ReadMicrophone(on=on):
                self.hardware.microphone.reading = on
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
                self._overheard.resumed()
                self.mixer.resume()
                self.mixer.duck(False)
            case e.JudgeWords(over_ring=True):
                self._overheard.judge(command, self._rings.saying)
            case e.JudgeWords() if turn is not None:
                self._overheard.judge(command, turn.sounding)
            case r.Duck(on=on):
                self.mixer.duck(on)
            case r.Silence():
                self._overheard.cancel()
                self._rings.run(command)
            case r.Ring() | r.RingOver():
                self._rings.run(command)
            case _:
                self._turns.work(command)

    def _turn_ended(self, ended: Ended) -> None:
        if ended is Ended.STOPPED and self._commands is not None:
            self._commands.forget_question()
        if self._home is not None:
            self._home.turn_over(ended)


def _listen_after_reply(front_end: FrontEnd, seconds: float) -> None:
    settled = front_end.now + int(SETTLE_SECONDS * SAMPLE_RATE)
    front_end.listen(settled, seconds, settled)
