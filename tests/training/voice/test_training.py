"""Training a voice: recordings to pieces to words to weights, in steps that nobody has to believe."""

from __future__ import annotations

import asyncio
import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from _pytest.mark import ParameterSet
from numpy.typing import NDArray

from hearthd.audio import wav
from hearthd.cli.main import main
from hearthd.engines.protocols import Transcript
from hearthd.training.voice import gpu_lease
from hearthd.training.voice.dataset import DataSet
from hearthd.voices import profiles, reference_clip
from tests.peers import gpt_sovits_checkout as standin
from tests.utterances import say

pytestmark = pytest.mark.integration

ENGLISH = (
    "The lighthouse keeper climbed the stairs every evening before the sun went down.",
    "In winter the storms were so loud that nobody could sleep in the small house.",
    "She wrote down the name of every ship that passed, and the hour, and the weather in the bay.",
    "Nobody ever asked to read her books, until a young man came from the city with a letter.",
)
CHINESE = "今天天气很好，我们一起去公园散步吧。晚上回家以后，妈妈做了一桌很好吃的菜。"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No service of this machine is in the way, and no server of it answers."""
    tools = tmp_path / "tools"
    tools.mkdir()
    systemctl(tools, running=False)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    monkeypatch.setenv("HEARTHD_VOICE__URL", "http://127.0.0.1:9")
    monkeypatch.setenv("COLUMNS", "300")


def systemctl(tools: Path, *, running: bool) -> None:
    """One that writes down what it was told."""
    path = tools / "systemctl"
    state = tools / "running"
    state.touch() if running else state.unlink(missing_ok=True)
    path.write_text(
        f'#!/bin/sh\necho "$@" >> {tools}/told\ncase $1 in\n'
        f"is-active) for s in 1 2; do [ -e {state} ] && echo active || echo inactive; done ;;\n"
        f"stop) rm {state} ;;\nstart) touch {state} ;;\nesac\n"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def told(tmp_path: Path) -> list[str]:
    return [
        line for line in (tmp_path / "tools" / "told").read_text().splitlines() if "is-active" not in line
    ]


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(round(seconds * reference_clip.RATE), np.int16)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """One WAV file of three sentences with pauses between, and one with a cough's worth of speech."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    spoken = [part for text in ENGLISH for part in (say(text, rate=reference_clip.RATE), silence(1.2))]
    wav.save(folder / "story one.wav", np.concatenate([silence(1), *spoken]), reference_clip.RATE)
    wav.save(folder / "short.wav", say("Yes.", rate=reference_clip.RATE), reference_clip.RATE)
    (folder / "notes.txt").write_text("not a recording")
    return folder


def prepare(recordings: Path) -> DataSet:
    """The data as a run without a checkout leaves them; nobody listens to the pieces."""
    data = DataSet("ann")
    data.slice(recordings, lambda *_: None)
    answers = iter(["one two", "一二三", *["three | four"] * 50])

    async def listen(_: NDArray[np.int16]) -> Transcript:
        text = next(answers)
        return Transcript(text, "zh" if text == "一二三" else "en")

    asyncio.run(data.transcribe(listen, lambda *_: None))
    return data


def train(recordings: Path, checkout: Path, *more: str) -> int:
    return main(["voices", "train", "ann", str(recordings), "--checkout", str(checkout), *more])


PREPARING = ["1-get-text.py", "2-get-hubert-wav32k.py", "2-get-sv.py", "3-get-semantic.py"]
TRAINING = ["s2_train.py", "s1_train.py"]
ALL = [*PREPARING, *TRAINING]


def slow(case: str) -> ParameterSet:
    """A case like another one: each starts some ten Pythons."""
    return pytest.param(case, marks=pytest.mark.slow)


# --- up to the list ---------------------------------------------------------------------------------


