"""Chunker: characters read before the first chunk, wrong cuts, throughput, beside two packages.

The corpus is ``tests/text/golden/replies.txt``, fed one character at a time, so that "characters read"
means the same for all; ``replies_held_out.txt`` holds replies that the rules were not tuned on. A cut is
wrong where the corpus has no mark. sentence-stream and stream2sentence run with their defaults,
stream2sentence also in the mode that yields early.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from pathlib import Path

from hearthd.text.chunker import Chunker
from tests.bench import CannotRun, Figure

GOLDEN = Path(__file__).parents[1] / "text" / "golden"
CORPUS = GOLDEN / "replies.txt"
HELD_OUT = GOLDEN / "replies_held_out.txt"
BENCH = "chunker"
Splitter = Callable[[Iterable[str]], Iterable[str]]


def replies(corpus: Path = CORPUS) -> list[tuple[str, set[int]]]:
    """Each reply of ``corpus``, and where one may stop, counted in characters that are no spaces."""
    lines = [line for line in corpus.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    found = []
    for line in lines:
        pieces = line.replace("\\n", "\n").split("|")
        found.append(("".join(pieces), set(accumulate(map(_solid, pieces)))))
    return found


def _solid(text: str) -> int:
    return sum(not c.isspace() for c in text)


def ours(text: Iterable[str]) -> Iterator[str]:
    """Our chunks, as the packages yield theirs."""
    chunker = Chunker()
    for piece in text:
        yield from (chunk.text for chunk in chunker.feed(piece))
    yield from (chunk.text for chunk in chunker.flush())


def peers() -> dict[str, Splitter]:
    """The packages to compare with."""
    try:
        from sentence_stream import stream_to_sentences
        from stream2sentence import generate_sentences
    except ImportError as missing:
        raise CannotRun(f"{missing.name} is not installed") from missing

    def quick(text: Iterable[str]) -> Iterable[str]:
        return generate_sentences(iter(text), quick_yield_single_sentence_fragment=True)

    return {
        "sentence-stream": stream_to_sentences,
        "stream2sentence": lambda text: generate_sentences(iter(text)),
        "stream2sentence quick": quick,
    }


def first_and_wrong(splitter: Splitter, corpus: Path = CORPUS) -> tuple[list[int], list[str]]:
    """Characters read before each reply's first chunk, and the chunks that end at a wrong place."""
    firsts, wrong = [], []
    for text, marks in replies(corpus):
        read = 0

        def source(text: str = text) -> Iterator[str]:
            nonlocal read
            for c in text:
                read += 1
                yield c

        end = 0
        for number, chunk in enumerate(splitter(source())):
            if number == 0:
                firsts.append(read)
            end += _solid(chunk)
            if end not in marks:
                wrong.append(chunk)
    return firsts, wrong


def characters_a_second(splitter: Splitter) -> float:
    """Characters of the corpus a second of processor time, fed in pieces of four, best of five."""
    texts = [text for text, _ in replies()]
    best = 0.0
    for _ in range(5):
        begun = time.process_time()
        for text in texts:
            for _ in splitter(text[i : i + 4] for i in range(0, len(text), 4)):
                pass
        best = max(best, sum(map(len, texts)) / (time.process_time() - begun))
    return best


def run() -> list[Figure]:
    """Our figures, each beside the same figure of each package."""
    figures = []
    speed = characters_a_second(ours)
    for name, splitter in peers().items():
        for corpus, kind in ((CORPUS, ""), (HELD_OUT, "held out, ")):
            figures += _cuts(corpus, f"{kind}vs {name}", splitter)
        theirs = characters_a_second(splitter)
        n = len(replies())
        figures.append(Figure(BENCH, f"throughput vs {name}", speed, "chars/s", theirs, speed / theirs, n))
    return figures


def _cuts(corpus: Path, label: str, splitter: Splitter) -> list[Figure]:
    """How soon the first chunk comes on ``corpus``, and how many cuts are wrong, beside ``splitter``."""
    firsts, wrong = first_and_wrong(ours, corpus)
    their_firsts, their_wrong = first_and_wrong(splitter, corpus)
    pairs: list[tuple[str, float, float, str]] = [
        ("before first chunk, median", statistics.median(firsts), statistics.median(their_firsts), "chars"),
        ("before first chunk, p95", _p95(firsts), _p95(their_firsts), "chars"),
        ("wrong cuts", len(wrong), len(their_wrong), "cuts"),
    ]
    return [
        Figure(
            BENCH, f"{figure}, {label}", value, unit, theirs, value / theirs if theirs else None, len(firsts)
        )
        for figure, value, theirs, unit in pairs
    ]


def _p95(values: list[int]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
