"""Ten turns with the starter model: the first word with the conversation prefilled, and without.

Without: and with the time at the beginning of the prompt, so that nothing after it is cached.
"""

from __future__ import annotations

import asyncio
import statistics
from itertools import pairwise

from tests import chat_models, dialogue
from tests.bench import CannotRun, Figure


def run() -> list[Figure]:
    """Hold the dialogue twice."""
    if not chat_models.available(chat_models.STARTER):
        raise CannotRun(f"the model {chat_models.STARTER} is not there: hearthd models pull")
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    model = chat_models.embedded(chat_models.STARTER)
    try:
        warm = await dialogue.hold(model)
        cold = await dialogue.hold(model, clock_first=True)
    finally:
        await model.close()
    first = [statistics.median(step.seconds for step in steps[1:]) * 1000 for steps in (warm, cold)]
    read = [statistics.median(step.read for step in steps[1:]) for steps in (warm, cold)]
    grown = sum(b.prefix[: len(a.prefix)] == a.prefix for a, b in pairwise(warm))
    return [
        Figure("context", "first word", first[0], "ms", first[1], first[0] / first[1], len(warm) - 1),
        Figure(
            "context", "prompt tokens read after the question", read[0], "", read[1], read[0] / read[1], 9
        ),
        Figure("context", "prefixes that begin with the one before", grown, f"of {len(warm) - 1}"),
    ]
