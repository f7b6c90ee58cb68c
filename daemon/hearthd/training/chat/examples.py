"""Questions and answers to train a persona with: read from a file, every mistake named; and written.

Three forms, told apart by what the file begins with and by its name:

- a JSON list of ``{"role": "user", "content": QUESTION, "response": ANSWER}``
- JSON Lines of the same objects
- CSV whose first line names the columns ``content`` and ``response`` (``role`` may stand beside them)
"""

from __future__ import annotations

import csv
import io
import json
import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearthd.common.errors import EngineError
from hearthd.common.printable import printable
from hearthd.text.words_only import words_only

MAX_BYTES = 8_000_000
"""No file of examples is larger: 5,000 of the longest are 5 MB."""
MAX_EXAMPLES = 5_000
MAX_QUESTION = 1_000
"""Characters: a minute of speech is about 900."""
MAX_ANSWER = 1_200
"""Characters: what is longer is no answer that anybody listens to, and half of a small model's context."""
FEWEST = 10
"""With fewer a model learns the wording of the questions, not their meaning."""
SHOWN_PROBLEMS = 20
_KEYS = frozenset({"role", "content", "response"})


class ExamplesError(EngineError):
    """A file of examples cannot be used. ``problems``: each mistake on a line, with what mends it."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        shown = self.problems[:SHOWN_PROBLEMS]
        if len(self.problems) > len(shown):
            shown.append(f"and {len(self.problems) - len(shown)} more")
        super().__init__("\n".join(shown))


@dataclass(frozen=True, slots=True)
class Example:
    """A question and the answer that is wanted."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    value: Any


def read(path: Path) -> list[Example]:
    """The examples in ``path``. Raises ExamplesError, which names every bad row by its line."""
    text = _text(path)
    if not text.strip():
        raise ExamplesError([f"{_shown(path)}: is empty: write questions and answers into it"])
    problems: list[str] = []
    rows = list(_rows(path, text, problems))
    found = _checked(path, rows, problems)
    if not problems and len(found) < FEWEST:
        problems.append(
            f"{_shown(path)}: holds {len(found)} examples, too few to learn from: write {FEWEST} at least,"
            " and ask each question in several ways"
        )
    if problems:
        raise ExamplesError(problems)
    return found


