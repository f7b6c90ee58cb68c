"""A microphone that is not fit for its work is told of, and how to mend it."""

from __future__ import annotations

import numpy as np
import pytest

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.frontend.microphone_watch import CLIPS, HUMS, QUIET, MicrophoneWatch
from tests.utterances import noise

pytestmark = pytest.mark.unit

DAY = 86_400.0
ROOM = noise(3.0, -65)
VOICE = noise(2.0, -28, seed=1)


def hum() -> Pcm:
    time = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    made: Pcm = np.rint(800 * np.sin(2 * np.pi * 50 * time)).astype(np.int16)
    return made


def told(room: Pcm, voice: Pcm, times: list[float]) -> list[str]:
    found: list[str] = []
    watch = MicrophoneWatch(found.append)
    for at in times:
        watch.heard(room, voice, at)
    return found


def test_a_good_microphone_is_not_spoken_of() -> None:
    assert told(ROOM, VOICE, [DAY * number / 10 for number in range(60)]) == []


def test_one_shout_is_no_fault_and_clipping_is() -> None:
    shout = np.clip(VOICE.astype(np.int32) * 60, -32768, 32767).astype(np.int16)
    assert told(ROOM, shout, [0.0, 60.0]) == []
    assert told(ROOM, shout, [0.0, 60.0, 120.0, 180.0]) == [CLIPS]


def test_a_hum_is_told_once_a_day() -> None:
    assert told(hum(), VOICE, [0.0, 60.0, 120.0, 180.0, DAY, DAY + 200.0]) == [HUMS, HUMS]


def test_a_quiet_microphone_is_told_of_after_two_days() -> None:
    far = noise(2.0, -60, seed=1)
    assert told(noise(3.0, -69), far, [DAY * number / 10 for number in range(20)]) == []
    assert told(noise(3.0, -69), far, [DAY * number / 10 for number in range(22)]) == [QUIET]


def test_one_clear_utterance_in_two_days_is_enough() -> None:
    found: list[str] = []
    watch = MicrophoneWatch(found.append)
    for number in range(40):
        watch.heard(ROOM, VOICE if number % 15 == 0 else noise(2.0, -60, seed=1), DAY * number / 10)
    assert found == []


def test_nothing_at_all_is_taken() -> None:
    assert told(np.zeros(0, np.int16), np.zeros(0, np.int16), [0.0, 1.0]) == []
