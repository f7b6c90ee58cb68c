"""Makes ``training.wake.speech``: ``python -m tools.make_wake_speech`` writes its features.

The sentences of ``wake_speech.tsv`` (voice, text), said by the tests' voices, five in a stretch, each stretch
in a room, at a level and over a noise of its own. Two minutes once the voices have spoken; they need an hour.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from hearthd.common.audio import SAMPLE_RATE
from hearthd.common.paths import models_dir
from hearthd.engines.speech_features import features_of, networks
from hearthd.training.wake import sounds, speech
from tests.utterances import say

LINES = Path(__file__).with_name("wake_speech.tsv")
TOGETHER = 5
GAP = (0.1, 0.9)
"""Seconds before each sentence."""
SNR_DB = (0.0, 30.0)
BEHIND = 60
"""So many of the sentences talk behind the others."""


def main() -> None:
    """Say all, listen, write."""
    rng = np.random.default_rng(5)
    lines = [line.split("\t") for line in LINES.read_text("utf-8").splitlines()]
    order = rng.permutation(len(lines))
    said = [(text, sounds.trimmed(say(text, voice))) for voice, text in (lines[number] for number in order)]
    behind = [pcm for _, pcm in said[:BEHIND]]
    heard_by = networks(models_dir() / "openwakeword")
    stretches = []
    for first in range(0, len(said), TOGETHER):
        several = said[first : first + TOGETHER]
        parts = []
        for _, pcm in several:
            parts += [np.zeros(int(rng.uniform(*GAP) * SAMPLE_RATE), np.int16)]
            parts += [sounds.through_a_microphone(sounds.from_another_throat(pcm, rng), rng)]
        person = sounds.in_a_room(np.concatenate(parts), rng)
        heard = sounds.heard(person, rng.uniform(*SNR_DB), rng, behind)
        text = " ".join(text for text, _ in several)
        stretches.append(speech.SpokenStretch(text, features_of(heard_by, heard)))
        print(f"{first + len(several)} of {len(said)}", file=sys.stderr)
    speech.save(stretches)
    minutes = sum(len(one.features) for one in stretches) * 0.08 / 60
    print(f"wrote {speech.FILE}: {minutes:.0f} minutes")


if __name__ == "__main__":
    main()
