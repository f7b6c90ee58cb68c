"""SpeexDSP's echo canceller (Debian: libspeexdsp1, BSD), by ctypes: an adaptive linear filter.

It subtracts what the filter makes of the reference and touches nothing else, so a person who talks over
the speaker stays whole; what it cannot explain by the reference remains.
"""

from __future__ import annotations

import ctypes

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.errors import EngineError

FRAME = 160
"""Samples (10 ms) that are cleaned at a time."""
TAIL = 4096
"""Samples of the filter, 256 ms: the delay that is left after alignment and a living room's echo."""

_SET_SAMPLING_RATE = 24
_PREPROCESS_SET_DENOISE = 0
_PREPROCESS_SET_ECHO_SUPPRESS = 20
_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE = 22
_PREPROCESS_SET_ECHO_STATE = 24
RESIDUE_DB = -45
"""How far what the filter leaves is turned down while nobody speaks ..."""
RESIDUE_ACTIVE_DB = -15
"""... and while somebody does: more would eat the person's soft sounds."""


class SpeexCanceller:
    """One linear canceller. Raises EngineError if the library is not installed. For one thread."""

    def __init__(self) -> None:
        try:
            library = ctypes.CDLL("libspeexdsp.so.1")
        except OSError:
            raise EngineError(
                "libspeexdsp is missing: run `apt install libspeexdsp1` for echo cancellation that keeps "
                "whoever talks over the speaker whole"
            ) from None
        library.speex_echo_state_init.restype = ctypes.c_void_p
        library.speex_preprocess_state_init.restype = ctypes.c_void_p
        self._library = library
        self._state = ctypes.c_void_p(library.speex_echo_state_init(FRAME, TAIL))
        self._control(library.speex_echo_ctl, self._state, _SET_SAMPLING_RATE, SAMPLE_RATE)
        self._residue = ctypes.c_void_p(library.speex_preprocess_state_init(FRAME, SAMPLE_RATE))
        library.speex_preprocess_ctl(self._residue, _PREPROCESS_SET_ECHO_STATE, self._state)
        for what, value in (
            (_PREPROCESS_SET_DENOISE, 0),
            (_PREPROCESS_SET_ECHO_SUPPRESS, RESIDUE_DB),
            (_PREPROCESS_SET_ECHO_SUPPRESS_ACTIVE, RESIDUE_ACTIVE_DB),
        ):
            self._control(library.speex_preprocess_ctl, self._residue, what, value)

    def process(self, near: Pcm, far: Pcm) -> Pcm:
        """``near`` without the part that ``far`` explains; 160 samples each."""
        if len(near) != FRAME or len(far) != FRAME:
            raise ValueError(f"a frame has {FRAME} samples, not {len(near)} and {len(far)}")
        near, far = np.ascontiguousarray(near, np.int16), np.ascontiguousarray(far, np.int16)
        out = np.empty(FRAME, np.int16)
        address = ctypes.c_void_p(out.ctypes.data)
        self._library.speex_echo_cancellation(
            self._state, ctypes.c_void_p(near.ctypes.data), ctypes.c_void_p(far.ctypes.data), address
        )
        self._library.speex_preprocess_run(self._residue, address)
        return out

    def reset(self) -> None:
        """Forget the room: it must be learned anew."""
        self._library.speex_echo_state_reset(self._state)

    def __del__(self) -> None:
        if hasattr(self, "_residue"):
            self._library.speex_preprocess_state_destroy(self._residue)
            self._library.speex_echo_state_destroy(self._state)

    @staticmethod
    def _control(call: object, state: ctypes.c_void_p, what: int, value: int) -> None:
        number = ctypes.c_int(value)
        call(state, what, ctypes.byref(number))  # type: ignore[operator]
