"""What Home Assistant's selects offer: the wake words, personas and voices that are really there."""

from __future__ import annotations

from dataclasses import dataclass

from hearthd.config import personas
from hearthd.config.settings import Settings
from hearthd.models import wake_words
from hearthd.voices import profiles as voices


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
    words.update(dict.fromkeys(wake_words.known(wake_words.folder())))
    return HaOptions(
        wake_words=tuple(words),
        personas=tuple(personas.available()),
        voices=(voices.EMBEDDED, *stored) if (stored := voices.names()) else (),
    )
