"""What leaves this machine, and where it goes: said by ``hearthd check`` and in the service's status."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from hearthd.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing that goes to another machine."""

    what: str
    to: str
    """Host and port."""
    clear: bool
    """Nobody encrypts it on the way."""

    def __str__(self) -> str:
        return f"{self.what} to {self.to}" + (" in clear text" if self.clear else "")


def outgoing(settings: Settings) -> list[Outgoing]:
    """What of people's words and voices goes to other machines as ``settings`` have it."""
    return list(dict.fromkeys(_all(settings)))


def token_in_clear(settings: Settings) -> list[str]:
    """Hosts that are sent a token which whoever listens on the way can read."""
    asked = [(host.url, host.token_file) for host in settings.chat.servers]
    asked += [(settings.asr.server, settings.asr.token_file)]
    asked += [(server.url, server.token_file) for server in settings.tools.mcp]
    asked += [(settings.home_assistant.url, settings.home_assistant.url)]  # there is none without a token
    return [
        _host(url) for url, token in asked if token and not _is_here(url) and not url.startswith("https:")
    ]


def _all(settings: Settings) -> Iterator[Outgoing]:
    if settings.asr.engine != "whisper":
        yield from _to("the sound of what is said", settings.asr.server)
    for host in settings.chat.servers:
        yield from _to("what is said and answered", host.url)
    if settings.voice.name and settings.voice.engine in ("auto", "gpt_sovits"):
        yield from _to("what is answered", settings.voice.url)
    if settings.home_assistant.enabled:
        yield from _to("what is asked", settings.home_assistant.url)
    for server in settings.tools.mcp:
        if server.url:
            yield from _to(f"what the model asks of the tools of {server.name}", server.url)
    if settings.knowledge.model:
        yield from _to("what is asked, and the documents,", settings.chat.ollama.url)
    for room in settings.rooms:
        if room.kind != "local":  # a reply goes over HTTP to an ESPHome device, too
            yield from _to(f"what is answered in {room.name}", f"tcp://{room.address}")
    if settings.mqtt.enabled and settings.mqtt.publish_transcripts:
        scheme = "mqtts" if settings.mqtt.tls else "mqtt"
        yield from _to("what is said and answered", f"{scheme}://{settings.mqtt.host}:{settings.mqtt.port}")


def _to(what: str, url: str) -> Iterator[Outgoing]:
    if not _is_here(url):
        yield Outgoing(what, _host(url), not url.startswith(("https:", "mqtts:")))


def _host(url: str) -> str:
    """Host and port, without a password that may stand before them."""
    return urlsplit(url).netloc.rsplit("@", 1)[-1]


def _is_here(url: str) -> bool:
    """Whether the address is this machine's own."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
