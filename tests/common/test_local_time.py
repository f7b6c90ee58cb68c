"""The time of day that people are told."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hearthd.common import local_time
from hearthd.conversation.conversation import facts_now

pytestmark = pytest.mark.unit


def zone_file(name: str, hours: int) -> bytes:
    """A zone ``hours`` east of Greenwich, as the system's own files have it (RFC 8536, version 2)."""
    head = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, len(name) + 1)
    data = struct.pack(">lbb", hours * 3600, 0, 0) + name.encode() + b"\0"
    return head + data + head + data + f"\n{name}{-hours}\n".encode()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine's /etc/localtime, and the folder of zones that it points into."""
    for name, hours in (("CST", 8), ("EST", -5)):
        (tmp_path / name).write_bytes(zone_file(name, hours))
    link = tmp_path / "localtime"
    link.symlink_to(tmp_path / "CST")
    monkeypatch.setattr(local_time, "LOCALTIME", link)
    monkeypatch.delenv("TZ", raising=False)
    return link


def moved_to(link: Path, zone: str) -> None:
    """As ``timedatectl set-timezone`` does it: a new link takes the old one's place."""
    beside = link.with_name("new")
    beside.symlink_to(link.with_name(zone))
    beside.rename(link)


def hours_off() -> float:
    return local_time.now().utcoffset() / timedelta(hours=1)  # type: ignore[operator]


def test_a_zone_that_is_changed_under_the_running_service_is_told_at_the_next_question(machine: Path) -> None:
    assert hours_off() == 8
    moved_to(machine, "EST")
    assert hours_off() == -5
    told = datetime.strptime(facts_now(), "%A %Y-%m-%d %H:%M")
    there = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=5)
    assert abs(told - there) < timedelta(minutes=2)


def test_a_zone_file_that_is_overwritten_in_place_is_noticed_too(machine: Path) -> None:
    assert hours_off() == 8
    machine.unlink()
    machine.write_bytes(zone_file("EST", -5))
    assert hours_off() == -5


@pytest.mark.parametrize("broken", [b"", b"TZif", b"\x00" * 100, zone_file("CST", 8)[:60]])
def test_a_broken_zone_still_tells_a_time(machine: Path, broken: bytes) -> None:
    machine.with_name("CST").write_bytes(broken)
    assert abs(local_time.now() - datetime.now(UTC)) < timedelta(minutes=1)
    machine.unlink()
    assert abs(local_time.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_zone_of_its_own_that_the_process_was_given_rules(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    assert local_time.now().utcoffset() == datetime.now().astimezone().utcoffset()
