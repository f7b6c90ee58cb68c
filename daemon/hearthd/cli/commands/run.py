"""``hearthd run``: the daemon."""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import logging

from hearthd.config import loader

log = logging.getLogger(__name__)


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``run``."""
    parser = commands.add_parser(
        "run",
        help="the daemon, in the foreground",
        description="Listen for the wake word and answer, until SIGTERM or Ctrl-C. SIGHUP reads the "
        "configuration anew. Under systemd it reports readiness and health, and logs to the journal; "
        "in a terminal it logs to stderr.",
        epilog="examples:\n"
        "  hearthd run                        with the system's configuration, or the defaults\n"
        "  HEARTHD_LOG__LEVEL=debug hearthd run --config my.toml",
    )
    parser.add_argument("--config", metavar="F", help="the configuration file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 when told to end; 78 (by ConfigError) for a bad configuration; 1 if an engine cannot be made."""
    settings = loader.load(arguments.config)
    faulthandler.enable()  # a crash inside a library leaves its Python stack in the journal
    from hearthd.app import config_check, daemon
    from hearthd.service import journal, leaving

    journal.configure(settings.log.level, transcripts=settings.log.transcripts)
    for line in config_check.refuse(settings, arguments.config):
        log.warning("%s", line, extra={"stage": "config"})
    status = asyncio.Runner().run(daemon.live(settings, arguments.config))
    leaving.at_once(status)  # not by way of Python's exit, which waits for a model that is being loaded
