"""Keeps the speaker and a training off the same GPU.

Both at once run out of its memory: the training dies after an hour, or the speaker falls silent in the
middle of a reply. So a training is refused while the speaker is up, or stops it and starts it again.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from hearthd.common.printable import without_credentials
from hearthd.voices.profiles import VoiceError

SPEAKER = "hearthd.service"
SERVICES = (SPEAKER, "gpt-sovits.service")
CONNECT_SECONDS = 1.0
STOP_SECONDS = 60.0


def in_the_way(url: str) -> str:
    """What holds the GPU, as half a sentence; "" if nothing does. ``url`` is ``voice.url``."""
    running = _running()
    if running:
        return f"{' and '.join(running)} {'are' if len(running) > 1 else 'is'} running"
    return f"a voice server answers at {without_credentials(url)}" if _answers(url) else ""


@contextlib.contextmanager
def out_of_the_way(url: str, *, stop: bool) -> Iterator[None]:
    """The GPU is free within. Raises VoiceError if it isn't and ``stop`` is false, or cannot be made so.

    Services that were stopped are started again afterwards, whatever happened.
    """
    reason = in_the_way(url)
    if reason and not stop:
        raise VoiceError(
            f"{reason} and needs the GPU that a training fills: --stop-speaker stops the speaker for as long"
        )
    with stopped(SERVICES):
        if _answers(url):
            shown = without_credentials(url)
            raise VoiceError(
                f"something that is no service of this machine still answers at {shown}: stop it first"
            )
        yield


@contextlib.contextmanager
def stopped(services: Sequence[str]) -> Iterator[None]:
    """Of ``services`` none runs within; those that did are started again afterwards. Raises VoiceError."""
    running = [one for one in _running() if one in services]
    try:
        if running:
            _systemctl("stop", *running)
        yield
    finally:
        if running:
            _systemctl("start", *reversed(running))


def speaker_runs() -> bool:
    """Whether the speaker's own service runs (or is about to): it has the microphone."""
    return SPEAKER in _running()


def _running() -> list[str]:
    """Which of our services run (or are about to)."""
    if shutil.which("systemctl") is None:
        return []
    asked = subprocess.run(
        ["systemctl", "is-active", *SERVICES],
        capture_output=True,
        text=True,
        check=False,
        timeout=STOP_SECONDS,
    )
    states = asked.stdout.split()
    busy = {"active", "activating", "reloading", "deactivating"}
    return [service for service, state in zip(SERVICES, states, strict=False) if state in busy]


def _answers(url: str) -> bool:
    """Whether a server of this machine accepts connections there: it loads its model before it does."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname, parts.port or 80), CONNECT_SECONDS) as connection:
            # another machine has another GPU
            return bool(connection.getpeername()[0] == connection.getsockname()[0])
    except OSError:
        return False


def _systemctl(verb: str, *services: str) -> None:
    done = subprocess.run(
        ["systemctl", verb, *services], capture_output=True, text=True, check=False, timeout=STOP_SECONDS
    )
    if done.returncode:
        why = done.stderr.strip()[:300] or f"systemctl ended with {done.returncode}"
        raise VoiceError(f"cannot {verb} the speaker ({why}); as root: systemctl {verb} {' '.join(services)}")
