"""What a model writes that nobody should hear: its thoughts, and calls of tools in the text."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearthd.text import call_filter, reasoning_filter
from hearthd.text.markup import SpeakableText, plain
from hearthd.text.reasoning_filter import ThinkingFilter
from hearthd.text.reply_filter import ReplyFilter

pytestmark = pytest.mark.unit

CALL = '{"name": "set_timer", "arguments": {"minutes": 10, "name": "the \\"big\\" {one}"}}'


def heard(reply: str, size: int, *, thinking: bool = False) -> tuple[str, ReplyFilter]:
    """What is left of ``reply`` that came in pieces of ``size``, what was taken back left out."""
    replies, said = ReplyFilter(thinking=thinking), ""
    for start in range(0, len(reply), size):
        withdrawn = replies.withdrawn
        more = replies.feed(reply[start : start + size])
        said = more if replies.withdrawn != withdrawn else said + more
    return said + replies.flush(), replies


CALLS = [
    CALL,
    CALL + "\n",
    f"[{CALL}]",
    f"[{CALL}, {CALL}]",
    json.dumps(json.loads(CALL), indent=2),
    '{"type": "function", "function": "turn_on", "parameters": {"entity_id": "light.kitchen"}}',
    '{"tool": "get_weather", "args": {"city": "Paris"}}',
    '{"action": "turn_on", "target": "kitchen"}',
    '{"function": "get_time"}',
    "{'name': 'set_timer', 'arguments': {'minutes': 10}}",
    '{"service": "light.turn_on", "entity_id": "light.kitchen"}',
    '{"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]}',
    f"<tool_call>\n{CALL}\n</tool_call>",
    f"<tool_call>{CALL}",
    f"<tool_call>{CALL}</tool_call><tool_call>{CALL}</tool_call>",
    "<tool_call>\n<function=get_weather>\n<parameter=city>\nParis\n</parameter>\n</function>\n</tool_call>",
    "<tool_call>get_weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n</tool_call>",
    '<function=get_weather>{"city": "Paris"}</function>',
    f"<function_call>{CALL}</function_call>",
    f"<functioncall> {CALL} </functioncall>",
    '<function_calls><invoke name="get_weather"><parameter name="city">Paris</parameter></invoke>'
    "</function_calls>",
    f"<TOOLCALL>[{CALL}]</TOOLCALL>",
    "<get_weather><city>Paris</city></get_weather>",
    f"<|python_tag|>{CALL}",
    '<|python_tag|>get_weather.call(city="Paris")',
    f"<|python_tag|>{CALL}<|eom_id|>",
    f"[TOOL_CALLS][{CALL}]",
    '[TOOL_CALLS]get_weather[ARGS]{"city": "Paris"}',
    f"<|tool_call|>[{CALL}]<|/tool_call|>",
    f"<|tool_call|>[{CALL}]",
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>get_weather\n```json\n"
    '{"city": "Paris"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>"
    '{"city": "Paris"}<|tool_call_end|><|tool_calls_section_end|>',
    f"<|action_start|><|plugin|>{CALL}<|action_end|>",
    f"[TOOL_REQUEST]{CALL}[END_TOOL_REQUEST]",
    f"functools[{CALL}]",
    'get_weather\n{"city": "Paris"}',
    'get_weather {"city": "Paris"}',
    "[get_weather(city='Paris', unit=\"C\")]",
    'get_weather(city="Paris")',
    "set_timer(minutes=10, name='tea')",
    "get_time()",
    "[turn_on(room='kitchen'), turn_off(room=\"hall (upper)\")]",
    'print(get_weather(city="Paris"))',
    '<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{"city":"Paris"}<|call|>',
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_call_in_the_text_is_not_said_and_is_kept_for_whoever_knows_the_tool(call: str, size: int) -> None:
    said, replies = heard(call, size)
    assert re.sub(r"[\s`]|json", "", said) == ""
    assert replies.calls
    assert plain(call) == ""


@pytest.mark.parametrize("call", [call for call in CALLS if not call.startswith("<|channel|>")])
def test_what_stands_around_a_call_is_said(call: str) -> None:
    for reply in (f"Sure.\n{call}\nDone, it rings at ten.", f"好的。\n\n{call}\n\n十点会响。"):
        before, *_, after = reply.splitlines()
        assert plain(reply).split() == [*before.split(), *after.split()]


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "```\n{}\n```", "```tool_call\n{}\n```"])
def test_a_call_in_a_block_of_code_is_not_even_mentioned(fence: str) -> None:
    assert plain(f"Sure.\n{fence.replace('{}', CALL)}\nDone.").split() == ["Sure.", "Done."]


@pytest.mark.parametrize(
    "data", ['{"city": "Paris", "high": 22}', '[{"a": 1}, {"a": 2}]', '{"a": {"b": "}"}}']
)
def test_json_that_calls_nothing_is_mentioned_and_not_read(data: str) -> None:
    cleaner = SpeakableText()
    said = cleaner.feed(f"Here it is: {data} That is all.") + cleaner.flush()
    assert said == "Here it is:\n\nI'll skip the code here.\nThat is all."
    assert cleaner.calls == []


@pytest.mark.parametrize(
    "prose",
    [
        "The set {1, 2, 3} has three elements.",
        "He said [sic] so, [really].",
        "Use <b>bold</b> and a < b or b > c.",
        "f(x) = 2x and sin(x) are functions.",
        "sure, I can (of course) do it.",
        "an apple (red) is fine",
        "print is a function",
        "a_name is an identifier",
        "用{名字}代替。",
        "[1] is a footnote {a}",
        "i.e. (that is) so",
    ],
)
def test_what_only_looks_like_a_call_is_said(prose: str) -> None:
    for size in (1, 5, 1000):
        said, replies = heard(prose, size)
        assert said == prose
        assert replies.calls == []


def test_the_first_words_do_not_wait() -> None:
    assert ReplyFilter().feed("好的，今天") == "好的，今天"
    assert ReplyFilter().feed("Sure, I can") == "Sure, I can"
    assert ReplyFilter().feed("the lights are") == "the lights are"


@pytest.mark.parametrize("opening", ['{"a": ', '{"name": "f", "arguments": {', "[{'a': 'b"])
def test_a_call_that_is_never_whole_does_not_swallow_the_reply(opening: str) -> None:
    prose = "The quick brown fox jumps over the lazy dog. " * 200
    assert heard(opening + prose, 50)[0].count("lazy dog") > 150
    assert heard(opening + "\nThe answer is four.", 3)[0].endswith("The answer is four.")


def test_a_made_up_result_is_not_said_and_is_no_call() -> None:
    said, replies = heard('<tool_response>{"temp": 22}</tool_response>It is mild.', 4)
    assert said == "It is mild."
    assert replies.calls == []


def test_what_is_deliberated_in_a_thought_is_no_call() -> None:
    said, replies = heard(f"<think>I could write {CALL}</think>It is ten.", 3)
    assert said == "It is ten."
    assert replies.calls == []


# --- thoughts

THOUGHTS = [
    "Okay, the user wants to know the time. I should be brief.\n",
    "Okay, so the user is asking about 2+2. Let me think. It is 4.\n\nYes, four.\n",
    "好的，用户想知道时间，我应该简短回答。\n",
    "嗯，用户问的是二加二。\n\n答案是四。\n",
    "Hmm, let me think about this first.\n",
    "我需要先想一想这个问题。\n",
    "It is four, I am sure.\n",
]


@pytest.mark.parametrize("thought", THOUGHTS)
@pytest.mark.parametrize("closing", ["</think>", "</thinking>", "[/THINK]", "◁/think▷"])
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_thought_that_only_ends_is_withdrawn(thought: str, closing: str, size: int) -> None:
    said, replies = heard(f"{thought}{closing}\n\nIt is noon.", size)
    assert said.strip() == "It is noon."
    assert replies.withdrawn == 1
    assert plain(f"{thought}{closing}\n\nIt is noon.") == "It is noon."


@pytest.mark.parametrize("thought", THOUGHTS[:6])
def test_a_beginning_that_reads_like_a_thought_is_held(thought: str) -> None:
    replies = ReplyFilter()
    let_go = "".join(replies.feed(c) for c in thought)
    assert len(let_go) <= len("Okay, so the user is")


def test_who_knows_that_the_model_thinks_says_so() -> None:
    assert heard("It is four, I am sure.\n</think>\n\nFour.", 4, thinking=True)[0].strip() == "Four."
    assert (
        heard("Four, of course.\n\nAnything else?", 4, thinking=True)[0]
        == "Four, of course.\n\nAnything else?"
    )
    assert heard("The user asks.\n\nFour.", 4, thinking=True)[0] == "Four."


def test_an_answer_that_only_speaks_of_users_is_said_whole() -> None:
    answer = "The user is whoever sits in front of it.\n\nThat is all."
    assert heard(answer, 3)[0] == answer
    assert ReplyFilter().feed("The user manual says") == "The user manual says"


def test_only_the_first_thought_can_lack_its_beginning() -> None:
    assert heard("<think>Hm.</think>Four.</think> Really.", 3)[0] == "Four. Really."
    assert heard("Hm.</think>Four.</think> Really.", 3)[0] == "Four. Really."


def test_a_doubtful_beginning_is_not_held_for_long() -> None:
    replies = ReplyFilter()
    said = replies.feed("Let me think. " + "It is rather a long story. " * 60)
    assert said.startswith("Let me think. It is")


PIECES = st.lists(
    st.sampled_from(
        [
            *CALLS,
            *THOUGHTS,
            "<think>",
            "</think>",
            "{",
            '{"',
            "<",
            "[",
            "a",
            "the us",
            "er",
            "\n",
            " ",
            "用",
            "户",
        ]
    )
    | st.text(max_size=4),
    max_size=8,
).map("".join)


@given(PIECES, st.integers(1, 9))
def test_how_the_reply_came_in_pieces_does_not_matter(reply: str, size: int) -> None:
    whole, of_whole = heard(reply, max(1, len(reply)))
    said, replies = heard(reply, size)
    assert said == whole
    assert replies.calls == of_whole.calls


@given(st.text(alphabet="今天气很好你我他，。？！ abc.,!?\n", max_size=80))
def test_plain_words_stay_as_they_are(reply: str) -> None:
    assert heard(reply, 3)[0] == reply


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "piece", ["a", "\n", "<", "[", "{", "a\n", "the ", '{"a": 1}', "<think>", "{'a", "x_y(", "<tool_call>"]
)
def test_the_work_grows_with_the_length_however_much_comes_at_once(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted: characters that stand before a decision, summed over all decisions."""
    work = 0
    take_thought, take_call = ThinkingFilter._take, call_filter.CallFilter._take

    def of_thoughts(self: ThinkingFilter, said: list[str], *, final: bool) -> bool:
        nonlocal work
        work += len(self._held)
        return take_thought(self, said, final=final)

    def of_calls(self: call_filter.CallFilter, said: list[str], *, final: bool) -> bool:
        nonlocal work
        work += len(self._held)
        return take_call(self, said, final=final)

    monkeypatch.setattr(reasoning_filter.ThinkingFilter, "_take", of_thoughts)
    monkeypatch.setattr(call_filter.CallFilter, "_take", of_calls)
    counts = []
    for length in (20_000, 40_000):
        work = 0
        replies = ReplyFilter()
        replies.feed((piece * length)[:length])
        replies.flush()
        counts.append(work)
    assert counts[1] <= 2.2 * counts[0]
    assert counts[1] <= 40_000 * 1_200
