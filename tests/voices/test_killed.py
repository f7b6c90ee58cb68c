"""``voices add --replace`` and ``remove``, killed at every step: the old voice or the new one, no rest."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

import pytest

from hearthd.common.paths import state_dir
from hearthd.voices import profiles

pytestmark = pytest.mark.integration

CHANGES = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}
"""What the disk is asked for, as Python's audit events."""


def killed_after(steps: int, kind: str) -> bool:
    """Do it in a process that dies before its next change on the disk; whether it died."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            _dies_after(steps)
            if kind == "remove":
                profiles.remove("ann")
            else:
                values = {"text": "New.", "language": "en"}
                profiles.store("ann", b"new clip", f"clip-{'b' * 12}.wav", values, replace=True)
            os._exit(0)
        os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, 9)
    return status == 9


def _dies_after(steps: int) -> None:
    folder, left = str(profiles.voices_dir()), [steps]

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in CHANGES and folder in str(arguments[:1]):
            left[0] -= 1
            if left[0] < 0:
                os._exit(9)

    sys.addaudithook(hook)


def every_file() -> dict[str, bytes]:
    folder = state_dir() / "voices"
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def old_voice() -> None:
    values = {"text": "Old.", "language": "en"}
    profiles.store("ann", b"old clip", f"clip-{'a' * 12}.wav", values, replace=True)


def test_a_replacement_killed_at_any_step_leaves_the_old_voice_or_the_new_one() -> None:
    seen, steps = [], 0
    while True:
        old_voice()
        died = killed_after(steps, "replace")
        voice = profiles.load("ann")  # before anything is cleared away
        seen.append(voice.text)
        assert voice.clip.read_bytes() == {"Old.": b"old clip", "New.": b"new clip"}[voice.text]
        assert profiles.names() == ["ann"]
        assert len(every_file()) == 2
        if not died:
            break
        steps += 1
    assert steps >= 4
    assert seen == sorted(seen, reverse=True)
    assert set(seen) == {"Old.", "New."}


def test_a_removal_killed_at_any_step_leaves_the_voice_or_nothing() -> None:
    steps, left = 0, []
    while True:
        old_voice()
        died = killed_after(steps, "remove")
        left.append(bool(profiles.names()))
        assert len(every_file()) == (2 if left[-1] else 0)
        if not died:
            break
        steps += 1
    assert steps >= 3
    assert left == sorted(left, reverse=True)
    assert not left[-1]


def test_a_new_voice_killed_at_any_step_is_there_whole_or_not_at_all() -> None:
    steps = 0
    while True:
        died = killed_after(steps, "add")
        if names := profiles.names():
            assert profiles.load(*names).clip.read_bytes() == b"new clip"
            profiles.remove("ann")
        assert every_file() == {}
        if not died:
            break
        steps += 1
    assert steps >= 4


def test_what_another_command_is_making_is_not_cleared_away() -> None:
    old_voice()
    making = state_dir() / "voices" / f"{profiles.ADDING}xyz"
    making.mkdir()
    with profiles._alone(making.parent, 0) as alone:
        assert alone
        assert profiles.names() == ["ann"]
        assert making.exists()
    assert profiles.names() == ["ann"]
    assert not making.exists()


def test_clips_that_the_owner_laid_beside_are_left_alone() -> None:
    extra = state_dir() / "voices" / "ann" / f"clip-{'c' * 12}.wav"
    old_voice()
    own = extra.with_name("another take.wav")
    own.write_bytes(b"own")
    extra.write_bytes(b"extra")
    file = extra.with_name(profiles.FILE)
    file.write_text(file.read_text() + f'extra_clips = ["{extra}"]\n')
    assert profiles.names() == ["ann"]
    assert own.exists()
    assert extra.exists()


def test_voices_are_listed_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk at the first start: the folder cannot even be made."""
    assert profiles.names() == []
    assert not (state_dir() / "voices").exists()


def test_two_commands_at_once_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    old_voice()
    monkeypatch.setattr(profiles, "WAIT_SECONDS", 0.1)
    with profiles._alone(Path(profiles.voices_dir()), 0), pytest.raises(profiles.VoiceError, match="at work"):
        profiles.remove("ann")
    profiles.remove("ann")


@pytest.mark.parametrize(
    "mistake",
    [
        'clip = "clip-aaaaaaaaaaaa.wave"\n',
        "",
        "clip =",
        'klip = "x.wav"\n',
        'clip = "gone.wav"\ntext = 1\n',
        "\ufeff",
    ],
)
def test_a_mistake_in_a_voices_file_costs_no_clip(mistake: str) -> None:
    """The owner's typo: whatever lists the voices afterwards, mending the line brings the voice back."""
    old_voice()
    file = state_dir() / "voices" / "ann" / profiles.FILE
    right = file.read_text()
    file.write_text(mistake)
    assert profiles.names() == ["ann"]
    profiles.store("bob", b"another", f"clip-{'d' * 12}.wav", {"text": "x", "language": "en"})
    profiles.remove("bob")
    file.write_text(right)
    assert profiles.load("ann").clip.read_bytes() == b"old clip"


def test_a_clip_that_its_file_names_in_another_spelling_stays() -> None:
    old_voice()
    file = state_dir() / "voices" / "ann" / profiles.FILE
    file.write_text(file.read_text().replace("clip-a", "clip-\\u0061"))
    assert profiles.names() == ["ann"]
    assert profiles.load("ann").clip.read_bytes() == b"old clip"
