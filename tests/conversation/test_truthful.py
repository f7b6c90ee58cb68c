"""A reply never claims what was not done, whatever the model writes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hearthd.actions.performer import Performer
from hearthd.actions.timers.store import AlertStore
from hearthd.actions.timers.timers import Timers
from hearthd.actions.unable import Means
from hearthd.conversation.command_tools import CommandTools
from hearthd.conversation.context import Context
from hearthd.conversation.memory_tools import HistoryTool
from hearthd.conversation.responders import Reply, Request, first_reply
from hearthd.conversation.tools import Toolbox
from hearthd.conversation.truthful import TruthfulModel, UnableResponder, truthful
from hearthd.dialogue.intent import Question
from hearthd.engines.messages import (
    Acted,
    Message,
    Paused,
    ReplyEvent,
    Text,
    ToolCall,
    ToolSpec,
    Withdrawn,
    texts,
)
from tests.actions import corpus
from tests.actions.test_performer import NOW, Box
from tests.actions.test_requests import EVERY
from tests.actions.timers.virtual import NotingBell, VirtualClock
from tests.scripted import Scripted, ScriptedChat
from tests.virtual_time import run

pytestmark = pytest.mark.unit

LIES = {
    "en": "Sure! I've done that: it is all set. Anything else?",
    "zh": "好的，我已经帮您办好了。还需要什么吗？",
}
TRUE = "A lamp turns electricity into light."


class Liar(ScriptedChat):
    """Claims whatever was asked for, and calls nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.first = self.between = 0.0

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        self.sent.append(messages)
        yield Text(LIES["zh" if any("\u3400" < c < "\u9fff" for c in messages[-1].content[-60:]) else "en"])


async def certain() -> None: ...


def language_of(text: str) -> str:
    return "zh" if any("\u3400" < c < "\u9fff" for c in text) else "en"


async def answer(text: str, means: Means, chat: ScriptedChat) -> str:
    """What the row says, with no command in it."""
    context = Context("", num_ctx=2048, reply_tokens=100)
    model = TruthfulModel(chat, context, Toolbox(), lambda: means)
    request = Request(Question(), text, language_of(text), certain=certain)
    _, reply = await first_reply([UnableResponder(lambda: means), model], request)
    return "".join([text async for text in texts(reply)])


@pytest.mark.parametrize("means", [Means(), Means(home=True), Means(tools=True)], ids=str)
async def test_of_all_that_asks_for_an_act_nothing_is_claimed(means: Means) -> None:
    chat = Liar()
    wanted = [said.text for said in EVERY if said.act != "-"]
    assert len(wanted) >= 180
    for text in wanted:
        told = await answer(text, means, chat)
        assert "all set" not in told
        assert "办好" not in told
        assert told
    assert (not chat.sent) is not means.tools  # without tools the model is not even asked


async def test_what_only_resembles_an_act_has_the_models_answer() -> None:
    chat = ScriptedChat()
    chat.text, chat.first, chat.between = TRUE, 0.0, 0.0
    for said in EVERY:
        if said.act == "-":
            assert await answer(said.text, Means(), chat) == TRUE


def asked() -> Request:
    return Request(Question(), "turn on the light", "en", certain=certain)


async def events(*given: ReplyEvent) -> Reply:
    for event in given:
        yield event


async def spoken(reply: Reply) -> str:
    return "".join([text async for text in texts(reply)])


DONE = Acted("light__HassTurnOn", {}, "ok", "model", True, 1.0)
FAILED = Acted("light__HassTurnOn", {}, "It failed.", "model", False, 1.0)
LOOKED = Acted("weather_forecast", {}, "It rains.", "model", True, 1.0, looks=True)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([Text("Sure. "), DONE, Text("The light is on.")], "Sure. The light is on."),
        ([Text("The light is on.")], "No."),
        ([Text("I will try. "), FAILED, Text("The light is on.")], "No."),
        ([LOOKED, Text("The light is on.")], "No."),
        ([Text("Which light do you mean?")], "Which light do you mean?"),
        ([Text("哪个房间的灯？")], "哪个房间的灯？"),
        ([Text("It is on. Anything else?")], "No."),
        ([Text("灯开了，还要什么吗？")], "No."),
        ([Text("I am thinking"), Withdrawn(), Text("Which one?")], "Which one?"),
        ([], "No."),
    ],
)
async def test_a_model_with_tools_is_heard_once_one_has_acted(given: list[ReplyEvent], told: str) -> None:
    assert await spoken(truthful(events(*given), asked(), "No.", wanted=True, tools=True)) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([Text("Sure, "), Text("I've turned "), Text("on the heating. Enjoy!")], "Sure, No."),
        ([Text("I've turned on the heating")], "No."),
        ([DONE, Text("I've turned on the heating. Enjoy!")], "I've turned on the heating. Enjoy!"),
        ([Text("Put on a jumper, then. It helps.")], "Put on a jumper, then. It helps."),
        ([Text("x" * 400 + " I've turned on the heating. ")], "x" * 400 + " I've turned on the heating. "),
        ([Text("好的，已为您打开暖气。")], "好的，No."),
        ([Text("Hm"), Withdrawn(), Text("I've sent it.")], "No."),
    ],
)
async def test_a_claim_without_a_deed_is_not_spoken(given: list[ReplyEvent], told: str) -> None:
    for tools in (False, True):
        assert await spoken(truthful(events(*given), asked(), "No.", wanted=False, tools=tools)) == told


async def test_a_model_that_says_what_it_is_about_to_do_and_does_it_is_heard() -> None:
    given = [Text("I'm turning on the light. "), Paused(), DONE, Text("It is on.")]
    told = await spoken(truthful(events(*given), asked(), "No.", wanted=False, tools=True))
    assert told == "I'm turning on the light. It is on."


