"""The installed service in a box, hearing and sounding in a virtual room outside it."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import utterances
from tests.box import Box, cannot
from tests.box.wheelhouse import wheelhouse
from tests.room import room as rooms

ROOT = Path(__file__).parents[2]
PYTHON = "/usr/bin/python3"
SETTINGS = """\
HEARTHD_MODELS=/srv/models
ALSA_CONFIG_PATH=/etc/asound.room
HEARTHD_FOLLOW_UP__SECONDS=0
"""
STATUS = "$(systemctl show hearthd --value -p StatusText | sed 's/; not working: echo$//')"
"""The status; how well the speaker's own voice can be taken out is the room's matter, not a fault's."""
TURNS = """
import json, sqlite3
rows = sqlite3.connect("file:/var/lib/hearthd/hearthd.db?mode=ro", uri=True)
rows.row_factory = sqlite3.Row
print(json.dumps([dict(row) for row in rows.execute("SELECT * FROM turns ORDER BY rowid")]))
"""


def reason_to_skip() -> str:
    """Why there can be no installed speaker in a box here; "" if there can."""
    if reason := cannot() or rooms.missing():
        return reason
    if not utterances.available():
        return "needs the starter models: hearthd models pull"
    return missing_python()


def missing_python() -> str:
    """What Python an installation in a box lacks; "" if it is there."""
    usable = "import ensurepip, venv, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    if not Path(PYTHON).exists() or subprocess.run([PYTHON, "-c", usable], check=False).returncode:
        return f"needs {PYTHON} 3.11 to 3.13 with venv, which the service's user can run"
    return ""


def copy_checkout(folder: Path) -> Path:
    """This checkout, without what was built in it, in ``folder``."""
    ignored = shutil.ignore_patterns(".venv", ".git", "__pycache__", ".*_cache", ".hypothesis", "*.wav")
    shutil.copytree(ROOT, folder, ignore=ignored)
    return folder


@contextmanager
def speaker_box(room: rooms.Room, checkout: Path) -> Iterator[Box]:
    """A box with all that installing needs, and no hearthd yet. Raises OSError without the packages."""
    folder = Path(room.env["HOME"])
    folder.chmod(0o755)
    models = Path.home() / ".cache/hearthd/models"
    binds = {checkout: "/checkout", wheelhouse(PYTHON): "/wheelhouse", folder: "/room", models: "/models"}
    with Box(binds, size="4g") as box:
        sound = Path(room.env["ALSA_CONFIG_PATH"]).read_text().replace(str(folder), "/room")
        box.run("tee", "/etc/asound.room", stdin=sound)
        box.run("tee", "/etc/default/hearthd", stdin=SETTINGS)
        box.run("sh", "-c", "mkdir /srv/models && ln -s /models/* /srv/models/")  # /models takes no files
        yield box


def install(box: Box, checkout: str = "/checkout", check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run the installer of a checkout in the box."""
    return box.run(f"{checkout}/install.sh", "--wheelhouse", "/wheelhouse", check=check, timeout=600)


def wait_for_status(box: Box, pattern: str, seconds: float = 90) -> float:
    """Wait until the service's status has ``pattern`` (ERE); how many seconds that took."""
    begin = time.monotonic()
    look = f"systemctl show hearthd --value -p StatusText | grep -Eq '{pattern}'"
    box.wait_until("sh", "-c", look, seconds=seconds)
    return time.monotonic() - begin


def wait_for_health(box: Box, seconds: float = 90) -> float:
    """Wait until the speaker is idle and everything works; how many seconds that took."""
    begin = time.monotonic()
    look = (
        f'case "{STATUS}" in *"not working"*) false ;; idle*) systemctl is-active hearthd ;; *) false ;; esac'
    )
    box.wait_until("sh", "-c", look, seconds=seconds)
    return time.monotonic() - begin


def wait_until_mended(box: Box, seconds: float = 90) -> float:
    """Wait until everything works, whatever the speaker does; how many seconds that took."""
    begin = time.monotonic()
    look = f'case "{STATUS}" in *"not working"*) false ;; esac'
    box.wait_until("sh", "-c", look, seconds=seconds)
    return time.monotonic() - begin


def turns(box: Box) -> list[dict[str, Any]]:
    """The stored turns, in the order in which they were written."""
    rows = json.loads(box.read("/opt/hearthd/current/venv/bin/python", "-c", TURNS))
    return [dict(row) for row in rows]


def ask(box: Box, room: rooms.Room, text: str, seconds: float = 90) -> None:
    """Say ``text`` in the room and wait until the speaker has answered and is idle again."""
    said = "journalctl --sync; journalctl -u hearthd STAGE=playback -o cat | grep -c said || true"
    before = box.read("sh", "-c", said)
    room.say(utterances.say(text, "am_michael", rooms.RATE)).wait()
    box.wait_until("sh", "-c", f'[ "$({said})" != {before} ]', seconds=seconds)
    wait_for_status(box, "^(idle|error)", seconds)
