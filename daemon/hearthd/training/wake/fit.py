"""Fits a wake word's head: one hidden layer, Adam, both classes counting alike; numpy is enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hearthd.engines.speech_features import Floats
from hearthd.engines.wake_word.head import Head

UNITS = 32
EPOCHS = 60
BATCH = 256
RATE = 0.002
DECAY = 1e-2
"""Of the hidden weights, a step: a head on 800 clips learns their voices by heart without it."""
NEGATIVE_WEIGHT = 4.0
"""A false wake counts for so many missed ones, if nothing else is asked for."""
DROPPED = 0.2
"""Of the hidden units, a batch."""


def fit(
    positive: Floats,
    negative: Floats,
    *,
    seed: int = 0,
    units: int = UNITS,
    epochs: int = EPOCHS,
    negative_weight: float = NEGATIVE_WEIGHT,
    told: Callable[[float], None] = lambda _: None,
) -> Head:
    """The head that tells ``positive`` (n, frames, 96) from ``negative`` (m, frames, 96).

    ``told`` hears the share of the work done. Deterministic for a ``seed``.
    """
    rng = np.random.default_rng(seed)
    rows = np.concatenate((positive, negative)).astype(np.float32)
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 0.1
    known = ((rows - mean) / spread).reshape(len(rows), -1)
    truth = np.zeros(len(rows), np.float32)
    truth[: len(positive)] = 1.0
    weight = np.where(truth == 1.0, len(rows) / max(1, len(positive)), negative_weight).astype(np.float32)
    weight /= weight.mean()
    state = _Adam(
        [
            (rng.standard_normal((known.shape[1], units)) * np.sqrt(2 / known.shape[1])).astype(np.float32),
            np.zeros(units, np.float32),
            (rng.standard_normal(units) * np.sqrt(1 / units)).astype(np.float32),
            np.zeros(1, np.float32),
        ]
    )
    for epoch in range(epochs):
        order = rng.permutation(len(rows))
        for first in range(0, len(order), BATCH):
            chosen = order[first : first + BATCH]
            state.step(
                _gradients(state.values, known[chosen], truth[chosen], weight[chosen], rng), epoch / epochs
            )
        told((epoch + 1) / epochs)
    hidden, hidden_bias, out, out_bias = state.values
    return Head(mean, spread, hidden, hidden_bias, out, out_bias)


def _gradients(
    values: list[Floats], rows: Floats, truth: Floats, weight: Floats, rng: np.random.Generator
) -> list[Floats]:
    hidden, hidden_bias, out, out_bias = values
    kept = (rng.random(len(out)) >= DROPPED).astype(np.float32) / (1 - DROPPED)
    active = np.maximum(0.0, rows @ hidden + hidden_bias) * kept
    odds = np.clip(active @ out + out_bias[0], -30, 30)
    wrong = weight * (1 / (1 + np.exp(-odds)) - truth) / len(rows)
    back = np.outer(wrong, out) * (active > 0) * kept
    return [rows.T @ back + DECAY * hidden, back.sum(axis=0), active.T @ wrong, np.array([wrong.sum()])]


class _Adam:
    """Kingma and Ba, 2015; the step falls to a tenth over the epochs."""

    def __init__(self, values: list[Floats]) -> None:
        self.values = values
        self._first: list[NDArray[np.float32]] = [np.zeros_like(value) for value in values]
        self._second: list[NDArray[np.float32]] = [np.zeros_like(value) for value in values]
        self._steps = 0

    def step(self, gradients: list[Floats], done: float) -> None:
        self._steps += 1
        rate = RATE * 0.1**done
        for number, gradient in enumerate(gradients):
            self._first[number] += 0.1 * (gradient - self._first[number])
            self._second[number] += 0.001 * (gradient**2 - self._second[number])
            grown = self._first[number] / (1 - 0.9**self._steps)
            spread = np.sqrt(self._second[number] / (1 - 0.999**self._steps)) + 1e-8
            self.values[number] -= (rate * grown / spread).astype(np.float32)
