"""``check`` and ``run`` agree on what a configuration names that there is not; systemd is told 78 of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hearthd.app import config_check, daemon
from hearthd.cli.main import BAD_CONFIG, main
from hearthd.config.overrides import Overrides
from hearthd.config.running_settings import RunningSettings
from hearthd.config.settings import Settings
from hearthd.models import wake_words
from hearthd.mqtt import ha_options
from hearthd.voices import profiles

pytestmark = pytest.mark.unit

FATAL = {
    'persona = "nobody"': (1, 'no persona "nobody"'),
    '\npersona = "herthd"': (2, 'did you mean "hearthd"?'),
    '[[wake.words]]\nname = "hey_foo"': (2, 'no wake word "hey_foo"'),
    '[[wake.words]]\nname = "hey_jarvis"\n[[wake.words]]\nname = "hey_jarvs"': (
        4,
        'did you mean "hey_jarvis"?',
    ),
    '[[wake.words]]\nname = "silero"': (2, 'no wake word "silero"'),
    '[[wake.words]]\nname = "silero_vad"': (2, "no wake word"),
    '[[wake.words]]\nname = "melspectrogram"': (2, "no wake word"),
    '[[wake.words]]\nname = "mine"\nmodel = "/nowhere/mine.onnx"': (3, "there is no file /nowhere/mine.onnx"),
    '[[wake.words]]\nname = "mine"\nmodel = "~nobody/mine.onnx"': (3, "there is no file"),
    '[[wake.words]]\nname = "mine"\nmodel = "a\\u0000b.onnx"': (3, "there is no file a\\x00b"),
    '[[wake.words]]\nname = "alexa"\nverifier = "/nowhere/v.pkl"': (3, "there is no file /nowhere/v.pkl"),
    '[voice]\nengine = "gpt_sovits"': (1, 'is empty, but voice.engine is "gpt_sovits"'),
    '[voice]\nengine = "low_latency"': (1, "is empty, but voice.engine"),
    '[voice]\nengine = "gpt_sovits"\nname = "ann"\nfallback = false': (3, "there is no voice 'ann'"),
    '[chat]\nfallback = false\ntoken_file = "/nowhere/t"': (3, "cannot read /nowhere/t"),
    '[chat]\nfallback = false\n[[chat.hosts]]\nca_file = "/nowhere/c"': (4, "there is no file /nowhere/c"),
    '[asr]\nfallback = false\ntoken_file = "/nowhere/t"': (3, "cannot read /nowhere/t"),
    '[voice]\nenglish = "hart"': (2, 'did you mean "heart"?'),
    '[voice]\nchinese = "xiaoxiao"': (2, 'no embedded voice "xiaoxiao"'),
    '[asr]\nmodel = "whisper-bas"': (2, 'did you mean "whisper-base"?'),
    '[asr]\nmodel = "kokoro"': (2, '"kokoro" is not a Whisper model'),
    '[asr]\nmodel = "/nowhere/at/all"': (2, "there is no model.bin in it"),
    '[chat]\nembedded_model = "qwen"': (2, "is not a chat model"),
    '[chat]\nembedded_model = "whisper-base"': (2, "is not a chat model"),
}
NOT_FATAL = {
    '[voice]\nname = "ann"': (2, "there is no voice 'ann'"),
    '[voice]\nengine = "gpt_sovits"\nname = "ann"': (3, "there is no voice 'ann'"),
    '[home_assistant]\nurl = "http://h:8123"\ntoken_file = "/nowhere/token"': (
        3,
        "cannot read Home Assistant's token from /nowhere/token",
    ),
    '[home_assistant]\nca_file = "/nowhere/ca.pem"\nurl = "https://h:8123"': (
        2,
        "there is no file /nowhere/ca.pem",
    ),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "hearthd.toml"


@pytest.fixture
def began(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings with which a daemon would have begun."""
    settings: list[Settings] = []

    async def live(configured: Settings, config: str | None) -> int:
        settings.append(configured)
        return 0

    def leave(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr("faulthandler.enable", lambda: None)  # pytest's stderr has no descriptor
    monkeypatch.setattr(daemon, "live", live)
    monkeypatch.setattr("hearthd.service.leaving.at_once", leave)
    return settings


def ran(file: Path) -> int:
    try:
        return main(["run", "--config", str(file)])
    except SystemExit as left:
        return int(left.code or 0)


@pytest.mark.parametrize("text", FATAL)
def test_what_it_cannot_start_with_is_refused_by_check_and_run_alike(
    file: Path, began: list[Settings], capsys: pytest.CaptureFixture[str], text: str
) -> None:
    line, said = FATAL[text]
    file.write_text(text)
    for command in (lambda: main(["check", "--config", str(file)]), lambda: ran(file)):
        assert command() == BAD_CONFIG
        error = capsys.readouterr().err
        assert f"{file}:{line}: " in error
        assert said in error
        assert "Traceback" not in error
    assert began == []


@pytest.mark.parametrize("text", NOT_FATAL)
def test_what_it_can_do_without_is_named_by_check_and_starts(
    file: Path, began: list[Settings], capsys: pytest.CaptureFixture[str], text: str
) -> None:
    line, said = NOT_FATAL[text]
    file.write_text(text)
    assert main(["check", "--config", str(file)]) == BAD_CONFIG
    assert f"{file}:{line}: " in (error := capsys.readouterr().err)
    assert said in error
    assert ran(file) == 0
    assert len(began) == 1


def test_a_rehearsal_refuses_it_too(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text('persona = "nobody"')
    assert main(["rehearse", "--say", "hello", "--config", str(file)]) == BAD_CONFIG
    assert 'no persona "nobody"' in capsys.readouterr().err


def test_a_variable_is_named_as_the_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEARTHD_ASR__MODEL", "whisper-huge")
    assert main(["check"]) == BAD_CONFIG
    assert capsys.readouterr().err.startswith("$HEARTHD_ASR__MODEL: asr.model: ")


def test_the_defaults_name_nothing_that_there_is_not() -> None:
    assert config_check.problems(Settings()) == []


def test_a_model_that_is_not_fetched_yet_is_no_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_MODELS", str(tmp_path))
    names = {"asr": {"model": "whisper-small"}, "chat": {"embedded_model": "qwen2.5-1.5b"}}
    assert config_check.problems(Settings.model_validate(names)) == []


def test_a_file_that_is_no_wake_word_is_named(file: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.onnx").write_bytes(b"no network")
    word = {"name": "mine", "model": str(tmp_path / "mine.onnx")}
    [problem] = config_check.problems(Settings.model_validate({"wake": {"words": [word]}}))
    assert "mine.onnx cannot be loaded" in problem.text
    assert problem.key == ("wake", "words", 0, "model")


def test_an_own_model_laid_beside_the_others_is_a_wake_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARTHD_MODELS", str(tmp_path))
    folder = wake_words.folder()
    folder.mkdir()
    for name in (
        "hey_jarvis_v0.1",
        "hey_jarvis_v0.2",
        "computer",
        "silero_vad",
        "timer_v0.1",
        "embedding_model",
    ):
        (folder / f"{name}.onnx").write_bytes(b"")
    assert wake_words.known(folder) == ["computer", "hey_jarvis"]
    assert wake_words.find("hey_jarvis", folder) == folder / "hey_jarvis_v0.2.onnx"
    assert wake_words.find("silero", folder) is None
    assert "silero" not in ha_options.installed(Settings()).wake_words
    word = {"name": "computer"}
    assert config_check.problems(Settings.model_validate({"wake": {"words": [word]}})) == []


def test_a_persona_that_names_a_lost_voice_is_told(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "ann.toml").write_text('system = "Be Ann."\nvoice = "ann"\n')
    file.write_text('persona = "ann"')
    monkeypatch.setenv("HEARTHD_CONFIG", str(file))
    [problem] = config_check.problems(Settings(persona="ann"))
    assert "there is no voice 'ann'" in problem.text
    assert not problem.fatal
    profiles.store("ann", b"", "clip.wav", {"text": "x", "language": "en"})
    assert config_check.problems(Settings(persona="ann")) == []


def test_what_was_chosen_and_is_gone_keeps_nobody_from_starting(caplog: pytest.LogCaptureFixture) -> None:
    running = RunningSettings(Settings(), Overrides(None))
    profiles.store("bob", b"", "clip.wav", {"text": "x", "language": "en"})
    for name, chosen in (("persona", "gone"), ("wake_word", "hey_gone"), ("voice", "bob"), ("volume", 12)):
        running.remember(name, chosen)
    daemon.forget_lost(running)
    assert running.overrides.values == {"voice": "bob", "volume": 12}
    assert "gone" in caplog.text
    profiles.remove("bob")
    daemon.forget_lost(running)
    assert running.overrides.values == {"volume": 12}
