"""A broker, somebody who sees all of it, and a speaker that does nothing but say what it was told."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hearthd.config.settings import Settings
from hearthd.mqtt.client import MqttClient
from hearthd.mqtt.commands import MqttCommand, Mute, SetValue, Stop
from hearthd.mqtt.ha_options import HaOptions
from hearthd.mqtt.link_status import LinkStatus
from tests.peers.mosquitto import Broker, Onlooker, running

CHOICES = HaOptions(("hey_jarvis", "alexa"), ("hearthd", "pirate"), ("heart", "zf_xiaoxiao"))


def settings(broker: Broker, node: str = "kitchen", **mqtt: Any) -> Settings:
    """The configuration of a speaker at that broker."""
    host = "localhost" if broker.certificates else "127.0.0.1"
    return Settings.model_validate({"node": node, "mqtt": {"host": host, "port": broker.port, **mqtt}})


class Speaker:
    """Stands for the app alone: notes every command and shows what it leads to."""

    def __init__(self, configuration: Settings, choices: HaOptions = CHOICES, keepalive: int = 30) -> None:
        self.commands: list[MqttCommand] = []
        self.at: list[float] = []
        """When each command came (monotonic seconds)."""
        self.statuses: list[LinkStatus] = []
        self.refuses = ""
        self._changed = asyncio.Event()
        self.client = MqttClient(
            configuration, self._obey, choices, on_link=self._linked, keepalive=keepalive
        )
        self.client.publish("muted", False)
        self.client.publish("volume", 70)
        self.client.publish_state("idle")

    def _obey(self, command: MqttCommand) -> None:
        self.commands.append(command)
        self.at.append(time.monotonic())
        self._changed.set()
        match command:
            case _ if self.refuses:
                self.client.acknowledge(command, refused=self.refuses)
            case Stop():
                self.client.publish_state("idle")
            case Mute(on):
                self.client.publish("muted", on)
            case SetValue("volume", level):
                self.client.publish("volume", level)

    def _linked(self, status: LinkStatus) -> None:
        self.statuses.append(status)
        self._changed.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        """Wait until the commands or the link make ``condition`` true."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def until_connected(self) -> None:
        """Wait until the link stands."""
        await self.until(lambda: bool(self.statuses) and self.statuses[-1].connected)

    async def until_fault(self, words: str, seconds: float = 15) -> str:
        """Wait until the link reports a fault with these words; returns it."""
        await self.until(lambda: any(words in f for s in self.statuses for f in s.faults), seconds)
        return next(f for s in self.statuses for f in s.faults if words in f)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker that lets everybody do everything."""
    with running(Broker(tmp_path / "broker")) as started:
        yield started


@pytest.fixture
def onlooker(broker: Broker) -> Iterator[Onlooker]:
    """Somebody who sees everything on ``broker``."""
    someone = Onlooker(broker)
    yield someone
    someone.close()


Starts = Callable[..., Awaitable[Speaker]]


@pytest.fixture
async def start() -> AsyncIterator[Starts]:
    """Starts speakers, and stops them at the end of the test."""
    started: list[Speaker] = []

    async def begin(configuration: Settings, *, connected: bool = True, **options: Any) -> Speaker:
        speaker = Speaker(configuration, **options)
        started.append(speaker)
        speaker.client.start()
        if connected:
            await speaker.until_connected()
        return speaker

    yield begin
    for speaker in started:
        with contextlib.suppress(TimeoutError):
            await speaker.client.stop()


async def elsewhere(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Run something that waits, without stopping the speaker's loop."""
    return await asyncio.to_thread(function, *arguments, **named)
