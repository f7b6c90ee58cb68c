"""One subcommand of ``hearthd`` as a person types it, without the process."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from types import ModuleType

Run = Callable[..., int]


def typed(command: ModuleType, name: str) -> Run:
    """What ``hearthd name ...`` does: called with the words after the name, it returns the exit code."""
    parser = argparse.ArgumentParser()
    command.register(parser.add_subparsers())

    def run(*words: str) -> int:
        arguments = parser.parse_args([name, *words])
        return int(arguments.run(arguments))

    return run
