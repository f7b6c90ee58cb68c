"""The process of ``llama_worker`` as its parent has it: started, spoken to, ended."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from pathlib import Path

import httpx

from hearthd.common.errors import EngineError
from hearthd.engines.http_body import Bounded
from hearthd.engines.llm.llama_worker import FAILED, READY
from hearthd.engines.worker import LLAMA_ENVIRONMENT, WorkerProcess, private_folder

SOCKET = "llama.sock"
"""The name must end so: that is how llama.cpp knows a socket from a host name."""

LOAD_SECONDS = 120.0
"""A model that takes longer to load is on a disk too slow to speak from."""


class Child:
    """The process, its private socket, and the client that talks to it.

    The process's standard output closes with it, which is how its end is noticed.
    """

    def __init__(self, model: Path, num_ctx: int, threads: int, adapter: Path | None) -> None:
        self.num_ctx = num_ctx
        self._folder = private_folder()
        socket = str(self._folder / SOCKET)
        arguments = ["--model", str(model), "--socket", socket]
        arguments += ["--context", str(num_ctx), "--threads", str(threads)]
        arguments += ["--adapter", str(adapter)] if adapter else []
        self._process = WorkerProcess(
            [sys.executable, "-m", "hearthd.engines.llm.llama_worker", *arguments],
            environment=LLAMA_ENVIRONMENT,
            reads=True,
            reads_errors=True,
            folder=self._folder,
        )
        self._last = deque[str](maxlen=4)
        self._loaded = asyncio.Event()
        self._draining = asyncio.create_task(self._drain())
        self.http = httpx.AsyncClient(
            transport=Bounded(uds=socket),
            base_url="http://embedded",
            timeout=httpx.Timeout(None, connect=5.0),
            trust_env=False,
        )

    @classmethod
    async def start(cls, model: Path, num_ctx: int, threads: int, adapter: Path | None = None) -> Child:
        """Start the process, wait until the model is loaded, ``adapter`` over it. Raises EngineError."""
        if not await asyncio.to_thread(model.is_file):
            raise EngineError(f"no model at {model}: run `hearthd models pull`")
        child = cls(model, num_ctx, threads, adapter)
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await child._loaded.wait()
            if not child.alive:
                raise EngineError(f"{model} cannot be loaded: {' '.join(child._last) or 'no reason given'}")
        except TimeoutError:
            await child.close()
            raise EngineError(f"{model} was not loaded within {LOAD_SECONDS:g} s") from None
        except BaseException:
            await child.close()
            raise
        return child

    @property
    def alive(self) -> bool:
        """It has not ended."""
        return not self._draining.done() and self._process.alive

    def kill(self) -> None:
        """End the process; its memory is free when this returns."""
        self._process.kill()

    async def close(self) -> None:
        """Close the connection, end the process, remove the socket."""
        self.kill()
        await self.http.aclose()
        await asyncio.wait({self._draining})
        self._process.end()

    async def _drain(self) -> None:
        """Read the child's output to its end: until it is loaded for the reason it may fail, then unread."""
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, self._process.output)
        try:
            async for line in reader:
                if line.strip() == READY.encode():
                    self._loaded.set()
                elif not self._loaded.is_set():
                    self._last.append(line.decode(errors="replace").removeprefix(FAILED).strip()[:300])
        finally:
            self._loaded.set()
            pipe.close()
