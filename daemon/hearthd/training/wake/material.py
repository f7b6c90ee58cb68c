"""What a wake word's head learns from: windows of features that end with the phrase, and others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.engines.speech_features import Floats, Networks, features_of, samples_for, windows_of
from hearthd.training.wake import sounds

SNR_DB = (0.0, 30.0)
RENDERINGS = 10
"""Each clip is heard in so many rooms."""
LATE = (0.02, 0.1)
"""Seconds from the phrase's end to the end of the window that is to know it; the one 80 ms later is, too."""
LEAD = 0.4
"""Seconds of the room that a window sees before the phrase, at least."""
GOES_ON, GAP = 0.5, (0.03, 0.4)
"""Half of the phrases are gone on after, a pause of so many seconds between."""
EARLY = 0.3
"""A window that ends so long before the phrase does is a negative."""


@dataclass(frozen=True)
class WakeClip:
    """Something said: trimmed samples at 16 kHz, and the voice."""

    pcm: Pcm
    voice: str


class Material:
    """Makes the windows. ``over`` mixes something into every rendering (a reply's residue, say)."""

    def __init__(
        self,
        networks: Networks,
        frames: int,
        rng: np.random.Generator,
        others: Sequence[Pcm],
        over: Callable[[Pcm, np.random.Generator], Pcm] | None = None,
    ) -> None:
        """``others`` talk behind the person, or after the phrase."""
        self._networks, self._frames, self._rng = networks, frames, rng
        self._others, self._over = others, over

    def phrases(self, clips: Sequence[WakeClip], renderings: int = RENDERINGS) -> tuple[Floats, Floats]:
        """Windows that end with the phrase, and windows that end in the middle of it."""
        whole, parts = [], []
        for clip in clips:
            for _ in range(renderings):
                said = sounds.from_another_throat(clip.pcm, self._rng)
                features, end = self._rendered(said)
                windows = windows_of(features, self._frames)
                whole += [windows[-1], windows[-2]]
                early = [
                    window
                    for back, window in enumerate(windows[::-1])
                    if end - back * 1280 < -EARLY * SAMPLE_RATE
                ]
                parts += early[: 2 * self._frames // 3 : 2]
        return _stacked(whole, self._frames), _stacked(parts, self._frames)

    def speech(self, clips: Sequence[WakeClip], renderings: int = 1) -> Floats:
        """Windows of sentences in which nobody says the phrase, and of noise between them."""
        found = []
        for clip in clips:
            for _ in range(renderings):
                said = sounds.from_another_throat(clip.pcm, self._rng)
                lead = np.zeros(samples_for(self._frames), np.int16)
                heard = self._heard(np.concatenate((lead, said, lead[: SAMPLE_RATE // 4])))
                found += list(windows_of(features_of(self._networks, heard), self._frames))
        return _stacked(found, self._frames)

    def noises(self, seconds: float) -> Floats:
        """Windows of noise alone."""
        found = []
        for _ in range(max(1, round(seconds / 4))):
            level = 32768 * 10 ** (self._rng.uniform(-60, -20) / 20)
            sound = sounds.noise(4 * SAMPLE_RATE, self._rng, self._others) * level
            heard = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
            found += list(windows_of(features_of(self._networks, heard), self._frames))
        return _stacked(found, self._frames)

    def _rendered(self, said: Pcm) -> tuple[Floats, int]:
        """The features of the phrase, and how many samples after its end the last one ends."""
        late = int(self._rng.uniform(*LATE) * SAMPLE_RATE) + 1280
        size = samples_for(self._frames) + 1280 * self._frames + 1280
        lead = max(int(LEAD * SAMPLE_RATE), size - len(said) - late)
        after = np.zeros(late, np.int16)
        if len(self._others) and self._rng.random() < GOES_ON:
            gap = int(self._rng.uniform(*GAP) * SAMPLE_RATE)
            follows = self._others[int(self._rng.integers(len(self._others)))]
            after = np.concatenate((np.zeros(gap, np.int16), follows))[:late]
            after = np.pad(after, (0, late - len(after)))
        before = np.zeros(lead, np.int16)
        heard = self._heard(np.concatenate((before, said, after)))[: lead + len(said) + late]
        heard = heard[(len(heard) - samples_for(1)) % 1280 :]  # the last feature ends where this ends
        return features_of(self._networks, heard), late

    def _heard(self, said: Pcm) -> Pcm:
        person = sounds.in_a_room(sounds.through_a_microphone(said, self._rng), self._rng)
        heard = sounds.heard(person, self._rng.uniform(*SNR_DB), self._rng, self._others)
        return heard if self._over is None else self._over(heard, self._rng)


def _stacked(windows: Sequence[Floats], frames: int) -> Floats:
    return np.stack(windows) if len(windows) else np.zeros((0, frames, 96), np.float32)
