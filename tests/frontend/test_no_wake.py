"""Nobody said the wake word: nothing begins."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from hearthd.common.audio import Pcm
from hearthd.config.settings import AsrSettings, Settings
from hearthd.dialogue.events import Event, Wake
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.frontend.frontend import FrontEnd, open_front_end
from hearthd.turn_taking import wake_phrase
from tests.frontend.nowake import SENTENCES, sounds
from tests.utterances import noise, say, silence

pytestmark = [pytest.mark.integration, pytest.mark.models, pytest.mark.slow]

MINUTES = 30
PHRASES = wake_phrase.phrases_of("hey_jarvis")


def heard_by(front_end: FrontEnd, sound: Pcm) -> Iterator[Event]:
    """The events in ``sound``, as they come."""
    for first in range(0, len(sound), 1600):
        yield from front_end.process(sound[first : first + 1600], front_end.now / 16_000)


def hear(sound: Pcm) -> tuple[list[Event], list[Pcm]]:
    """The events in ``sound``, and for each wake what the recogniser would get of it."""
    front_end = open_front_end(Settings())
    events = list(heard_by(front_end, sound))
    return events, [front_end.audio(event.start, event.end) for event in events if isinstance(event, Wake)]


def woken_by(minutes: int, seed: int) -> list[tuple[str, float]]:
    """What woke one front end in so many minutes, and when; they must hear the wake word afterwards."""
    front_end = open_front_end(Settings())
    woke = []
    for kind, sound in sounds(minutes, seed):
        woke += [(kind, front_end.now / 16_000) for _ in heard_by(front_end, sound)]
    assert front_end.now == minutes * 60 * 16_000
    end = np.concatenate([noise(1.0, -60), say("Hey Jarvis.", "heart"), noise(1.0, -60)])
    assert [type(event) for event in front_end.process(end, front_end.now / 16_000)] == [Wake]
    return woke


@pytest.mark.timeout(900)
def test_half_an_hour_of_talk_music_and_noise_wakes_nobody() -> None:
    """Two languages, 15 voices, each time at another pitch and level; no score is near the threshold.

    Highest scores seen: talk 0.02, over noise 0.13, over music 0.19, music 0.01, noise 0.18.
    """
    for sentence in SENTENCES:  # spoken once, before two processes want them
        say(sentence.text, sentence.voice)
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        assert list(pool.map(woken_by, (MINUTES // 2, MINUTES // 2), (0, 1))) == [[], []]


@pytest.mark.parametrize("voice", ["heart", "af_bella", "am_michael"])
async def test_a_near_miss_wakes_the_network_but_not_the_speaker(voice: str) -> None:
    """The network takes "Hey Travis" for its word; the transcript does not."""
    asr = WhisperAsr(AsrSettings())
    await asr.start()
    try:
        for text, right in (
            ("Hey Travis, what are you doing?", False),
            ("Hey Jarvis, what time is it?", True),
        ):
            sound = np.concatenate([silence(1.0), say(text, voice), silence(1.0)])
            transcript = await asr.transcribe(sound)
            assert (wake_phrase.confirm(transcript.text, PHRASES) is not None) == right
            _, wakes = hear(sound)
            assert not right or len(wakes) == 1
    finally:
        await asr.close()


CHINESE = ("Hey Jarvis，今天天气怎么样？", "Hey Jarvis，请打开客厅的灯。", "Hey Jarvis，给我讲一个故事。")


@pytest.mark.parametrize("voice", ["zf_xiaobei", "zf_xiaoxiao", "zm_yunjian", "zm_yunyang"])
async def test_the_wake_phrase_before_chinese_is_confirmed(voice: str) -> None:
    asr = WhisperAsr(AsrSettings())
    await asr.start()
    try:
        for text in CHINESE:
            transcript = await asr.transcribe(np.concatenate([silence(0.4), say(text, voice), silence(0.5)]))
            assert wake_phrase.confirm(transcript.text, PHRASES), transcript.text
            assert "arvis" not in wake_phrase.strip(transcript.text, PHRASES)
    finally:
        await asr.close()
