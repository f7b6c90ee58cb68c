"""Hears "stop" and 停 said shortly over its own reply, without waiting for a transcript.

A wake word of its own kind (``tools/train_stop_words.py`` made it): the same features, a small head. Whisper
base writes "star", "100" or nothing of a short "Stop.", and takes 0.3 to 2.5 s for it. Alone this is no proof
(one sentence in eight holds something like it), so it only counts for an utterance that is no longer than a
word (``frontend``): what is longer is an interruption, and its words are wanted.
"""

from __future__ import annotations

from pathlib import Path

from hearthd.config.settings import WakeWordModel

NAME = "stop"
WEIGHTS = Path(__file__).with_name("stop_word.npz")
THRESHOLD = 0.9
"""In the scenes, over a reply at 0 dB, 7 of 8 English stops are heard at this score, 5 of 12 Chinese ones:
what is missed is judged by its transcript. It is a guess between those and the hums ("对" resembles 停); how
often it errs on people's hums and on half an hour of the speaker's own voice has not been counted."""


def stop_word() -> WakeWordModel:
    """It, as a word of ``OpenWakeWord``."""
    return WakeWordModel(name=NAME, model=str(WEIGHTS), threshold=THRESHOLD)
