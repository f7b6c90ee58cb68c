"""Cloned voices: what makes a good clip, and folders that are whole or not there."""

from __future__ import annotations

import asyncio
import functools
import re
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.audio import wav
from hearthd.cli.main import main as hearthd
from hearthd.common.audio import Pcm
from hearthd.common.paths import state_dir
from hearthd.engines.tts import factory
from hearthd.engines.tts.gsv_lite.voice import LowLatencyVoice
from hearthd.voices import profiles, reference_clip
from tests.engines.tts import low_latency_fake
from tests.peers.gpt_sovits_faults import clip as server_clip
from tests.peers.gpt_sovits_faults import peer
from tests.utterances import available, say

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "200")


def speech(
    seconds: float, *, level: float = 8_000, noise: float = 10, rate: int = reference_clip.RATE
) -> Pcm:
    """Four syllables a second, in a little noise."""
    time = np.arange(round(seconds * rate)) / rate
    sound = level * np.sin(2 * np.pi * 170 * time) * np.clip(np.sin(2 * np.pi * 4 * time), 0, 1)
    return (
        np.rint(sound + np.random.default_rng(0).normal(0, noise, len(time)))
        .clip(-32768, 32767)
        .astype(np.int16)
    )


def write(path: Path, pcm: Pcm, rate: int = reference_clip.RATE, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.repeat(pcm, channels).astype("<i2").tobytes())
    return path


def add(clip: Path, *more: str, name: str = "ann") -> int:
    return hearthd(
        ["voices", "add", name, str(clip), "--text", "So she said, 你好。", "--language", "en", *more]
    )


def test_a_good_clip_becomes_a_voice(tmp_path: Path) -> None:
    assert add(write(tmp_path / "a.wav", speech(6.0))) == 0
    voice = profiles.load("ann")
    assert (voice.text, voice.language) == ("So she said, 你好。", "en")
    with wave.open(str(voice.clip)) as clip:
        assert clip.getframerate() == 32_000
        assert 5.0 < clip.getnframes() / 32_000 < 6.3


def test_any_rate_and_stereo_are_taken(tmp_path: Path) -> None:
    assert add(write(tmp_path / "a.wav", speech(5.0, rate=44_100), 44_100, channels=2)) == 0
    with wave.open(str(profiles.load("ann").clip)) as clip:
        assert (clip.getframerate(), clip.getnchannels()) == (32_000, 1)
        assert clip.getnframes() / 32_000 == pytest.approx(5.0, abs=0.4)


def test_the_silence_around_the_speech_does_not_count(tmp_path: Path) -> None:
    quiet = np.zeros(4 * reference_clip.RATE, np.int16)
    assert add(write(tmp_path / "a.wav", np.concatenate([quiet, speech(6.0, noise=3), quiet]))) == 0


BAD = {
    "too short": (speech(2.0), "3 to 10"),
    "too long": (speech(12.0), "3 to 10"),
    "silent": (np.zeros(5 * reference_clip.RATE, np.int16), "no sound"),
    "full of hiss": (speech(6.0, noise=1_500), "noise"),
    "cut off at the top": (
        np.clip(speech(6.0).astype(np.int32) * 9, -32_768, 32_767).astype(np.int16),
        "cut off",
    ),
}


@pytest.mark.parametrize(("pcm", "why"), BAD.values(), ids=BAD.keys())
def test_a_bad_clip_is_refused_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pcm: Pcm, why: str
) -> None:
    assert add(write(tmp_path / "a.wav", pcm)) == 1
    assert why in capsys.readouterr().err
    assert profiles.names() == []