@pytest.mark.models
@pytest.mark.slow
def test_recordings_become_pieces_and_their_words(
    tmp_path: Path, recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chinese = say(CHINESE, "zf_xiaoxiao", reference_clip.RATE)
    wav.save(recordings / "zh.wav", chinese, reference_clip.RATE)
    assert train(recordings, tmp_path / "nowhere") == 1
    said = capsys.readouterr().err
    data = DataSet("ann")
    assert "there is no GPT-SoVITS in" in said
    assert str(data.list_path) in said
    assert "short.wav: less than 3 s of speech" in said
    lines = data.lines()
    for line in lines:
        pcm = wav.load(line.wav, reference_clip.RATE)
        assert 3 <= len(pcm) / reference_clip.RATE <= 10
        assert 20_000 < int(np.abs(pcm).max()) < 26_000
    english = " ".join(line.text for line in lines if line.language == "en").lower()
    wanted = set(re.findall(r"\w+", " ".join(ENGLISH).lower()))
    assert len(wanted & set(re.findall(r"\w+", english))) >= 0.9 * len(wanted)
    chinese_text = "".join(line.text for line in lines if line.language == "zh")
    assert len(set(CHINESE) & set(chinese_text)) >= 0.8 * len(set(CHINESE))
    first = data.list_path.read_text().splitlines()[0].split("|")
    assert first[1:3] == ["ann", "en"]


def test_what_was_cut_and_heard_is_not_done_again_and_corrections_stay(recordings: Path) -> None:
    data = prepare(recordings)
    assert len(data.lines()) >= 2
    text = data.list_path.read_text().replace("one two", "won too")
    data.list_path.write_text(text)
    before = {line.wav: line.wav.stat().st_mtime_ns for line in data.lines()}
    data.slice(recordings, lambda *_: None)

    async def listen(_: NDArray[np.int16]) -> Transcript:
        raise AssertionError("it was heard before")

    lines = asyncio.run(data.transcribe(listen, lambda *_: None))
    assert lines[0].text == "won too"
    assert {line.wav: line.wav.stat().st_mtime_ns for line in lines} == before


def test_an_interrupted_listening_goes_on_where_it_was(recordings: Path) -> None:
    data = DataSet("ann")
    data.slice(recordings, lambda *_: None)
    heard = 0

    async def listen(_: NDArray[np.int16]) -> Transcript:
        nonlocal heard
        heard += 1
        if heard == 2:
            raise KeyboardInterrupt
        return Transcript(f"words {heard}", "en")

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(data.transcribe(listen, lambda *_: None))
    assert [line.text for line in data.lines()] == ["words 1"]
    lines = asyncio.run(data.transcribe(listen, lambda *_: None))
    assert [line.text for line in lines] == ["words 1", *(f"words {n}" for n in range(3, 2 + len(lines)))]


def test_a_piece_whose_words_stand_beside_its_recording_is_not_listened_to(recordings: Path) -> None:
    wav.save(recordings / "read.wav", say(ENGLISH[0], rate=reference_clip.RATE), reference_clip.RATE)
    (recordings / "read.txt").write_text(" The light|house\nkeeper, read. ", "utf-8")
    (recordings / "story one.txt").write_text("Words of a recording that is more than one piece.")
    data = prepare(recordings)
    words = {line.wav.name.rsplit("-", 2)[0]: (line.text, line.language) for line in data.lines()}
    assert words["read"] == ("The light house keeper, read.", "en")
    assert "Words of" not in data.list_path.read_text("utf-8")


@pytest.mark.parametrize("rubbish", [b"", b"\xff\xfe", b"...", b"a" * 10_000])
def test_a_text_beside_a_recording_that_is_no_text_is_passed_over(recordings: Path, rubbish: bytes) -> None:
    wav.save(recordings / "read.wav", say(ENGLISH[0], rate=reference_clip.RATE), reference_clip.RATE)
    (recordings / "read.txt").write_bytes(rubbish)
    assert {line.text for line in prepare(recordings).lines()} <= {"one two", "一二三", "three four"}


def test_a_recording_that_is_gone_or_new_changes_only_its_own_pieces(recordings: Path) -> None:
    data = prepare(recordings)
    old = data.lines()
    wav.save(recordings / "b.wav", say(ENGLISH[0], rate=reference_clip.RATE), reference_clip.RATE)
    made = data.slice(recordings, lambda *_: None)
    assert [len(recording.slices) for recording in made] == [1, 0, len(old)]
    (recordings / "story one.wav").unlink()
    data.slice(recordings, lambda *_: None)
    assert not any(line.wav.exists() for line in old)


@pytest.mark.parametrize("line", ["no bars", "a|b|fr|mots", "a|b|en|", "a|b|en|c|d", "\x00"])
def test_a_line_of_the_list_that_cannot_be_read_is_named(recordings: Path, line: str) -> None:
    data = prepare(recordings)
    data.list_path.write_text(data.list_path.read_text() + line + "\n")
    with pytest.raises(
        profiles.VoiceError, match=rf"ann\.list:{len(data.list_path.read_text().splitlines())}:"
    ):
        data.lines()


@pytest.mark.parametrize("garbage", ["{", "[]", '{"recordings": 3}', "\udcff"])
def test_a_damaged_notebook_is_named(recordings: Path, garbage: str) -> None:
    data = DataSet("ann")
    (data.folder / "recordings.json").write_bytes(garbage.encode("utf-8", "surrogateescape"))
    with pytest.raises(profiles.VoiceError, match=r"recordings\.json"):
        data.slice(recordings, lambda *_: None)


def test_a_folder_without_recordings_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, tmp_path) == 1
    assert "no WAV files" in capsys.readouterr().err
    assert train(tmp_path / "nowhere", tmp_path) == 1


