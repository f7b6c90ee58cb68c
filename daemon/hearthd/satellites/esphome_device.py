"""A voice device over ESPHome's native API: connected once, and what it can do.

The protocol is that of ``aioesphomeapi`` (the extra ``rooms``), which is imported only here and only when a
device is connected to. A device serves the first client that subscribes to its voice; a second one is
refused in the device's own log and nowhere else, so that log is read as well.
"""

from __future__ import annotations

import asyncio
import re
import socket
import sys
import unicodedata
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hearthd.common.errors import EngineError
from hearthd.satellites.reply_stream import ReplyForm, best_form

if TYPE_CHECKING:
    from aioesphomeapi import VoiceAssistantEventType, VoiceAssistantTimerEventType
    from aioesphomeapi.api_pb2 import SubscribeLogsResponse  # type: ignore[attr-defined]
    from aioesphomeapi.client import APIClient

CONNECT_SECONDS = 10.0
"""An ESP32 with its Wi-Fi asleep answers within 3 s; Home Assistant waits 30."""
PING_SECONDS = 2.0
"""A device that has not answered for 4.5 times as long is away."""
CONFIGURATION_SECONDS = 3.0
MAX_SHOWN = 60
REFUSED = "Multiple API Clients"
CURRENT = re.compile(r"Current client:\s*([^\n]{1,200})")
OURSELVES = "hearthd"
MEND = f'{sys.executable} -m pip install "aioesphomeapi>=46,<47"'
"""How to get the library: the extra ``rooms``."""


@dataclass(frozen=True, slots=True)
class EsphomeTarget:
    """Where a device listens. ``key``: of its encryption, base64; empty: it uses none."""

    host: str
    port: int
    key: str = ""

    @property
    def where(self) -> str:
        """As people write it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class OwnedError(EngineError):
    """Another client has the device's voice."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a device says of itself."""

    name: str
    version: str
    area: str
    announces: bool
    shows_timers: bool
    has_speaker: bool
    """It takes its replies as API audio, 16 kHz."""
    player: int | None
    """The key of its media player; None: it has none."""
    form: ReplyForm


class EsphomeDevice:
    """A connected device. Its methods send and do not wait; after the connection is gone they do nothing."""

    def __init__(self, client: APIClient, can: Abilities) -> None:
        self.can = can
        self._client = client
        self.refused_by: str | None = None
        """Who has the device's voice, by its log; None: nobody else, as far as is known."""

    @property
    def facing(self) -> str:
        """The address of this machine on the way to the device."""
        peer = self._client.connected_address or ""
        family = socket.AF_INET6 if ":" in peer else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((peer, 9))  # sends nothing
            return str(probe.getsockname()[0])

    async def subscribe(
        self,
        *,
        started: Callable[[str, int, Any, str | None], Coroutine[Any, Any, int | None]],
        stopped: Callable[[bool], Coroutine[Any, Any, None]],
        heard: Callable[[bytes, bytes | None], Coroutine[Any, Any, None]],
        announced: Callable[[Any], Coroutine[Any, Any, None]],
        logged: Callable[[], object] = lambda: None,
    ) -> list[tuple[str, str]]:
        """Have the device's voice; its own wake words, as (id, phrase). Raises OwnedError, or EngineError.

        ``logged`` is told of each line of the device's log.
        """
        from aioesphomeapi import LogLevel
        from aioesphomeapi.core import APIConnectionError

        def read(line: SubscribeLogsResponse) -> None:
            logged()
            text = line.message[:2_000].decode("utf-8", "replace")
            if REFUSED in text:
                found = CURRENT.search(text)
                self.refused_by = shown(found[1]) if found else "another client"

        try:
            self._client.subscribe_logs(read, log_level=LogLevel.LOG_LEVEL_ERROR)
            self._client.subscribe_voice_assistant(
                handle_start=started,
                handle_stop=stopped,
                handle_audio=heard,
                handle_announcement_finished=announced,
            )
            told = await self._client.get_voice_assistant_configuration(CONFIGURATION_SECONDS)
        except (APIConnectionError, TimeoutError) as error:
            raise EngineError(f"it does not answer ({type(error).__name__})") from None
        if self.refused_by is not None:
            raise OwnedError(owned(self.refused_by))
        return [(word.id, shown(word.wake_word)) for word in told.available_wake_words[:64]]

    async def choose_wake_word(self, word: str) -> None:
        """Have the device listen for its own wake word of that id."""
        await self._client.set_voice_assistant_configuration([word])

    def event(self, kind: VoiceAssistantEventType, **data: str) -> None:
        """Tell it where the conversation stands."""
        self._try(lambda: self._client.send_voice_assistant_event(kind, data or None))

    def sound(self, pcm: bytes) -> None:
        """API audio, for a device with a speaker."""
        self._try(lambda: self._client.send_voice_assistant_audio(pcm))

    def stop_playing(self) -> None:
        """Silence at once, for a device with a media player."""
        from aioesphomeapi import MediaPlayerCommand

        if self.can.player is not None:
            key = self.can.player
            stop = MediaPlayerCommand.STOP
            self._try(lambda: self._client.media_player_command(key, command=stop, announcement=True))

    def timer(
        self,
        kind: VoiceAssistantTimerEventType,
        *,
        id: str,
        name: str,
        seconds: tuple[float, float],
        runs: bool,
    ) -> None:
        """Show a timer; ``seconds``: in all, and left."""
        total, left = (max(0, round(one)) for one in seconds)
        self._try(lambda: self._client.send_voice_assistant_timer_event(kind, id, name, total, left, runs))

    async def announce(self, url: str, text: str, seconds: float) -> None:
        """Have it play ``url``; returns when it has, or after ``seconds``, or when it is gone."""
        from aioesphomeapi.core import APIConnectionError

        try:
            await self._client.send_voice_assistant_announcement_await_response(url, seconds, text=text)
        except (APIConnectionError, TimeoutError):
            return

    def close(self) -> None:
        """Break the connection at once: whoever is hung is not waited for."""
        self._client.force_disconnect()

    def _try(self, send: Callable[[], None]) -> None:
        from aioesphomeapi.core import APIConnectionError

        try:
            send()
        except APIConnectionError:  # whoever waits for its end notices
            return


