"""The child process that embeds texts with the embedded model: a line of JSON in, a line of JSON out.

In: a list of texts. Out: a list of vectors. The same model file as the embedded chat model's, mapped into
memory, so that its weights are there once; the mean of the last layer is the meaning. Like that one it
ends when its standard input closes, and for the same reasons it is a process (``engines.llm.llama_worker``).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys

from hearthd.engines.worker import leave_signals_to_the_parent

CONTEXT = 512
"""Tokens of one text: twice a chunk. A longer one is cut."""


def main() -> None:
    """Load the model, then answer until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--socket", required=True)
    arguments = parser.parse_args()
    leave_signals_to_the_parent()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # llama.cpp may print to standard output

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = arguments.model
    params.hostnames = [arguments.socket]
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    params.n_ctx = params.n_batch = params.n_ubatch = CONTEXT
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 2
    params.verbosity = 0
    params.ui = False
    server = xllamacpp.Server(params)
    print("[]", file=answers, flush=True)
    for line in sys.stdin:
        answer = server.handle_embeddings({"input": json.loads(line)})
        found = json.loads(answer) if isinstance(answer, str | bytes) else answer
        vectors = [item["embedding"] for item in found["data"]] if "data" in found else []
        print(json.dumps(vectors), file=answers, flush=True)
    shutil.rmtree(os.path.dirname(arguments.socket), ignore_errors=True)
    os._exit(0)


if __name__ == "__main__":
    main()
