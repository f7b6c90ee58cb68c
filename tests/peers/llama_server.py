"""llama.cpp's own server with a small model, on a port of this machine: ``xllamacpp`` holds one.

``python -m tests.peers.llama_server MODEL PORT [KEY]`` until its standard input closes.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hearthd.engines.worker import LLAMA_ENVIRONMENT, WorkerProcess
from hearthd.models import manifest

READY = b"listening"


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@asynccontextmanager
async def running(model: str, *, key: str = "", port: int = 0) -> AsyncIterator[str]:
    """The server with ``model`` (of the manifest); its address."""
    port = port or free_port()
    path = manifest.path(model) / "model.gguf"
    command = [sys.executable, "-m", "tests.peers.llama_server", str(path), str(port), key]
    process = WorkerProcess(command, environment=LLAMA_ENVIRONMENT, reads=True)
    try:
        line = await asyncio.wait_for(asyncio.to_thread(process.output.readline), 120)
        assert line.strip() == READY, "the server did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.end()


def main() -> None:
    """Serve."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.hostnames = ["127.0.0.1"]
    params.port = int(sys.argv[2])
    params.api_keys = [sys.argv[3]] if sys.argv[3] else []
    params.n_ctx = 512
    params.n_parallel = 1
    params.cpuparams.n_threads = 2
    params.cpuparams_batch.n_threads = 2
    params.cache_ram_mib = 64
    params.ctx_shift = False
    params.verbosity = 1
    params.sse_ping_interval = 1
    params.ui = False
    server = xllamacpp.Server(params)
    print(READY.decode(), flush=True)
    while os.read(0, 4096):
        pass
    del server
    os._exit(0)


if __name__ == "__main__":
    main()
