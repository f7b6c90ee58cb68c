"""Since when somebody interrupts: from then on the way to silence is measured (``bargein_stop_ms``)."""

from __future__ import annotations

from collections.abc import Callable

from hearthd.dialogue import events as e
from hearthd.dialogue.state import Phase

INTERRUPTIBLE = (Phase.THINKING, Phase.SPEAKING, Phase.HELD)


def interrupted_since(
    since: float | None, phase: Phase, event: e.Event, time_of: Callable[[int], float]
) -> float | None:
    """What becomes of ``since`` (seconds, monotonic) when ``event`` happens in ``phase``.

    Speech interrupts from its first sample on (``time_of`` tells its time), a wake word, a stop word or
    a button from when it is known. A suspicion that came to nothing was no interruption.
    """
    if phase not in INTERRUPTIBLE:
        return since
    match event:
        case e.NearEndSuspected(sample=sample) | e.NearEndCertain(sample=sample):
            return time_of(sample) if since is None else since
        case e.Wake(at=at) | e.StopWord(at=at) | e.StopRequested(at=at):
            return at
        case e.NearEndGone():
            return None
    return since
