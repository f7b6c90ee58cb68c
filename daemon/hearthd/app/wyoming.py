"""What the speaker offers over Wyoming, put together."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence

from wyoming.event import Event

from hearthd.app.app import App
from hearthd.config.personas import Persona
from hearthd.config.settings import Settings
from hearthd.engines.protocols import Voice
from hearthd.engines.vad.vad import Silero
from hearthd.engines.wake_word.openwakeword import OpenWakeWord
from hearthd.models import wake_words
from hearthd.rooms.fair_queue import Waits
from hearthd.rooms.shared_engines import room_asr
from hearthd.turn_taking import wake_phrase
from hearthd.wyoming_server import satellite
from hearthd.wyoming_server.answering import Handling
from hearthd.wyoming_server.guests import Guests
from hearthd.wyoming_server.info import info
from hearthd.wyoming_server.listening import Listening
from hearthd.wyoming_server.satellite import RoomSatellite, satellite_info
from hearthd.wyoming_server.server import Service, WyomingServer
from hearthd.wyoming_server.speaking import Speaking
from hearthd.wyoming_server.voices import OfferedVoices
from hearthd.wyoming_server.waking import Waking

ROOM = "wyoming"
"""Under which requests queue for the recogniser."""
KINDS = {
    "asr": ("transcribe",),
    "tts": ("synthesize", "synthesize-start", "synthesize-chunk", "synthesize-stop"),
    "handle": ("transcript",),
    "wake": ("detect",),
}
"""The types of events by which each service is asked for."""


class WyomingOffer:
    """``run`` is its life: the server, and the voices that it loaded."""

    def __init__(self, app: App, make_voice: Callable[[str], Voice]) -> None:
        """``make_voice`` makes a voice of a name, "" the speaker's own."""
        self._app = app
        settings = app.room.settings
        self._languages = tuple(settings.asr.languages)
        self._guests = Guests(settings, app.shared, self._persona)
        self._voices = OfferedVoices(make_voice, self._languages)
        offered = settings.wyoming.offer
        self.server = WyomingServer(
            settings.wyoming.listen,
            settings.wyoming.port,
            functools.partial(self._info, offered),
            {KINDS[name]: self._makers[name] for name in offered},
        )
        self.satellites = self._satellites() if settings.wyoming.satellites_port else []

    async def run(self) -> None:
        """Serve until cancelled, once the engines are there. Raises OSError."""
        await self._app.ready.wait()
        try:
            async with asyncio.TaskGroup() as group:
                for server in (self.server, *self.satellites):
                    group.create_task(server.run())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        finally:
            await self._voices.close()

    def _satellites(self) -> list[WyomingServer]:
        """A server for each room that lives, at the port of its place in the configuration."""
        settings, known = self._settings, {room.name: room for room in self._app.rooms}
        places = [("", settings.area), *((room.name, room.area) for room in settings.rooms)]
        servers = []
        for place, (name, area) in enumerate(places):
            if (room := known.get(name)) is not None:
                label = f"{settings.node} {name}".strip()
                servers.append(
                    WyomingServer(
                        settings.wyoming.listen,
                        settings.wyoming.satellites_port + place,
                        functools.partial(satellite_info, label, area),
                        {satellite.KINDS: functools.partial(RoomSatellite, room)},
                        satellite.SESSIONS,
                    )
                )
        return servers

    def _persona(self) -> Persona:
        return self._app.room.conversation.persona

    @property
    def _settings(self) -> Settings:
        return self._app.room.settings

    @property
    def _makers(self) -> dict[str, Callable[[], Service]]:
        return {
            "asr": self._hearing,
            "tts": lambda: Speaking(self._voices.find),
            "handle": lambda: Handling(self._guests),
            "wake": lambda: Waking(self._open_words),
        }

    def _hearing(self) -> Service:
        shared = self._app.shared
        asr = room_asr(shared.asr, shared.asr_queue, ROOM, Waits(), None)
        return Listening(asr, Silero, self._settings.endpoint, self._languages)

    def _open_words(self, names: Sequence[str]) -> OpenWakeWord:
        wake = self._settings.wake
        wanted = [word for word in wake.words if word.name in names] or list(wake.words)
        return OpenWakeWord(wanted, wake_words.folder(), refractory_seconds=wake.refractory_seconds)

    def _info(self, offered: Sequence[str]) -> Event:
        persona = self._persona()
        words = self._settings.wake.words
        return info(
            offered,
            languages=self._languages,
            recogniser=self._app.shared.asr.name,
            voices=self._voices.names,
            personas=[(persona.name, persona.title or persona.name)],
            wake_words=[(word.name, wake_phrase.phrases_of(word.name, word.phrases)[0]) for word in words],
        )
