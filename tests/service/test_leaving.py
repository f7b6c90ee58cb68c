"""The process ends soon after it was told to, whatever still runs in it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from hearthd.common.paths import models_dir
from hearthd.service.leaving import Leaving, to_the_end

pytestmark = pytest.mark.integration

PROMISED = 2.0
"""Seconds from "stopping" to the end."""

STUCK = """
import asyncio, signal, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from hearthd.service.leaving import Leaving, at_once

def load():
    time.sleep(600)

async def live():
    loop = asyncio.get_running_loop()
    leaving = Leaving()
    task = asyncio.current_task()
    def stop():
        print("stopping", flush=True)
        leaving.begin()
        task.cancel()
    loop.add_signal_handler(signal.SIGTERM, stop)
    print("started", flush=True)
    try:
        {work}
    except asyncio.CancelledError:
        {after}

asyncio.Runner().run(live())
{end}
"""


@pytest.mark.parametrize(
    ("work", "after", "end"),
    [
        ("await loop.run_in_executor(ThreadPoolExecutor(1), load)", "pass", "at_once(0)"),
        ("await asyncio.to_thread(load)", "pass", "sys.exit(0)"),  # Python itself waits for the thread
        ("await asyncio.sleep(600)", "time.sleep(600)", ""),  # the loop itself is stuck
    ],
    ids=["a worker", "an executor's thread", "the loop"],
)
def test_a_thread_that_loads_a_model_keeps_no_process_alive(work: str, after: str, end: str) -> None:
    program = textwrap.dedent(STUCK).format(work=work, after=after, end=end)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "stopping\n"
        told = time.monotonic()
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()
        assert time.monotonic() - told < PROMISED


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
@pytest.mark.parametrize("seconds", [0.0, 1.0, 3.0])
def test_the_speaker_ends_while_its_models_load(
    tmp_path: Path, number: signal.Signals, seconds: float
) -> None:
    """``seconds`` after it was put together; the mark of a crash is gone, the exit code is 0."""
    (tmp_path / "hearthd.toml").write_text('[chat]\nengine = "embedded"\n[voice]\nengine = "embedded"\n')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        notified.bind(str(tmp_path / "notify"))
        notified.settimeout(60)
        environment = os.environ | {
            "STATE_DIRECTORY": str(tmp_path),
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "HEARTHD_MODELS": str(models_dir()),
        }
        command = [
            sys.executable,
            "-m",
            "hearthd.cli.main",
            "run",
            "--config",
            str(tmp_path / "hearthd.toml"),
        ]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        try:
            while b"EXTEND" not in notified.recv(4096):
                pass
            time.sleep(seconds)
            process.send_signal(number)
            while b"STOPPING=1" not in notified.recv(4096):
                pass
            told = time.monotonic()
            assert process.wait(30) == 0
            assert time.monotonic() - told < PROMISED
        finally:
            process.kill()
            process.wait()
    assert not (tmp_path / "alive").exists()


def test_it_is_begun_once() -> None:
    left: list[int] = []
    leaving = Leaving(left.append, seconds=0.05)
    assert leaving.begin()
    assert not leaving.begin(1)
    time.sleep(0.3)
    assert left == [0]


async def test_what_must_not_be_broken_off_is_not() -> None:
    done: list[str] = []

    async def closing() -> None:
        for step in ("one", "two"):
            await asyncio.sleep(0.02)
            done.append(step)

    async def life() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await to_the_end(closing())

    task = asyncio.create_task(life())
    for _ in range(4):
        await asyncio.sleep(0.005)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["one", "two"]


async def test_what_was_done_to_the_end_gives_its_result_and_its_failure() -> None:
    async def fails() -> None:
        raise ValueError("no")

    assert await to_the_end(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(ValueError, match="no"):
        await to_the_end(fails())