@pytest.mark.parametrize(
    "name", ["..", "../ann", "a/b", "", ".hidden", "-rf", "a" * 33, "ann\n", "ann.wav", "小明"]
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(profiles.VoiceError):
        profiles.store(name, b"", "clip.wav", {})
    with pytest.raises(profiles.VoiceError):
        profiles.remove(name)
    with pytest.raises(profiles.VoiceError):
        profiles.load(name)


def test_a_voice_is_not_replaced_by_accident(tmp_path: Path) -> None:
    first = write(tmp_path / "a.wav", speech(6.0))
    second = write(tmp_path / "b.wav", speech(7.0))
    assert add(first) == 0
    before = profiles.load("ann").clip
    assert add(second) == 1
    assert profiles.load("ann").clip == before
    assert add(second, "--replace") == 0
    assert profiles.load("ann").clip.name != before.name  # the server remembers clips by their path
    assert len(list(profiles.load("ann").clip.parent.glob("*.wav"))) == 1
    assert not [entry for entry in profiles.voices_dir().iterdir() if entry.name.startswith(".")]


def test_removing_a_voice_removes_all_of_it(tmp_path: Path) -> None:
    assert add(write(tmp_path / "a.wav", speech(6.0))) == 0
    assert hearthd(["voices", "remove", "ann"]) == 0
    assert list(profiles.voices_dir().iterdir()) == []
    assert hearthd(["voices", "remove", "ann"]) == 1


def trained(name: str, title: str, *, kept_at: Path | None = None) -> list[Path]:
    """A voice with weights of its own, and the pieces that they were made of."""
    folder = kept_at or state_dir() / "weights"
    weights = [folder / f"{title}-e15.ckpt", folder / f"{title}_e8_s96.pth"]
    folder.mkdir(parents=True, exist_ok=True)
    for path in weights:
        path.write_bytes(b"weights")
    values = {"text": "Said.", "language": "en", "gpt_weights": str(weights[0])}
    profiles.store(name, b"", "clip.wav", {**values, "sovits_weights": str(weights[1]), "version": "v2Pro"})
    return weights


def test_removing_a_trained_voice_asks_first_and_takes_what_was_made_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = trained("ann", "ann-0123abcd")
    older = state_dir() / "weights" / "ann-89abcdef-e10.ckpt"
    older.write_bytes(b"weights")
    pieces = state_dir() / "training" / "ann" / "slices"
    pieces.mkdir(parents=True)
    (pieces / "one.wav").write_bytes(b"sound")
    others = trained("ann-2", "ann-2-0123abcd")
    assert hearthd(["voices", "remove", "ann"]) == 1
    assert "--yes" in capsys.readouterr().err
    assert all(path.exists() for path in [*mine, older, *others])
    assert hearthd(["voices", "remove", "ann", "--yes"]) == 0
    assert profiles.names() == ["ann-2"]
    assert not any(path.exists() for path in [*mine, older, pieces.parent])
    assert all(path.exists() for path in others)


def test_weights_that_the_owner_keeps_elsewhere_or_another_voice_speaks_with_stay(tmp_path: Path) -> None:
    elsewhere = trained("ann", "ann-0123abcd", kept_at=tmp_path / "mine")
    shared = trained("bob", "bob-0123abcd")
    values = {"text": "Said.", "language": "en", "gpt_weights": str(shared[0])}
    profiles.store("eve", b"", "clip.wav", values)
    assert hearthd(["voices", "remove", "ann"]) == 0
    assert all(path.exists() for path in elsewhere)
    assert hearthd(["voices", "remove", "bob", "--yes"]) == 0
    assert [path.exists() for path in shared] == [True, False]


def test_the_list_tells_what_is_trained_what_is_lost_and_what_is_under_way(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("ann", "bob"):
        write(tmp_path / f"{name}.wav", speech(5.0))
        weights = trained(name, f"{name}-0123abcd")
        (tmp_path / f"{name}.wav").rename(profiles.voices_dir() / name / "clip.wav")
    weights[1].unlink()
    (state_dir() / "training" / "eve").mkdir(parents=True)
    assert hearthd(["voices", "list"]) == 1
    listed = capsys.readouterr().out.splitlines()
    assert re.search(r"trained \d{4}-\d\d-\d\d v2Pro", next(line for line in listed if " ann " in line))
    assert "lost: bob-0123abcd_e8_s96.pth" in next(line for line in listed if " bob " in line)
    assert "in training" in next(line for line in listed if " eve " in line)


def test_the_list_shows_each_voice_and_names_a_damaged_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert add(write(tmp_path / "a.wav", speech(6.0))) == 0
    assert hearthd(["voices", "list"]) == 0
    assert "So she said, 你好。" in capsys.readouterr().out
    (profiles.voices_dir() / "ann" / "voice.toml").write_text('clip = "../../secret.wav"\n')
    assert hearthd(["voices", "list"]) == 1
    assert "same folder" in capsys.readouterr().out


@pytest.mark.parametrize(
    "line", ["speed = 9.0", "unknown = 1", 'seed = "x"', "streaming_mode = 0", "= [", "text = 3", "\x00"]
)
def test_a_wrong_line_in_a_voices_file_is_named(tmp_path: Path, line: str) -> None:
    assert add(write(tmp_path / "a.wav", speech(6.0))) == 0
    file = profiles.voices_dir() / "ann" / "voice.toml"
    file.write_text(file.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(profiles.VoiceError, match=r"voice\.toml"):
        profiles.load("ann")


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_words_survive_the_file(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STATE_DIRECTORY", str(tmp_path_factory.mktemp("state")))
        profiles.store("ann", b"", "clip.wav", {"text": text, "language": "en"})
        assert profiles.load("ann").text == text


def test_trying_a_voice_without_a_server_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(write(tmp_path / "a.wav", speech(6.0))) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEARTHD_VOICE__URL", "http://127.0.0.1:9")
        assert hearthd(["voices", "try", "ann"]) == 1
    assert "no voice server answers" in capsys.readouterr().err


async def test_trying_a_voice_asks_the_voice_server_for_what_is_said(tmp_path: Path) -> None:
    assert add(write(tmp_path / "a.wav", speech(6.0))) == 0
    async with peer() as server:
        server.tts = server_clip(1.0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HEARTHD_VOICE__URL", server.url)
            arguments = ["voices", "try", "ann", "**Ready** at 7:05.", "--out", str(tmp_path / "said.wav")]
            assert await asyncio.to_thread(hearthd, arguments) == 0
        assert server.texts()[-1] == "Ready at seven oh five."
    assert len(wav.load(tmp_path / "said.wav", 48_000)) == pytest.approx(48_000, rel=0.1)


def test_trying_a_voice_uses_the_engine_that_the_configuration_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert add(write(tmp_path / "a.wav", speech(6.0))) == 0
    fake = (sys.executable, low_latency_fake.__file__)
    monkeypatch.setattr(factory, "LowLatencyVoice", functools.partial(LowLatencyVoice, command=fake))
    monkeypatch.setenv("HEARTHD_VOICE__ENGINE", "low_latency")
    assert hearthd(["voices", "try", "ann", "Hello there.", "--out", str(tmp_path / "said.wav")]) == 0
    assert len(wav.load(tmp_path / "said.wav", 48_000)) == pytest.approx(2 * 48_000, rel=0.1)


@pytest.mark.models
@pytest.mark.skipif(not available(), reason="the starter models are not there: hearthd models pull")
def test_the_embedded_voice_can_be_tried_by_its_name(tmp_path: Path) -> None:
    assert hearthd(["voices", "try", "embedded", "Hello there.", "--out", str(tmp_path / "said.wav")]) == 0
    assert len(wav.load(tmp_path / "said.wav", 48_000)) > 0.4 * 48_000
    with pytest.raises(profiles.VoiceError):
        profiles.check_name("embedded")


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.skipif(not available(), reason="the starter models are not there: hearthd models pull")
@pytest.mark.parametrize(
    ("speaker", "text", "language"),
    [
        ("bf_emma", "Good evening everybody, dinner will be ready in half an hour.", "en"),
        ("zm_yunxi", "大家晚上好，今天的晚饭半个小时以后就可以吃了。", "zh"),
    ],
)
def test_without_its_words_the_clip_is_listened_to(
    tmp_path: Path, speaker: str, text: str, language: str
) -> None:
    spoken = say(text, speaker, reference_clip.RATE)
    hiss = np.random.default_rng(0).normal(0, 20, len(spoken))
    clip = write(tmp_path / "a.wav", np.rint(spoken + hiss).clip(-32768, 32767).astype(np.int16))
    assert hearthd(["voices", "add", "ann", str(clip)]) == 0
    voice = profiles.load("ann")
    assert voice.language == language
    heard, said = set(voice.text.lower()) - set(" ,.，。"), set(text.lower()) - set(" ,.，。")
    assert len(heard & said) / len(said) > 0.85
