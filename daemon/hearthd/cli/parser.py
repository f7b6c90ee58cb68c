"""The command line's manners: help that keeps examples as written, errors that say what was meant."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from typing import Any, NoReturn

from hearthd.common import terminal

USAGE = 2
INDENT = 4
"""Columns before a command's name in the list of commands."""


class Help(argparse.HelpFormatter):
    """Fills paragraphs to the terminal's width; one with an indented line stays as it was written."""

    def add_argument(self, action: argparse.Action) -> None:
        """Make room for the names of commands, too: argparse forgets that they are indented."""
        super().add_argument(action)
        names = [command.metavar or command.dest for command in self._iter_indented_subactions(action)]
        self._action_max_length = max([self._action_max_length, *(len(name) + INDENT for name in names)])

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.strip("\n").split("\n\n")
        return "\n\n".join(
            paragraph
            if re.search(r"^ ", paragraph, re.MULTILINE)
            else super(Help, self)._fill_text(paragraph, width, indent)
            for paragraph in paragraphs
        )


class Parser(argparse.ArgumentParser):
    """A parser, and by inheritance all its subcommands', with our ``Help`` and hints.

    Errors end the program with status 2.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": Help, "allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and what was perhaps meant; the whole help where a command is missing."""
        if message.startswith("the following arguments are required") and self._subparsers is not None:
            self.print_help(sys.stderr)
            self.exit(USAGE)
        terminal.note(f"{self.prog}: {_shortened(message)}")
        self.exit(USAGE, f"Help: {self.prog} --help\n")


def _shortened(message: str) -> str:
    """The words of argparse, with the nearest choice instead of all if there is one."""
    found = re.search(r"invalid choice: '?(.*?)'? \((?:maybe you meant.*?)?choose from (.*)\)$", message)
    if found is None:
        return message
    near = difflib.get_close_matches(found[1], re.findall(r"[^\s',]+", found[2]), n=1, cutoff=0.5)
    return f'there is no "{found[1]}"; ' + (
        f'did you mean "{near[0]}"?' if near else f"choose from {found[2]}"
    )
