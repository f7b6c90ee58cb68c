"""The child process that holds the embedded model: llama.cpp behind a Unix socket.

Started by ``embedded.EmbeddedChat`` as ``python -m hearthd.engines.llm.llama_worker``. A process of its
own because llama.cpp's OpenMP must find ``OMP_WAIT_POLICY=PASSIVE`` in the environment before it is
loaded (spinning threads cost a busy two-core machine 40 times the speed), because a crash in C must
not take the speaker down, and because ending it gives all of the memory back. The socket lies in a
private folder: nothing of it can be reached over the network.

Its standard input is its life line: when it closes, the parent is gone and so is the child. Signals that
are sent to parent and child together (Ctrl-C, ``timeout``) are the parent's; a child that died of them
could not remove its socket.
"""

from __future__ import annotations

import argparse
import os
import shutil
import threading

from hearthd.engines.worker import leave_signals_to_the_parent

READY = "hearthd-ready"
"""The line on standard output that says the model is loaded and the socket open."""

FAILED = "hearthd-failed: "
"""What the line begins with that says why there is no model. llama.cpp's own reasons stand before it."""

BATCH = 128
"""Tokens read at once. A cancel takes effect between two batches, so a small one lets the next question
begin sooner; llama.cpp's own default is 2048, read in parts of 512."""

CACHE_MIB = 256
"""Host memory for prompts that were pushed out of the context. llama.cpp's own default is 8 GiB."""


def main() -> None:
    """Load the model, open the socket, live until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--context", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--adapter", help="a LoRA adapter for the model")
    arguments = parser.parse_args()
    leave_signals_to_the_parent()
    threading.Thread(target=_die_with_parent, args=(arguments.socket,), daemon=True).start()

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    if arguments.adapter:
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(arguments.adapter, 1.0)]
    params.hostnames = [arguments.socket]
    params.n_ctx = arguments.context
    params.n_parallel = 1
    params.n_batch = BATCH
    params.n_ubatch = BATCH
    params.cpuparams.n_threads = arguments.threads
    params.cpuparams_batch.n_threads = arguments.threads
    params.cache_ram_mib = CACHE_MIB
    params.ctx_shift = False  # a shifted context keeps four tokens of the system prompt
    params.verbosity = 1  # errors only: the rest would hold what people say
    params.ui = False
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        print(f"{FAILED}{error}", flush=True)
        os._exit(1)
    print(READY, flush=True)
    threading.Event().wait()
    del server


def _die_with_parent(socket: str) -> None:
    while os.read(0, 4096):  # not sys.stdin: its lock would abort the interpreter's own exit
        pass
    shutil.rmtree(os.path.dirname(socket), ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
