"""Benchmarks: ``python -m tests.bench [NAME...] [--json]``.

One module a bench, each with ``run() -> list[Figure]``. A figure that was not measured is not
printed: a bench that cannot run here raises ``CannotRun`` with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass


class CannotRun(Exception):  # noqa: N818 - it is no error of the bench
    """The bench cannot run on this machine; the message says why."""


@dataclass(frozen=True)
class Figure:
    """One measured number, beside the baseline measured in the same run where there is one."""

    bench: str
    figure: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    n: int = 1
