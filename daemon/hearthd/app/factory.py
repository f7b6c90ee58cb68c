"""Puts the speaker together from its settings: which engines, which devices, which memory."""

from __future__ import annotations

import asyncio
import functools
import gc
import logging

from hearthd.actions.late_matcher import LateMatcher
from hearthd.actions.matcher import CommandsError, Matcher
from hearthd.actions.timers.clock import SystemClock
from hearthd.actions.timers.store import FILE as TIMERS_FILE
from hearthd.actions.timers.store import AlertStore
from hearthd.actions.timers.timers import Timers
from hearthd.app import other_rooms
from hearthd.app.app import App
from hearthd.app.room_parts import Devices, voiced, wired
from hearthd.app.wyoming import WyomingOffer
from hearthd.common.errors import EngineError
from hearthd.common.parts import Part
from hearthd.common.paths import state_dir
from hearthd.config import personas
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import Settings, repository_config
from hearthd.conversation.conversation import manner_of
from hearthd.conversation.tool_gate import ToolGate
from hearthd.engines.asr import factory as choose_asr
from hearthd.engines.llm import factory as choose_chat
from hearthd.engines.llm.tool_probe import FILE as TOOL_PROBES_FILE
from hearthd.engines.llm.tool_probe import Results
from hearthd.engines.protocols import Voice
from hearthd.engines.tts import factory as choose_voice
from hearthd.engines.tts.shared_voice import SharedVoices
from hearthd.engines.wake_word import second_ear
from hearthd.history.schema import FILE
from hearthd.history.store import open_store
from hearthd.home_assistant.agent import HomeAssistant
from hearthd.knowledge.answers import FILE as KNOWLEDGE_FILE
from hearthd.knowledge.lazy_retriever import LazyRetriever
from hearthd.rooms.room import Room
from hearthd.rooms.shared import Shared
from hearthd.text.normalize import normalizer
from hearthd.tools.pins import FILE as PINS_FILE
from hearthd.tools.servers import ToolServers
from hearthd.turn_taking import wake_phrase

log = logging.getLogger(__name__)

ASKING_ENGLISH, ASKING_CHINESE = "bf_emma", "zm_yunxi"
"""Who speaks the questions of a rehearsal: neither of them answers by default."""


async def assemble(
    settings: Settings,
    devices: Devices,
    *,
    running: RunningSettings | None = None,
    muted: bool = False,
    hears_itself: bool = True,
    after_crash: bool = False,
    keep_timers: bool = True,
    others: bool = False,
) -> App:
    """The speaker, not yet alive. Raises EngineError if a part that it cannot do without is missing.

    ``hears_itself``: the microphone and the speaker are in one room (in a rehearsal they are not).
    ``after_crash``: the last life of the speaker did not end in order. Without ``keep_timers`` those that are
    kept are left alone, and what is set is forgotten at the end. ``others``: the other rooms of the settings
    too, not only the box's.
    """
    running = running or RunningSettings(settings)
    persona = personas.load(settings.persona)
    commands = LateMatcher(spoken_commands)
    await asyncio.to_thread(normalizer.prepare)

    rooms: list[Room] = []

    def health(part: Part, works: bool, why: str) -> None:
        for room in rooms:
            room.health.told(part, works, why)

    chat = await choose_chat.choose(settings, health)

    several = others and (settings.rooms or settings.wyoming.listen)
    make_voice = SharedVoices(choose_voice.embedded).embedded if several else None
    voice = choose_voice.choose(voiced(running, persona), health, make_voice)
    shared = Shared(
        asr=choose_asr.choose(settings.asr, health),
        chat=chat,
        store=open_store(  # after all that may fail: it has a thread, and nothing may leave it behind
            state_dir() / FILE if settings.memory.keep else None,
            new_conversation_seconds=settings.memory.new_conversation_minutes * 60.0,
            retention_days=settings.memory.retention_days,
            on_health=health,
        ),
        documents=LazyRetriever(state_dir() / KNOWLEDGE_FILE, settings),
        home=HomeAssistant(settings.home_assistant, health),
        personas=known_personas(),
        commands=commands,
        ear=second_ear.likeness,
    )
    shared.chats.adopt(manner_of(persona))
    if settings.actions.timers:
        alerts = AlertStore(state_dir() / TIMERS_FILE if keep_timers else None, health)
        shared.timers = Timers(alerts, SystemClock(), shared.bell)
    results = Results(state_dir() / TOOL_PROBES_FILE if settings.memory.keep else None)
    shared.tool_gate = ToolGate(chat, settings.tools.offer, results, shared.background.keep)
    shared.chats.may_call = shared.tool_gate.may_call
    servers = ToolServers(settings, state_dir() / PINS_FILE)
    shared.tools, shared.keep_tools = lambda: servers.tools, servers.run
    switch_voice = functools.partial(choose_voice.switch, on_health=health, make_embedded=make_voice)
    box = Room(
        settings,
        shared,
        wired(settings, devices, hears_itself=hears_itself),
        persona=persona,
        voice=voice,
        switch_voice=switch_voice,
        running=running,
        muted=muted,
        group=settings.group,
    )
    rooms.append(box)
    if others:
        replies = other_rooms.replies_of(settings)
        for one in settings.rooms:
            try:
                rooms.append(
                    other_rooms.make(settings, one, shared, switch_voice, make_voice, replies=replies)
                )
            except (EngineError, personas.PersonaError) as error:  # the others are none the worse for it
                log.error("the room %s is left out: %s", one.name, error, extra={"stage": "config"})
    app = App(shared, rooms, after_crash=after_crash)
    app.getting_ready.append(commands.ready)
    if others and settings.wyoming.listen:
        app.offer = WyomingOffer(
            app, lambda name: choose_voice.choose(named_voice(box.settings, name), None, make_voice)
        )
    return app


def named_voice(settings: Settings, name: str) -> Settings:
    """The settings with the voice of that name; "" leaves the configured one."""
    voice = settings.voice.model_copy(update={"name": name or settings.voice.name})
    return settings.model_copy(update={"voice": voice})


def spoken_commands() -> Matcher:
    """What understands spoken commands. An owner's sentences that are wrong are logged, and left out."""
    called = {persona.name: persona.names for persona in known_personas()}
    try:
        return Matcher(called)
    except CommandsError as error:
        for problem in error.problems:
            log.error("%s", problem, extra={"stage": "config"})
        return Matcher(called, [repository_config("commands")])
    finally:
        gc.freeze()  # the collector need not look through all of it ever again: 100 ms now and then


def known_personas() -> list[personas.Persona]:
    """Every persona whose file is right; the others are named in the log."""
    found = []
    for name in personas.available():
        try:
            found.append(personas.load(name))
        except personas.PersonaError as error:
            log.warning("%s", error)
    return found


def phrases_of(settings: Settings, name: str = "") -> list[str]:
    """The ways to say the wake word ``name`` (the first configured one without it)."""
    word = next((word for word in settings.wake.words if word.name == name), settings.wake.words[0])
    return list(wake_phrase.phrases_of(word.name, word.phrases))


def asking_voice(settings: Settings) -> Voice:
    """A voice for questions: another than the one that answers."""
    from hearthd.engines.tts.embedded.voice import EmbeddedVoice

    english = ASKING_ENGLISH if settings.voice.english != ASKING_ENGLISH else "am_michael"
    chinese = ASKING_CHINESE if settings.voice.chinese != ASKING_CHINESE else "zf_xiaoxiao"
    return EmbeddedVoice(english, chinese)
