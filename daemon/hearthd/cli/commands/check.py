"""``hearthd check``: every error of the configuration at once; ``--online`` also tries what it names."""

from __future__ import annotations

import argparse
import asyncio

from hearthd.common import terminal
from hearthd.common.printable import without_credentials
from hearthd.config import loader, outgoing


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``check``."""
    parser = commands.add_parser(
        "check",
        help="name every error of the configuration",
        description="Read the configuration and name every error with its line, key and nearest valid name; "
        "a persona, wake word, voice or model that there is not is one. Exit code 78 if there is one.",
        epilog="examples:\n"
        "  hearthd check                        the configuration that the daemon would read\n"
        "  hearthd check --config new.toml      another one\n"
        "  sudo hearthd check --online          also what it names, with the service's rights",
    )
    parser.add_argument("--config", metavar="F", help="the file to check")
    parser.add_argument(
        "--online",
        action="store_true",
        help="also try microphone, speaker, models, Ollama, the voice server, Home Assistant and the broker",
    )
    parser.set_defaults(run=run)


def commands_are_right() -> None:
    """Raises ConfigError with every mistake in the sentence files of the spoken commands."""
    from hearthd.actions.matcher import Matcher

    Matcher()


def run(arguments: argparse.Namespace) -> int:
    """0: fine; 1: something it names does not answer; 78 (by ConfigError): a mistake in the file."""
    settings = loader.load(arguments.config)
    from hearthd.app import config_check

    if problems := config_check.problems(settings):
        raise loader.ConfigError([problem.line(arguments.config) for problem in problems])
    file = loader.find(arguments.config)
    commands_are_right()
    terminal.say(f"{file}: ok" if file else "no configuration file: the defaults are used: ok")
    for one in outgoing.outgoing(settings):
        terminal.say(f"leaves this machine: {one}")
    for host in outgoing.token_in_clear(settings):
        terminal.note(f"the token for {host} goes there in clear text: use https://")
    if not arguments.online:
        return 0
    from hearthd.app.online_check import try_everything

    failed = False
    for result in asyncio.run(try_everything(settings)):
        terminal.say(
            f"{'ok    ' if result.ok else 'FAILED'} {result.part}: {without_credentials(result.detail)}"
        )
        failed = failed or not result.ok
    return int(failed)
