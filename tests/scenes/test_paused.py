"""Somebody pauses within a question for longer than the silence that ends it, and is heard by real ears.

A short form of ``python -m tests.bench people --only paused``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.config.settings import Settings
from hearthd.dialogue.events import Ended
from hearthd.engines.protocols import Transcript
from tests.scenes.hearing import HearingSpeaker
from tests.scenes.scene import Line
from tests.scenes.stage import NoWake
from tests.scripted import ScriptedAsr
from tests.utterances import available, silence
from tests.virtual_time import run

pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(not available(), reason="the starter models are not there"),
]


class Measures(ScriptedAsr):
    """Keeps how many seconds it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.next, self.seconds = Transcript("what was asked", "en"), list[float]()

    async def transcribe(self, audio: Pcm, *, language: str | None = None, quick: bool = False) -> Transcript:
        self.seconds.append(len(audio) / SAMPLE_RATE)
        return await super().transcribe(audio, language=language, quick=quick)


@pytest.mark.parametrize(
    ("voice", "halves"),
    [
        ("bf_emma", ("What is the capital of Germany", "and of the country beside it?")),
        ("zm_yunxi", ("请问中国的首都", "还有法国的首都是哪里？")),
    ],
)
@pytest.mark.parametrize("pause", [0.9, 1.5])
def test_a_question_with_a_long_pause_in_it_is_one_question(
    tmp_path: Path, voice: str, halves: tuple[str, str], pause: float
) -> None:
    first, second = (Line(0.0, half, voice).render() // 4 for half in halves)
    said = np.concatenate((silence(1.0), first, silence(pause), second))

    async def talk() -> None:
        asr = Measures()
        settings = Settings.model_validate({"audio": {"chime": False}})
        async with HearingSpeaker(tmp_path, asr, NoWake(), settings) as speaker:
            await speaker.learns_the_room()
            await speaker.asked(said)
            half, whole = speaker.turns
            assert (half.ended, half.heard, half.retracted) == (Ended.BARGE_IN, "", 1)
            assert (whole.ended, whole.heard) == (Ended.COMPLETED, "what was asked")
            assert max(asr.seconds) >= len(said) / SAMPLE_RATE - 1.0

    run(talk())
