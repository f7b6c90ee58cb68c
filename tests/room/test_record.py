"""`hearthd voices record` in a room: somebody reads, well and badly, and is interrupted."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from hearthd.audio import wav
from hearthd.cli.commands.voices_record import INTERRUPTED
from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.common.paths import models_dir
from hearthd.training.voice.sentences import CLONE, SCRIPT
from tests.peers.gpt_sovits_faults import clip as server_clip
from tests.peers.gpt_sovits_faults import peer
from tests.room.room import MICROPHONE, RATE, SPEAKER, Room
from tests.utterances import noise, say

MODELS = models_dir()
READ_NOW = "Read it now."

pytestmark = [pytest.mark.integration, pytest.mark.room, pytest.mark.slow, pytest.mark.timeout(180)]


@contextmanager
def recording(
    room: Room, state: Path, *words: str, models: Path = Path("/none"), server: str = "http://127.0.0.1:9"
) -> Iterator[subprocess.Popen[str]]:
    """The command at work; without models nothing checks the words or says the sentences in Chinese."""
    environment = {
        **room.env,
        "PYTHONUNBUFFERED": "1",
        "COLUMNS": "200",
        "STATE_DIRECTORY": str(state),
        "HEARTHD_MODELS": str(models),
        "HEARTHD_VOICE__URL": server,
        "HEARTHD_AUDIO__SPEAKER": SPEAKER,
        "HEARTHD_AUDIO__MICROPHONE": MICROPHONE,
    }
    command = ["env", "--default-signal=INT", sys.executable, "-m", "hearthd.cli.main", "voices", "record"]
    with subprocess.Popen(  # what a shell runs in the background ignores Ctrl-C, and so would its children
        [*command, "ann", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def read_to(process: subprocess.Popen[str], room: Room, readings: Sequence[Pcm | None]) -> str:
    """What was printed while ``readings`` were read, one each time that it is asked for.

    None is somebody who says nothing: that ends it.
    """
    assert process.stdout is not None
    printed, left = "", list(readings)
    for line in process.stdout:
        printed += line
        if line.startswith(READ_NOW):
            reading = left.pop(0)
            if reading is None:
                return printed
            room.say(reading)
    assert not left, printed
    return printed


def test_bad_takes_are_read_again_and_no_interruption_loses_a_good_one(room: Room, tmp_path: Path) -> None:
    first, second = (say(text, rate=RATE) for text in SCRIPT["en"][:2])
    hiss = noise(5.0, -28.0, RATE)
    noisy = hiss + np.pad(second[: 2 * RATE], (RATE // 2, len(hiss) - 5 * RATE // 2)) // 2
    short = first[: len(first) // 3]
    with recording(room, tmp_path, "--minutes", "1", "--language", "en", "--shown-only") as process:
        printed = read_to(process, room, [short // 60, short, first, None])
        process.kill()
    assert "[!!] it was too quiet" in printed, printed
    assert "[!!] only" in printed, printed
    assert printed.count("[ok]") == 1, printed
    folder = tmp_path / "recordings" / "ann"
    assert [path.name for path in sorted(folder.glob("*.wav"))] == ["take-0001.wav"]
    kept = (folder / "take-0001.wav").read_bytes()

    with recording(room, tmp_path, "--shown-only") as process:
        printed = read_to(process, room, [noisy, second, None])
        process.send_signal(signal.SIGINT)
        printed += process.communicate()[0]
        assert process.returncode == INTERRUPTED
    assert "Going on. Good takes so far: 1" in printed, printed
    assert "[!!] the room's noise is only" in printed, printed
    assert SCRIPT["en"][0] not in printed, printed
    assert "the same command goes on. Good takes so far: 2" in printed, printed

    assert (folder / "take-0001.wav").read_bytes() == kept
    assert (folder / "take-0002.txt").read_text("utf-8") == SCRIPT["en"][1]


@pytest.mark.models
async def test_one_sentence_is_said_read_heard_back_and_speaks_with_its_voice(
    room: Room, tmp_path: Path
) -> None:
    text = CLONE["en"]
    async with peer() as server:
        server.tts = server_clip(1.0)
        with (
            room.record() as played,
            recording(room, tmp_path, "--then", "add", models=MODELS, server=server.url) as process,
        ):
            printed = await asyncio.to_thread(read_to, process, room, [say(text, rate=RATE)])
            assert process.wait() == 0, printed
        assert server.texts(), "the voice server was asked to speak"
    assert "is not checked" not in printed, printed
    voice = tmp_path / "voices" / "ann"
    assert text in (voice / "voice.toml").read_text("utf-8")
    (clip,) = voice.glob("*.wav")
    assert 3.0 < len(wav.load(clip)) / SAMPLE_RATE < 10.0
    assert not (tmp_path / "recordings" / "ann").exists()
    sound = played.pcm()
    sounding = np.abs(sound[: len(sound) // 960 * 960].reshape(-1, 960).astype(np.int32)).max(axis=1) > 200
    assert np.count_nonzero(sounding) / 50 > 8.0, "the sentence, the take and the new voice are heard"
    tail = sound[-RATE * 3 :].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(tail))
    hertz = float(np.argmax(spectrum)) * RATE / len(tail)
    assert hertz == pytest.approx(220, abs=3), "what the voice server sent is heard last"
