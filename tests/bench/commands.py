"""How long it takes to decide whether a sentence is a command: the corpora of both languages, warm.

Seconds of CPU, so that a busy machine counts for nothing. The bound is 10 ms at the 95th percentile.
"""

from __future__ import annotations

import time

from hearthd.actions.matcher import LANGUAGES
from tests.actions import corpus
from tests.bench import Figure

BOUND_MS = 10.0


def run() -> list[Figure]:
    """The decision, and the start."""
    began = time.process_time()
    corpus.matcher()
    start = time.process_time() - began
    figures = [Figure("commands", "made from the files at start", round(start, 2), "s")]
    for language in LANGUAGES:
        said = corpus.read(language)
        for one in said[:50]:
            corpus.matcher().understand(one.text, corpus.NOW)
        took = []
        for one in said:
            began = time.process_time()
            corpus.matcher().understand(one.text, corpus.NOW)
            took.append((time.process_time() - began) * 1000)
        took.sort()
        for share, name in ((0.5, "median"), (0.95, "p95")):
            value = took[int(share * len(took))]
            ratio = round(value / BOUND_MS, 3)
            figure = f"decision, {language}, {name}"
            figures.append(Figure("commands", figure, round(value, 3), "ms", BOUND_MS, ratio, len(took)))
    return figures
