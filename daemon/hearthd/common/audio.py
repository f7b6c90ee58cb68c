"""What sound is, everywhere in the package."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
"""Mono audio, one int16 a sample."""

SAMPLE_RATE = 16_000
"""Samples a second of what the microphone gives, and of everything that is understood from it."""
