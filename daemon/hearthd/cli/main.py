"""The command line: ``hearthd COMMAND``. One module a command, in ``commands/``.

Exit codes: 0 ok, 1 failed, 2 usage, 78 bad configuration (systemd does not restart on that one).
"""

from __future__ import annotations

import argparse
import importlib
import io
import os
import signal
import sys
from collections.abc import Sequence

import hearthd
from hearthd.cli.parser import Parser
from hearthd.common import terminal
from hearthd.common.errors import EngineError
from hearthd.config.loader import ConfigError

OK, FAILED, BAD_CONFIG, INTERRUPTED = 0, 1, 78, 130

MODULES = {
    "run": ("run",),
    "check": ("check",),
    "rehearse": ("rehearse",),
    "devices": ("devices",),
    "models": ("models",),
    "rooms": ("rooms",),
    "wake": ("wake",),
    "voices": ("voices",),
    "personas": ("personas",),
    "commands": ("commands",),
    "timers": ("timers",),
    "tools": ("tools",),
    "history": ("history",),
    "knowledge": ("knowledge",),
    "report": ("report",),
    "remote": ("say", "ask", "stop", "mute", "status"),
    "discovery": ("discovery",),
}
"""The modules of ``hearthd.cli.commands`` and their commands, in the order of ``--help``."""

EPILOG = """\
first steps:
  hearthd models pull            fetch the starter models
  hearthd devices --test         find the microphone and the speaker
  hearthd check --online         try the configuration
  hearthd rehearse --say "Hey Jarvis, how are you?" --out answer.wav
  hearthd run                    the daemon, in the foreground

configuration:
  --config FILE, $HEARTHD_CONFIG or /etc/hearthd/hearthd.toml;
  any key can be set as HEARTHD_SECTION__KEY, for example HEARTHD_AUDIO__VOLUME=40

exit codes:
  0 done, 1 failed, 2 the command was not understood, 78 the configuration has mistakes
"""


def parser(command: str = "") -> argparse.ArgumentParser:
    """The whole command line; with the name of a command only what this one needs (imports take time)."""
    top = Parser(
        prog="hearthd",
        description="A home smart speaker that runs wholly on its owner's machine.",
        epilog=EPILOG,
    )
    top.add_argument("--version", action="version", version=f"hearthd {hearthd.__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    needed = [module for module, names in MODULES.items() if command in names]
    for module in needed or MODULES:
        importlib.import_module(f"hearthd.cli.commands.{module}").register(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parsed = parser(words[0] if words else "").parse_args(words)
    if file := getattr(parsed, "config", None):
        os.environ["HEARTHD_CONFIG"] = str(file)  # what lies beside it, personas above all, is found by that
    try:
        status = int(parsed.run(parsed))
        sys.stdout.flush()  # here a reader that went away can still be dealt with
        return status
    except ConfigError as error:
        terminal.note("\n".join(error.problems))
        return BAD_CONFIG
    except EngineError as error:
        terminal.complain(error)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except EOFError:  # Ctrl-D where something was asked; files that end too soon are told where they are read
        terminal.note("no answer: nothing was done")
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left goes nowhere
        return FAILED
    except OSError as error:
        if error.filename is None:
            raise  # a fault of ours, not a folder that may not be written
        terminal.complain(f"{error.filename}: {error.strerror}")
        return FAILED


def script() -> int:
    """The command ``hearthd``: ``main`` in a process of its own."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no Chinese still gets the rest
    status = main()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second Ctrl-C while threads end prints no traceback
    return status


if __name__ == "__main__":
    sys.exit(script())