@pytest.mark.parametrize(
    ("before", "heard"),
    [("I'll look.", "I'll look."), ("稍等，我来开。", "稍等，我来开。"), ("The door is open.", "")],
)
async def test_a_promise_is_heard_while_the_tool_is_at_work_and_a_claim_is_not(
    before: str, heard: str
) -> None:
    given = [Text(before), Paused(), DONE, Text("So.")]
    reply = truthful(events(*given), asked(), "No.", wanted=True, tools=True)
    told = ""
    async for event in reply:
        if isinstance(event, Acted):
            break
        told += event.text if isinstance(event, Text) else ""
    assert told == heard


async def test_a_filler_is_heard_at_once_and_a_second_attempt_knows_what_the_first_did() -> None:
    request = asked()
    reply = truthful(events(Text("One moment. "), Paused(), DONE), request, "No.", wanted=True, tools=True)
    assert await anext(reply) == Text("One moment. ")
    assert [event async for event in reply] == [Paused(), DONE]
    again = truthful(events(Text("It is on.")), request, "No.", wanted=True, tools=True)
    assert await spoken(again) == "It is on."


async def test_a_model_that_talks_on_and_does_nothing_is_not_waited_for() -> None:
    told = truthful(events(*[Text("and so on ")] * 1000), asked(), "No.", wanted=True, tools=True)
    assert await spoken(told) == "No."


async def test_a_text_that_was_asked_for_may_claim_anything() -> None:
    chat = Liar()
    for text in (
        "Translate: I have turned on the light.",
        "Write a letter to the landlord.",
        "翻译：我开了灯。",
    ):
        assert await answer(text, Means(), chat) in LIES.values()


def scene(folder: Path, words: str, check: Callable[[Scripted], Any]) -> None:
    async def life() -> None:
        async with Scripted(folder, commands=corpus.matcher()) as speaker:
            speaker.chat.text = "I've turned on the kitchen light."
            await speaker.asks(words)
            await speaker.until(lambda: bool(speaker.turns))
            check(speaker)

    run(life())


class Looker(ScriptedChat):
    """Looks something up, and then claims that the lamp is on."""

    def __init__(self, call: ToolCall) -> None:
        super().__init__()
        self.call, self.results = call, 0

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()
    ) -> AsyncGenerator[ReplyEvent, None]:
        if messages[-1].role == "tool":
            self.results += 1
            yield Text("Done, the lamp is on.")
        else:
            yield self.call


@pytest.mark.parametrize(
    "call",
    [
        ToolCall("list_timers", {"kind": "timer"}),
        ToolCall("calculate", {"expression": "17 * 23"}),
        ToolCall("search_history", {"words": "lamp"}),
    ],
    ids=lambda call: call.name,
)
async def test_who_only_looked_something_up_has_turned_on_no_lamp(call: ToolCall) -> None:
    said, request, _ = await called(call, "turn on the lamp")
    assert "lamp is on" not in said
    assert not request.acted


@pytest.mark.parametrize(
    ("words", "set_"),
    [
        ("turn on the lamp", 0),
        ("把灯打开", 0),
        ("call mum at five", 0),
        ("turn on the lamp and set a timer for ten minutes", 1),
        ("把灯打开，再定一个十分钟的闹钟", 1),
        ("the pizza is in the oven for ten minutes, tell me when it is done", 1),
    ],
)
async def test_a_timer_is_set_for_nobody_who_asked_for_something_else(words: str, set_: int) -> None:
    said, request, timers = await called(ToolCall("set_timer", {"duration": "ten minutes"}), words)
    assert len(timers.alerts()) == set_
    assert request.acted is bool(set_)
    assert ("lamp is on" in said) is bool(set_)


async def called(call: ToolCall, words: str) -> tuple[str, Request, Timers]:
    """What is said to ``words`` where the model makes ``call``, what came of it, and the timers then."""
    timers = Timers(AlertStore(None), VirtualClock(NOW), NotingBell())
    timers.trust()
    commands = CommandTools(corpus.matcher(), Performer(timers, Box()))
    tools = Toolbox([*commands.tools, HistoryTool(lambda since, until: [])])
    chat = Looker(call)
    model = TruthfulModel(chat, Context("", num_ctx=4096, reply_tokens=100), tools, lambda: Means(tools=True))
    request = Request(Question(), words, language_of(words), certain=certain)
    said = await spoken(await model.respond(request))
    assert chat.results == 1, "the tool was not called"
    return said, request, timers


def test_the_whole_speaker_says_that_it_cannot_and_what_would_mend_it(tmp_path: Path) -> None:
    def check(speaker: Scripted) -> None:
        (turn,) = speaker.turns
        assert turn.spoken == "I can't turn lights on or off yet: connect Home Assistant first."
        assert (turn.actions, turn.understood_by) == ((), "command")
        assert speaker.chat.sent == []

    scene(tmp_path, "turn on the kitchen light.", check)


def test_the_whole_speaker_claims_nothing_where_nobody_asked_for_an_act(tmp_path: Path) -> None:
    def check(speaker: Scripted) -> None:
        assert speaker.turns[0].spoken == "Sorry, I haven't done that: I can't."

    scene(tmp_path, "it is so dark in the kitchen.", check)


def test_a_command_is_still_done(tmp_path: Path) -> None:
    def check(speaker: Scripted) -> None:
        assert [action.name for action in speaker.turns[0].actions] == ["timer_set"]

    scene(tmp_path, "set a timer for ten minutes.", check)
