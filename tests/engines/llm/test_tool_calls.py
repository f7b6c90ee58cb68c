"""The calls of tools over Ollama's wire: whole, several, in the text, in a thought, broken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.messages import Message, Text, ToolCall, ToolSpec
from tests.peers.ollama import OllamaPeer

pytestmark = pytest.mark.integration

QUESTION = [Message("system", "Be brief."), Message("user", "Ten minutes, please.")]
TIMER = ToolSpec(
    "set_timer", "Sets a timer.", {"type": "object", "properties": {"minutes": {"type": "integer"}}}
)
LEAKED = '{"name": "set_timer", "arguments": {"minutes": 10}}'


def called(name: str, arguments: Any, number: str = "call_1") -> dict[str, Any]:
    return {"id": number, "function": {"index": 0, "name": name, "arguments": arguments}}


@pytest.fixture
async def peer() -> AsyncIterator[OllamaPeer]:
    async with OllamaPeer() as running:
        running.calls_tools = True
        yield running


async def reply(peer: OllamaPeer, *lines: dict[str, Any]) -> tuple[str, list[ToolCall]]:
    """What is said and what is called by a reply of these lines."""
    peer.scripted = [list(lines)]
    model = OllamaChat(peer.url, "smollm2:135m", num_ctx=2048, max_reply_tokens=100)
    try:
        events = [event async for event in model.reply(QUESTION, [TIMER])]
    finally:
        await model.close()
    said = "".join(event.text for event in events if isinstance(event, Text))
    return said, [event for event in events if isinstance(event, ToolCall)]


TEN = [ToolCall("set_timer", {"minutes": 10}, "call_1")]
WRITTEN = [ToolCall("set_timer", {"minutes": 10}, "written_0")]


@pytest.mark.parametrize(
    ("lines", "said", "calls"),
    [
        pytest.param([{"tool_calls": [called("set_timer", {"minutes": 10})]}], "", TEN, id="one"),
        pytest.param(
            [{"content": "One moment."}, {"tool_calls": [called("set_timer", {"minutes": 10})]}],
            *("One moment.", TEN),
            id="text before it",
        ),
        pytest.param(
            [{"content": "One moment.", "tool_calls": [called("set_timer", {"minutes": 10})]}],
            *("One moment.", TEN),
            id="text in the same chunk",
        ),
        pytest.param(
            [
                {
                    "tool_calls": [
                        called("set_timer", {"minutes": 10}),
                        called("set_timer", {"minutes": 3}, "b"),
                    ]
                }
            ],
            *("", [*TEN, ToolCall("set_timer", {"minutes": 3}, "b")]),
            id="several at once",
        ),
        pytest.param(
            [{"tool_calls": [called("ring_gong", {})]}],
            "",
            [ToolCall("ring_gong", {}, "call_1")],
            id="unknown",
        ),
        pytest.param(
            [{"tool_calls": [called("set_timer", '{"minutes": 10}')]}], "", TEN, id="arguments as a string"
        ),
        pytest.param(
            [{"tool_calls": [called("set_timer", '{"minutes": ')]}],
            *("", [ToolCall("set_timer", {}, "call_1")]),
            id="bad JSON",
        ),
        pytest.param(
            [{"content": "Well."}, {"tool_calls": [7, {"function": 1}, {"function": {"name": 3}}]}],
            *("Well.", []),
            id="no calls at all",
        ),
        pytest.param([{"content": LEAKED}], "", WRITTEN, id="written as JSON"),
        pytest.param(
            [{"content": piece} for piece in ("<tool", "_call>\n", LEAKED, "\n</tool_call>")],
            *("", WRITTEN),
            id="written with tags",
        ),
        pytest.param(
            [{"content": f"Sure! ```json\n{LEAKED}\n```"}], "Sure! ", WRITTEN, id="written in a block"
        ),
        pytest.param(
            [{"content": '{"name": "ring_gong", "arguments": {}} Well.'}], "Well.", [], id="written, unknown"
        ),
        pytest.param([{"content": f"<think>{LEAKED}</think>Ten."}], "Ten.", [], id="written in a thought"),
        pytest.param(
            [
                {"content": "<think>Hm"},
                {"tool_calls": [called("set_timer", {})]},
                {"content": "</think>Ten."},
            ],
            *("Ten.", []),
            id="called in a thought",
        ),
        pytest.param(
            [{"thinking": f"<tool_call>{LEAKED}</tool_call>"}, {"content": "Ten."}],
            *("Ten.", []),
            id="written in the thinking channel",
        ),
        pytest.param(
            [{"thinking": "So", "tool_calls": [called("set_timer", {})]}, {"content": "Ten."}],
            *("Ten.", []),
            id="called in the thinking channel",
        ),
    ],
)
async def test_what_is_said_is_said_and_what_is_called_is_called(
    peer: OllamaPeer, lines: list[dict[str, Any]], said: str, calls: list[ToolCall]
) -> None:
    got, found = await reply(peer, *lines)
    assert got.replace("```json\n", "").replace("\n```", "").strip() == said.strip()
    assert found == calls


async def test_a_call_that_was_made_and_written_counts_once(peer: OllamaPeer) -> None:
    said, calls = await reply(
        peer, {"content": LEAKED}, {"tool_calls": [called("set_timer", {"minutes": 10})]}
    )
    assert (said, calls) == ("", TEN)
