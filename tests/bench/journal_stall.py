"""How long every thread stands still when journald does for 5 s while 3000 lines are logged.

In a box with a real journald, stopped and let go on again. The baseline is systemd-python's own
handler: it waits for room with the interpreter's lock held.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from tests.bench import CannotRun, Figure
from tests.box import Box, cannot

ROOT = Path(__file__).parents[2]
RUNS = 3
STALL_SECONDS = 5
PROGRAM = """
import logging, sys, threading, time
from hearthd.service.journal import JournalHandler
from systemd.journal import JournalHandler as Theirs
gap, last = 0.0, time.monotonic()
def tick():
    global gap, last
    while True:
        time.sleep(0.002)
        now = time.monotonic()
        gap, last = max(gap, now - last), now
log = logging.getLogger("hearthd")
log.addHandler(JournalHandler() if sys.argv[1] == "ours" else Theirs())
log.setLevel(logging.INFO)
threading.Thread(target=tick, daemon=True).start()
time.sleep(0.2)
gap = 0.0
for n in range(3000):
    log.info("line %d", n)
time.sleep(0.2)
print(gap * 1000)
"""


def run() -> list[Figure]:
    """The longest gap of a thread that wakes every 2 ms, median of 3."""
    if reason := cannot():
        raise CannotRun(reason)
    folders = {ROOT, Path(sys.prefix), Path(sys.base_prefix)}
    with Box({folder: str(folder) for folder in folders}) as box:
        ours, theirs = ([_longest_gap(box, whose) for _ in range(RUNS)] for whose in ("ours", "theirs"))
    value, baseline = statistics.median(ours), statistics.median(theirs)
    ratio = value / baseline
    return [Figure("journal_stall", "longest freeze of a thread", value, "ms", baseline, ratio, RUNS)]


def _longest_gap(box: Box, whose: str) -> float:
    stalled = (
        'pid=$(systemctl show systemd-journald --value -p MainPID); kill -STOP "$pid"; '
        f'(sleep {STALL_SECONDS}; kill -CONT "$pid") >/dev/null 2>&1 & exec "$@"'
    )
    environment = f"PYTHONPATH={ROOT}/daemon"
    inner = ["env", environment, sys.executable, "-c", PROGRAM, whose]
    gap = float(box.read("sh", "-c", stalled, "sh", *inner))
    box.run("sleep", str(STALL_SECONDS))  # journald goes on by now; the next run stops it again
    box.run("journalctl", "--sync")
    return gap
