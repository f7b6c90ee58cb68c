"""How many of forty requests the starter model answers with the right call, or with none if none is wanted.

The requests go to the model alone: the spoken commands, which would have understood most of them, are not
asked. The tools are the speaker's own; the model writes its calls as text, which are read as in a turn.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
from contextlib import aclosing
from dataclasses import dataclass

from hearthd.common.errors import EmptyReplyError
from hearthd.conversation.command_tools import SPECS
from hearthd.conversation.memory_tools import HistoryTool
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.messages import Message, Text, ToolCall, ToolSpec
from tests import chat_models
from tests.bench import CannotRun, Figure

SYSTEM = "You are hearthd, a friendly speaker in a home. You answer in one or two short sentences."
TOOLS = sorted([*SPECS, HistoryTool.spec], key=lambda spec: spec.name)
REPLY_TOKENS = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, the tool that it wants ("": none), and what its arguments must hold."""

    text: str
    tool: str = ""
    holds: str = ""


REQUESTS = (
    Asked("Set a timer for ten minutes.", "set_timer", r"\b10\b|ten|600"),
    Asked("I need a pasta timer, eight minutes.", "set_timer", r"\b8\b|eight|480"),
    Asked("Could you count down half an hour for me?", "set_timer", r"30|half|1800"),
    Asked("Wake me tomorrow at half past six.", "set_alarm", r"6:30|half past six|six thirty"),
    Asked("I have to get up at seven every weekday.", "set_alarm", r"7|seven"),
    Asked("Remind me at five to call my mother.", "set_reminder", r"5|five"),
    Asked("Tell me in twenty minutes to take out the bread.", "set_reminder", r"20|twenty"),
    Asked("Which alarms are set?", "list_timers", "alarm"),
    Asked("Cancel the pasta timer.", "cancel_timer", "timer"),
    Asked("You are much too loud.", "change_volume", "down|[0-9]"),
    Asked("Put the volume at thirty.", "change_volume", "30"),
    Asked("What is seventeen times twenty-three?", "calculate", r"17|seventeen|391"),
    Asked("How many grams are three pounds?", "calculate", r"3|three|pound"),
    Asked("What did I ask you yesterday?", "search_history", "yesterday"),
    Asked("What is the capital of France?"),
    Asked("Tell me a joke."),
    Asked("How do kitchen timers work?"),
    Asked("Who wrote Hamlet?"),
    Asked("Good morning!"),
    Asked("The train leaves in ten minutes."),
    Asked("帮我定一个十分钟的计时器。", "set_timer", r"10|十分钟|ten|600"),
    Asked("煮面要八分钟，帮我计个时。", "set_timer", r"8|八|eight|480"),
    Asked("半小时以后响一下。", "set_timer", r"30|半|half|1800"),
    Asked("明天早上六点半叫我起床。", "set_alarm", r"6:30|六点半|half past six"),
    Asked("我每个工作日七点要起床。", "set_alarm", r"7|七|seven"),
    Asked("五点提醒我给妈妈打电话。", "set_reminder", r"5|五|17"),
    Asked("二十分钟后提醒我把面包拿出来。", "set_reminder", r"20|二十|twenty"),
    Asked("现在有哪些闹钟？", "list_timers", "alarm"),
    Asked("把煮面的计时器取消掉。", "cancel_timer", "timer"),
    Asked("你声音太大了。", "change_volume", "down|[0-9]"),
    Asked("音量调到三十。", "change_volume", "30|三十"),
    Asked("十七乘以二十三等于多少？", "calculate", r"17|十七|391"),
    Asked("三磅是多少克？", "calculate", r"3|三|pound"),
    Asked("我昨天问过你什么？", "search_history", "昨天|yesterday"),
    Asked("法国的首都是哪里？"),
    Asked("给我讲个笑话。"),
    Asked("厨房计时器是怎么工作的？"),
    Asked("《红楼梦》是谁写的？"),
    Asked("早上好！"),
    Asked("火车十分钟后就要开了。"),
)


def run() -> list[Figure]:
    """Ask all forty, with the tools; and a few without, for the time that the tools cost."""
    if not chat_models.available(chat_models.STARTER):
        raise CannotRun(f"the model {chat_models.STARTER} is not there: hearthd models pull")
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    model = chat_models.embedded(chat_models.STARTER, num_ctx=4096, max_reply_tokens=REPLY_TOKENS)
    found: list[tuple[Asked, bool]] = []
    firsts: list[float] = []
    try:
        cold_with, _ = await _asked(model, REQUESTS[0], TOOLS)
        for request in REQUESTS:
            first, right = await _asked(model, request, TOOLS)
            found.append((request, right))
            if not request.tool:
                firsts.append(first)
        cold_without, _ = await _asked(model, REQUESTS[0], ())
        without = [(await _asked(model, request, ()))[0] for request in REQUESTS if not request.tool][:6]
    finally:
        await model.close()
    figures = []
    for language in ("English", "Chinese"):
        for wants in (True, False):
            rights = [
                right
                for one, right in found
                if bool(one.tool) is wants and one.text.isascii() is (language == "English")
            ]
            what = "calls right" if wants else "left alone"
            figures.append(
                Figure(
                    "tool_calls",
                    f"{what}, {language}, of {len(rights)}",
                    float(sum(rights)),
                    *("", float(len(rights)), sum(rights) / len(rights), len(rights)),
                )
            )
    total = sum(right for _, right in found)
    figures.append(
        Figure(
            "tool_calls",
            f"right of {len(found)}",
            float(total),
            "",
            float(len(found)),
            total / len(found),
            len(found),
        )
    )
    warm, plain = statistics.median(firsts), statistics.median(without)
    figures.append(
        Figure("tool_calls", "first word, tools read already", warm, "ms", plain, warm / plain, len(firsts))
    )
    figures.append(
        Figure(
            "tool_calls",
            "first word, nothing read",
            cold_with,
            "ms",
            cold_without,
            cold_with / cold_without,
            1,
        )
    )
    return figures


async def _asked(
    model: EmbeddedChat, request: Asked, tools: tuple[ToolSpec, ...] | list[ToolSpec]
) -> tuple[float, bool]:
    """Milliseconds to the first word or call, and whether it did as it should."""
    said = "Please answer in English." if request.text.isascii() else "请用中文回答。"
    messages = [
        Message("system", SYSTEM),
        Message("user", f"(Friday 2026-11-27 09:30 {said})\n\n{request.text}"),
    ]
    began, first = time.perf_counter(), 0.0
    calls: list[ToolCall] = []
    try:
        async with aclosing(model.reply(messages, tools)) as events:
            async for event in events:
                if isinstance(event, Text | ToolCall):
                    first = first or (time.perf_counter() - began) * 1000
                calls += [event] if isinstance(event, ToolCall) else []
    except EmptyReplyError:
        pass
    first = first or (time.perf_counter() - began) * 1000
    if not request.tool:
        return first, not calls
    given = json.dumps(dict(calls[0].arguments), ensure_ascii=False).lower() if calls else ""
    return first, [call.name for call in calls] == [request.tool] and bool(re.search(request.holds, given))
