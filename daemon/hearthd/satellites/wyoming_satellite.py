"""A wyoming-satellite as a room: hearthd connects to it, hears it and speaks through it.

Of three kinds. One that streams always is listened to as a microphone is: our own wake word, follow-ups. One
that streams when somebody speaks (its VAD) likewise. One with a wake word of its own says that it was called
and streams until it is sent a transcript; its sound begins after the call, so the words are not searched for
the wake phrase. The transcript that it is sent is empty: what people say does not travel.

The link is made again for ever; meanwhile it is a fault of its room.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from wyoming.event import Event

from hearthd.audio.devices.microphone import Block
from hearthd.audio.playback.mixer import Mixer
from hearthd.common.audio import SAMPLE_RATE
from hearthd.common.parts import OnHealth, Part
from hearthd.dialogue import events as e
from hearthd.dialogue.state import Phase, State
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.engines.wyoming_wire import RATES, Sound, WyomingError, read_event, write_event
from hearthd.satellites.link import keep_up
from hearthd.satellites.remote_loudspeaker import RemoteLoudspeaker
from hearthd.satellites.remote_microphone import RemoteMicrophone

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
PING_SECONDS = 2.0
SILENT_SECONDS = 6.0
"""A satellite that has sent nothing for so long, not even the answer to a ping, is away."""
SAME_CALL_SECONDS = 1.5
"""A detection and the pipeline that it asks for are one call."""
MAX_NAME = 64
BURST_SECONDS = 3.0
"""So much is read at once, as after Wi-Fi held it back; in the long run no more than twice as fast as it can
be spoken (a clock may run fast). The rest waits in the satellite's own buffers, and a device out of its mind
takes little more of the loop than a talking one."""
EVENT_SECONDS = 0.005
"""What an event counts for at least: 200 a second are read in the long run."""


class WyomingSatellite:
    """The room's ``InputDevice``, and an ``Observer`` of the room. ``loudspeaker`` is its ``AudioDevice``."""

    def __init__(
        self,
        address: tuple[str, int],
        mixer: Mixer,
        on_health: OnHealth,
        post: Callable[[e.Event], None],
        now: Callable[[], int],
    ) -> None:
        """``post`` takes what happened, ``now`` is the number of the front end's next sample."""
        self.address = address
        self.loudspeaker = RemoteEnd()
        self._mixer, self._on_health, self._post, self._now = mixer, on_health, post, now
        self._microphone = RemoteMicrophone()
        self._speaker = RemoteLoudspeaker(mixer)
        self._reading = True
        self._writer: asyncio.StreamWriter | None = None
        self._sending = asyncio.Lock()
        self._called_at = float("-inf")
        self._called = False
        """It has a wake word of its own, was called, and streams until it gets a transcript."""
        self._phase = Phase.STARTING
        self._works: bool | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        mixer.detach()

    # --- the room's microphone --------------------------------------------------------------------

    @property
    def reading(self) -> bool:
        """Muted, it is told to pause, and what still comes is dropped."""
        return self._reading

    @reading.setter
    def reading(self, on: bool) -> None:
        changed, self._reading = on != self._reading, on
        if changed and self._writer is not None:
            self._send_soon(Event("run-satellite" if on else "pause-satellite"))

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
        except (WyomingError, OSError, TimeoutError) as error:
            self._tell(False, f"the satellite at {self._where} is away: {_reason(error)}")

    def _give_up(self) -> None:
        """What waits to sound is dropped, unless the satellite is back."""
        if self._writer is None:
            self._mixer.abandon()

    @property
    def _where(self) -> str:
        host, port = self.address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def _live(self) -> None:
        """One connection, until it breaks. Raises WyomingError, OSError or TimeoutError."""
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(*self.address)
        self._writer, self._called = writer, False
        try:
            await self._send(Event("describe"))
            await self._send(Event("run-satellite" if self._reading else "pause-satellite"))
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(reader))
                group.create_task(self._ping())
                group.create_task(self._speaker.play(self._send))
        except BaseExceptionGroup as failures:
            raise _first(failures) from None
        finally:
            self._writer = None
            self._mixer.detach()
            writer.close()  # whoever is hung is not waited for

    async def _read(self, reader: asyncio.StreamReader) -> None:
        loop = asyncio.get_running_loop()
        sound, read_until = Sound(), loop.time()
        while True:
            async with asyncio.timeout(SILENT_SECONDS):
                event = await read_event(reader)
            heard = 0
            if event is None:
                raise WyomingError("it has closed the connection")
            if event.type != "info":  # that one it gives to anybody; the rest only to the server that has it
                self._tell(True, "")
            if event.type == "ping":
                await self._send(Event("pong", {"text": str(event.data.get("text") or "")[:MAX_NAME]}))
            elif event.type == "audio-chunk":
                pcm = sound.take(event)
                heard = len(pcm)
                if self._reading:
                    self._microphone.take(pcm, loop.time())
            elif event.type == "audio-start":
                sound = Sound()
            elif event.type == "detection":
                self._woken(event.data.get("name"))
            elif event.type == "run-pipeline":
                self._pipeline(event)
            cost = max(EVENT_SECONDS, heard / SAMPLE_RATE / 2)
            read_until = max(read_until, loop.time() - BURST_SECONDS) + cost
            if read_until > loop.time():
                await asyncio.sleep(read_until - loop.time())

    def _pipeline(self, event: Event) -> None:
        """It tells what it plays, and perhaps that somebody has called it (or pressed its button)."""
        wanted = event.data.get("snd_format")
        rate = wanted.get("rate") if isinstance(wanted, dict) else None
        if isinstance(rate, int) and rate in RATES:
            self._speaker.rate = rate
        if event.data.get("start_stage") == "asr":
            self._woken(event.data.get("wake_word_name"))

    def _woken(self, name: object) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._called_at < SAME_CALL_SECONDS or not self._reading:
            return
        self._called_at, self._called = now, True
        told = name[:MAX_NAME] if isinstance(name, str) else ""
        word = "".join(c for c in told if c.isprintable()) or "satellite"
        sample = self._now()
        self._post(e.Wake(now, word, 1.0, sample, sample))
        asyncio.get_running_loop().call_later(SAME_CALL_SECONDS, self._unless_heard)

    def _unless_heard(self) -> None:
        """Another room answers, or this one cannot: it shall listen for its wake word again."""
        if self._called and self._phase is not Phase.LISTENING:
            self._over()

    def _over(self) -> None:
        self._called = False
        self._send_soon(Event("voice-stopped"))
        self._send_soon(Event("transcript", {"text": ""}))

    async def _ping(self) -> None:
        while True:
            await self._send(Event("ping", {"text": ""}))
            await asyncio.sleep(PING_SECONDS)

    async def _send(self, event: Event) -> None:
        async with self._sending:
            if self._writer is None:
                raise WyomingError("the connection is closed")
            await write_event(self._writer, event)

    def _send_soon(self, event: Event) -> None:
        task = asyncio.ensure_future(self._try_to_send(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _try_to_send(self, event: Event) -> None:
        try:
            await self._send(event)
        except WyomingError as error:  # whoever reads notices that it is gone
            log.debug("%s: %s", self._where, error, extra={"stage": "audio"})

    def _tell(self, works: bool, why: str) -> None:
        """Once a change: both its ends come and go together."""
        if works == self._works:
            return
        self._works = works
        self._on_health(Part.MICROPHONE, works, why or f"the satellite at {self._where} is there")
        self._on_health(Part.LOUDSPEAKER, works, "")

    # --- what the room does -------------------------------------------------------------------------

    def state(self, state: State) -> None:
        """A satellite that waits for its transcript gets one when nobody is listened to any more."""
        before, self._phase = self._phase, state.phase
        if self._called and before is Phase.LISTENING and state.phase is not Phase.LISTENING:
            self._over()

    def wake(self, record: TurnRecord) -> None:
        """It knows."""

    def turn(self, record: TurnRecord) -> None:
        """Nothing of it is sent."""

    def echo(self, measured: e.EchoMeasured) -> None:
        """A satellite takes its own sound out, or does not."""


class RemoteEnd:
    """The loudspeaker of a satellite lives with its link: ``run`` has nothing to do."""

    async def run(self) -> None:
        """Wait."""
        await asyncio.Event().wait()


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    failure: BaseException = failures
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer (or another server has it: Home Assistant?)"
    return str(error) if isinstance(error, WyomingError) else type(error).__name__
