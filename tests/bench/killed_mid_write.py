"""A process that writes turns is killed (SIGKILL) at random instants, a thousand times.

After each kill: ``PRAGMA integrity_check`` is ok, every turn whose end was acknowledged is there with every
word, and every turn whose words were acknowledged is there with its words.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import TurnRecord
from hearthd.history.store import Store, new_turn_id
from tests.bench import Figure

ROUNDS = 1000
ROUNDS_A_FILE = 100
LONGEST_LIFE = 0.08
"""Seconds that a writer lives at most after its first turn (one in five: after its start)."""


@dataclass
class Outcome:
    """What the kills did."""

    kills: int = 0
    finished: int = 0
    """Turns whose end was acknowledged before the kill."""
    lost: int = 0
    """Of these, those that are not there, whole, afterwards."""
    heard: int = 0
    """Turns of which only the words were acknowledged."""
    heard_lost: int = 0
    corrupt: int = 0
    """Kills after which the file was not in order."""
    set_aside: int = 0


def text_of(turn_id: str, what: str) -> str:
    """The words of a turn, known from its id, so that they can be compared afterwards."""
    return f"{what} {turn_id} 你好 " * (1 + int(turn_id[0], 16) * 20)


def write_until_killed(path: Path, acknowledge: int) -> None:
    """Write turns for ever; each step that is on the disk is told through the pipe."""
    store = Store(path)
    while True:
        record = TurnRecord(new_turn_id(), "c", time.time())
        store.begin(record)
        record.heard = text_of(record.turn_id, "heard")
        store.heard(record).result()
        os.write(acknowledge, f"h{record.turn_id}\n".encode())
        record.reply = text_of(record.turn_id, "reply")
        store.answered(record)
        record.spoken, record.ended = record.reply, Ended.COMPLETED
        store.ended(record).result()
        os.write(acknowledge, f"e{record.turn_id}\n".encode())


def kill_once(path: Path, life: float, outcome: Outcome, *, opening: bool) -> None:
    """Let a writer live ``life`` seconds after its start (``opening``) or its first turn; kill it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            write_until_killed(path, writing)
        finally:
            os._exit(1)
    os.close(writing)
    told = b""
    if not opening:
        told = os.read(reading, 100)
    time.sleep(life)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        *lines, _ = (told + pipe.read()).decode().split("\n")
    outcome.kills += 1
    ended = {line[1:] for line in lines if line[0] == "e"}
    heard = {line[1:] for line in lines if line[0] == "h"} - ended
    outcome.finished += len(ended)
    outcome.heard += len(heard)
    store = Store(path)
    outcome.set_aside += store.damaged is not None
    store.close()
    connection = sqlite3.connect(path)
    outcome.corrupt += connection.execute("PRAGMA integrity_check").fetchone()[0] != "ok"
    query = "SELECT heard, reply, spoken, ended FROM turns WHERE turn_id = ?"
    for turn_id in ended:
        reply = text_of(turn_id, "reply")
        whole = (text_of(turn_id, "heard"), reply, reply, "completed")
        outcome.lost += connection.execute(query, (turn_id,)).fetchone() != whole
    for turn_id in heard:
        row = connection.execute(query, (turn_id,)).fetchone()
        outcome.heard_lost += row is None or row[0] != text_of(turn_id, "heard")
    connection.close()


def kill_often(folder: Path, rounds: int, seed: int) -> Outcome:
    """``rounds`` kills, a new file every ``ROUNDS_A_FILE``."""
    chance, outcome = random.Random(seed), Outcome()
    for number in range(rounds):
        path = folder / f"{number // ROUNDS_A_FILE}.db"
        kill_once(path, chance.uniform(0, LONGEST_LIFE), outcome, opening=chance.random() < 0.2)
    return outcome


def run() -> list[Figure]:
    """A thousand kills."""
    with tempfile.TemporaryDirectory() as folder:
        outcome = kill_often(Path(folder), ROUNDS, seed=20261122)
    return [
        Figure("killed_mid_write", figure, value, "", n=outcome.kills)
        for figure, value in (
            ("finished turns", outcome.finished),
            ("finished turns lost", outcome.lost),
            ("heard turns lost", outcome.heard_lost),
            ("files not in order", outcome.corrupt),
            ("files set aside", outcome.set_aside),
        )
    ]