# --- from the list to the weights ---------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    folder = standin.make(tmp_path / "checkout")
    files = set(folder.rglob("*")) - {folder / "runs.txt"}
    yield folder
    assert set(folder.rglob("*")) - {folder / "runs.txt"} == files, "the checkout is only read"


def test_a_trained_voice_has_its_weights_and_a_clip(recordings: Path, checkout: Path) -> None:
    data = prepare(recordings)
    assert train(recordings, checkout) == 0
    assert standin.runs(checkout) == ALL
    voice = profiles.load("ann")
    assert Path(voice.gpt_weights).name.endswith("-e15.ckpt")
    assert re.search(r"_e8_s\d+\.pth$", voice.sovits_weights)
    assert Path(voice.gpt_weights).is_file()
    assert voice.version == "v2Pro"
    assert voice.text in {line.text for line in data.lines()}


@pytest.mark.slow
def test_what_is_done_is_not_done_again(recordings: Path, checkout: Path) -> None:
    prepare(recordings)
    assert train(recordings, checkout) == 0
    assert train(recordings, checkout) == 0
    assert standin.runs(checkout) == ALL


@pytest.mark.slow
def test_corrected_words_are_trained_anew_and_the_old_weights_go(recordings: Path, checkout: Path) -> None:
    data = prepare(recordings)
    assert train(recordings, checkout) == 0
    old = profiles.load("ann")
    data.list_path.write_text(data.list_path.read_text().replace("one two", "won too"))
    assert train(recordings, checkout) == 0
    new = profiles.load("ann")
    assert standin.runs(checkout) == [*ALL, "1-get-text.py", "s2_train.py", "s1_train.py"]
    assert new.clip == old.clip
    assert new.gpt_weights != old.gpt_weights
    assert not Path(old.gpt_weights).exists()


@pytest.mark.slow
def test_a_voice_that_is_there_keeps_its_clip_and_settings(recordings: Path, checkout: Path) -> None:
    prepare(recordings)
    profiles.store("ann", b"a clip", "clip-1.wav", {"text": "hers", "language": "en", "speed": 1.25})
    assert train(recordings, checkout) == 0
    voice = profiles.load("ann")
    assert (voice.text, voice.speed, voice.clip.read_bytes()) == ("hers", 1.25, b"a clip")
    assert voice.gpt_weights


