"""The rooms beside the box's own: each with its settings, devices, voice, and what was set there."""

from __future__ import annotations

from hearthd.app.lost_choices import forget_lost
from hearthd.app.room_parts import real_devices, voiced, wired
from hearthd.common.paths import state_dir
from hearthd.config import personas
from hearthd.config.overrides import Overrides
from hearthd.config.room_settings import settings_of
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import RoomSettings, Settings
from hearthd.engines.tts import factory as choose_voice
from hearthd.engines.tts.factory import MakeVoice
from hearthd.rooms.engine_manager import SwitchVoice
from hearthd.rooms.ports import HardwareMaker
from hearthd.rooms.room import Room
from hearthd.rooms.shared import Shared


def overrides_of(name: str) -> Overrides:
    """What was set in the room while it ran."""
    return Overrides(state_dir() / f"remembered-{name}.json")


def make(
    settings: Settings,
    entry: RoomSettings,
    shared: Shared,
    switch_voice: SwitchVoice,
    make_voice: MakeVoice | None,
) -> Room:
    """The room of ``entry``, not yet alive. Raises EngineError or PersonaError if it cannot be."""
    overrides = overrides_of(entry.name)
    running = RunningSettings(settings_of(settings, entry), overrides)
    forget_lost(running)
    in_force = running.in_force
    persona = personas.load(in_force.persona)
    return Room(
        in_force,
        shared,
        hardware_of(entry, in_force),
        persona=persona,
        voice=choose_voice.choose(voiced(running, persona), None, make_voice),
        switch_voice=switch_voice,
        running=running,
        muted=overrides.muted,
        name=entry.name,
        group=in_force.group,
        language=entry.language or None,
    )


def reload(room: Room, configured: Settings) -> None:
    """Take over what changed for ``room`` in the speaker's configuration, as far as it takes effect now."""
    entry = next(entry for entry in configured.rooms if entry.name == room.name)
    forget_lost(room.running)
    room.running.reload(settings_of(configured, entry))
    in_force = room.running.in_force
    persona = personas.load(in_force.persona)
    room.reconfigure(in_force, persona if persona != room.conversation.persona else None)


def hardware_of(entry: RoomSettings, settings: Settings) -> HardwareMaker:
    """What the room listens and speaks with."""
    return wired(settings, real_devices(settings))
