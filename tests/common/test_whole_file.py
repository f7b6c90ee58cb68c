"""A file that is written anew is the old one or the new one, never half of it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from hearthd.common.whole_file import replacing, same_file, try_to_write

pytestmark = pytest.mark.unit


def test_what_fails_in_the_middle_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def breaks_off() -> None:
        with replacing(path) as new:
            new.write_text("half of the n")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        breaks_off()
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("a.txt", "old")]


def test_rights_and_links_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "a.txt", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    with replacing(link, durable=True) as new:
        new.write_text("new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_pipe_is_written_to_itself(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    try_to_write(tmp_path / "pipe")
    with replacing(tmp_path / "pipe") as new:
        new.write_text("words")
    reader.join(10)
    assert read == ["words"]


def test_what_cannot_be_written_is_named_as_it_was_given(tmp_path: Path) -> None:
    for path in (tmp_path / "no folder" / "a.wav", tmp_path):
        with pytest.raises(OSError, match=str(path)):
            try_to_write(path)
    assert list(tmp_path.iterdir()) == []


def test_one_file_is_known_by_all_its_names(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("")
    (tmp_path / "soft").symlink_to(path)
    (tmp_path / "hard").hardlink_to(path)
    assert all(
        same_file(path, tmp_path / name) for name in ("a", "soft", "hard", "../" + tmp_path.name + "/a")
    )
    assert not same_file(path, tmp_path / "b")
