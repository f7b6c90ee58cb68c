"""Wake words made at home from nothing but their phrase, by the owner's own command: who and what wakes them.

Those that the recordings hold are told of real people, the others of voices held out of the training only.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import hearthd.training.wake
from hearthd.config.settings import WakeWordModel
from tests.bench import CannotRun, Figure
from tests.bench.people._false import ORDINARY, ordinary, woken_in
from tests.bench.people._hearing import Recogniser, hear, share
from tests.bench.people._recordings import RATE, Recordings
from tests.bench.people._verdict import verdict
from tests.bench.people._wake import conditions, woken

PHRASES = {
    "xiao_zhi": "小智小智",
    "hello_computer": "hello computer",
    "jarvis": "jarvis",
    "computer": "computer",
}
OTHERS_CALL = ("wake_alexa", "wake_jarvis", "wake_computer")
"""People who say another wake word."""
LONGEST = 3 * 3600
"""Seconds until a training is given up, on a machine that does other work, too."""
_HEARD = re.compile(r"heard: (\d+) of (\d+) calls by voices .*; (\d+) in a quiet room")


@dataclass(frozen=True)
class Made:
    """A word, how long that took, and what was told of voices that it does not know."""

    model: WakeWordModel
    minutes: float
    load: float
    """Of the machine, in the end."""
    heard: int
    said: int
    heard_quiet: int


def figures(recordings: Recordings) -> Iterator[Figure]:
    """Minutes, recall and false wakes, by word."""
    asr = Recogniser()
    for name, phrase in PHRASES.items():
        made = word(name, phrase)
        about = f"trained {phrase}"
        yield Figure(
            "people", f"{about}: made under load {made.load:.1f}", round(made.minutes, 1), "min", n=1
        )
        yield from share(f"{about}: held-out voices, quiet room", made.heard_quiet, made.said)
        yield from share(f"{about}: held-out voices, noise 10 dB below", made.heard, made.said)
        yield from _real(recordings, name, made.model)
        for what, kinds in (("ordinary sound", ORDINARY), ("others' wake words", OTHERS_CALL)):
            sound = ordinary(recordings, [kind for kind in kinds if kind != f"wake_{name}"])
            hours = len(sound) / RATE / 3600
            found = list(woken_in(sound, made.model))
            told = f"{about}: false wakes, {hours:.2f} h of {what}"
            yield Figure("people", told, round(len(found) / hours, 2), "/h", n=len(found))
            verdicts = [verdict(hear(one, made.model), name, asr, [phrase]) for one in found]
            through = sum(one in ("answered", "asked again") for one in verdicts)
            yield Figure("people", f"{told}: get through", through, "", n=len(found))


def _real(recordings: Recordings, name: str, model: WakeWordModel) -> Iterator[Figure]:
    clips = recordings.of(f"wake_{name}")
    for condition, placed in conditions(recordings).items() if clips else ():
        hits = sum(woken(model, placed(number, one.pcm())) for number, one in enumerate(clips))
        yield from share(f"trained {name}: real people, {condition}", hits, len(clips))


def word(name: str, phrase: str) -> Made:
    """``phrase``, trained by `hearthd wake train`, or as it was by this state of the trainer.

    Raises CannotRun.
    """
    folder = _kept()
    told = folder / f"{name}.json"
    if not told.exists():
        began = time.monotonic()
        command = [sys.executable, "-m", "hearthd", "wake", "train", phrase, "--name", name]
        done = subprocess.run(
            command, env=os.environ | {"STATE_DIRECTORY": str(folder)}, capture_output=True, text=True,
            timeout=LONGEST, check=False,
        )  # fmt: skip
        if done.returncode:
            raise CannotRun(f"`hearthd wake train` failed: {done.stderr.strip()[-300:]}")
        minutes = (time.monotonic() - began) / 60
        told.write_text(json.dumps({"told": done.stdout, "minutes": minutes, "load": os.getloadavg()[0]}))
    kept = json.loads(told.read_text())
    heard = _HEARD.search(kept["told"])
    lines = kept["told"][kept["told"].index("[[wake.words]]") :]
    assert heard is not None
    return Made(
        WakeWordModel.model_validate(tomllib.loads(lines)["wake"]["words"][0]),
        kept["minutes"], kept["load"], *map(int, heard.groups()),
    )  # fmt: skip


def _kept() -> Path:
    """Where the words of this state of the trainer lie."""
    room = Path(hearthd.training.wake.__file__).parent
    state = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(room.glob("*.[pn][yp]*"))))
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hearthd" / "test-wake"
    kept = folder / state.hexdigest()[:16]
    kept.mkdir(parents=True, exist_ok=True)
    return kept
