"""What stands in for hearthd where the installer is tested: its commands as installer and unit use them.

It becomes ``hearthd/cli/main.py`` of a checkout made for the test.
``/srv/hold-WORD`` holds it up in ``WORD``.
"""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path


def script() -> int:
    """Do as hearthd would, with no engine."""
    words = sys.argv[1:]
    while Path(f"/srv/hold-{words[0]}").exists():
        Path(f"/srv/held-{words[0]}").touch()
        signal.sigtimedwait([signal.SIGUSR1], 0.1)
    match words:
        case ["check", "--config", file]:
            return 78 if "wrong-here" in Path(file).read_text() else 0
        case ["run"]:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
                systemd.connect(os.environ["NOTIFY_SOCKET"])
                systemd.send(b"READY=1\nWATCHDOG_USEC=600000000")
            signal.sigwait([signal.SIGTERM])
        case ["voices", "add", file]:
            print(Path(file).read_text(), os.getuid(), os.environ["STATE_DIRECTORY"])
        case ["voices", "train" | "record", *_]:
            subprocess.run(["systemctl", "is-active", "hearthd"], check=False)
            return 3
    return 0
