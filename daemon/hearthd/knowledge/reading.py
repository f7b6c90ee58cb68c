"""Reading many documents: one that cannot be read, or not be embedded, ends nothing for the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from hearthd.common.errors import EngineError
from hearthd.knowledge.embedder import Embedder
from hearthd.knowledge.index import Index

IN_A_ROW = 3
"""So many documents that cannot be embedded one after the other: it is not the documents' fault."""


def read_each(
    index: Index, embedder: Embedder, paths: Sequence[Path], failed: set[Path]
) -> Iterator[tuple[Path, str]]:
    """Read each document; yields it and why it cannot be read, or "".

    ``failed`` are those that could not be embedded before: they come last, and are kept up to date. Raises
    EngineError at the end, or at once where it is the embedder that fails, if some could not be embedded.
    """
    in_a_row, error = 0, None
    for path in sorted(paths, key=lambda path: path in failed):
        try:
            problem = index.read(path, embedder)
        except EngineError as failure:
            failed.add(path)
            error, in_a_row = failure, in_a_row + 1
            if in_a_row == IN_A_ROW:
                break
        else:
            failed.discard(path)
            in_a_row = 0
            yield path, problem
    if error is not None:
        raise EngineError(f"{len(failed)} documents could not be read: {error}") from error
