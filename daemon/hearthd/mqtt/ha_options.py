"""What Home Assistant's selects offer: the wake words, personas and voices that are really there."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from hearthd.common.errors import EngineError
from hearthd.config import personas
from hearthd.config.settings import Settings
from hearthd.models import manifest
from hearthd.voices import profiles as voices

NO_NAMES = ("timer", "weather")
"""Models that come with openWakeWord but recognise requests, not a name to call the speaker by."""


@dataclass(frozen=True, slots=True)
class HaOptions:
    """The options of the three selects. An empty one has no select."""

    wake_words: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    voices: tuple[str, ...] = ()

    def of(self, setting: str) -> tuple[str, ...]:
        """What there is to choose from for ``setting`` (a row of ``config.live_settings``)."""
        known = {"wake_word": self.wake_words, "persona": self.personas, "voice": self.voices}
        return known.get(setting, ())


def installed(settings: Settings) -> HaOptions:
    """What is there now: wake words configured or fetched, every persona, every stored voice and ours."""
    words = dict.fromkeys(word.name for word in settings.wake.words)
    with contextlib.suppress(EngineError):  # not fetched yet
        fetched = manifest.path("openwakeword").glob("*_v*.onnx")
        names = sorted(file.stem.rsplit("_v", 1)[0] for file in fetched)
        words.update((name, None) for name in names if name not in NO_NAMES)
    return HaOptions(
        wake_words=tuple(words),
        personas=tuple(personas.available()),
        voices=(voices.EMBEDDED, *stored) if (stored := voices.names()) else (),
    )