def write(path: Path, examples: Sequence[Example]) -> None:
    """Write ``examples`` as a JSON list, one a line. Raises ExamplesError; never replaces a file."""
    lines = [
        json.dumps({"role": "user", "content": one.question, "response": one.answer}, ensure_ascii=False)
        for one in examples
    ]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write("[\n" + ",\n".join(lines) + "\n]\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise ExamplesError([f"{_shown(path)}: is there already: name another file"]) from None
    except (OSError, ValueError) as error:
        raise ExamplesError([f"{_shown(path)}: cannot be written ({_reason(error)})"]) from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ExamplesError([f"{_shown(path)}: cannot be read ({_reason(error)})"]) from None
    if len(raw) > MAX_BYTES:
        raise ExamplesError([f"{_shown(path)}: is larger than {MAX_BYTES // 1_000_000} MB: split it"])
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ExamplesError([f"{_shown(path)}: is UTF-16: save it as UTF-8"])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ExamplesError([f"{_shown(path)}:{line}: is not UTF-8: save the file as UTF-8"]) from None


def _rows(path: Path, text: str, problems: list[str]) -> Iterator[_Row]:
    first = text.lstrip()[0]
    if first == "[":
        return _json_list(path, text, problems)
    if first == "{" or path.suffix.lower() in (".jsonl", ".json"):
        return _json_lines(path, text, problems)
    return _csv(path, text, problems)


def _json_list(path: Path, text: str, problems: list[str]) -> Iterator[_Row]:
    """The items of a JSON list, each with the line on which it begins."""
    decoder = json.JSONDecoder()
    lines = _LineCounter(text)
    at = _skip(text, _skip(text, 0) + 1)
    if text[at : at + 1] == "]":
        at += 1
    else:
        while True:
            line = lines.at(at)
            try:
                value, end = decoder.raw_decode(text, at)
            except (ValueError, RecursionError) as error:
                where = lines.at(error.pos) if isinstance(error, json.JSONDecodeError) else line
                problems.append(f"{_shown(path)}:{where}: is not JSON ({_json_reason(error)})")
                return
            yield _Row(line, value)
            at = _skip(text, end)
            if text[at : at + 1] == "]":
                at += 1
                break
            if text[at : at + 1] != ",":
                what = (
                    "the list does not end: add ]" if at >= len(text) else "add a comma between two examples"
                )
                problems.append(f"{_shown(path)}:{lines.at(min(at, len(text) - 1))}: {what}")
                return
            at = _skip(text, at + 1)
            if text[at : at + 1] == "]":
                problems.append(f"{_shown(path)}:{lines.at(at)}: remove the comma before ]")
                return
    if (rest := _skip(text, at)) < len(text):
        problems.append(f"{_shown(path)}:{lines.at(rest)}: there is more behind the list: remove it")


def _json_lines(path: Path, text: str, problems: list[str]) -> Iterator[_Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield _Row(number, json.loads(line))
        except (ValueError, RecursionError) as error:
            problems.append(f"{_shown(path)}:{number}: is not JSON ({_json_reason(error)})")


def _csv(path: Path, text: str, problems: list[str]) -> Iterator[_Row]:
    """The rows of a table, as the objects of the other forms."""
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [name.strip().lower() for name in next(reader)]
        if not {"content", "response"} <= set(header):
            problems.append(
                f"{_shown(path)}:1: neither JSON nor a table with the columns content and response: name"
                " them in the first line"
            )
            return
        while True:
            begins = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.append(
                    f"{_shown(path)}:{begins}: has {len(cells)} columns, the first line {len(header)}: put"
                    ' a text that holds the separator in "quotation marks"'
                )
                continue
            yield _Row(begins, {name: cell for name, cell in zip(header, cells, strict=True) if name})
    except csv.Error as error:
        problems.append(f"{_shown(path)}:{reader.line_num}: is no row of a table ({error})")


def _checked(path: Path, rows: Sequence[_Row], problems: list[str]) -> list[Example]:
    found: list[Example] = []
    seen: dict[str, tuple[int, str]] = {}
    for row in rows:
        where = f"{_shown(path)}:{row.line}"
        if (wrong := _wrong(row.value)) is not None:
            problems.append(f"{where}: {wrong}")
            continue
        example = Example(row.value["content"].strip(), row.value["response"].strip())
        key = _same(example.question)
        if key in seen:
            line, answer = seen[key]
            if _same(answer) == _same(example.answer):
                problems.append(f"{where}: the same question and answer as line {line}: remove one")
            else:
                problems.append(
                    f"{where}: the question of line {line} with another answer: a model learns"
                    " neither; keep one"
                )
            continue
        seen[key] = row.line, example.answer
        found.append(example)
    if len(rows) > MAX_EXAMPLES:
        problems.append(f"{_shown(path)}: holds more than {MAX_EXAMPLES} examples: keep the best")
    return found


def _wrong(value: Any) -> str | None:
    """What is wrong with a row, and its mend; None if nothing is."""
    if not isinstance(value, dict):
        return 'is no object: write {"role": "user", "content": "...", "response": "..."}'
    if value.get("role", "user") != "user":
        return f'role is {_quoted(value["role"])}: write "user"; the answer stands in "response"'
    for key, what, most in (("content", "question", MAX_QUESTION), ("response", "answer", MAX_ANSWER)):
        if key not in value:
            return f'has no "{key}": write the {what} there'
        text = value[key]
        if not isinstance(text, str):
            return f'"{key}" is no text: put the {what} in quotation marks'
        if not any(unicodedata.category(character)[0] in "LN" for character in text):
            return f'"{key}" is empty: write the {what}, or remove the row'
        if len(text) > most:
            return f"the {what} has {len(text)} characters, the most is {most}: shorten it"
        if any(unicodedata.category(c) in ("Cc", "Cs", "Co") and c not in "\n\t\r" for c in text):
            return f"the {what} holds a control character: remove it"
    if unknown := sorted(set(value) - _KEYS, key=str):
        return f"unknown key {_quoted(unknown[0])}: known are role, content, response"
    return None


def _same(text: str) -> str:
    """What two texts share that a person would call the same."""
    return words_only(text).replace(" ", "")


def _skip(text: str, at: int) -> int:
    """The next place that is no white space."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


class _LineCounter:
    """The number of the line of a place; asked in rising order it reads the text once."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._line = text, 0, 1

    def at(self, place: int) -> int:
        if place < self._at:
            return self._text.count("\n", 0, place) + 1
        self._line += self._text.count("\n", self._at, place)
        self._at = place
        return self._line


def _json_reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    return "nested too deeply" if isinstance(error, RecursionError) else "a number without end"


def _quoted(value: object) -> str:
    return f'"{printable(str(value)[:40])}"'


def _shown(path: Path) -> str:
    return printable(str(path))


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
