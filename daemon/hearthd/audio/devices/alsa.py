"""Asks ALSA whether it would open a device, so that PortAudio is never asked in vain.

PortAudio keeps the error of a failed step in one variable for all threads (``paUtilErr_``, from 19.6 to
its main branch of 2026). While another stream runs, that stream's thread overwrites it: an open that
failed then reports success with a stream that is freed or was never made. Measured with a running
microphone and a loudspeaker that is not there: 3 of 1,000 opens "succeeded", the start of one of these never
returned and kept the lock, and the process died of a segmentation fault within 20,000. A machine whose
loudspeaker is switched off asks every five seconds. ALSA itself gives each caller its own error.
"""

from __future__ import annotations

import ctypes
import errno
import re
from functools import cache
from itertools import product
from typing import Any, Literal

Direction = Literal["input", "output"]

_STREAM = {"output": 0, "input": 1}
_NON_BLOCKING = 1
"""A card that somebody else has is refused at once, not waited for."""
_ACCESSES = (3, 4)
"""Interleaved and not; PortAudio takes either."""
_FORMATS = (2, 10, 32, 6, 14, 1)
"""S16, S32, S24 in three bytes, S24 in four, float, U8 (little-endian): all that PortAudio converts from."""
_CONVERT = 1
"""Where ALSA's configuration puts a converter before the card, as for PortAudio, it may be used."""
_LATENCY_US = 60_000
CARD_NUMBER = re.compile(r"\s*\((hw:\d+,\d+)\)$")
"""The end of a card's name among PortAudio's devices."""


def pcm_name(device: str) -> str:
    """ALSA's name of what PortAudio calls ``device``: "HDA Intel: Analog (hw:0,0)" is "hw:0,0"."""
    found = CARD_NUMBER.search(device)
    return found[1] if found else device


def refusal(device: str, direction: Direction, rate: int, channels: int) -> str | None:
    """Why ALSA would not open ``device`` in this shape; None if it would.

    ``device`` is a name that PortAudio gave, ``rate`` in Hz. It is opened, set up and closed without a
    sound: 0.6 ms of CPU through PulseAudio. Blocks; not while another thread ends PortAudio.
    """
    alsa = _library()
    if alsa is None:
        return None
    pcm = ctypes.c_void_p()
    name = pcm_name(device).encode()
    error = int(alsa.snd_pcm_open(ctypes.byref(pcm), name, _STREAM[direction], _NON_BLOCKING))
    if error < 0:
        return _text(alsa, error)
    try:
        for access, form in product(_ACCESSES, _FORMATS):
            error = int(alsa.snd_pcm_set_params(pcm, form, access, channels, rate, _CONVERT, _LATENCY_US))
            if error >= 0:
                return None
            if error != -errno.EINVAL:  # not the shape's fault: the device is gone, or its server
                break
        return _text(alsa, error)
    finally:
        alsa.snd_pcm_close(pcm)


def _text(alsa: Any, error: int) -> str:
    return bytes(alsa.snd_strerror(error)).decode(errors="replace")


@cache
def _library() -> Any:
    """libasound; None where there is none, and so no ALSA device either."""
    try:
        alsa = ctypes.CDLL("libasound.so.2")
    except OSError:
        return None
    number, pointer = ctypes.c_int, ctypes.c_void_p
    alsa.snd_pcm_open.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, number, number]
    alsa.snd_pcm_set_params.argtypes = [pointer, number, number, *[ctypes.c_uint] * 2, number, ctypes.c_uint]
    alsa.snd_pcm_close.argtypes = [pointer]
    alsa.snd_strerror.argtypes = [number]
    alsa.snd_strerror.restype = ctypes.c_char_p
    return alsa
