"""Home Assistant's tools: called in the speaker's room, never for a lock, away without anybody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hearthd.config.server_settings import HomeAssistantSettings
from hearthd.config.settings import Settings
from hearthd.tools import server as server_module
from hearthd.tools.home_assistant_session import harmless
from hearthd.tools.server import AWAY, ToolServer
from hearthd.tools.servers import ToolServers
from hearthd.tools.tool import ToolRefusedError, checked
from tests.home_assistant.conftest import settings_for
from tests.peers.home_assistant_http import HomeAssistantPeer
from tests.peers.home_assistant_mcp import DEVICE

pytestmark = pytest.mark.integration


@pytest.fixture
async def peer() -> AsyncIterator[HomeAssistantPeer]:
    async with HomeAssistantPeer() as running:
        running.house.speakers["0123abc"] = "bedroom"
        yield running


@pytest.fixture
async def server(
    peer: HomeAssistantPeer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ToolServer]:
    for name, seconds in (("FIRST_WAIT", 0.02), ("LONGEST_WAIT", 0.05), ("CALL_SECONDS", 0.5)):
        monkeypatch.setattr(server_module, name, seconds)
    home: HomeAssistantSettings = settings_for(peer, tmp_path)
    settings = Settings.model_validate({"tools": {"home_assistant_device": "0123abc"}})
    servers = ToolServers(settings.model_copy(update={"home_assistant": home}), tmp_path / "tools.json")
    life = asyncio.create_task(servers.run())
    (one,) = servers.servers
    await until(lambda: not one.away)
    yield one
    life.cancel()
    await asyncio.wait({life})


async def until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)


async def call(server: ToolServer, called: str, /, **arguments: Any) -> str:
    (tool,) = [tool for tool in server.tools if tool.spec.name == called]
    return await tool.call(checked(arguments, tool.spec.parameters), "en")


async def test_the_light_is_that_of_the_speakers_room(peer: HomeAssistantPeer, server: ToolServer) -> None:
    names = [tool.spec.name for tool in server.tools]
    assert names == ["intent__HassTurnOn", "intent__HassTurnOff", "homeassistant__GetLiveContext"]
    assert "bedroom light" in await call(server, "intent__HassTurnOn", domain="light")
    assert peer.house.is_on("light.bedroom")
    assert not peer.house.is_on("light.kitchen")
    assert peer.tool_requests[-1]["params"]["_meta"] == {DEVICE: "0123abc"}
    assert "kitchen light: off" in await call(server, "homeassistant__GetLiveContext")
    with pytest.raises(ToolRefusedError, match="no entity"):
        await call(server, "intent__HassTurnOn", name="heated towel rail")
    peer.house.things[0].broken = True
    with pytest.raises(ToolRefusedError, match="failed"):  # it was called, and did nothing
        await call(server, "intent__HassTurnOn", name="kitchen light")


@pytest.mark.parametrize(
    "more", [{}, {"domain": ["lock"]}, {"domain": "lock"}, {"domain": ["lock", "light"]}]
)
async def test_no_lock_is_opened_whatever_the_model_wants(
    peer: HomeAssistantPeer, server: ToolServer, more: dict[str, Any]
) -> None:
    for name in ("intent__HassTurnOff", "intent__HassTurnOn"):
        with pytest.raises(ToolRefusedError):
            await call(server, name, name="front door", **more)
    assert peer.house.is_on("lock.front_door")


async def test_one_that_hangs_breaks_off_or_is_stopped_costs_nobody_a_wait(
    peer: HomeAssistantPeer, server: ToolServer
) -> None:
    for fault in ("hang", "cut"):
        peer.fault = fault
        with pytest.raises(ToolRefusedError, match="nothing is known"):
            await call(server, "intent__HassTurnOn", name="kitchen light")
        await until(lambda: server.away)
        with pytest.raises(ToolRefusedError, match=AWAY):
            await call(server, "intent__HassTurnOn", name="kitchen light")
        peer.fault = ""
        await until(lambda: not server.away)
        assert "kitchen light" in await call(server, "intent__HassTurnOn", name="kitchen light")
    await peer.stop()
    with pytest.raises(ToolRefusedError, match="nothing is done"):
        await call(server, "intent__HassTurnOn", name="kitchen light")


@pytest.mark.parametrize(
    "odd",
    [
        [],
        {"result": []},
        {"result": {"content": [7, {"text": ["x"]}]}},
        {"error": {"message": 7}},
        {"result": {"content": "x"}},
    ],
)
async def test_an_answer_of_a_strange_form_ends_nothing(
    peer: HomeAssistantPeer, server: ToolServer, odd: Any
) -> None:
    peer.fault, peer.odd = "odd", odd
    told = ""
    try:
        told = await call(server, "intent__HassTurnOn", name="kitchen light")
    except ToolRefusedError as error:
        told = str(error)
    assert told
    peer.fault = ""
    await until(lambda: not server.away)
    assert "kitchen light" in await call(server, "intent__HassTurnOn", name="kitchen light")


async def test_a_token_that_is_refused_is_not_tried_again_soon(
    peer: HomeAssistantPeer, server: ToolServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "LONGEST_WAIT", 300.0)
    peer.token = "another"
    with pytest.raises(ToolRefusedError):
        await call(server, "intent__HassTurnOn", name="kitchen light")
    await until(lambda: server.away)
    await asyncio.sleep(0.5)  # a wait of 0.02 s would have grown to no more than 0.2
    assert sum(status == 401 for _, _, status in peer.requests) <= 2
    assert server.away


def test_what_is_harmless_is_sent_as_it_is() -> None:
    assert harmless("light__HassLightSet", {"name": "x"}) == {"name": "x"}
    assert "lock" not in harmless("HassTurnOff", {"name": "x"})["domain"]
    assert harmless("HassTurnOff", {"domain": ["light", 7]})["domain"] == ["light"]
