"""What the machine's own clocks tell."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from hearthd.actions.timers import clock as clocks
from hearthd.actions.timers.clock import SystemClock
from hearthd.common.local_time import zone_of

pytestmark = pytest.mark.unit


def test_the_machine_s_clocks_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    assert abs(clock.wall() - time.time()) < 5
    assert clock.boot() >= time.monotonic() - 5
    assert len(clock.boot_id) > 10
    for checked in (None, 1.8e9):
        monkeypatch.setattr(clocks.wall_clock, "checked_time", lambda checked=checked: checked)
        assert asyncio.run(clock.synchronized()) is (checked is not None)


def test_the_zone_is_the_owner_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock = SystemClock()
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    assert clock.zone() == "Asia/Shanghai"
    monkeypatch.delenv("TZ")
    link, written = tmp_path / "localtime", tmp_path / "timezone"
    monkeypatch.setattr(clocks, "LOCALTIME", link)
    monkeypatch.setattr(clocks, "TIMEZONE", written)
    assert clock.zone() == "UTC"
    link.symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    assert clock.zone() == "Europe/Berlin"
    link.unlink()
    link.write_bytes(b"a copy, as containers have it")
    assert clock.zone() == ""
    written.write_text("Australia/Lord_Howe\n")
    assert clock.zone() == "Australia/Lord_Howe"


@pytest.mark.parametrize("name", ["Middle/Earth", "../../etc/passwd", "/etc/passwd", "a\0b", "x" * 5000])
def test_a_zone_that_is_none_is_taken_for_utc(name: str) -> None:
    assert zone_of(name).key == "UTC"
