"""A call that a model wrote into its text is read as the call that it meant, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.text.reply_filter import ReplyFilter
from hearthd.text.written_call import MAX_ARGUMENTS, arguments_of, calls_in

pytestmark = pytest.mark.unit

NAMES = {"set_timer", "set_volume"}
TEN = ("set_timer", {"duration": "10 minutes"})


@pytest.mark.parametrize(
    ("written", "calls"),
    [
        ('{"name": "set_timer", "arguments": {"duration": "10 minutes"}}', [TEN]),
        ('<tool_call>\n{"name": "set_timer", "arguments": {"duration": "10 minutes"}}\n</tool_call>', [TEN]),
        ('{"name": "set_timer", "parameters": {"duration": "10 minutes"}}', [TEN]),
        ('{"name": "set_timer", "arguments": "{\\"duration\\": \\"10 minutes\\"}"}', [TEN]),
        ('{"function": {"name": "set_timer", "arguments": {"duration": "10 minutes"}}, "id": "1"}', [TEN]),
        ('{"tool_calls": [{"name": "set_timer", "arguments": {"duration": "10 minutes"}}]}', [TEN]),
        ('{"name": "set_timer", "duration": "10 minutes"}', [TEN]),
        ('{"set_timer": {"duration": "10 minutes"}}', [TEN]),
        ('[TOOL_CALLS][{"name": "set_timer", "arguments": {"duration": "10 minutes"}}]', [TEN]),
        ('[TOOL_CALLS]set_timer[ARGS]{"duration": "10 minutes"}', [TEN]),
        ('functions.set_timer {"duration": "10 minutes"}', [TEN]),
        ('<function=set_timer>{"duration": "10 minutes"}</function>', [TEN]),
        ("<function=set_timer>\n<parameter=duration>\n10 minutes\n</parameter>\n</function>", [TEN]),
        ('<｜tool▁call▁begin｜>function<｜tool▁sep｜>set_timer\n```json\n{"duration": "10 minutes"}', [TEN]),
        ('set_timer(duration="10 minutes")', [TEN]),
        ('<|python_tag|>home.set_timer(duration="10 minutes")', [TEN]),
        ('print(set_timer(duration="10 minutes"))', [TEN]),
        ('[set_timer(duration="10 minutes"), set_volume(level=3)]', [TEN, ("set_volume", {"level": 3})]),
        (
            '<tool_call>{"name": "set_timer", "arguments": {"duration": "10 minutes"}}\n'
            '{"name": "set_volume", "arguments": {"level": 3}}</tool_call>',
            [TEN, ("set_volume", {"level": 3})],
        ),
        ('{"name": "set_volume", "arguments": null}', [("set_volume", {})]),
        ('{"name": "launch_rocket", "arguments": {"duration": "10 minutes"}}', []),
        ('launch_rocket(duration="10 minutes")', []),
        ('set_timer(duration=open("/etc/passwd"))', []),
        ('{"name": "set_timer", "arguments": {"duration": "10', []),
        ('{"name": ["set_timer"]}', []),
        ("set_timer", []),
    ],
)  # fmt: skip
def test_a_written_call_is_read_in_every_form_that_the_families_write(
    written: str, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    assert calls_in(written, NAMES) == calls


@given(st.text(max_size=300) | st.text("{}[]\"':,=()<>abset_timer \\\n0", max_size=300))
def test_garbage_calls_nothing_and_raises_nothing(text: str) -> None:
    for name, given_arguments in calls_in(text, NAMES):
        assert name in NAMES
        assert isinstance(given_arguments, dict)


def test_depth_and_size_have_an_end() -> None:
    assert calls_in("[" * 100_000, NAMES) == []
    assert calls_in('{"a":' * 20_000, NAMES) == []
    assert calls_in("set_timer(" * 90, NAMES) == []
    assert arguments_of('{"a": "' + "x" * MAX_ARGUMENTS + '"}') == {}


@pytest.mark.parametrize(
    ("thinking", "text", "calls"),
    [
        (False, '<think>I could call {"name": "set_timer", "arguments": {}}.</think>No.', 0),
        (False, '<think>So: <tool_call>{"name": "set_timer", "arguments": {}}</tool_call>', 0),
        (False, '<think>So.</think><tool_call>{"name": "set_timer", "arguments": {}}</tool_call>', 1),
        (True, 'So: {"name": "set_timer", "arguments": {}}', 0),
        (True, '{"name": "set_timer", "arguments": {}}', 1),
        (True, 'So.</think>{"name": "set_timer", "arguments": {}}', 1),
        (False, 'So: {"name": "set_timer", "arguments": {}}</think>No.', 0),
    ],
)
def test_what_is_called_within_a_thought_is_no_call(thinking: bool, text: str, calls: int) -> None:
    reply = ReplyFilter(thinking=thinking)
    said = reply.feed(text) + reply.flush()
    assert len(reply.calls) == calls
    assert "set_timer" not in said
