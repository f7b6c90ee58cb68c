"""What breaks, how soon it is noticed, what is said, and how soon the speaker is whole again by itself.

The installed service in a box with a real systemd, in a virtual room, with a real broker, a real voice
server and a peer of Ollama as its neighbours. Seconds count from the fault to the moment the status names
it ("noticed") or the room hears of it ("told"), and from the moment the cause is gone (for a killed or
frozen process: from the fault) to the moment the speaker is idle with everything working ("whole").
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from hearthd.common.parts import PARTS, Part
from tests.bench import CannotRun, Figure
from tests.box import Box, neighbours
from tests.box.speaker import (
    ask,
    copy_checkout,
    install,
    reason_to_skip,
    speaker_box,
    turns,
    wait_for_health,
    wait_for_status,
    wait_until_mended,
)
from tests.room.room import RATE, Room

QUESTION = "Hey Jarvis, what is the capital of France?"
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
CLOCK = "/srv/clock"
DROP_IN = "/run/systemd/system/hearthd.service.d/clock.conf"
CLOCK_DROP_IN = f"""[Service]
Environment=LD_PRELOAD={FAKETIME} FAKETIME_TIMESTAMP_FILE={CLOCK} FAKETIME_CACHE_DURATION=1
Environment=FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_DONT_RESET=1
"""
HOUR = 3600
LOUD = 300
"""Of 32768: nothing in a quiet room is."""


def run() -> list[Figure]:
    """The figures of each fault, in the order of docs/operations.md."""
    if reason := reason_to_skip() or neighbours.cannot():
        raise CannotRun(reason)
    with tempfile.TemporaryDirectory(prefix="hearthd-recovery-") as folder, Room() as room:
        checkout = copy_checkout(Path(folder) / "hearthd")
        try:
            with speaker_box(room, checkout) as box:
                install(box)
                wait_for_health(box)
                neighbours.move_in(box, room)
                wait_for_health(box, 180)
                return Faults(box, room).all()
        except OSError as error:
            raise CannotRun(f"the packages cannot be had: {error}") from error


class Faults:
    """Breaks everything in turn, in a box where the speaker and its neighbours run."""

    def __init__(self, box: Box, room: Room) -> None:
        self.box, self.room = box, room
        self.figures: list[Figure] = []

    def all(self) -> list[Figure]:
        """Every fault, one after the other."""
        self.devices()
        self.processes()
        self.journal()
        self.idle()
        self.disk()
        for name, part in (("broker", "mqtt"), ("ollama", "chat server"), ("voice", "voice server")):
            self.neighbour(name, part)
        self.clock()
        return self.figures

    def devices(self) -> None:
        """Plugs are pulled, the sound server dies."""
        room = self.room
        with self.until_something_sounds("microphone unplugged: told"):
            self.part("microphone unplugged", "microphone", room.unplug_microphone)
        self.whole("microphone unplugged", room.plug_microphone)
        self.part("speaker unplugged", "speaker", room.unplug_speaker)
        self.whole("speaker unplugged", room.plug_speaker)
        self.part("sound server killed", "(microphone|speaker)", room.kill_server)
        self.whole("sound server killed", room.start_server)

    def processes(self) -> None:
        """The daemon is killed, frozen, and killed with all that belongs to it, as by a power cut."""
        for name, command in (
            ("process killed", "kill -KILL $(systemctl show hearthd --value -p MainPID)"),
            ("process frozen", "kill -STOP $(systemctl show hearthd --value -p MainPID)"),
            ("everything of it killed", "systemctl kill -s KILL hearthd"),
        ):
            stored, before = self.stored(), self.box.show("hearthd", "MainPID")
            begin = time.monotonic()
            self.box.run("sh", "-c", command)
            other = f'[ "$(systemctl show hearthd --value -p MainPID)" != {before} ]'
            self.box.wait_until("sh", "-c", other, seconds=90)
            wait_for_health(self.box, 120)
            self.add(f"{name}: whole", time.monotonic() - begin)
            self.add(f"{name}: stored turns lost", len(stored - self.stored()), "")

    def journal(self) -> None:
        """journald stops for 10 s, in which a question is answered."""
        journald = self.box.show("systemd-journald", "MainPID")
        stall = f"kill -STOP {journald}; (sleep 10; kill -CONT {journald}) >/dev/null 2>&1 &"
        self.box.run("sh", "-c", stall)
        turn = self.asked()
        self.add("journald stopped for 10 s: underruns", turn["underruns"], "")

    def idle(self) -> None:
        """Nobody speaks for two minutes, once what was said before is summed up and counted."""
        time.sleep(75)
        since = self.box.read("date", "+%s")
        time.sleep(120)
        self.box.run("journalctl", "--sync")
        lines = self.box.read("journalctl", "-u", "hearthd", "-q", "-o", "cat", "--since", f"@{since}")
        self.add("two idle minutes: lines in the journal", len(lines.splitlines()), "")

    def disk(self) -> None:
        """The disk is full: what was said is stored once it has room again."""
        fill = "fallocate -l $(df --output=avail -B1 /var/lib | tail -n 1) /var/lib/full"
        self.box.run("sh", "-c", fill)
        before = self.stored()
        ask(self.box, self.room, QUESTION)
        self.add("disk full: questions answered", 1, "of 1")
        wait_for_status(self.box, "not working: .*store")
        self.box.run("rm", "/var/lib/full")
        ask(self.box, self.room, QUESTION)
        wait_for_health(self.box)
        kept = [turn for turn in turns(self.box) if turn["turn_id"] not in before]
        told = PARTS[Part.STORE].told.values()
        self.add("disk full: told", sum(turn["reply"] in told for turn in kept), "time")
        self.add("disk free again: questions stored", sum(bool(turn["heard"]) for turn in kept), "of 2")

    def neighbour(self, name: str, part: str) -> None:
        """A server dies; a question is answered all the same."""
        sound = self.asked()["first_audible_ms"]
        neighbours.kill(self.box, name)
        turn = self.asked()
        self.add(f"{name} killed: questions answered", float(bool(turn["spoken"])), "of 1")
        first = turn["first_audible_ms"]
        self.figures.append(
            Figure("recovery", f"{name} killed: first sound", first / 1000, "s", sound / 1000, first / sound)
        )
        wait_for_status(self.box, f"not working: .*{part}")
        begin = time.monotonic()
        neighbours.start(self.box, name)
        wait_for_health(self.box, 180)
        self.add(f"{name} back: whole", time.monotonic() - begin)

    def clock(self) -> None:
        """The wall clock jumps by an hour in the middle of a question; the monotonic one goes on."""
        if not FAKETIME.exists():
            return
        self.box.run("install", "-D", "/dev/stdin", DROP_IN, stdin=CLOCK_DROP_IN)
        self.box.run("tee", CLOCK, stdin="+0")
        self.box.run("systemctl", "daemon-reload")
        self.box.run("systemctl", "restart", "hearthd", timeout=180)
        wait_for_health(self.box, 120)
        before = self.box.show("hearthd", "MainPID")
        for name, seconds in (("forward", HOUR), ("back", -HOUR)):
            self.box.run("sh", "-c", f"(sleep 2; echo {seconds:+} >{CLOCK}) >/dev/null 2>&1 &")
            self.asked()
            turn = self.asked()
            self.add(f"clock set {name} by an hour: questions answered", 2, "of 2")
            off = turn["started_at"] - time.time()
            if abs(off - seconds) > 120:
                raise CannotRun(f"the clock did not jump: the turn began {off:.0f} s from now")
        self.add("clock set: restarts", float(self.box.show("hearthd", "MainPID") != before), "")

    # --- what they share ------------------------------------------------------------------------

    def add(self, name: str, value: float, unit: str = "s") -> None:
        """One more figure."""
        self.figures.append(Figure("recovery", name, round(value, 1), unit))

    def part(self, name: str, status: str, break_it: Callable[[], None]) -> None:
        """Break something; wait until the status names it."""
        break_it()
        self.add(f"{name}: noticed", wait_for_status(self.box, f"not working: .*{status}"))

    def whole(self, name: str, mend_it: Callable[[], None]) -> None:
        """Take the cause away; wait until all is well."""
        mend_it()
        self.add(f"{name}: whole", wait_until_mended(self.box))
        wait_for_health(self.box)

    @contextmanager
    def until_something_sounds(self, name: str) -> Iterator[None]:
        """How long after the block began the speaker says something."""
        with self.room.record() as recording:
            begin = time.monotonic()
            yield
            while not np.any(np.abs(recording.pcm()[RATE // 4 :]) > LOUD):
                if time.monotonic() - begin > 60:
                    raise CannotRun(f"{name}: nothing was said for 60 s")
                time.sleep(0.1)
            self.add(name, time.monotonic() - begin)

    def asked(self) -> dict[str, Any]:
        """Ask, and return the turn."""
        before = self.stored()
        ask(self.box, self.room, QUESTION)
        turn = [turn for turn in turns(self.box) if turn["heard"]][-1]
        if turn["turn_id"] in before:
            raise CannotRun("the question was not stored")
        return turn

    def stored(self) -> set[str]:
        """The ids of the turns on the disk."""
        return {turn["turn_id"] for turn in turns(self.box)}
