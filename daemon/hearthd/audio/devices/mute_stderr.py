"""Keeps what ALSA and PortAudio print of their own accord out of the journal.

Both write to the C library's ``stderr``: ALSA about every device that a configuration mentions and the
machine lacks, PortAudio three lines for each failed open, and a missing device is tried every few
seconds. What is worth knowing comes back as an error code, and is reported with its mend.
"""

from __future__ import annotations

import ctypes
import logging
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)

_depth = 0
_lock = threading.Lock()

_HANDLER = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)


def _ignore(*_: object) -> None:
    """ALSA's error handler."""


_ignored = _HANDLER(_ignore)
"""Kept alive: ALSA holds the pointer."""


def hush_alsa() -> None:
    """For good: an underrun is counted by the stream's status, not by a line on stderr."""
    try:
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_ignored)
    except (OSError, AttributeError):
        log.debug("no libasound to silence")


@contextmanager
def no_c_stderr() -> Iterator[None]:
    """Send C code's ``stderr`` to nowhere meanwhile. Python's own goes to the file descriptor, as ever.

    Only with glibc, whose ``stderr`` is a variable; elsewhere nothing is silenced.
    """
    global _depth  # noqa: PLW0603  (the C library has one stderr, so there is one count of who silences it)
    if _nowhere is None:
        yield
        return
    stream, nowhere, real = _nowhere
    with _lock:
        _depth += 1
        stream.value = nowhere
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                stream.value = real


def _open_nowhere() -> tuple[ctypes.c_void_p, int, int] | None:
    """(the C library's ``stderr`` variable, a stream to nowhere, its true value)."""
    if platform.libc_ver()[0] != "glibc":
        return None
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    nowhere = libc.fopen(b"/dev/null", b"we")
    stream = ctypes.c_void_p.in_dll(libc, "stderr")
    if not nowhere or not stream.value:
        return None
    return stream, int(nowhere), stream.value


_nowhere = _open_nowhere()
