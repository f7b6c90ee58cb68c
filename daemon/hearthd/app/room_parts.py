"""What a room is made of: its devices, its front end, the voice that it begins with."""

from __future__ import annotations

from collections.abc import Callable

from hearthd.audio.devices.loudspeaker import Loudspeaker
from hearthd.audio.devices.microphone import Microphone
from hearthd.audio.echo.canceller import DualCanceller
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.parts import OnHealth
from hearthd.config import personas
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import Settings
from hearthd.dialogue.events import Event
from hearthd.frontend.frontend import FrontEnd, open_front_end
from hearthd.frontend.near_end import NearEndListener
from hearthd.frontend.thread import FrontEndThread
from hearthd.rooms.ports import AudioDevice, Hardware, HardwareMaker, InputDevice

Devices = Callable[[Mixer, OnHealth], tuple[InputDevice, AudioDevice]]


def real_devices(settings: Settings) -> Devices:
    """The microphone and the speaker that the settings name."""

    def make(mixer: Mixer, on_health: OnHealth) -> tuple[InputDevice, AudioDevice]:
        return Microphone(settings.audio.microphone, on_health), Loudspeaker(
            settings.audio.speaker, mixer, on_health
        )

    return make


def wired(settings: Settings, devices: Devices, *, hears_itself: bool = True) -> HardwareMaker:
    """A room's devices, and the front end on its microphone.

    ``hears_itself``: its microphone hears its loudspeaker, whose sound is taken out.
    """

    def make(mixer: Mixer, on_health: OnHealth, post: Callable[[Event], None]) -> Hardware:
        microphone, loudspeaker = devices(mixer, on_health)
        listening = front_end(settings, mixer if hears_itself else None, on_health)
        return Hardware(microphone, loudspeaker, listening, FrontEndThread(microphone, listening, post))

    return make


def front_end(settings: Settings, mixer: Mixer | None, on_health: OnHealth) -> FrontEnd:
    """The front end that ``settings`` describe. ``mixer``: whose sound the microphone hears, too."""
    if mixer is None:
        return open_front_end(settings)
    canceller = DualCanceller(mixer.reference, on_health)
    return open_front_end(settings, echo=canceller, near_end=NearEndListener(canceller))


def voiced(running: RunningSettings, persona: personas.Persona) -> Settings:
    """The settings in force with the voice that ``persona`` speaks with."""
    settings = running.in_force
    voice = settings.voice.model_copy(update={"name": running.voice(persona.voice)})
    return settings.model_copy(update={"voice": voice})
