"""A reading is judged while it comes in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hearthd.common.audio import Pcm
from hearthd.engines.protocols import Transcript
from hearthd.text.duration import SECONDS_PER_UNIT, spoken_length
from hearthd.training.voice.dataset import DataSet
from hearthd.training.voice.reading import Asked, begin
from hearthd.training.voice.sentences import CLONE, LANGUAGES, SCRIPT
from hearthd.training.voice.take import LONGEST, RATE, Fault, Take, TakeVerdict, likeness
from tests.utterances import noise, say, silence

pytestmark = pytest.mark.integration

TEXT = CLONE["en"]
BLOCK = RATE // 50


def spoken() -> Pcm:
    return say(TEXT, rate=RATE)


def read(pcm: Pcm, text: str = TEXT, *, lost_at: float = -1.0) -> tuple[Take, float]:
    """The take after ``pcm`` in a quiet room, and how many seconds of it were needed."""
    take = Take(text)
    whole = np.concatenate([silence(0.5, RATE), pcm, silence(10.0, RATE)])
    whole = whole + noise(len(whole) / RATE, -66.0, RATE)[: len(whole)]
    for start in range(0, len(whole), BLOCK):
        lost = int(start <= lost_at * RATE < start + BLOCK)
        take.feed(whole[start : start + BLOCK], lost)
        if take.over:
            return take, (start + BLOCK) / RATE
    raise AssertionError("it never was over")


def judged(pcm: Pcm) -> TakeVerdict:
    return read(pcm)[0].verdict()


def test_a_good_reading_is_taken_and_cut_at_its_words() -> None:
    take, seconds = read(spoken())
    verdict = take.verdict()
    assert (verdict.fault, verdict.what, verdict.mend) == (None, "good", "")
    assert len(verdict.pcm) / RATE == pytest.approx(verdict.seconds + 0.3, abs=0.1)
    assert verdict.noise_db > 35
    assert seconds < 0.5 + len(spoken()) / RATE + 1.5


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda pcm: pcm // 40, Fault.QUIET),
        (lambda pcm: np.clip(pcm.astype(np.int32) * 30, -32768, 32767).astype(np.int16), Fault.CLIPPED),
        (lambda pcm: pcm[: len(pcm) // 3], Fault.SHORT),
        (lambda pcm: np.concatenate([pcm[: 4 * RATE]] * 3), Fault.LONG),
        (lambda pcm: pcm[:0], Fault.NOTHING),
    ],
)
def test_what_is_wrong_with_a_reading_is_told_with_its_mend(change, fault: Fault) -> None:  # type: ignore[no-untyped-def]
    verdict = judged(change(spoken()))
    assert verdict.fault is fault
    assert verdict.mend


def test_a_noisy_room_is_told_and_does_not_keep_the_reading_from_ending() -> None:
    loud = noise(16.0, -32.0, RATE)
    take = Take(TEXT)
    pcm = np.pad(spoken(), (RATE, 0))
    whole = loud + np.pad(pcm, (0, len(loud) - len(pcm)))
    for start in range(0, len(whole), BLOCK):
        take.feed(whole[start : start + BLOCK])
        if take.over:
            break
    assert take.over
    assert take.verdict().fault is Fault.NOISY


def test_a_microphone_that_breaks_off_spoils_the_reading_only_once_somebody_speaks() -> None:
    assert read(spoken(), lost_at=3.0)[0].verdict().fault is Fault.BROKEN
    assert read(spoken(), lost_at=0.1)[0].verdict().fault is None


def test_a_pause_in_the_middle_of_the_sentence_does_not_end_it() -> None:
    pcm = spoken()
    half = len(pcm) // 3
    paused = np.concatenate([pcm[:half], silence(1.6, RATE), pcm[half:]])
    assert read(paused)[1] > 0.5 + len(paused) / RATE


def test_what_is_said_meanwhile_helps_the_reader() -> None:
    take = Take(TEXT)
    assert take.hint == "read now"
    quiet = np.concatenate([silence(0.5, RATE), spoken() // 40])[: 4 * RATE]
    for start in range(0, len(quiet), BLOCK):
        take.feed(quiet[start : start + BLOCK])
    assert take.hint == "louder, please"
    take.feed(np.full(BLOCK, 32767, np.int16))
    assert take.hint == "too loud"


def test_the_words_are_laid_beside_the_sentence() -> None:
    assert likeness("the kettle, was SINGING", "The kettle was singing.") == 1.0
    verdict = judged(spoken())
    assert verdict.beside(TEXT.lower(), TEXT) is verdict
    assert verdict.beside("Turn on the light in the hall, please.", TEXT).fault is Fault.OTHER_WORDS
    assert verdict.beside("", TEXT).fault is Fault.OTHER_WORDS
    assert likeness("厨房里的水已经少开了", "厨房里的水已经烧开了。") > 0.8


async def test_what_was_recorded_goes_into_a_training_with_the_words_that_were_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    reading = begin("ann", Asked(language="en", minutes=1.0))
    texts = SCRIPT["en"][:3]
    for text in texts:
        verdict = read(say(text, rate=RATE), text)[0].verdict()
        assert verdict.fault is None, verdict.what
        reading.keep(verdict.pcm)

    async def listen(pcm: Pcm) -> Transcript:
        raise AssertionError("its words are known")

    data = DataSet("ann")
    data.slice(reading.folder, lambda *_: None)
    lines = await data.transcribe(listen, lambda *_: None)
    assert [(line.text, line.language) for line in lines] == [(text, "en") for text in texts]


def test_the_script_is_long_enough_and_has_nothing_that_is_written_in_two_ways() -> None:
    for language in LANGUAGES:
        texts = [CLONE[language], *SCRIPT[language]]
        assert len(set(texts)) == len(texts) >= 50
        assert not any(character.isdigit() for text in texts for character in text)
        assert all((text[0] > "\u3000") == (language == "zh") for text in texts)


def test_who_reads_slowly_is_within_what_a_clip_may_last() -> None:
    for language in LANGUAGES:
        for text in (CLONE[language], *SCRIPT[language]):
            everyday = spoken_length(text) * SECONDS_PER_UNIT
            assert 1.1 * everyday >= 2.9, text
            assert 1.7 * everyday <= LONGEST, text
