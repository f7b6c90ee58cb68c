"""A real systemd for a test: booted as PID 1 of namespaces of its own, over this machine's own root.

No image, nothing downloaded: the box sees the machine's files, and whatever it writes lands in a
memory layer that goes away with it. It has a network of its own with nothing but loopback. It is no
security boundary: root in the box is root. cgroup controllers, udev and real-time limits are not
what they are on a machine of one's own.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BOOT_SECONDS = 60
TOOLS = ("unshare", "nsenter", "setpriv", "pivot_root", "systemctl")


def cannot() -> str:
    """Why no box can be had here; "" if one can."""
    if os.geteuid() != 0:
        return "needs root (a real systemd in namespaces of its own)"
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=PATH)]
    if missing or not Path("/lib/systemd/systemd").exists():
        return f"needs systemd and util-linux ({', '.join(missing) or 'systemd'} is missing)"
    attempt = subprocess.run(
        ["unshare", "--mount", "--pid", "--net", "--cgroup", "--fork", "--propagation", "private", "true"],
        capture_output=True,
        check=False,
    )
    return "" if attempt.returncode == 0 else f"no namespaces here: {attempt.stderr.decode().strip()}"


class Box:
    """A booted systemd. Use it as a context manager.

    ``binds`` maps folders of this machine to where the box shows them, read-only. ``size`` limits
    what the box may write, in memory ("2g").
    """

    def __init__(self, binds: Mapping[Path, str] | None = None, size: str = "2g") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hearthd-box-"))
        (self.folder / "size").write_text(size)
        lines = "".join(f"{source} {target}\n" for source, target in (binds or {}).items())
        (self.folder / "binds").write_text(lines)
        self._cgroup = f"box-{uuid.uuid4().hex[:12]}"
        self._pid = 0
        self._console = (self.folder / "console").open("wb")
        enter = ["unshare", "--mount", "--propagation", "private"]
        enter += ["sh", str(HERE / "enter.sh"), str(self.folder), self._cgroup]
        self._outer = subprocess.Popen(
            enter,
            stdin=subprocess.DEVNULL,
            stdout=self._console,
            stderr=self._console,
            start_new_session=True,
        )

    def __enter__(self) -> Box:
        try:
            self._wait_for_systemd()
            booted = "case $(systemctl is-system-running) in running | degraded) ;; *) false ;; esac"
            self.wait_until("sh", "-c", booted, seconds=BOOT_SECONDS)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self, *command: str, check: bool = True, timeout: float = 60, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run ``command`` as root in the box. With ``check``, a failure raises with what it said."""
        done = subprocess.run(
            self._inside(command),
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def read(self, *command: str) -> str:
        """What ``command`` prints."""
        return self.run(*command).stdout.strip()

    def show(self, unit: str, what: str) -> str:
        """A property of a unit."""
        return self.read("systemctl", "show", unit, "--value", "-p", what)

    def wait_until(self, *command: str, seconds: float = 60) -> None:
        """Wait until ``command`` succeeds in the box (one process that looks ten times a second)."""
        loop = 'until "$@" >/dev/null 2>&1; do sleep 0.1; done'
        self.run("sh", "-c", loop, "sh", *command, timeout=seconds)

    def close(self) -> None:
        """Switch it off; nothing of it stays."""
        if self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._outer.pid, signal.SIGKILL)
        self._outer.wait()
        self._console.close()
        remove = (
            'mount -t cgroup2 none "$1" && cd "$1" && '
            'for n in 1 2 3 4 5 6 7 8 9 10; do find "$2" -depth -type d -exec rmdir {} + 2>/dev/null; '
            '[ -d "$2" ] || break; sleep 0.2; done'
        )
        mountpoint = self.folder / "cgroup"
        mountpoint.mkdir(exist_ok=True)
        inner = ["sh", "-c", remove, "sh", str(mountpoint), self._cgroup]
        subprocess.run(["unshare", "--mount", "--propagation", "private", *inner], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _inside(self, command: tuple[str, ...]) -> list[str]:
        namespaces = ("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd")
        environment = [f"PATH={PATH}", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb", "SYSTEMD_PAGER=cat"]
        return ["nsenter", "--target", str(self._pid), *namespaces, "env", "-i", *environment, *command]

    def _wait_for_systemd(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children")
            with contextlib.suppress(OSError):
                for child in children.read_text().split():
                    if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                        self._pid = int(child)
                        return
            if self._outer.poll() is not None:
                break
            time.sleep(0.05)
        said = (self.folder / "console").read_text(errors="replace")
        raise RuntimeError(f"the box did not boot:\n{said}")
