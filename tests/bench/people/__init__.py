"""All that the front end does, on recordings of real people (``--recordings DIR`` or $HEARTHD_TEST_PEOPLE).

Sections (``--only wake,asr``):

* ``wake``: is the word heard; ``confirm``: is who said it and went on answered;
* ``false``: what else wakes it, and what of that gets through;
* ``endpoint``: who is cut off, and how late the end is known;
* ``paused``: who pauses long within a sentence, is it one question, are words lost;
* ``asr``: errors beside plain faster-whisper, sentences told twice;
* ``takes``: which sentences `voices record` takes, and which it has read again;
* ``talk``: who talks over a reply, and what must not end it;
* ``first``: who talks over the very first reply after a start;
* ``trained``: words made at home: minutes to make one, who is heard, what else wakes it. Each state of
  the trainer makes them once; then they lie in the user's cache.

``--most 20`` takes so many recordings of each kind, drawn by ``--seed``. English and Chinese stand side by
side.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.bench import CannotRun, Figure
from tests.bench.people._recordings import Recordings

SECTIONS = ("wake", "confirm", "false", "endpoint", "paused", "asr", "takes", "talk", "first", "trained")


@dataclass
class Options:
    """What the command line asks for."""

    recordings: str = os.environ.get("HEARTHD_TEST_PEOPLE", "")
    only: str = ""
    most: int = 40
    seed: int = 1


options = Options()


def run() -> Iterator[Figure]:
    """The figures of the sections asked for, one section after another. Raises CannotRun."""
    if not options.recordings:
        raise CannotRun(
            "no recordings of people: name their folder, --recordings DIR or $HEARTHD_TEST_PEOPLE"
        )
    asked = tuple(filter(None, options.only.split(","))) or SECTIONS
    unknown = set(asked) - set(SECTIONS)
    if unknown:
        raise CannotRun(f"no such section: {', '.join(sorted(unknown))} (there are: {', '.join(SECTIONS)})")
    recordings = Recordings(Path(options.recordings), most=options.most, seed=options.seed)
    for section in asked:
        yield from import_module(f"tests.bench.people._{section}").figures(recordings)
