"""A peer of Home Assistant, and ours that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hearthd.common.parts import Part
from hearthd.config.server_settings import HomeAssistantSettings
from hearthd.home_assistant.agent import HomeAssistant
from tests.peers.home_assistant_http import TOKEN, HomeAssistantPeer


@pytest.fixture
async def peer() -> AsyncIterator[HomeAssistantPeer]:
    """A Home Assistant."""
    async with HomeAssistantPeer() as running:
        yield running


@dataclass
class Told:
    """What was told of its health."""

    changes: list[bool] = field(default_factory=list)

    def __call__(self, part: Part, works: bool, why: str) -> None:
        assert part is Part.HOME_ASSISTANT
        self.changes.append(works)


@pytest.fixture
def told() -> Told:
    """Who is told."""
    return Told()


@pytest.fixture
def settings(tmp_path: Path, peer: HomeAssistantPeer) -> HomeAssistantSettings:
    """With the peer's address and token."""
    return settings_for(peer, tmp_path)


def settings_for(peer: HomeAssistantPeer, folder: Path, **more: str) -> HomeAssistantSettings:
    """The settings for ``peer``, its token in a file in ``folder``."""
    file = folder / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    return HomeAssistantSettings.model_validate({"url": peer.url, "token_file": str(file), **more})


@pytest.fixture
async def ours(settings: HomeAssistantSettings, told: Told) -> AsyncIterator[HomeAssistant]:
    """What asks the peer."""
    asking = HomeAssistant(settings, told)
    yield asking
    await asking.close()
