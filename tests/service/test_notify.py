import asyncio
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.service.sd_notify import MAX_STATUS, Notifier, _one_line
from tests.virtual_time import run

pytestmark = pytest.mark.integration


class Systemd:
    """The other end of the notify socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.setblocking(False)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(65536).decode())
            except BlockingIOError:
                return messages


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    listening = Systemd(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "40000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    yield listening
    listening.socket.close()


def test_a_chinese_status_reaches_systemd(systemd: Systemd) -> None:
    Notifier().ready("在听 “hey jarvis”")
    assert systemd.heard() == ["READY=1\nSTATUS=在听 “hey jarvis”"]


def test_the_same_status_is_sent_once(systemd: Systemd) -> None:
    notifier = Notifier()
    for status in ("idle", "idle", "speaking", "idle"):
        notifier.status(status)
    assert systemd.heard() == ["STATUS=idle", "STATUS=speaking", "STATUS=idle"]


def test_a_status_cannot_smuggle_in_another_message(systemd: Systemd) -> None:
    Notifier().status("idle\nMAINPID=1\0")
    assert systemd.heard() == ["STATUS=idle MAINPID=1"]


@given(st.text(max_size=2000))
def test_any_text_becomes_one_short_line(text: str) -> None:
    line = _one_line(text)
    assert len(line) <= MAX_STATUS
    assert line.isprintable()


def test_a_systemd_that_does_not_read_never_holds_the_speaker_up(systemd: Systemd) -> None:
    notifier = Notifier()
    for n in range(10_000):  # with a blocking send this test would not end
        notifier.status(f"{n}")
    waiting = systemd.heard()
    assert 0 < len(waiting) < 10_000
    notifier.beat()
    assert systemd.heard() == ["WATCHDOG=1", "STATUS=9999"], "the last status is not lost"
    notifier.beat()
    notifier.status("back")
    assert systemd.heard() == ["WATCHDOG=1", "STATUS=back"]


def test_outside_systemd_every_call_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC"):
        monkeypatch.delenv(name, raising=False)
    notifier = Notifier()
    notifier.ready("idle")
    notifier.stopping()
    assert notifier.watchdog_seconds == 0


def test_a_notify_socket_that_is_gone_does_not_keep_the_speaker_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    Notifier().ready("idle")


def test_the_watchdog_meant_for_another_process_is_not_ours(
    systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert Notifier().watchdog_seconds == 0


def beats_in(seconds: float, systemd: Systemd, hangs_at: float) -> int:
    """Beats heard in so many seconds from a front end that hangs at ``hangs_at``."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        progress = lambda: int(min(loop.time() - begin, hangs_at) * 100)  # noqa: E731
        task = asyncio.create_task(Notifier().watch(progress))
        await asyncio.sleep(seconds)
        task.cancel()

    run(main())
    return systemd.heard().count("WATCHDOG=1")


def test_the_heart_beats_while_the_front_end_moves(systemd: Systemd) -> None:
    assert beats_in(39, systemd, hangs_at=1e9) == 4


def test_the_heart_stops_when_the_front_end_hangs(systemd: Systemd, caplog) -> None:
    with caplog.at_level(logging.ERROR):
        assert beats_in(79, systemd, hangs_at=15) == 3
    assert caplog.text.count("stands still") == 1


def test_a_long_start_keeps_asking_for_time(systemd: Systemd) -> None:
    async def main() -> None:
        async with Notifier().extending():
            await asyncio.sleep(35)

    run(main())
    assert systemd.heard() == ["EXTEND_TIMEOUT_USEC=30000000"] * 4


def test_a_reload_says_when_it_began(systemd: Systemd) -> None:
    Notifier().reloading()
    first, second = systemd.heard()[0].split("\n")
    assert first == "RELOADING=1"
    assert second.removeprefix("MONOTONIC_USEC=").isdecimal()
