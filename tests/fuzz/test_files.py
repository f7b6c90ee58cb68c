"""Configuration, personas, voices' files, recordings and documents with damage in them."""

from __future__ import annotations

import contextlib
import io
import random
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hearthd.actions.matcher import CommandsError, Matcher
from hearthd.audio.wav import MAX_SECONDS, AudioFileError, load
from hearthd.cli.main import main
from hearthd.config import loader, personas
from hearthd.config.loader import MAX_PROBLEMS, ConfigError
from hearthd.config.settings import Settings, repository_config
from hearthd.knowledge import documents
from hearthd.knowledge.chunks import CHUNK_BYTES, cut
from hearthd.knowledge.documents import DocumentError
from hearthd.voices import profiles
from tests.fuzz import HOSTILE, damaged

pytestmark = pytest.mark.unit

CONFIGURATIONS, CHECKED, PERSONAS, SENTENCES = 2000, 150, 2000, 1000
VOICES, RECORDINGS, DOCUMENTS = 500, 3000, 1500
"""Of each, if it is not the fast run (``many``)."""

Many = Callable[[int], int]


def whole_lines(problems: list[str]) -> None:
    """An error is some lines that a person can read, and each a bounded one."""
    assert 0 < len(problems) <= MAX_PROBLEMS + 1
    for problem in problems:
        assert problem.isprintable()
        assert len(problem) < 1000


def test_damaged_configurations_are_read_or_refused(tmp_path: Path, many: Many) -> None:
    count = many(CONFIGURATIONS)
    good = [repository_config("hearthd.toml").read_bytes(), *HOSTILE, b'[[wake.words]]\nname = "alexa"\n']
    short = (
        b'node = "x"\n[audio]\nvolume = 5\n[voice]\nname = "ann"\nurl = "http://a:9"\n[mqtt]\nhost = "x"\n'
    )
    chance, file, refused = random.Random(11), tmp_path / "hearthd.toml", 0
    for _ in range(count):
        file.write_bytes(damaged([short, short, *good], chance))
        try:
            assert isinstance(loader.load(str(file), {}), Settings)
        except ConfigError as error:
            refused += 1
            whole_lines(error.problems)
    assert count // 2 < refused < count


def test_check_answers_each_of_them_with_ok_or_78(tmp_path: Path) -> None:
    words = [
        b"hearthd",
        b"alexa",
        b"whisper-base",
        b"heart",
        b"gpt_sovits",
        b"/etc",
        b"~x/y",
        b"..",
        b"",
        b"[/b]",
    ]
    keys = (
        b"persona",
        b"asr.model",
        b"voice.engine",
        b"voice.name",
        b"voice.english",
        b"chat.embedded_model",
    )
    chance, file = random.Random(12), tmp_path / "hearthd.toml"
    codes = set()
    for number in range(CHECKED):
        lines = b"\n".join(key + b' = "' + chance.choice(words) + b'"' for key in chance.sample(keys, 2))
        file.write_bytes(lines if number % 2 else damaged([lines], chance))
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
            code = main(["check", "--config", str(file)])
        assert code in (0, 78), said.getvalue()
        assert (code == 0) == (said.getvalue() == "")
        codes.add(code)
    assert codes == {0, 78}


def test_damaged_environments_are_read_or_refused(many: Many) -> None:
    count = many(CONFIGURATIONS)
    chance = random.Random(13)
    names = [
        f"HEARTHD_{key}"
        for key in ("NODE", "AUDIO__VOLUME", "WAKE__WORDS", "VOICE__URL", "__", "A__" * 9, "X")
    ]
    for _ in range(count):
        value = damaged([b"5", b'"x"', b"[]", b"{}", b"true", b'[{name="alexa"}]'], chance)
        environment = {chance.choice(names): value.replace(b"\x00", b"").decode(errors="surrogateescape")}
        try:
            loader.load(None, environment)
        except ConfigError as error:
            whole_lines(error.problems)


def test_damaged_personas_are_read_or_refused(tmp_path: Path, many: Many) -> None:
    count = many(PERSONAS)
    good = [path.read_bytes() for path in sorted(repository_config("personas").glob("*.toml"))]
    chance, file, refused = random.Random(14), tmp_path / "odd.toml", 0
    for _ in range(count):
        file.write_bytes(damaged(good, chance))
        try:
            persona = personas.parse(file)
            assert persona.names
            assert personas.asked_for("be somebody else", [persona]) is None or persona.called
        except personas.PersonaError as error:
            refused += 1
            whole_lines(error.problems)
    assert 0 < refused < count


