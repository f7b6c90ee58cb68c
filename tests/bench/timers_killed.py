"""Who sets, rings, stops and cancels timers is killed (SIGKILL) at random instants, a thousand times.

After each kill: every timer whose setting was acknowledged, and nothing since, is there as it was set; none
whose stop or cancelling was acknowledged is there, so that none can ring twice; every recurring alarm whose
stop was acknowledged waits for its next day; and the file is in order.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hearthd.actions.timers.alert import Alert
from hearthd.actions.timers.clock import SystemClock
from hearthd.actions.timers.schedule import DAILY
from hearthd.actions.timers.store import AlertStore
from hearthd.actions.timers.timers import Timers
from hearthd.common.local_time import local_at
from hearthd.dialogue.ring_events import Over
from tests.bench import Figure

ROUNDS = 1000
ROUNDS_A_FILE = 100
LONGEST_LIFE = 0.05
"""Seconds that a speaker lives at most after its first timer (one in five: after its start)."""
MOST = 40
"""Timers at once."""


@dataclass
class Outcome:
    """What the kills did."""

    kills: int = 0
    set: int = 0
    """Timers whose setting was acknowledged before the kill."""
    lost: int = 0
    """Of these, those that nothing ended and that are not there afterwards, or not as they were."""
    ended: int = 0
    """Timers whose stop or cancelling was acknowledged."""
    back: int = 0
    """Of these, those that would ring again."""
    corrupt: int = 0
    set_aside: int = 0


class _Killed:
    """A bell that stops what rings, at once; every step that is on the disk is told through the pipe."""

    def __init__(self, acknowledge: int) -> None:
        self.pipe = acknowledge
        self.due: list[Alert] = []

    def tell(self, what: str, alert: Alert) -> None:
        line = json.dumps([what, alert.id, alert.due])
        os.write(self.pipe, f"{line}\n".encode())

    def ring(self, alert: Alert) -> None:
        self.due.append(alert)

    def hush(self, alert_id: str) -> None: ...

    def missed(self, alerts: Sequence[Alert]) -> None: ...

    def over(self, alert: Alert, how: Over) -> None: ...

    def lost(self) -> None: ...

    def changed(self) -> None: ...


def live_until_killed(path: Path, acknowledge: int, seed: int) -> None:
    """Set, ring, stop, snooze and cancel for ever."""
    rng, clock = random.Random(seed), SystemClock()
    bell = _Killed(acknowledge)
    timers = Timers(AlertStore(path), clock, bell, ring_seconds=3600)
    timers.trust()
    while True:
        timers.look()
        while bell.due:
            alert = bell.due.pop()
            how = rng.choice([Over.STOPPED, Over.STOPPED, Over.TIMEOUT, Over.SNOOZED])
            bell.tell("try", alert)
            timers.over(alert.id, how)
            timers.written.result()
            now = next((one for one in timers.alerts() if one.id == alert.id), None)
            bell.tell("ended" if now is None else "set", now or alert)
        known = timers.alerts()
        if len(known) >= MOST or (known and rng.random() < 0.3):
            gone = rng.choice(known)
            bell.tell("try", gone)
            timers.cancel(gone.id)
            timers.written.result()
            bell.tell("ended", gone)
        else:
            name = f"n{rng.random()} 面条"
            if rng.random() < 0.7:
                alert = timers.set_timer(rng.choice([0.001, 0.01, 0.2, 600]), name)
            else:
                soon = local_at(clock.wall() + 0.01, clock.zone())
                alert = timers.set_alarm(soon + timedelta(milliseconds=rng.choice([5, 100])), DAILY, name)
            timers.written.result()
            bell.tell("set", alert)


def kill_once(path: Path, life: float, outcome: Outcome, seed: int, *, opening: bool) -> None:
    """Let a speaker live ``life`` seconds after its start (``opening``) or its first timer; kill it."""
    store = AlertStore(path)
    store.close()
    known = {alert.id: alert.due for alert in store.alerts}
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            live_until_killed(path, writing, seed)
        finally:
            os._exit(1)
    os.close(writing)
    told = b"" if opening else os.read(reading, 1000)
    time.sleep(life)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        *lines, _ = (told + pipe.read()).decode().split("\n")
    outcome.kills += 1
    store = AlertStore(path)
    store.close()
    outcome.set_aside += store.damaged is not None
    after = {alert.id: alert for alert in store.alerts}
    steps = [json.loads(line) for line in lines]
    ended = {alert_id for what, alert_id, _ in steps if what == "ended"}
    tried = steps[-1][1] if steps and steps[-1][0] == "try" else ""
    due = known | {alert_id: due for what, alert_id, due in steps if what == "set"}
    outcome.set += sum(what == "set" for what, _, _ in steps)
    outcome.ended += len(ended)
    outcome.back += sum(alert_id in after for alert_id in ended)
    for alert_id, when in due.items():  # of what was under way, either may be on the disk
        if alert_id not in ended and alert_id != tried:
            outcome.lost += alert_id not in after or after[alert_id].due != when
    connection = sqlite3.connect(path)
    outcome.corrupt += connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok"
    connection.close()


def kill_often(folder: Path, rounds: int, seed: int) -> Outcome:
    """``rounds`` kills, a new file every ``ROUNDS_A_FILE``."""
    chance, outcome = random.Random(seed), Outcome()
    for number in range(rounds):
        path = folder / f"{number // ROUNDS_A_FILE}.db"
        opening = chance.random() < 0.2
        kill_once(path, chance.uniform(0, LONGEST_LIFE), outcome, seed + number, opening=opening)
    return outcome


def run() -> list[Figure]:
    """A thousand kills."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = kill_often(Path(folder), ROUNDS, seed=20261127)
    return [
        Figure("timers_killed", figure, value, "", n=outcome.kills)
        for figure, value in (
            ("timers set", outcome.set),
            ("timers lost", outcome.lost),
            ("timers stopped or cancelled", outcome.ended),
            ("of these, back again", outcome.back),
            ("files not in order", outcome.corrupt),
            ("files set aside", outcome.set_aside),
        )
    ]
