"""`voices record` leads through a script: what it does with takes, good and bad, without a sound card."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from hearthd.audio.devices.microphone import Block
from hearthd.cli.commands.sound import Heard
from hearthd.cli.commands.voices_reader import MOST_SKIPPED, Reader
from hearthd.common.audio import Pcm
from hearthd.config.settings import Settings
from hearthd.training.voice.reading import Asked, ScriptReading, begin
from hearthd.training.voice.sentences import CLONE, SCRIPT
from hearthd.training.voice.take import RATE, TRIES
from hearthd.voices.profiles import VoiceError
from tests.utterances import noise, say, silence

pytestmark = pytest.mark.integration

BLOCK = RATE // 50


class Scripted:
    """Stands for the open devices: what is read, one take after the other; then nothing is said."""

    parts = frozenset({"microphone"})

    def __init__(self, *takes: Pcm) -> None:
        self._takes = list(takes)
        self.asked = -1
        """How often somebody was asked to read; the room was listened to before."""

    async def hear(self, seconds: float, heard: Heard = lambda _: "") -> Pcm:
        said = self._takes.pop(0) if self.asked >= 0 and self._takes else silence(0.0)
        self.asked += 1
        whole = np.concatenate([silence(0.5, RATE), said, silence(seconds, RATE)])
        whole = whole + noise(len(whole) / RATE, -66.0, RATE)[: len(whole)]
        for start in range(0, len(whole), BLOCK):
            if heard(Block(whole[start : start + BLOCK], start / RATE)) is None:
                break
        return whole[: round(seconds * RATE)]

    def chime(self, name: str = "wake") -> None:
        """Nobody hears it."""

    async def quiet(self, seconds: float = 0.0) -> None:
        """It is quiet."""

    async def play(self, pcm: Pcm) -> None:
        """Nobody hears it."""


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("HEARTHD_MODELS", str(tmp_path / "none"))


async def read(reading: ScriptReading, sound: Scripted) -> str:
    """What was printed. Raises VoiceError."""
    shown = io.StringIO()
    async with Reader(Settings(), reading, Console(file=shown, width=300), says=False) as reader:
        await reader.read(sound)  # type: ignore[arg-type]
    return shown.getvalue()


def spoken(text: str) -> Pcm:
    return say(text, rate=RATE)


async def test_a_sentence_is_asked_for_until_it_is_read_well() -> None:
    good = spoken(CLONE["en"])
    reading = begin("ann", Asked(language="en"))
    printed = await read(reading, Scripted(good // 60, good[:RATE], good))
    assert printed.count(CLONE["en"]) == TRIES
    assert ["too quiet" in line for line in printed.splitlines() if "[!!]" in line] == [True, False]
    assert reading.done
    assert "is not checked" in printed


async def test_who_cannot_read_the_one_sentence_is_told_the_mend_and_may_go_on_later() -> None:
    reading, sound = begin("ann", Asked(language="en")), Scripted()
    with pytest.raises(VoiceError, match=r"nothing was heard.*The mend: speak after the chime"):
        await read(reading, sound)
    assert sound.asked == TRIES
    await read(begin("ann", Asked(language="en")), Scripted(spoken(CLONE["en"])))


async def test_a_sentence_of_a_script_that_does_not_go_well_is_left_out() -> None:
    texts = SCRIPT["en"][:2]
    reading = begin("ann", Asked(language="en", minutes=0.05))
    printed = await read(reading, Scripted(*[spoken(texts[0])[:RATE]] * TRIES, spoken(texts[1])))
    assert "it is left out" in printed
    assert [path.with_suffix(".txt").read_text("utf-8") for path in reading.takes] == [texts[1]]


async def test_where_nothing_goes_well_it_ends_and_what_was_good_is_kept() -> None:
    reading = begin("ann", Asked(language="en", minutes=1.0))
    sound = Scripted(spoken(SCRIPT["en"][0]))
    with pytest.raises(VoiceError, match="it does not go well"):
        await read(reading, sound)
    assert sound.asked == 1 + MOST_SKIPPED * TRIES
    assert len(begin("ann", Asked(language="en", minutes=1.0)).takes) == 1
