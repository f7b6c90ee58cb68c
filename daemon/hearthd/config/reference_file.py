"""``config/hearthd.toml`` as made from ``settings``: every key with its default and what it does.

``python -m hearthd.config.reference_file`` prints it; a test compares it with the file that is shipped, so
that the documentation of a key stands in one place, beside its type.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from hearthd.config.settings import Settings

WIDTH = 100

INTRODUCTION = """\
hearthd: every key, with its default. What you leave out keeps its default.

Copy to /etc/hearthd/hearthd.toml, change what you need, then: hearthd check
Any key can be set in the environment as HEARTHD_SECTION__KEY, for example HEARTHD_AUDIO__VOLUME=40.
Passwords never stand here: name a file that holds them."""


def render() -> str:
    """The whole file."""
    lines = list(_comment(INTRODUCTION))
    _table(lines, Settings(), "")
    return "\n".join(lines) + "\n"


def _table(lines: list[str], values: BaseModel, path: str) -> None:
    """First the plain keys, then the tables: in TOML a key belongs to the table above it."""
    tables: list[tuple[str, BaseModel]] = []
    examples: list[tuple[str, type[BaseModel]]] = []
    for name, field in type(values).model_fields.items():
        value = getattr(values, name)
        if isinstance(value, BaseModel):
            tables.append((name, value))
        elif isinstance(value, list) and value and isinstance(value[0], BaseModel):
            tables += [(f"[{name}]", one) for one in value]
        elif (model := _model_of_a_list(field.annotation)) is not None:
            examples.append((name, model))
        else:
            lines += ["", *_comment(field.description or ""), f"{name} = {_value(value)}"]
    for name, value in tables:
        many = name.startswith("[")
        inner = f"{path}{name.strip('[]')}"
        header = f"[[{inner}]]" if many else f"[{inner}]"
        lines += ["", "", header, *_comment(type(value).__doc__ or "")]
        _table(lines, value, f"{inner}.")
    for name, model in examples:
        _example(lines, name, model)


def _example(lines: list[str], name: str, model: type[BaseModel]) -> None:
    """Tables of which there are none by default, commented out."""
    lines += ["", "", *_comment(model.__doc__ or ""), f"# [[{name}]]"]
    for key, field in model.model_fields.items():
        value = '""' if field.is_required() else _value(field.default)
        lines += ["#", *_comment(field.description or ""), f"# {key} = {value}"]


def _model_of_a_list(annotation: Any) -> type[BaseModel] | None:
    """The table that a list is of, if it is one of tables."""
    kinds = getattr(annotation, "__args__", ())
    return kinds[0] if kinds and isinstance(kinds[0], type) and issubclass(kinds[0], BaseModel) else None


def _comment(text: str) -> Iterator[str]:
    for paragraph in text.strip().splitlines():
        yield from textwrap.wrap(paragraph.strip(), WIDTH, initial_indent="# ", subsequent_indent="# ") or [
            "#"
        ]


def _value(value: Any) -> str:
    """A string, number, truth value or list of those: TOML writes them as JSON does."""
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    print(render(), end="")
