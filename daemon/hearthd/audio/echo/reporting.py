"""What is told of the canceller while the speaker sounds: figures now and then, and once when they fail."""

from __future__ import annotations

from hearthd.audio.echo.quality import Quality
from hearthd.common.parts import OnHealth, Part
from hearthd.dialogue import events as e

PERIODS = 20
"""Between two reports: 5 s of sound. Home Assistant's history need not hold more."""
INTERRUPT = 'only the wake word and "stop" interrupt it'
FAILED = (
    "the speaker's own voice cannot be taken out of what the microphone hears (a loudspeaker that sounds "
    f"late?): {INTERRUPT}"
)
FOOLED = f"what is left of the speaker's own voice is taken for a person's: {INTERRUPT}"
WORKS = "the speaker's own voice is taken out again: speech may interrupt it"


class EchoReport:
    """Watches ``quality`` for one pair of canceller. For the front end's thread; never waits."""

    def __init__(self, quality: Quality, on_health: OnHealth) -> None:
        self._quality = quality
        self._on_health = on_health
        self._told = 0
        self._works = True
        self.fooled = False
        """What is left of the speaker's voice is taken for a person's again and again."""

    def news(self, at: float, delay_ms: float) -> list[e.Event]:
        """What is to be told at ``at``, when the echo comes ``delay_ms`` later than the clocks say."""
        works = self._quality.good is not False and not self.fooled
        if works != self._works:
            self._works = works
            self._on_health(Part.ECHO, works, WORKS if works else FOOLED if self.fooled else FAILED)
        elif self._quality.periods < self._told + PERIODS:
            return []
        self._told = self._quality.periods
        return [e.EchoMeasured(at, self._quality.reduction_db, delay_ms, self._quality.converged)]
