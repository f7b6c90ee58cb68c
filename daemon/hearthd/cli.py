"""The command line: ``hearthd COMMAND``. One module a command, in ``commands/``.

Exit codes: 0 ok, 1 failed, 2 usage, 78 bad configuration (systemd does not restart on that one).
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

import hearthd
from hearthd.config import ConfigError
from hearthd.engines.protocols import EngineError

OK, FAILED, BAD_CONFIG = 0, 1, 78

COMMANDS = (
    "run",
    "check",
    "rehearse",
    "devices",
    "models",
    "voices",
    "personas",
    "history",
    "knowledge",
    "report",
    "home",
    "discovery",
)
"""The modules of ``hearthd.commands``, in the order of ``--help``."""

EPILOG = """\
first steps:
  hearthd models pull            fetch the starter models
  hearthd devices --test         find the microphone and the speaker
  hearthd check --online         try the configuration
  hearthd rehearse --say "Hey Jarvis, how are you?" --out answer.wav
  hearthd run                    the daemon, in the foreground

configuration: --config FILE, $HEARTHD_CONFIG or /etc/hearthd/hearthd.toml;
any key can be set as HEARTHD_SECTION__KEY, for example HEARTHD_AUDIO__VOLUME=40.
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="hearthd",
        description="A home smart speaker that runs wholly on its owner's machine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"hearthd {hearthd.__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in COMMANDS:
        importlib.import_module(f"hearthd.commands.{name}").register(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    parsed = parser().parse_args(arguments)
    if file := getattr(parsed, "config", None):
        os.environ["HEARTHD_CONFIG"] = file  # what lies beside it, personas above all, is found by that
    try:
        return int(parsed.run(parsed))
    except ConfigError as error:
        print(*error.problems, sep="\n", file=sys.stderr)
        return BAD_CONFIG
    except EngineError as error:
        print(f"hearthd: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away: nothing left to tell anybody
        return FAILED


if __name__ == "__main__":
    sys.exit(main())
