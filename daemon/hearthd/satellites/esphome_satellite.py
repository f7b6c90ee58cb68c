"""An ESPHome voice device as a room: Voice PE, S3-BOX, Satellite1, linux-voice-assistant.

hearthd connects to it as Home Assistant would. The link is made again for ever; meanwhile it is a fault of
its room. What goes on over the link stands in ``assist_runs``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hearthd.audio.devices.microphone import Block
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import SAMPLE_RATE
from hearthd.common.errors import EngineError
from hearthd.common.parts import OnHealth, Part
from hearthd.dialogue import events as e
from hearthd.dialogue.state import Phase, State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.satellites.esphome_device import EsphomeDevice, EsphomeTarget, connect
from hearthd.satellites.link import keep_up
from hearthd.satellites.remote_microphone import RemoteMicrophone
from hearthd.satellites.reply_server import ReplyServer
from hearthd.satellites.wyoming_satellite import RemoteEnd

if TYPE_CHECKING:
    from hearthd.satellites.assist_runs import AssistRuns
    from hearthd.satellites.device_timers import DeviceTimer, DeviceTimers

log = logging.getLogger(__name__)

MAX_CHUNK = 32_000
"""Bytes of sound in one message, a second; devices send 1,024."""
BURST_SECONDS = 3.0
"""So much may come at once, as after Wi-Fi held it back; in the long run no more than twice as fast as it can
be spoken. A device that sends more is cut off: the library reads whatever comes."""
EVENT_SECONDS = 0.005
"""What a message counts for at least: 200 a second in the long run."""


class EsphomeSatellite:
    """The room's ``InputDevice``, and an ``Observer`` of the room. ``loudspeaker`` is its ``AudioDevice``."""

    def __init__(
        self,
        target: Callable[[], EsphomeTarget],
        mixer: Mixer,
        on_health: OnHealth,
        *,
        post: Callable[[e.Event], None],
        now: Callable[[], int],
        replies: ReplyServer,
        wake_word: str = "",
    ) -> None:
        """``target`` is asked before each attempt; it may raise EngineError. ``wake_word``: its own."""
        self.loudspeaker = RemoteEnd()
        self.reading = True
        self.runs: AssistRuns | None = None
        """None: there is no connection."""
        self.timers: Callable[[], Sequence[DeviceTimer]] = tuple
        """Those of the room, for a device that shows them; ``show_timers`` when one has changed."""
        self._shown: DeviceTimers | None = None
        self._target, self._mixer, self._on_health = target, mixer, on_health
        self._post, self._now, self._replies, self._wake_word = post, now, replies, wake_word
        self._microphone = RemoteMicrophone()
        self._phase = Phase.STARTING
        self._works: bool | None = None
        self._told_unreachable = False
        self._spent = 0.0
        """Until when the sound that came would last, at twice its speed."""
        mixer.detach()

    def read(self, timeout: float) -> Block | None:
        """See ``BlockSource``."""
        return self._microphone.read(timeout)

    async def run(self) -> None:
        """Keep the link up; never returns."""
        await keep_up(self._connection, self._give_up)

    async def _connection(self) -> None:
        """One connection, until it ends, and why it did."""
        try:
            await self._live()
        except (EngineError, OSError) as error:
            self._tell(False, f"the device is away: {error}")

    def _give_up(self) -> None:
        """What waits to sound is dropped, unless the device is back."""
        if self.runs is None:
            self._mixer.abandon()

    async def _live(self) -> None:
        """One connection, until it ends. Raises EngineError or OSError."""
        loop = asyncio.get_running_loop()
        gone: asyncio.Future[str] = loop.create_future()

        def end(why: str) -> None:
            if not gone.done():
                gone.set_result(why)

        device = await connect(self._target(), lambda: end("the connection is closed"))
        try:
            from hearthd.satellites.assist_runs import AssistRuns

            await self._replies.open(device.facing)
            self._spent = loop.time() - BURST_SECONDS
            self.runs = runs = AssistRuns(
                *(device, self._mixer, self._replies),
                post=self._post,
                now=self._now,
                unreachable=self._unreachable,
            )
            await self._subscribe(device, runs, end)
            self._tell(True, "")
            runs.phase(self._phase)
            if device.can.shows_timers:
                from hearthd.satellites.device_timers import DeviceTimers

                self._shown = DeviceTimers(device)
                self.show_timers()
            raise EngineError(await gone)
        finally:
            if self.runs is not None:
                self.runs.close()
            self.runs = self._shown = None
            device.close()

    async def _subscribe(self, device: EsphomeDevice, runs: AssistRuns, end: Callable[[str], None]) -> None:
        def busy(seconds: float = 0.0) -> bool:
            """Whether it sends no more than it may."""
            now = asyncio.get_running_loop().time()
            self._spent = max(self._spent, now - BURST_SECONDS) + max(EVENT_SECONDS, seconds / 2)
            if self._spent > now:
                end("it sends more than anybody can speak")
                device.close()
            return self._spent <= now

        async def started(conversation: str, flags: int, settings: Any, phrase: str | None) -> int:
            if busy():
                runs.started(conversation, flags, phrase, self.reading)
            return 0  # its sound comes over this connection

        async def stopped(abort: bool) -> None:
            if busy() and abort:
                runs.stopped()

        async def heard(data: bytes, second: bytes | None) -> None:
            if busy(len(data) / 2 / SAMPLE_RATE) and self.reading and len(data) <= MAX_CHUNK:
                pcm = np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.int16)
                self._microphone.take(pcm, asyncio.get_running_loop().time())

        async def announced(finished: Any) -> None:
            if busy():
                runs.announced()

        words = await device.subscribe(
            started=started, stopped=stopped, heard=heard, announced=announced, logged=busy
        )
        if self._wake_word:
            chosen = next((word for word, phrase in words if self._wake_word in (word, phrase)), None)
            if chosen is None:
                there = ", ".join(word for word, _ in words) or "none"
                log.warning('no wake word "%s" there; there are: %s', self._wake_word, there)
            else:
                await device.choose_wake_word(chosen)

    def _unreachable(self, url: str) -> None:
        if not self._told_unreachable:
            self._told_unreachable = True
            where = url.rpartition("/")[0]
            log.error(
                "the device did not fetch its reply from %s: let it through the firewall, "
                "or set esphome.address to this machine's address as the device sees it",
                where,
                extra={"stage": "audio"},
            )

    def _tell(self, works: bool, why: str) -> None:
        """Once a change: both its ends come and go together."""
        if works == self._works:
            return
        self._works = works
        self._on_health(Part.MICROPHONE, works, why or "the device is there")
        self._on_health(Part.LOUDSPEAKER, works, "")

    # --- what the room does -------------------------------------------------------------------------

    def state(self, state: State) -> None:
        """The device follows the room's phases."""
        self._phase = state.phase
        if self.runs is not None:
            self.runs.phase(state.phase)

    def show_timers(self) -> None:
        """One was set, changed, rings or is over."""
        if self._shown is not None:
            self._shown.show(self.timers())

    def wake(self, record: TurnRecord) -> None:
        """It knows."""

    def turn(self, record: TurnRecord) -> None:
        """Nothing of it is sent."""

    def echo(self, measured: e.EchoMeasured) -> None:
        """A device takes its own sound out, or does not."""
