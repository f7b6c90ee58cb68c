"""The configuration: every mistake is named with its place, and the documented file is the truth."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from hearthd.config.loader import MAX_BYTES, ConfigError, load
from hearthd.config.reference_file import render
from hearthd.config.settings import Settings, repository_config

pytestmark = pytest.mark.unit


def problems(tmp_path: Path, text: str, **environment: str) -> list[str]:
    file = tmp_path / "hearthd.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(str(file), environment)
    return [problem.removeprefix(str(file)) for problem in caught.value.problems]


def test_no_file_at_all_means_the_defaults() -> None:
    assert load(None, {}) == Settings()


def test_an_unknown_key_is_named_with_line_and_nearest_name(tmp_path: Path) -> None:
    found = problems(tmp_path, 'node = "kitchen"\n\n[audio]\nchime = true\nvolumne = 5\n')
    assert found == [':5: unknown key "audio.volumne"; did you mean "volume"?']


def test_an_unknown_section_is_named_with_its_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "\n[adio]\nvolume = 5\n") == [':2: unknown key "adio"; did you mean "audio"?']


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, '[audio]\nvolume = 500\nchime = "yes"\n[mqtt]\nport = 0\n')
    assert [re.match(r":(\d+): ([\w.]+)", p).groups() for p in found] == [  # type: ignore[union-attr]
        ("2", "audio.volume"),
        ("3", "audio.chime"),
        ("5", "mqtt.port"),
    ]


def test_a_mistake_in_the_second_wake_word_is_found_there(tmp_path: Path) -> None:
    text = '[[wake.words]]\nname = "alexa"\n[[wake.words]]\nname = "hey_jarvis"\nthreshhold = 0.4\n'
    assert problems(tmp_path, text) == [':5: unknown key "wake.words.threshhold"; did you mean "threshold"?']


def test_broken_toml_is_named_with_its_line(tmp_path: Path) -> None:
    assert "line 2" in problems(tmp_path, "[audio]\nvolume = = 5\n")[0]


def test_an_environment_variable_overrides_the_file(tmp_path: Path) -> None:
    file = tmp_path / "hearthd.toml"
    file.write_text("[audio]\nvolume = 5\n")
    settings = load(
        str(file), {"HEARTHD_AUDIO__VOLUME": "40", "HEARTHD_NODE": "kitchen", "HEARTHD_CONFIG": "x"}
    )
    assert (settings.audio.volume, settings.node) == (40, "kitchen")


def test_a_wrong_environment_variable_is_named_as_such(tmp_path: Path) -> None:
    found = problems(tmp_path, "[audio]\nvolume = 5\n", HEARTHD_AUDIO__VOLUME="loud")
    assert found[0].startswith("$HEARTHD_AUDIO__VOLUME: audio.volume:")
    found = problems(tmp_path, "", HEARTHD_AUDIO__VOLUM="4")
    assert found == ['$HEARTHD_AUDIO__VOLUM: unknown key "audio.volum"; did you mean "volume"?']


def test_a_file_that_is_missing_too_large_or_not_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(str(tmp_path / "absent.toml"), {})
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="larger"):
        load(str(huge), {})
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load(str(binary), {})


@given(st.binary(max_size=300))
def test_no_garbage_does_anything_but_name_the_problem(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "garbage.toml"
    file.write_bytes(raw)
    try:
        load(str(file), {})
    except ConfigError as error:
        assert error.problems  # noqa: PT017


def test_the_file_we_ship_documents_every_key_with_its_default() -> None:
    text = repository_config("hearthd.toml").read_text(encoding="utf-8")
    assert text == render(), "run: python -m hearthd.config.reference_file > config/hearthd.toml"
    assert Settings.model_validate(tomllib.loads(text)) == Settings()


def keys(model: type[BaseModel]) -> Iterator[tuple[str, str | None]]:
    for name, field in model.model_fields.items():
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
        inner = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        yield from keys(inner[0]) if inner else [(f"{model.__name__}.{name}", field.description)]


@pytest.mark.parametrize(("key", "description"), list(keys(Settings)))
def test_every_key_says_what_it_does(key: str, description: str | None) -> None:
    assert description, key
