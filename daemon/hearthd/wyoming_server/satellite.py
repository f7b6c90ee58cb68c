"""A room as Home Assistant's satellite: what Home Assistant announces (or broadcasts) sounds there.

Nothing else is its business: the room's calls are answered by the speaker, so no pipeline is asked for and no
sound is sent. Its mute switch is that of its own pipelines and does not touch the microphone's, which a
connection made anew would switch on again. A satellite hides what else is offered, so each has its own port.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import numpy as np
from wyoming.event import Event
from wyoming.info import Attribution, Info, Satellite

import hearthd
from hearthd.common.audio import Pcm
from hearthd.dialogue.events import AnnounceRequested
from hearthd.engines.wyoming_wire import Sound, WyomingError
from hearthd.rooms.room import Room
from hearthd.rooms.waiting_sounds import WaitingSound
from hearthd.wyoming_server.server import Send

KINDS = ("run-satellite", "pause-satellite")
"""What Home Assistant begins with."""
SESSIONS = 4
"""Home Assistant has one, and another while it asks what is here; each may hold an announcement of 11 MB."""
MAX_SECONDS = 120
"""Of one announcement. It is kept whole until it has its turn; the rest is cut off."""
WAIT_SECONDS = 180.0
"""So long it may wait for its turn and sound."""


class RoomSatellite:
    """One connection's."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._sound: Sound | None = None
        self._pieces: list[Pcm] = []
        self._samples = 0
        self._telling: set[asyncio.Task[None]] = set()

    async def take(self, event: Event, send: Send) -> Coroutine[None, None, None] | None:
        """See ``Service``."""
        rate = self._room.mixer.rate
        match event.type:
            case "audio-start":
                self._sound, self._pieces, self._samples = Sound(rate), [], 0
            case "audio-chunk" if self._sound is not None:
                pcm = self._sound.take(event)[: MAX_SECONDS * rate - self._samples]
                self._samples += len(pcm)
                self._pieces.append(pcm)
            case "audio-stop" if self._sound is not None:
                self._sound = None
                if self._samples:
                    self._announce(np.concatenate(self._pieces), send)
                self._pieces = []
        return None

    def close(self) -> None:
        """See ``Service``. What was announced sounds all the same."""
        for task in self._telling:
            task.cancel()

    def _announce(self, pcm: Pcm, send: Send) -> None:
        clip, clips = WaitingSound(pcm), self._room.clips
        number = clips.add(clip)
        asyncio.get_running_loop().call_later(WAIT_SECONDS, clips.forget, number)
        self._room.post(AnnounceRequested(self._room.now(), "", number))
        task = asyncio.ensure_future(self._tell(clip, send))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, clip: WaitingSound, send: Send) -> None:
        """Home Assistant waits for this word before it announces anything more."""
        await clip.over.wait()
        try:
            await send(Event("played"))
        except WyomingError:
            return  # whoever reads notices that it is gone


def satellite_info(name: str, area: str) -> Event:
    """What Home Assistant is told of a room."""
    satellite = Satellite(
        name=name,
        area=area or None,
        attribution=Attribution(name="hearthd", url=""),
        installed=True,
        description="hearthd announces",
        version=hearthd.__version__,
    )
    return Info(satellite=satellite).event()
