"""Files of examples: three forms, and every mistake named by its line."""

import json
from pathlib import Path

import pytest

from hearthd.training.chat import examples
from hearthd.training.chat.examples import Example, ExamplesError

pytestmark = pytest.mark.unit

PAIRS = [(f"Question {n}?", f"Answer {n}.") for n in range(12)]
GOOD = [{"role": "user", "content": q, "response": a} for q, a in PAIRS]
WANTED = [Example(q, a) for q, a in PAIRS]


def row(question: object = "Who are you?", answer: object = "I am Ember.", role: object = "user") -> str:
    return json.dumps({"role": role, "content": question, "response": answer}, ensure_ascii=False)


def rows(*bad: str) -> str:
    """A list with good rows on the lines 2 to 13, and the bad ones behind them."""
    return "[\n" + ",\n".join([*map(json.dumps, GOOD), *bad]) + "\n]"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", json.dumps(GOOD, indent=2)),
        ("a.json", "\ufeff" + json.dumps(GOOD)),
        ("a.jsonl", "\n".join(map(json.dumps, GOOD)) + "\n\n"),
        ("a.csv", "content,response\n" + "\n".join(f'"{q}","{a}"' for q, a in PAIRS)),
        ("a.csv", "role;content;response\r\n" + "\r\n".join(f"user;{q};{a}" for q, a in PAIRS)),
    ],
)
def test_three_forms_are_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert examples.read(tmp_path / name) == WANTED


BAD = {
    "no object": (rows('"hello"'), 14, "is no object"),
    "a list in the list": (rows("[]"), 14, "is no object"),
    "null": (rows("null"), 14, "is no object"),
    "another role": (rows(row(role="assistant")), 14, "role"),
    "a role that is a number": (rows(row(role=3)), 14, "role"),
    "no question": (rows('{"role": "user", "response": "x"}'), 14, 'no "content"'),
    "no answer": (rows('{"role": "user", "content": "x"}'), 14, 'no "response"'),
    "a question that is a number": (rows(row(question=7)), 14, "no text"),
    "an answer that is a list": (rows(row(answer=["x"])), 14, "no text"),
    "an empty question": (rows(row(question="  ")), 14, "is empty"),
    "an empty answer": (rows(row(answer="")), 14, "is empty"),
    "an answer of signs alone": (rows(row(answer="...?!")), 14, "is empty"),
    "a long question": (rows(row(question="why " * 400)), 14, "shorten"),
    "a long answer": (rows(row(answer="because " * 400)), 14, "shorten"),
    "a control character": (rows(row(answer="I am \u0007 Ember.")), 14, "control character"),
    "half a character": (rows('{"content": "Who?", "response": "I \\ud800 am."}'), 14, "control character"),
    "an unknown key": (rows('{"content": "Who?", "response": "I.", "answer": "x"}'), 14, "unknown key"),
    "the same twice": (rows(row(), row()), 15, "the same question and answer as line 14"),
    "the same but for case and signs": (rows(row(), row("who are you", "I am Ember")), 15, "as line 14"),
    "two answers": (rows(row(), row(answer="I am Ash.")), 15, "with another answer"),
    "no comma": (rows(row() + "\n" + row("Other?")), 15, "comma"),
    "a comma too much": (rows(row() + ","), 15, "remove the comma"),
    "no end": (rows(row())[:-2], 14, "does not end"),
    "more behind it": (rows(row()) + "\nmore", 16, "more behind the list"),
    "cut in the middle": (rows(row())[:-12], 14, "is not JSON"),
    "single quotation marks": (rows("{'role': 'user'}"), 14, "is not JSON"),
    "nested without end": (rows("[" * 200_000), 14, "is not JSON"),
    "a number without end": (rows("9" * 6000), 14, "is no"),
    "lines: one of them no JSON": (json.dumps(GOOD[0]) + "\nhello", 2, "is not JSON"),
    "lines: one empty object": (json.dumps(GOOD[0]) + "\n{}", 2, 'no "content"'),
    "a table without names": ("Who?,I am.\n" * 12, 1, "content and response"),
    "a table with a cell too much": ("content,response\nWho?,I am, Ember.", 2, "columns"),
    "a table with an open quotation": ('content,response\n"Who?,I am', 2, "no row of a table"),
    "plain text": ("Who are you? I am Ember.", 1, "neither JSON nor a table"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, name: str) -> None:
    text, line, said = BAD[name]
    path = tmp_path / "house.json"
    path = path.with_suffix(".csv") if name.startswith(("a table", "plain")) else path
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(ExamplesError) as refused:
        examples.read(path)
    problem = next((p for p in refused.value.problems if f"{path.name}:{line}:" in p), "")
    assert said in problem, refused.value.problems


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "is empty"),
        (b"[]", "too few"),
        (json.dumps(GOOD[:9]).encode(), "too few"),
        (b'[\n{"content": "\xff"}]', ":2: is not UTF-8"),
        ("[]".encode("utf-16"), "UTF-16"),
        (b" " * 8_000_001, "larger than"),
    ],
)
def test_a_file_that_is_no_such_file_is_named(tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "house.json"
    path.write_bytes(raw)
    with pytest.raises(ExamplesError, match=said):
        examples.read(path)


def test_a_folder_and_a_missing_file_are_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing.json"):
        with pytest.raises(ExamplesError, match="cannot be read"):
            examples.read(path)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "house.json"
    path.write_text(rows(*(row(question="") for _ in range(30))))
    with pytest.raises(ExamplesError) as refused:
        examples.read(path)
    assert len(refused.value.problems) == 30
    assert "and 10 more" in str(refused.value)


def test_what_is_written_is_read_again_and_nothing_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "house.json"
    examples.write(path, WANTED)
    assert examples.read(path) == WANTED
    with pytest.raises(ExamplesError, match="is there already"):
        examples.write(path, WANTED)
