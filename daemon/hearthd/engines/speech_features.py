"""What openWakeWord's word models look at: 96 numbers for every 80 ms of sound.

Two networks make them: ``melspectrogram.onnx`` (8 frames of 32 bands each 80 ms) and
``embedding_model.onnx`` (76 frames to 96 numbers). They run here directly, without the openwakeword
package, whose import takes 3 s and 200 MB (it pulls in scikit-learn) and whose loop costs 2.7 ms of
every 80 ms where the networks themselves cost 1.9 (mel 0.16, embedding 1.65, one word 0.06).

Two more things differ from the package. Its window begins as random noise, at start and at every
reset, and makes up wake words for 1.3 s (scores up to 0.99 measured): ours begins as the features of
silence. And features are made only when they are asked for, so that the network can sleep.
"""

from __future__ import annotations

import functools
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearthd.common.audio import Pcm
from hearthd.engines.onnx_session import session

CHUNK = 1280
"""Samples a feature stands for: 80 ms."""
OVERLAP = 480
"""Samples before the chunk that its first mel frame reaches into."""
MEL_FRAMES = 76
"""Mel frames that one feature sees."""
MEL_CHUNKS = 10
"""Chunks that hold so many frames (8 each)."""
_HOP = 160
"""Samples between two mel frames."""

Floats = NDArray[np.float32]


class Networks:
    """The two graphs that all words share. Raises EngineError if one is missing."""

    def __init__(self, folder: Path) -> None:
        self._mel: Any = session(folder / "melspectrogram.onnx")
        self._embedding: Any = session(folder / "embedding_model.onnx")

    def mel(self, sound: Pcm) -> Floats:
        """(frames, 32): one frame for every 10 ms, the first for its samples 0 to 512."""
        [mel] = self._mel.run(None, {"input": sound[None].astype(np.float32)})
        frames: Floats = mel.reshape(-1, mel.shape[-1]) / np.float32(10) + np.float32(2)
        return frames

    def feature(self, mel: Floats) -> Floats:
        """(96,): what the last ``MEL_FRAMES`` of ``mel`` sound like."""
        [feature] = self._embedding.run(None, {"input_1": mel[None, -MEL_FRAMES:, :, None]})
        flat: Floats = feature.reshape(-1)
        return flat


@functools.cache
def networks(folder: Path) -> Networks:
    """The networks of ``folder``, loaded once for all who listen with them."""
    return Networks(folder)


@dataclass(slots=True)
class _Chunk:
    """80 ms of sound and what was made of it so far."""

    sound: Pcm
    mel: Floats | None = None
    feature: Floats | None = None


class Features:
    """The features of the last ``count`` chunks, made on demand."""

    def __init__(self, folder: Path, count: int) -> None:
        self._networks = networks(folder)
        kept = count + MEL_CHUNKS
        self._chunks: deque[_Chunk] = deque(maxlen=kept)
        self.silence()

    def silence(self) -> None:
        """Begin as if all before had been digital silence."""
        quiet = _Chunk(np.zeros(OVERLAP + CHUNK, dtype=np.int16))
        self._mel_of(quiet)
        self._chunks.extend([quiet] * (self._chunks.maxlen or 0))
        quiet.feature = self._feature_at(len(self._chunks) - 1)

    def push(self, chunk: Pcm) -> None:
        """Append the next 80 ms."""
        before = self._chunks[-1].sound[-OVERLAP:]
        self._chunks.append(_Chunk(np.concatenate((before, chunk))))

    def last(self, count: int, back: int = 0) -> Floats:
        """The features of the ``count`` chunks that end ``back`` chunks before the newest: (count, 96)."""
        end = len(self._chunks) - back
        return np.stack([self._feature_at(i) for i in range(end - count, end)])

    def _feature_at(self, index: int) -> Floats:
        chunk = self._chunks[index]
        if chunk.feature is None:
            mels = [self._mel_of(self._chunks[i]) for i in range(index - MEL_CHUNKS + 1, index + 1)]
            chunk.feature = self._networks.feature(np.concatenate(mels))
        return chunk.feature

    def _mel_of(self, chunk: _Chunk) -> Floats:
        if chunk.mel is None:
            chunk.mel = self._networks.mel(chunk.sound)
        return chunk.mel


def features_of(networks: Networks, pcm: Pcm) -> Floats:
    """(n, 96): the features of a recording, 80 ms apart; the first sees its first 0.78 s."""
    mel = networks.mel(pcm)
    ends = range(MEL_FRAMES, len(mel) + 1, CHUNK // _HOP)
    rows = [networks.feature(mel[:end]) for end in ends]
    return np.stack(rows) if rows else np.zeros((0, 96), np.float32)


def windows_of(features: Floats, frames: int) -> Floats:
    """(n, frames, 96): every run of ``frames`` features."""
    if len(features) < frames:
        return np.zeros((0, frames, 96), np.float32)
    return np.lib.stride_tricks.sliding_window_view(features, frames, axis=0).transpose(0, 2, 1)


def samples_for(frames: int) -> int:
    """Samples that ``frames`` features are made of."""
    return 512 + (MEL_FRAMES - 1) * _HOP + (frames - 1) * CHUNK
