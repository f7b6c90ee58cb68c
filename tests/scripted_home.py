"""A Home Assistant on the virtual clock: the house of the peer, without a network."""

from __future__ import annotations

import asyncio
from typing import Any

from hearthd.config.server_settings import HomeAssistantSettings
from hearthd.home_assistant.agent import HomeAssistant
from hearthd.home_assistant.connection import HomeAssistantError, HomeConnection, UncertainError
from tests.peers.home_assistant_http import HomeAssistantPeer


class ScriptedHome(HomeAssistant):
    """Answers as ``peer`` does, ``delay`` seconds after it was asked."""

    def __init__(self, *, enabled: bool = True) -> None:
        self.health: list[bool] = []
        url = "http://homeassistant.local:8123" if enabled else ""
        super().__init__(HomeAssistantSettings(url=url), lambda _, works, __: self.health.append(works))
        self.peer = HomeAssistantPeer()
        self.delay = 0.03
        self.fails: HomeAssistantError | None = None
        self.begun = 0
        """Sentences that it began to think about."""
        self.loses_answers = False
        """It acts, and its answer never comes."""

    @property
    def house(self) -> Any:
        return self.peer.house

    @property
    def texts(self) -> list[str]:
        """What it was asked, and came to know."""
        return self.peer.texts

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def _asked(
        self, connection: HomeConnection, body: dict[str, str], satellite: str, seconds: float
    ) -> Any:
        self.begun += 1
        if self.fails is not None:
            raise self.fails
        try:
            async with asyncio.timeout(seconds):
                await asyncio.sleep(self.delay)
                whole = {**body, "satellite_id": satellite}
                self.peer.asked.append(whole)
                answer = self.peer._understood(whole)
                if self.loses_answers:
                    await asyncio.Event().wait()
                return answer
        except TimeoutError:
            raise UncertainError(f"no answer within {seconds:g} s") from None
