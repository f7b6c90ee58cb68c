"""What breaks, how soon it is noticed, and how soon the speaker is whole again by itself.

The installed service in a box with a real systemd, in a virtual room. Seconds count from the fault
to the moment the status names it ("noticed"), and from the moment the cause is gone (for a killed or
frozen process: from the fault) to the moment the speaker is idle with everything working ("whole").
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import CannotRun, Figure
from tests.box import Box
from tests.box.speaker import (
    ask,
    copy_checkout,
    install,
    last_turn,
    reason_to_skip,
    speaker_box,
    wait_for_health,
    wait_for_status,
)
from tests.room.room import Room

QUESTION = "Hey Jarvis, what is the capital of France?"
OLLAMA = """
import asyncio
from tests.peers.ollama import OllamaPeer
async def main():
    async with OllamaPeer("qwen2.5:3b", port=11434):
        await asyncio.Event().wait()
asyncio.run(main())
"""


def run() -> list[Figure]:
    """One figure a fault, in the order of docs/operations.md."""
    if reason := reason_to_skip():
        raise CannotRun(reason)
    with tempfile.TemporaryDirectory(prefix="hearthd-recovery-") as folder, Room() as room:
        checkout = copy_checkout(Path(folder) / "hearthd")
        try:
            with speaker_box(room, checkout) as box:
                install(box)
                wait_for_health(box)
                return faults(box, room)
        except OSError as error:
            raise CannotRun(f"the packages cannot be had: {error}") from error


def faults(box: Box, room: Room) -> list[Figure]:
    """Break everything in turn, in a box where the speaker runs."""
    figures: list[Figure] = []

    def add(name: str, value: float, unit: str = "s") -> None:
        figures.append(Figure("recovery", name, round(value, 1), unit))

    def part(name: str, status: str, break_it: Callable[[], None], mend_it: Callable[[], None]) -> None:
        break_it()
        add(f"{name}: noticed", wait_for_status(box, f"not working: .*{status}"))
        mend_it()
        add(f"{name}: whole", wait_for_health(box))

    part("microphone unplugged", "microphone", room.unplug_microphone, room.plug_microphone)
    part("speaker unplugged", "speaker", room.unplug_speaker, room.plug_speaker)
    part("sound server killed", "(microphone|speaker)", room.kill_server, room.start_server)
    add("process killed: whole", _new_process(box, "KILL"))
    add("process frozen: whole", _new_process(box, "STOP"))
    add("journald stopped for 10 s: underruns", _ask_without_journal(box, room), "")
    _disk(box, room, add)
    _ollama(box, room, add)
    return figures


def _new_process(box: Box, signal: str) -> float:
    before = box.show("hearthd", "MainPID")
    begin = time.monotonic()
    box.run("kill", f"-{signal}", before)
    box.wait_until("sh", "-c", f'[ "$(systemctl show hearthd --value -p MainPID)" != {before} ]', seconds=90)
    wait_for_health(box)
    return time.monotonic() - begin


def _ask_without_journal(box: Box, room: Room) -> float:
    journald = box.show("systemd-journald", "MainPID")
    wake = f"kill -STOP {journald}; (sleep 10; kill -CONT {journald}) >/dev/null 2>&1 &"
    before = last_turn(box)
    box.run("sh", "-c", wake)
    ask(box, room, QUESTION)
    after = last_turn(box)
    if after == before:
        raise CannotRun("the turn without a journal was not stored")
    return float(after["underruns"])


def _disk(box: Box, room: Room, add: Callable[[str, float, str], None]) -> None:
    fill = "fallocate -l $(df --output=avail -B1 /var/lib | tail -n 1) /var/lib/full"
    box.run("sh", "-c", fill)
    ask(box, room, QUESTION)
    add("disk full: questions answered", 1, "of 1")
    before = last_turn(box)
    box.run("rm", "/var/lib/full")
    ask(box, room, QUESTION)
    add("disk free again: turns stored", float(last_turn(box) != before), "of 1")


def _ollama(box: Box, room: Room, add: Callable[[str, float, str], None]) -> None:
    start = (
        "systemd-run",
        "-q",
        "--unit=peer",
        "--setenv=PYTHONPATH=/checkout",
        "/usr/bin/python3",
        "-c",
        OLLAMA,
    )
    box.run(*start)
    box.run("systemctl", "restart", "hearthd")
    wait_for_health(box)
    ask(box, room, QUESTION)
    if "qwen2.5:3b" not in last_turn(box)["chat_model"]:
        raise CannotRun("Ollama's peer was not used")
    box.run("systemctl", "kill", "-s", "KILL", "peer")
    ask(box, room, QUESTION)
    add(
        "Ollama killed: questions answered by the embedded model",
        float("qwen2.5:3b" not in last_turn(box)["chat_model"]),
        "of 1",
    )
    box.run("systemctl", "reset-failed", "peer", check=False)
    box.run(*start)
    begin = time.monotonic()
    while "qwen2.5:3b" not in last_turn(box)["chat_model"] and time.monotonic() - begin < 120:
        ask(box, room, QUESTION)
    add("Ollama back: answers again, at the latest after", time.monotonic() - begin, "s")