def test_damaged_sentence_files_are_read_or_refused(tmp_path: Path, many: Many) -> None:
    count = many(SENTENCES)
    good = [
        b"before = ['please']\n[commands]\nstop = ['(hush|quiet) [now]', 'no more <of_that>']\n"
        b"timer_set = ['wait {seconds}']\n[parts]\nof_that = 'of (that|this)'\n",
        b"[any_order.timer_set]\nmust = ['timer']\n" * 2,
    ]
    chance, refused = random.Random(17), 0
    for _ in range(count):
        (tmp_path / "en.toml").write_bytes(damaged(good, chance))
        try:
            Matcher(where=[tmp_path])
        except CommandsError as error:
            refused += 1
            whole_lines(error.problems)
    assert count // 4 < refused < count


def test_damaged_voices_are_read_or_refused(many: Many) -> None:
    count = many(VOICES)
    values = {"text": "So she said, 你好。", "language": "en", "gpt_weights": "/x.ckpt", "speed": 1.5}
    folder = profiles.store("ann", b"RIFF", "clip.wav", values)
    good, chance, errors = (folder / profiles.FILE).read_bytes(), random.Random(15), list[str]()
    for _ in range(count):
        (folder / profiles.FILE).write_bytes(damaged([good], chance))
        try:
            profiles.load("ann")
        except profiles.VoiceError as error:
            errors.append(str(error))
        assert profiles.names() == ["ann"]
    assert 0 < len(errors) < count
    assert all(len(error) < 1000 for error in errors)


def recordings() -> list[bytes]:
    """A second in every format that is read."""
    made = []
    for tag, bits, channels in (
        (1, 8, 1),
        (1, 16, 1),
        (1, 16, 2),
        (1, 24, 1),
        (1, 32, 1),
        (3, 32, 2),
        (3, 64, 1),
    ):
        frame = channels * bits // 8
        form = struct.pack("<HHIIHH", tag, channels, 16_000, 16_000 * frame, frame, bits)
        body = np.random.default_rng(bits).bytes(400 * frame)
        chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(body)) + body
        made.append(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    return made


def test_damaged_recordings_are_read_or_refused(tmp_path: Path, many: Many) -> None:
    count = many(RECORDINGS)
    good, chance, file, errors = recordings(), random.Random(16), tmp_path / "a.wav", list[str]()
    for number in range(count):
        raw = bytearray(damaged(good, chance)) if number % 2 else bytearray(chance.choice(good))
        for _ in range(chance.choice((0, 1, 2))):  # where its numbers stand
            at = chance.randrange(4, 48)
            raw[at : at + 4] = chance.choice(
                (bytes(4), b"\xff" * 4, chance.randbytes(4), struct.pack("<I", 1))
            )
        file.write_bytes(raw)
        try:
            pcm = load(file)
            assert pcm.dtype == np.int16
            assert pcm.ndim == 1
            assert len(pcm) <= MAX_SECONDS * 16_000
        except AudioFileError as error:
            errors.append(str(error))
    assert 0 < len(errors) < count
    assert all(error.startswith(f"{file}: ") and error.isprintable() for error in errors)


def test_damaged_documents_are_read_or_refused(many: Many) -> None:
    """By what the child does; that it has little time and memory is tested beside it (test_faults)."""
    count = many(DOCUMENTS)
    page = "<html><head>t</head><body><h1>锅炉</h1><p>Hold &amp; wait<br>x<script>no()</script>"
    text = "# Bins\n\nOn Tuesday.\r\n\r\n垃圾车每周二来。"
    good = [
        page.encode(),
        text.encode(),
        text.encode("gb18030"),
        b"<![CDATA[",
        b"<!",
        b"<?",
        b"</",
        b"&#xffffffff;",
    ]
    chance, errors = random.Random(17), list[str]()
    for number in range(count):
        raw = damaged(good, chance)
        try:
            decoded = documents._decoded(raw)
            found = documents.html_text(decoded) if number % 2 else decoded
            assert len(found) <= documents.MAX_CHARACTERS
            assert all(0 < len(chunk.text.encode()) <= CHUNK_BYTES for chunk in cut(found, "a"))
        except DocumentError as error:
            errors.append(str(error))
    assert 0 < len(errors) < count
    assert all("text" in error for error in errors)


@pytest.mark.slow
def test_five_hundred_damaged_pdfs_are_read_or_refused() -> None:
    from tests.knowledge.test_documents import pdf_of

    good, chance, errors = [pdf_of("Hold the red button."), pdf_of("x" * 200)], random.Random(18), list[str]()
    for _ in range(500):
        try:
            documents._pdf_text(damaged(good, chance))
        except DocumentError as error:
            errors.append(str(error))
    assert 0 < len(errors) < 500
    assert all(len(error) < 300 for error in errors)
