"""How long the people of a room pause within what they say, learned from what they said there.

Most people's pauses within a sentence are under 0.6 s; some people, and children, pause for 0.8 s and are
cut off each time. A pause that an utterance held is known when it ends. One that was taken for its end is
known when the same person goes on soon after: before an answer can have been heard.

It only lengthens the silence that ends an utterance, never shortens it: an answer that comes later is
forgiven, being cut off is not. A few odd pauses change nothing, and who is not heard any more is forgotten.
"""

from __future__ import annotations

from collections import deque

UTTERANCES = 20
"""The last so many are remembered: those of a few days."""
PAUSED = 3
"""It takes so many of them with a long pause: two are chance, one in seven is somebody's way."""
MARGIN_SECONDS = 0.15
"""The next pause may be longer than the last ones by that much."""
MOST_SECONDS = 0.5
"""The silence grows by that much at most: everybody waits for it at each answer."""
GOES_ON_SECONDS = 1.5
"""Who speaks again so soon after their last word was not answered yet: they had only paused."""


class Pauses:
    """Told each utterance's longest pause; says what silence ends the next one. For one thread."""

    def __init__(self) -> None:
        self._longest: deque[float] = deque(maxlen=UTTERANCES)

    def ended(self, longest: float) -> None:
        """An utterance ended; ``longest`` of its pauses lasted so many seconds (0: it had none)."""
        self._longest.append(longest)

    def began(self, since: float) -> None:
        """Somebody begins to speak ``since`` seconds after the last word of the last utterance."""
        if self._longest and 0 < since < GOES_ON_SECONDS:
            self._longest[-1] = max(self._longest[-1], since)

    def silence(self, seconds: float) -> float:
        """The silence that ends an utterance here, where ``seconds`` of it do so for most people."""
        if len(self._longest) < PAUSED:
            return seconds
        usual = sorted(self._longest)[-PAUSED]
        return max(seconds, min(usual + MARGIN_SECONDS, seconds + MOST_SECONDS))
