"""`hearthd devices` in a room."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.room.room import MICROPHONE, SPEAKER, Room
from tests.room.sound import tone

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


def test_the_test_sounds_a_chime_and_shows_the_level(room: Room) -> None:
    person = room.say(tone(6.0, level=3000))
    with room.record() as recording:
        done = devices(room, "--test", "--seconds", "3", HEARTHD_AUDIO__SPEAKER=SPEAKER)
        chimed = recording.pcm().any()
    person.terminate()
    assert done.returncode == 0, done.stderr
    assert chimed
    assert "loudest: -2" in done.stdout
    assert "fine" in done.stdout
