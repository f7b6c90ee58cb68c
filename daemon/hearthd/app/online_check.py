"""``hearthd check --online``: tries each thing that the configuration names, once, and says how it went."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from hearthd.app import factory
from hearthd.app.other_rooms import target_of
from hearthd.audio.devices.alsa import Direction
from hearthd.audio.devices.catalog import DeviceError, find, scan
from hearthd.common.errors import EngineError
from hearthd.common.paths import state_dir
from hearthd.config.room_settings import address_of
from hearthd.config.server_settings import EsphomeSettings
from hearthd.config.settings import ChatHost, RoomSettings, Settings
from hearthd.conversation.tool_gate import why_not
from hearthd.engines.asr import factory as choose_asr
from hearthd.engines.llm import factory as choose_chat
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.llm.openai import OpenAiChat
from hearthd.engines.llm.tool_probe import FILE as PROBES_FILE
from hearthd.engines.llm.tool_probe import Results, ask
from hearthd.engines.tts import factory as choose_voice
from hearthd.home_assistant.agent import about
from hearthd.home_assistant.connection import HomeConnection
from hearthd.models import manifest
from hearthd.mqtt.broker import BrokerError
from hearthd.mqtt.remote_control import reach
from hearthd.satellites import probe
from hearthd.tools.pins import FILE as PINS_FILE
from hearthd.tools.server import ToolServer
from hearthd.voices import profiles

SECONDS = 60.0
"""Longer than a cold model takes to load; what has not answered by then does not answer."""

OPEN = " (no TLS: whoever listens in that network can read the token and what is asked)"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one part fared."""

    part: str
    ok: bool
    detail: str


async def try_everything(settings: Settings) -> list[CheckResult]:
    """Try the parts one after the other. Never raises for a broken one."""
    return [
        await _try("microphone", lambda: _device(settings.audio.microphone, "input")),
        await _try("speaker", lambda: _device(settings.audio.speaker, "output")),
        await _try("wake word", lambda: _wake_words(settings)),
        await _try("asr", lambda: _asr(settings)),
        await _try("chat", lambda: _chat(settings)),
        *[
            await _try(f"chat at {one.url}", functools.partial(_host, one, settings))
            for one in _hosts(settings)
        ],
        await _try("tools", lambda: _tools(settings)),
        *[await _try(f"tools of {one.name}", functools.partial(_server, one)) for one in _servers(settings)],
        await _try("voice", lambda: _voice(settings)),
        await _try("home_assistant", lambda: _home_assistant(settings)),
        await _try("mqtt", lambda: _broker(settings)),
        *await try_rooms(settings.rooms, settings.esphome),
    ]


async def try_rooms(rooms: Sequence[RoomSettings], esphome: EsphomeSettings) -> list[CheckResult]:
    """Try the devices of other rooms than the box's. Never raises for a broken one."""
    return [await try_room(room, esphome) for room in rooms]


async def try_room(room: RoomSettings, esphome: EsphomeSettings, key: str = "") -> CheckResult:
    """Try the device of one room. ``key``: its encryption's, in place of what its table names."""
    return await _try(f"room {room.name}", functools.partial(_room, room, esphome, key))


async def _room(room: RoomSettings, esphome: EsphomeSettings, key: str) -> str:
    if room.kind == "wyoming":
        return await probe.ask(address_of(room))
    if room.kind == "esphome":
        from hearthd.satellites import esphome_probe

        target = replace(target_of(room), key=key) if key else target_of(room)
        return await esphome_probe.ask(target, esphome.port, esphome.address)
    microphone, speaker = await _device(room.microphone, "input"), await _device(room.speaker, "output")
    return f"{microphone}, {speaker}"


async def _try(part: str, attempt: Callable[[], Awaitable[str]]) -> CheckResult:
    try:
        return CheckResult(part, True, await asyncio.wait_for(attempt(), SECONDS))
    except (EngineError, DeviceError, profiles.VoiceError) as error:
        return CheckResult(part, False, str(error))
    except TimeoutError:
        return CheckResult(part, False, f"no answer within {SECONDS:.0f} s")


def _servers(settings: Settings) -> list[ToolServer]:
    from hearthd.tools.servers import ToolServers

    return ToolServers(settings, state_dir() / PINS_FILE).servers


async def _device(name: str, direction: Direction) -> str:
    return find(scan(), name, direction).name


async def _wake_words(settings: Settings) -> str:
    manifest.path("openwakeword")
    return ", ".join(f'"{factory.phrases_of(settings, word.name)[0]}"' for word in settings.wake.words)


async def _asr(settings: Settings) -> str:
    asr = choose_asr.choose(settings.asr)
    try:
        await asr.start()
        return asr.name
    finally:
        await asr.close()


def _hosts(settings: Settings) -> list[ChatHost]:
    """The servers, if there are several: one that is away shows in no answer."""
    return settings.chat.servers if len(settings.chat.servers) > 1 else []


async def _host(host: ChatHost, settings: Settings) -> str:
    chat = choose_chat.alone(host, settings)
    try:
        await chat.start()
        return chat.name
    finally:
        await chat.close()


async def _chat(settings: Settings) -> str:
    chat = await choose_chat.choose(settings)
    try:
        await chat.start()
        answers = choose_chat.answering(chat)
        where = answers.url if isinstance(answers, OllamaChat | OpenAiChat) else "embedded"
        return f"{answers.name} ({where})"
    finally:
        await chat.close()


async def _tools(settings: Settings) -> str:
    """Which model calls tools as it should: looked up where it was found before, else asked."""
    chat = await choose_chat.choose(settings)
    try:
        await chat.start()
        wrong = why_not(chat.name, settings.tools.offer) or await ask(
            chat, Results(state_dir() / PROBES_FILE)
        )
        return f"{chat.name} is offered none: {wrong}" if wrong else f"{chat.name} calls them as it should"
    finally:
        await chat.close()


async def _server(server: ToolServer) -> str:
    return ", ".join(await server.look())


async def _voice(settings: Settings) -> str:
    voice = choose_voice.choose(settings)
    try:
        await voice.start()
        return voice.name
    finally:
        await voice.close()


async def _home_assistant(settings: Settings) -> str:
    if not settings.home_assistant.enabled:
        return "not configured"
    connection = HomeConnection(settings.home_assistant)
    try:
        version = await about(connection)
    finally:
        await connection.close()
    open_to_all = "" if settings.home_assistant.url.startswith("https:") else OPEN
    return f"version {version} at {settings.home_assistant.url}{open_to_all}"


async def _broker(settings: Settings) -> str:
    if not settings.mqtt.enabled:
        return "not configured"
    return await asyncio.to_thread(_reach_broker, settings)


def _reach_broker(settings: Settings) -> str:
    try:
        with reach(settings) as remote:
            remote.check()
    except BrokerError as error:
        raise EngineError(str(error)) from None
    return f"{settings.mqtt.host}:{settings.mqtt.port}"