@pytest.mark.parametrize("script", [PREPARING[0], *(slow(script) for script in PREPARING[1:])])
def test_a_script_that_swallows_an_error_is_caught_by_counting(
    script: str, recordings: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = prepare(recordings)
    standin.faulty(checkout, {script: [1]})
    assert train(recordings, checkout) == 1
    said = capsys.readouterr().err
    assert "said that all went well, but made" in said
    assert data.lines()[1].wav.name in said
    assert standin.runs(checkout)[-1] == script
    assert "ann" not in profiles.names()
    standin.faulty(checkout, {})
    assert train(recordings, checkout) == 0
    at = ALL.index(script)
    assert standin.runs(checkout) == [*ALL[: at + 1], *ALL[at:]]


@pytest.mark.slow
@pytest.mark.parametrize("script", TRAINING)
@pytest.mark.parametrize("fault", ["nothing", slow("truncate"), slow("die")])
def test_weights_that_are_missing_or_cut_off_are_caught(
    script: str, fault: str, recordings: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(recordings)
    standin.faulty(checkout, {script: [fault]})
    assert train(recordings, checkout) == 1
    said = capsys.readouterr().err
    assert ("ended with 1" if fault == "die" else "said that all went well") in said
    assert "made 0 of 1" in said
    standin.faulty(checkout, {})
    assert train(recordings, checkout) == 0


def test_what_the_checkout_lacks_is_named_with_what_is_done(
    recordings: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = prepare(recordings)
    (checkout / standin.MODELS / "s1v3.ckpt").rename(checkout / "elsewhere")
    assert train(recordings, checkout) == 1
    said = capsys.readouterr().err
    assert "s1v3.ckpt" in said
    assert f"Done so far: {len(data.lines())} pieces" in said
    (checkout / "elsewhere").rename(checkout / standin.MODELS / "s1v3.ckpt")
    assert train(recordings, checkout, "--python", str(checkout / "none")) == 1
    assert "name it with --python" in capsys.readouterr().err


# --- beside the speaker -------------------------------------------------------------------------------


def test_a_training_is_refused_while_a_voice_server_answers(
    recordings: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(recordings)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("HEARTHD_VOICE__URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        assert train(recordings, checkout) == 1
        assert "--stop-speaker" in capsys.readouterr().err
        assert train(recordings, checkout, "--stop-speaker") == 1
        assert "no service of this machine" in capsys.readouterr().err
    assert standin.runs(checkout) == []


def test_a_training_is_refused_while_the_speaker_runs(
    tmp_path: Path, recordings: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(recordings)
    systemctl(tmp_path / "tools", running=True)
    assert train(recordings, checkout) == 1
    assert "hearthd.service and gpt-sovits.service are running" in capsys.readouterr().err
    assert standin.runs(checkout) == []
    assert told(tmp_path) == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", [[], ["die"]])
def test_the_speaker_is_stopped_if_told_and_started_again_whatever_happens(
    fault: list[int | str], tmp_path: Path, recordings: Path, checkout: Path
) -> None:
    prepare(recordings)
    systemctl(tmp_path / "tools", running=True)
    standin.faulty(checkout, {"s2_train.py": fault})
    assert train(recordings, checkout, "--stop-speaker") == (1 if fault else 0)
    assert told(tmp_path) == [
        "stop hearthd.service gpt-sovits.service",
        "start gpt-sovits.service hearthd.service",
    ]


def test_who_records_stops_the_speaker_alone_and_starts_it_again(tmp_path: Path) -> None:
    systemctl(tmp_path / "tools", running=True)
    with gpu_lease.stopped([gpu_lease.SPEAKER]):
        assert not gpu_lease.speaker_runs()
    assert told(tmp_path) == ["stop hearthd.service", "start hearthd.service"]
