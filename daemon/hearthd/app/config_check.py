"""Whether what the configuration names exists: personas, wake words, voices, models.

``config.loader`` knows which values a key may have; whether a name stands for something is known only where
that is kept. Looks at files, never at a device or a server: that is ``online_check``.
"""

from __future__ import annotations

import difflib
import importlib.util
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hearthd.common.errors import EngineError
from hearthd.common.secret_file import SecretError, read_token
from hearthd.common.toml_file import shown
from hearthd.config import loader, personas
from hearthd.config.loader import ConfigError
from hearthd.config.room_settings import settings_of
from hearthd.config.settings import (
    AsrSettings,
    ChatHost,
    ChatSettings,
    RoomSettings,
    Settings,
    WakeWordModel,
)
from hearthd.home_assistant.connection import TokenError, token
from hearthd.models import manifest, wake_words
from hearthd.satellites.esphome_device import MEND as ESPHOME_MEND
from hearthd.tools.mcp_session import MEND
from hearthd.voices import profiles

Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A name that stands for nothing. ``fatal``: without it the speaker cannot start or do its work."""

    key: Key
    text: str
    fatal: bool = True

    def line(self, config: str | None) -> str:
        """The problem with the place of its key in the configuration file ``config``."""
        dotted = ".".join(part for part in self.key if isinstance(part, str))
        return f"{loader.place(self.key, config)}: {dotted}: {self.text}"


def problems(settings: Settings) -> list[Problem]:
    """Every name in ``settings`` that stands for nothing."""
    return [
        *_persona(settings),
        *(problem for index, word in enumerate(settings.wake.words) for problem in _wake_word(index, word)),
        *_model(("asr", "model"), settings.asr.model, "model.bin", "a Whisper model"),
        *_model(("chat", "embedded_model"), settings.chat.embedded_model, "model.gguf", "a chat model"),
        *_voice(settings),
        *_secrets(settings),
        *_tools(settings),
        *_home_assistant(settings),
        *(problem for number, room in enumerate(settings.rooms) for problem in _room(settings, number, room)),
    ]


def refuse(settings: Settings, config: str | None) -> list[str]:
    """Raise ConfigError if something fatal is named; return the lines about what is not."""
    found = problems(settings)
    if fatal := [problem.line(config) for problem in found if problem.fatal]:
        raise ConfigError(fatal)
    return [problem.line(config) for problem in found]


def _persona(settings: Settings) -> Iterator[Problem]:
    try:
        persona = personas.load(settings.persona)
    except personas.PersonaError as error:
        for text in error.problems:
            yield Problem(("persona",), text.removeprefix("persona: "))
        return
    if persona.voice and not _is_voice(persona.voice):
        text = f'the persona "{persona.name}" names {_unknown_voice(persona.voice)}'
        yield Problem(("persona",), text, fatal=not settings.voice.fallback)


def _wake_word(index: int, word: WakeWordModel) -> Iterator[Problem]:
    key: Key = ("wake", "words", index)
    if not word.model and wake_words.find(word.name, wake_words.folder()) is None:
        if word.name not in wake_words.shipped():
            known = sorted({*wake_words.shipped(), *wake_words.known(wake_words.folder())})
            text = f'no wake word "{word.name}"{_hint(word.name, known)}; or name a file of your own in model'
            yield Problem((*key, "name"), text)
        return  # that it is not fetched yet is no mistake of the configuration
    if word.model or word.verifier:
        from hearthd.engines.wake_word.openwakeword import try_word

        for name in ("model", "verifier"):
            path = getattr(word, name)
            if path and not _is_file(path):
                yield Problem((*key, name), f"there is no file {shown(path)}")
                return
        try:
            try_word(word)
        except EngineError as error:
            yield Problem((*key, "model" if word.model else "verifier"), str(error))


def _room(settings: Settings, number: int, room: RoomSettings) -> Iterator[Problem]:
    """What the room's own table names; what it leaves empty is looked at where the box's stands."""
    own = settings_of(settings, room)
    if room.persona:
        for problem in _persona(own):
            yield replace(problem, key=("rooms", number, "persona"))
    if room.wake_word and room.kind != "esphome":
        for problem in _wake_word(0, own.wake.words[0]):
            yield replace(problem, key=("rooms", number, "wake_word"))
    if room.kind == "esphome" and importlib.util.find_spec("aioesphomeapi") is None:
        text = f"ESPHome devices need aioesphomeapi: {ESPHOME_MEND}"
        yield Problem(("rooms", number, "kind"), text, fatal=False)
    if room.key_file:
        try:
            read_token(room.key_file)
        except SecretError as error:
            yield Problem(("rooms", number, "key_file"), str(error), fatal=False)
    if room.voice:
        for problem in _voice(own):
            if problem.key == ("voice", "name"):
                yield replace(problem, key=("rooms", number, "voice"))


def _model(key: Key, name: str, file: str, what: str) -> Iterator[Problem]:
    """``name`` must be a model of the manifest with ``file`` in it, or the folder of one."""
    known = [model.name for model in manifest.manifest().values() if file in {f.path for f in model.files}]
    if "/" in name:
        if not _is_file(f"{name}/{file}"):
            yield Problem(key, f"{shown(name)} is not the folder of {what}: there is no {file} in it")
    elif name not in known:
        yield Problem(key, f'"{shown(name)}" is not {what}{_hint(name, known)}')


def _secrets(settings: Settings) -> Iterator[Problem]:
    """Files with tokens and authorities that are not there, or hold none."""
    asked: list[tuple[Key, ChatSettings | ChatHost | AsrSettings]] = [(("chat",), settings.chat)]
    asked += [(("chat", "hosts", index), host) for index, host in enumerate(settings.chat.hosts)]
    for key, section in [*asked, (("asr",), settings.asr)]:
        fatal = not (settings.asr if key == ("asr",) else settings.chat).fallback
        if section.token_file:
            try:
                read_token(section.token_file)
            except SecretError as error:
                yield Problem((*key, "token_file"), str(error), fatal=fatal)
        if section.ca_file and not _is_file(section.ca_file):
            yield Problem((*key, "ca_file"), f"there is no file {shown(section.ca_file)}", fatal=fatal)


def _voice(settings: Settings) -> Iterator[Problem]:
    voice = settings.voice
    if voice.engine in ("gpt_sovits", "low_latency") and not voice.name:
        text = f'is empty, but voice.engine is "{voice.engine}": hearthd voices add NAME CLIP'
        yield Problem(("voice", "name"), text)
    elif voice.engine != "embedded" and voice.name and not _is_voice(voice.name):
        stands_in = voice.engine == "auto" or voice.fallback
        yield Problem(("voice", "name"), _unknown_voice(voice.name), fatal=not stands_in)
    spoken = [Path(file.path).stem for file in manifest.manifest()["kokoro"].files if "voices/" in file.path]
    there = [path.stem for path in (manifest.manifest()["kokoro"].folder() / "voices").glob("*.bin")]
    kokoro = sorted({*spoken, *there})
    for key, name, known in (
        ("english", voice.english, ["heart", *kokoro]),
        ("chinese", voice.chinese, kokoro),
    ):
        if name not in known:
            text = f'no embedded voice "{shown(name)}"{_hint(name, known)}'
            yield Problem(("voice", key), text)


def _home_assistant(settings: Settings) -> Iterator[Problem]:
    """Its token and certificate, as far as they can be looked at; without them everything else works."""
    wanted = settings.home_assistant
    if not wanted.enabled:
        return
    if wanted.token_file and not _is_secret(wanted.token_file):  # else it may be a credential of the service
        try:
            token(wanted)
        except TokenError as error:
            yield Problem(("home_assistant", "token_file"), str(error), fatal=False)
    if wanted.ca_file and not _is_file(wanted.ca_file):
        text = f"there is no file {shown(wanted.ca_file)}"
        yield Problem(("home_assistant", "ca_file"), text, fatal=False)


def _is_secret(path: str) -> bool:
    """Whether it is there, and this user may not read it: ``check --online`` tries it with the right ones."""
    return _is_file(path) and not os.access(path, os.R_OK)


def _tools(settings: Settings) -> Iterator[Problem]:
    if settings.tools.mcp and importlib.util.find_spec("mcp") is None:
        text = f"the MCP SDK is missing, so that these servers cannot be asked: {MEND}"
        yield Problem(("tools", "mcp", 0), text, fatal=False)


def _is_voice(name: str) -> bool:
    if name == profiles.EMBEDDED:
        return True
    try:
        profiles.load(name)
    except profiles.VoiceError:
        return False
    return True


def _unknown_voice(name: str) -> str:
    try:
        profiles.load(name)
    except profiles.VoiceError as error:
        return str(error)
    return name


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name[:64], known, n=1, cutoff=0.5)
    return f'; did you mean "{near[0]}"?' if near else f" (there are: {', '.join(known)})"


def _is_file(path: str) -> bool:
    try:
        return Path(path).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, a home that nobody has
        return False
