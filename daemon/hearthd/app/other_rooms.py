"""The rooms beside the box's own: each with its settings, devices, voice, and what was set there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from hearthd.actions.timers.alert import Kind
from hearthd.actions.timers.timers import Timers
from hearthd.app.lost_choices import forget_lost
from hearthd.app.room_parts import real_devices, voiced, wired
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.errors import EngineError
from hearthd.common.parts import OnHealth
from hearthd.common.paths import state_dir
from hearthd.common.secret_file import SecretError, read_token
from hearthd.config import personas
from hearthd.config.overrides import Overrides
from hearthd.config.room_settings import address_of, settings_of
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import RoomSettings, Settings
from hearthd.dialogue.events import Event
from hearthd.engines.tts import factory as choose_voice
from hearthd.engines.tts.factory import MakeVoice
from hearthd.frontend.frontend import open_front_end
from hearthd.frontend.thread import FrontEndThread
from hearthd.rooms.engine_manager import SwitchVoice
from hearthd.rooms.ports import Hardware, HardwareMaker
from hearthd.rooms.room import Room
from hearthd.rooms.shared import Shared
from hearthd.satellites.esphome_device import EsphomeTarget
from hearthd.satellites.esphome_satellite import EsphomeSatellite
from hearthd.satellites.reply_server import ReplyServer
from hearthd.satellites.wyoming_satellite import WyomingSatellite

if TYPE_CHECKING:
    from hearthd.satellites.device_timers import DeviceTimer


def overrides_of(name: str) -> Overrides:
    """What was set in the room while it ran."""
    return Overrides(state_dir() / f"remembered-{name}.json")


def make(
    settings: Settings,
    entry: RoomSettings,
    shared: Shared,
    switch_voice: SwitchVoice,
    make_voice: MakeVoice | None,
    *,
    replies: ReplyServer | None = None,
) -> Room:
    """The room of ``entry``, not yet alive. Raises EngineError or PersonaError if it cannot be.

    ``replies``: where all rooms' devices fetch what they say; None: this room's alone.
    """
    overrides = overrides_of(entry.name)
    running = RunningSettings(settings_of(settings, entry), overrides)
    forget_lost(running)
    in_force = running.in_force
    persona = personas.load(in_force.persona)
    hardware = hardware_of(entry, in_force, replies)
    room = Room(
        in_force,
        shared,
        hardware,
        persona=persona,
        voice=choose_voice.choose(voiced(running, persona), None, make_voice),
        switch_voice=switch_voice,
        running=running,
        muted=overrides.muted,
        name=entry.name,
        group=in_force.group,
        language=entry.language or None,
    )
    if isinstance(room.hardware.microphone, WyomingSatellite | EsphomeSatellite):
        room.observers.append(room.hardware.microphone)
    if isinstance(room.hardware.microphone, EsphomeSatellite) and shared.timers is not None:
        room.hardware.microphone.timers = functools.partial(_timers_of, room, shared.timers)
        shared.bell.on_changed.append(room.hardware.microphone.show_timers)
    return room


def _timers_of(room: Room, timers: Timers) -> list[DeviceTimer]:
    """What counts in ``room`` and does not ring yet. What somebody called it is not sent."""
    from hearthd.satellites.device_timers import DeviceTimer

    here = [one for one in timers.alerts(Kind.TIMER) if room in room.shared.bell.rooms_of(one)]
    return [
        DeviceTimer(one.id, one.seconds, timers.left(one), not one.paused, "" if one.spoken else one.name)
        for one in here
        if not one.rang
    ]


def target_of(entry: RoomSettings) -> EsphomeTarget:
    """Where the ESPHome device of ``entry`` is. Raises EngineError if its key cannot be read."""
    try:
        key = read_token(entry.key_file) if entry.key_file else ""
    except SecretError as error:
        raise EngineError(f"the key: {error}") from None
    return EsphomeTarget(*address_of(entry), key)


def reload(room: Room, configured: Settings) -> None:
    """Take over what changed for ``room`` in the speaker's configuration, as far as it takes effect now."""
    entry = next(entry for entry in configured.rooms if entry.name == room.name)
    forget_lost(room.running)
    room.running.reload(settings_of(configured, entry))
    in_force = room.running.in_force
    persona = personas.load(in_force.persona)
    room.reconfigure(in_force, persona if persona != room.conversation.persona else None)


def replies_of(settings: Settings) -> ReplyServer:
    """Where ESPHome devices fetch their replies."""
    return ReplyServer(settings.esphome.port, settings.esphome.address)


def hardware_of(entry: RoomSettings, settings: Settings, replies: ReplyServer | None = None) -> HardwareMaker:
    """What the room listens and speaks with."""
    if entry.kind == "local":
        return wired(settings, real_devices(settings))

    def make(mixer: Mixer, on_health: OnHealth, post: Callable[[Event], None]) -> Hardware:
        listening = open_front_end(settings)
        link: WyomingSatellite | EsphomeSatellite
        if entry.kind == "esphome":
            link = EsphomeSatellite(
                lambda: target_of(entry),
                mixer,
                on_health,
                post=post,
                now=lambda: listening.now,
                replies=replies or replies_of(settings),
                wake_word=entry.wake_word,
            )
            return Hardware(link, link.loudspeaker, listening, FrontEndThread(link, listening, post))
        link = WyomingSatellite(address_of(entry), mixer, on_health, post, lambda: listening.now)
        return Hardware(link, link.loudspeaker, listening, FrontEndThread(link, listening, post))

    return make
