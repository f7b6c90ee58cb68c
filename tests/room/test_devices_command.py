"""`hearthd devices` in a room."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hearthd.common.audio import Pcm
from hearthd.common.paths import models_dir
from tests.room.room import MICROPHONE, RATE, SPEAKER, Room
from tests.utterances import say

MODELS = models_dir()

pytestmark = [pytest.mark.integration, pytest.mark.room, pytest.mark.slow]


def devices(room: Room, *words: str, **configuration: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hearthd.cli.main", "devices", *words],
        env={**room.env, "COLUMNS": "100", **configuration},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_lists_the_devices_and_which_of_them_are_meant(room: Room) -> None:
    done = devices(room, HEARTHD_AUDIO__MICROPHONE="mic", HEARTHD_AUDIO__SPEAKER=SPEAKER)
    assert done.returncode == 0
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert rows[MICROPHONE].rstrip().endswith("microphone")
    assert rows[SPEAKER].rstrip().endswith("speaker")
    assert done.stderr == ""


def test_a_device_that_is_not_there_is_named_with_those_that_are(room: Room) -> None:
    done = devices(room, HEARTHD_AUDIO__MICROPHONE="kitchen")
    assert done.returncode == 1
    assert f'microphone "kitchen" is not there; there is: "{SPEAKER}", "{MICROPHONE}"' in done.stderr


def led_through(room: Room, folder: Path, answers: Callable[[str], Pcm | None]) -> tuple[int, str]:
    """The exit code and what was printed by the check, in which ``answers`` says what a person says to it."""
    environment = {
        **room.env,
        "PYTHONUNBUFFERED": "1",
        "STATE_DIRECTORY": str(folder),
        "HEARTHD_MODELS": str(MODELS),
        "HEARTHD_AUDIO__SPEAKER": SPEAKER,
        "HEARTHD_AUDIO__MICROPHONE": MICROPHONE,
    }
    command = [sys.executable, "-m", "hearthd.cli.main", "devices", "--test", "--seconds", "3"]
    printed = ""
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            printed += line
            if (said := answers(line)) is not None:
                room.say(said)
    return process.returncode, printed


@pytest.mark.models
@pytest.mark.timeout(180)
def test_the_guided_check_finds_a_good_place_good(room: Room, tmp_path: Path) -> None:
    talk, call = say("How are you today, my friend? I am well.", rate=RATE), say("Hey Jarvis!", rate=RATE)

    def answers(line: str) -> Pcm | None:
        if line.startswith(("2.", "3.")):
            return talk // (1 if line.startswith("2.") else 4)
        return np.pad(call, (RATE // 4, 0)) if line.startswith("5.") else None

    code, printed = led_through(room, tmp_path, answers)
    assert "5 of 5 calls were recognised" in printed, printed
    assert "[!!]" not in printed, printed
    assert code == 0
    report = json.loads((tmp_path / "devices-test.json").read_text("utf-8"))
    assert report["echo"]["loss_db"] == pytest.approx(12, abs=4)
    assert report["here"]["level_db"] - report["door"]["level_db"] == pytest.approx(12, abs=4)
    assert report["calls"] == 5
