"""What is said of the speaker to whoever asks (``describe``).

Home Assistant makes its devices of the first program's name: it never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wyoming.event import Event
from wyoming.info import (
    AsrModel,
    AsrProgram,
    Attribution,
    HandleModel,
    HandleProgram,
    Info,
    TtsProgram,
    TtsVoice,
    WakeModel,
    WakeProgram,
)

import hearthd

NAME = "hearthd"


def info(
    services: Sequence[str],
    *,
    languages: Sequence[str],
    recogniser: str,
    voices: Sequence[tuple[str, Sequence[str]]],
    personas: Sequence[tuple[str, str]],
    wake_words: Sequence[tuple[str, str]],
) -> Event:
    """The event. ``voices``: names with their languages; ``wake_words``: names with what is said."""
    told = list(languages)
    described: dict[str, list[Any]] = {}
    if "asr" in services:
        models = [AsrModel(**_artifact(recogniser, "speech recognition"), languages=told)]
        described["asr"] = [
            AsrProgram(**_artifact(NAME, "hearthd's ears"), models=models, requires_external_vad=False)
        ]
    if "tts" in services:
        spoken = [TtsVoice(**_artifact(name, name), languages=list(known)) for name, known in voices]
        described["tts"] = [
            TtsProgram(
                **_artifact(NAME, "hearthd's voices"), voices=spoken, supports_synthesize_streaming=True
            )
        ]
    if "handle" in services:
        answers = [HandleModel(**_artifact(name, title), languages=told) for name, title in personas]
        described["handle"] = [HandleProgram(**_artifact(NAME, "hearthd answers"), models=answers)]
    if "wake" in services:
        words = [
            WakeModel(**_artifact(name, phrase), languages=[], phrase=phrase) for name, phrase in wake_words
        ]
        described["wake"] = [WakeProgram(**_artifact(NAME, "hearthd's wake words"), models=words)]
    return Info(
        asr=described.get("asr", []),
        tts=described.get("tts", []),
        handle=described.get("handle", []),
        wake=described.get("wake", []),
    ).event()


def _artifact(name: str, description: str) -> dict[str, Any]:
    attribution = Attribution(name="hearthd", url="")
    version = hearthd.__version__
    return {
        "name": name, "attribution": attribution, "installed": True, "description": description,
        "version": version,
    }  # fmt: skip
