"""rich, for foreign text: what people said is never read as markup, and shows nothing that is not printable.

A ``[/b]`` in what somebody said ended ``history list`` until it was forgotten.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import TextColumn
from rich.status import Status
from rich.text import Text

from hearthd.common.printable import printable


class _Console(Console):
    """Takes no string for markup, nor ":warning:" for a picture, and shows nothing that is not printable."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Every string that is printed, in cells and titles of tables too, comes through here."""
        return super().render_str(printable(text), **options)

    def status(self, status: Any, **options: Any) -> Status:
        """As rich has it, but for markup."""
        return super().status(Text(printable(status)) if isinstance(status, str) else status, **options)


def console(*, stderr: bool = False, soft_wrap: bool = False) -> Console:
    """Where to print; colours come from ``style=`` alone."""
    return _Console(stderr=stderr, soft_wrap=soft_wrap, markup=False, emoji=False, highlight=False)


def description() -> TextColumn:
    """The column of a progress bar that says what is done."""
    return TextColumn("{task.description}", markup=False)
