"""Who a satellite is, and what is said where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from hearthd.cli.main import main
from hearthd.common.errors import EngineError
from hearthd.config import outgoing
from hearthd.config.settings import Settings
from hearthd.satellites import probe
from tests.peers.real_satellite import free_port
from tests.peers.satellite import SatellitePeer

pytestmark = pytest.mark.integration

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def test_a_satellite_tells_its_name_and_whether_another_server_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probe, "OWNED_SECONDS", 0.2)

    async def scene() -> None:
        async with SatellitePeer() as peer:
            assert await probe.ask(("127.0.0.1", peer.port)) == "peer"
            peer.owned = True
            assert "another server has it" in await probe.ask(("127.0.0.1", peer.port))

    asyncio.run(scene())


def _sends(data: bytes) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    return answer


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (_sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "no Wyoming satellite"),
        (_sends(b'{"type": "info", "data": {"asr": []}}\n'), "speaks Wyoming and is no satellite"),
        (_silent, "does not answer"),
    ],
    ids=["a web server", "a recogniser", "hung"],
)
def test_what_is_wrong_is_said_with_its_mend(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, said: str
) -> None:
    monkeypatch.setattr(probe, "SECONDS", 0.5)

    async def scene() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            with pytest.raises(EngineError, match=said):
                await probe.ask(server.sockets[0].getsockname())

    asyncio.run(scene())


def test_a_satellite_that_is_not_started_is_named_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    config = tmp_path / "hearthd.toml"
    config.write_text(f'[[rooms]]\nname = "kitchen"\nkind = "wyoming"\naddress = "127.0.0.1:{port}"\n')
    assert main(["rooms", "test", "--config", str(config)]) == 1
    assert f"FAILED room kitchen: nothing listens at 127.0.0.1:{port}" in capsys.readouterr().out
    assert main(["rooms", "test", "hall", "--config", str(config)]) == 1
    assert "there are: kitchen" in capsys.readouterr().err
    assert main(["rooms", "list", "--config", str(config)]) == 0
    shown = capsys.readouterr().out
    assert "hearthd-kitchen" in shown
    assert f"127.0.0.1:{port}" in shown


def test_what_goes_to_a_satellite_is_said_to_leave_the_machine() -> None:
    room = {"name": "kitchen", "kind": "wyoming", "address": "10.0.0.5"}
    lines = [str(one) for one in outgoing.outgoing(Settings.model_validate({"rooms": [room]}))]
    assert lines == ["what is answered in kitchen to 10.0.0.5 in clear text"]
