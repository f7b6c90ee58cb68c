"""Reads the calls of tools that a model wrote into its text: what ``call_filter`` took out of it.

Nothing is guessed: a call counts if it names a tool that was offered, and its arguments can be read. JSON in
any of the families' wrappings, Qwen Coder's ``<parameter=…>``, and Python (``name(key="value")``) are known.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

MAX_ARGUMENTS = 16_384
"""Characters of one call's arguments."""
MAX_PYTHON = 1_000
"""Characters of a line of Python; a call of a home's speaker is shorter than 100."""
MAX_VALUES = 32
"""JSON values of one text that are looked at."""

_NAME_KEYS = ("name", "tool", "tool_name", "toolname", "function", "function_name", "action", "method")
_ARGUMENT_KEYS = ("arguments", "parameters", "args", "action_input", "input", "params")
_WRAPPING_KEYS = ("function", "function_call", "tool_call", "tool_calls", "calls", "actions")
_WORDS = re.compile(r"[A-Za-z_][\w.:-]*")
_PARAMETER = re.compile(r"<parameter[= ]\"?([\w.-]{1,80})\"?>\s*(.*?)\s*</parameter>", re.S)
_HEAD = re.compile(r"<[a-z_]+[= ]([^<>\n]{1,200})>")
_LAST_LETTERS = 120
"""How far before its JSON the name of a tool may stand."""

Call = tuple[str, dict[str, Any]]
"""A tool's name, and its arguments."""


def calls_in(written: str, names: Collection[str]) -> list[Call]:
    """The calls in one text of ``CallFilter.calls``, of tools that are among ``names``."""
    found = [*_in_json(written, names)]
    return found or [*_in_parameters(written, names)] or [*_in_python(written, names)]


def arguments_of(value: object) -> dict[str, Any]:
    """The arguments of a call as a server tells them: an object, or one written as a string; else none."""
    if isinstance(value, str):
        if len(value) > MAX_ARGUMENTS:
            return {}
        try:
            value = json.loads(value or "{}")
        except (ValueError, RecursionError):
            return {}
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else {}


def _known(name: object, names: Collection[str]) -> str:
    """The tool that is meant by ``name``, which may be in a namespace; "" if there is none."""
    if not isinstance(name, str):
        return ""
    name = name.strip()
    return name if name in names else last if (last := re.split(r"[.:]", name)[-1]) in names else ""


def _in_json(written: str, names: Collection[str]) -> Iterator[Call]:
    decoder = json.JSONDecoder()
    at = 0
    for _ in range(MAX_VALUES):
        begin = min((found for mark in "{[" if (found := written.find(mark, at)) >= 0), default=-1)
        if begin < 0:
            return
        try:
            value, end = decoder.raw_decode(written, begin)
        except (ValueError, RecursionError):
            at = begin + 1
            continue
        calls = [*_of_value(value, names)]
        if not calls and isinstance(value, dict) and (name := _name_before(written, begin, names)):
            calls = [(name, arguments_of(value))]
        yield from calls
        at = end


def _of_value(value: object, names: Collection[str], depth: int = 0) -> Iterator[Call]:
    """The calls that a JSON value is."""
    if isinstance(value, list) and depth < 3:
        for one in value[:MAX_VALUES]:
            yield from _of_value(one, names, depth + 1)
    if not isinstance(value, dict):
        return
    for key in _NAME_KEYS:
        if name := _known(value.get(key), names):
            rest = {k: v for k, v in value.items() if k not in (*_NAME_KEYS, "type", "id")}
            yield name, arguments_of(next((value[k] for k in _ARGUMENT_KEYS if k in value), rest))
            return
    for key in _WRAPPING_KEYS:
        if isinstance(value.get(key), dict | list) and depth < 3:
            yield from _of_value(value[key], names, depth + 1)
    if len(value) == 1 and depth == 0:  # {"set_timer": {"minutes": 10}}
        ((name, given),) = value.items()
        if (name := _known(name, names)) and isinstance(given, Mapping):
            yield name, arguments_of(given)


def _name_before(written: str, begin: int, names: Collection[str]) -> str:
    """The last word before a JSON object that is a tool's name: ``set_timer {"minutes": 10}``."""
    words = _WORDS.findall(written[max(0, begin - _LAST_LETTERS) : begin])
    return next((name for word in reversed(words) if (name := _known(word, names))), "")


def _in_parameters(written: str, names: Collection[str]) -> Iterator[Call]:
    found = _HEAD.search(written[:MAX_PYTHON])
    name = (
        next((name for word in _WORDS.findall(found[1]) if (name := _known(word, names))), "")
        if found
        else ""
    )
    if name:
        yield name, {key: _value(text) for key, text in _PARAMETER.findall(written)[:MAX_VALUES]}


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _in_python(written: str, names: Collection[str]) -> Iterator[Call]:
    line = re.sub(r"^\s*<\|python_tag\|>|<\|eom_id\|>\s*$", "", written).strip()
    if len(line) > MAX_PYTHON:
        return
    try:
        nodes = [ast.parse(line, mode="eval").body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, ast.List | ast.Tuple):
            nodes.extend(node.elts[:MAX_VALUES])
        if not isinstance(node, ast.Call):
            continue
        if name := _known(ast.unparse(node.func), names):
            try:
                yield name, {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg}
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
        else:
            nodes.extend(node.args[:MAX_VALUES])  # print(set_timer(minutes=10))
