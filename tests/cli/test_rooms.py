"""``hearthd rooms add|test|remove`` with real peers beside it."""

from __future__ import annotations

import asyncio
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from hearthd.cli import main
from hearthd.config import loader

pytest.importorskip("aioesphomeapi", reason="the extra rooms is not installed")

from tests.peers.esphome_firmware import KEY, EsphomeFirmware
from tests.peers.satellite import SatellitePeer

pytestmark = pytest.mark.integration

Captured = pytest.CaptureFixture[str]


@contextmanager
def beside(make: Callable[[], AbstractAsyncContextManager[Any]]) -> Iterator[Any]:
    """A peer that lives in a thread of its own."""
    ready, made, loop = threading.Event(), list[Any](), asyncio.new_event_loop()
    over = asyncio.Event()

    async def live() -> None:
        async with make() as peer:
            made.append(peer)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield made[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(10)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "hearthd.toml"
    file.write_text("# mine\n[esphome]\nport = 38765\n")
    return file


def hearthd(config: Path, *words: str) -> int:
    return main.main(["rooms", *words, "--config", str(config)])


@pytest.mark.slow
def test_a_device_is_tried_added_tried_again_and_removed(config: Path, capsys: Captured) -> None:
    with beside(EsphomeFirmware) as peer:
        where = f"127.0.0.1:{peer.port}"
        assert hearthd(config, "add", where, "--name", "kitchen", "--key", KEY, "--area", "Kitchen") == 0
        told = capsys.readouterr().out
        assert "Kitchen  [31mPE, ESPHome 2026.5.0; its wake words: okay_nabu, hey_jarvis, hey_mycroft" in told
        assert "it fetches its replies from http://127.0.0.1:38765" in told
        assert "restart" in told
        [room] = loader.load(str(config), {}).rooms
        assert (room.kind, room.address, room.area) == ("esphome", where, "Kitchen")
        kept = Path(room.key_file)
        assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == (KEY + "\n", 0o640)
        assert config.read_text().startswith("# mine\n")
        assert KEY not in config.read_text() + told
        assert hearthd(config, "test", "kitchen") == 0
        assert hearthd(config, "add", where, "--name", "kitchen", "--key", KEY) == 1
        assert 'there is a room called "kitchen"' in capsys.readouterr().err
    assert hearthd(config, "remove", "kitchen") == 0
    assert str(kept) in capsys.readouterr().out
    assert loader.load(str(config), {}).rooms == []


def owned(peer: EsphomeFirmware) -> None:
    peer.other_owner = "Home Assistant 2026.11.0"


def deaf(peer: EsphomeFirmware) -> None:
    peer.reaches_http = False


@pytest.mark.parametrize(
    "case",
    [
        (EsphomeFirmware, KEY, owned, "Home Assistant 2026.11.0 (10.0.0.2) has its voice"),
        pytest.param(
            (
                EsphomeFirmware,
                KEY,
                deaf,
                "from http://127.0.0.1:38765: let TCP port 38765 through",
            ),
            marks=pytest.mark.slow,
        ),
        (EsphomeFirmware, "A" * 43 + "=", None, "the key is not that of"),
        (EsphomeFirmware, "", None, "no key is set"),
        (lambda: EsphomeFirmware(key=""), KEY, None, "uses no encryption"),
        (lambda: EsphomeFirmware(flags=64), KEY, None, "without a voice assistant"),
        (lambda: EsphomeFirmware(flags=3), KEY, None, "sends its sound by UDP"),
        (SatellitePeer, "", None, "no ESPHome device"),
    ],
)
def test_a_device_that_would_not_work_is_not_added_and_what_to_do_is_said(
    config: Path, capsys: Captured, case: tuple[Callable[[], Any], str, Callable[..., None] | None, str]
) -> None:
    make, key, spoil, said = case
    before = config.read_text()
    with beside(make) as peer:
        if spoil is not None:
            spoil(peer)
        words = ["add", f"127.0.0.1:{peer.port}", "--name", "kitchen", *(["--key", key] if key else [])]
        assert hearthd(config, *words) == 1
    told = capsys.readouterr()
    assert "FAILED room kitchen" in told.out
    assert said in told.out
    assert "nothing was added" in told.err
    assert config.read_text() == before


def test_a_host_where_nothing_is_can_be_added_all_the_same(config: Path, capsys: Captured) -> None:
    assert hearthd(config, "add", "127.0.0.1:1", "--name", "kitchen") == 1
    assert "nothing listens at 127.0.0.1:1" in capsys.readouterr().out
    assert hearthd(config, "add", "nowhere.invalid", "--name", "kitchen") == 1
    assert "the name nowhere.invalid is not known here" in capsys.readouterr().out
    assert hearthd(config, "add", "127.0.0.1:1", "--name", "kitchen", "--no-test") == 0
    assert [room.name for room in loader.load(str(config), {}).rooms] == ["kitchen"]


def test_a_wyoming_satellite_is_added_too(config: Path) -> None:
    with beside(SatellitePeer) as peer:
        assert hearthd(config, "add", f"127.0.0.1:{peer.port}", "--kind", "wyoming", "--name", "study") == 0
    [room] = loader.load(str(config), {}).rooms
    assert (room.kind, room.name) == ("wyoming", "study")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "10.0.0.7"], "--name kitchen"),
        (["add", "10.0.0.7", "--name", "../../x"], "name:"),
        (["add", "a b", "--name", "x"], "address:"),
        (["add", "10.0.0.7", "--name", "x", "--key", "short"], "44 characters"),
        (["add", "10.0.0.7", "--name", "x", "--kind", "wyoming", "--key", KEY], "Wyoming encrypts nothing"),
    ],
)
def test_what_makes_no_room_is_refused(config: Path, capsys: Captured, words: list[str], said: str) -> None:
    assert hearthd(config, *words) == 2
    assert said in capsys.readouterr().err