async def connect(target: EsphomeTarget, gone: Callable[[], None]) -> EsphomeDevice:
    """Connect; ``gone`` is told when the connection ends. Raises EngineError: what is wrong, and the mend."""
    try:
        from aioesphomeapi.client import APIClient
    except ImportError:
        raise EngineError(f"ESPHome devices need aioesphomeapi: {MEND}") from None
    from aioesphomeapi.core import APIConnectionError

    async def ended(expected: bool) -> None:
        gone()

    client: APIClient | None = None
    connected = False
    try:
        client = APIClient(
            *(target.host, target.port, None),
            client_info=OURSELVES,
            keepalive=PING_SECONDS,
            noise_psk=target.key or None,
        )
        async with asyncio.timeout(CONNECT_SECONDS):
            await client.connect(on_stop=ended, login=True, log_errors=False)
            device = EsphomeDevice(client, await _abilities(client, target.where))
        connected = True
        return device
    except (APIConnectionError, TimeoutError, OSError, ValueError) as error:
        raise EngineError(_why(error, target)) from None
    finally:
        if client is not None and not connected:
            client.force_disconnect()


async def _abilities(client: APIClient, where: str) -> Abilities:
    from aioesphomeapi import MediaPlayerInfo, VoiceAssistantFeature
    from aioesphomeapi.model import MediaPlayerFormatPurpose

    info, entities, _ = await client.device_info_and_list_entities()
    version = client.api_version
    flags = 0 if version is None else info.voice_assistant_feature_flags_compat(version)
    can = VoiceAssistantFeature(flags & 0x7F)
    if VoiceAssistantFeature.VOICE_ASSISTANT not in can:
        raise EngineError(f"{where} ({shown(info.name)}) is an ESPHome device without a voice assistant")
    if VoiceAssistantFeature.API_AUDIO not in can:
        raise EngineError(
            f"{where} ({shown(info.name)}) sends its sound by UDP, as firmware before 2024.6 does: update it"
        )
    players = [one for one in entities if isinstance(one, MediaPlayerInfo)]
    player = next((one for one in players if one.supported_formats), players[0] if players else None)
    formats = [] if player is None else player.supported_formats[:64]
    own = [one for one in formats if one.purpose is MediaPlayerFormatPurpose.ANNOUNCEMENT] or formats
    return Abilities(
        name=shown(info.friendly_name or info.name),
        version=shown(info.esphome_version),
        area=shown(info.suggested_area),
        announces=VoiceAssistantFeature.ANNOUNCE in can and player is not None,
        shows_timers=VoiceAssistantFeature.TIMERS in can,
        has_speaker=VoiceAssistantFeature.SPEAKER in can,
        player=None if player is None else player.key,
        form=best_form([(one.format, one.sample_rate, one.num_channels) for one in own]),
    )


def _why(error: Exception, target: EsphomeTarget) -> str:
    from aioesphomeapi import core

    where = target.where
    match error:
        case core.EncryptionPlaintextAPIError():
            return f"{where} uses no encryption: take key_file out of its table (to add it: without --key)"
        case core.InvalidEncryptionKeyAPIError():
            return f"the key is not that of {where}: see its YAML (api: encryption) or Home Assistant"
        case core.RequiresEncryptionAPIError():
            return f"{where} is encrypted and no key is set: `hearthd rooms add HOST --key K`"
        case core.InvalidAuthAPIError():
            return f"{where} wants a password, an old way: set an encryption key in its YAML instead"
        case core.ResolveAPIError():
            return f"the name {target.host} is not known here: take the device's address, a fixed one"
        case core.HandshakeAPIError() | core.ProtocolAPIError() | core.SocketClosedAPIError():
            return f"what answers at {where} is no ESPHome device (or its encryption does not fit)"
    if isinstance(error.__cause__, ConnectionRefusedError):
        return f"nothing listens at {where}: is it an ESPHome device, with `api:` in its YAML?"
    return f"{where} does not answer ({type(error).__name__}): is it switched on, is a firewall between?"


def owned(by: str) -> str:
    """What to do about a device that somebody else has."""
    if by.startswith(OURSELVES):
        return "the hearthd that runs has it, and all is well"
    return f"{by} has its voice, and a device serves one: disable it there (in Home Assistant: Devices)"


def shown(text: object) -> str:
    """What a device says, as it may be printed."""
    told = text if isinstance(text, str) else ""
    clean = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in told[: 4 * MAX_SHOWN])
    return clean.strip()[:MAX_SHOWN]
