"""The parts of the speaker that can fail, in one table: what that means, who is told, where it shows.

Health is told and kept by ``Part``; whether the idle speaker shows ``error``, the sentence that is
announced, the topic ``health/<part>`` and its entity in Home Assistant follow from ``PARTS``. A new part
is a new member and a new row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Part(StrEnum):
    """A part, by its name in the journal, in systemd's status and in ``health/<part>``."""

    MICROPHONE = "microphone"
    LOUDSPEAKER = "speaker"
    FRONT_END = "front_end"
    ASR = "asr"
    CHAT = "chat"
    VOICE = "voice"
    ECHO = "echo"
    STORE = "store"
    TIMERS = "timers"
    KNOWLEDGE = "knowledge"
    HOME_ASSISTANT = "home_assistant"
    MQTT = "mqtt"
    WYOMING = "wyoming"
    CHAT_SERVER = "chat server"
    ASR_SERVER = "recognition server"
    VOICE_SERVER = "voice server"


@dataclass(frozen=True, slots=True)
class PartRow:
    """What there is to know of one part."""

    entity: str = ""
    """The key of its entity in Home Assistant. Empty: its health is not published."""
    title: str = ""
    """What the entity is called."""
    essential: bool = False
    """Without it no question is answered: the idle speaker shows ``error``."""
    told: Mapping[str, str] = field(default_factory=dict)
    """What is announced when it is broken, by language. Empty: nothing, people notice when they ask."""


PARTS: Mapping[Part, PartRow] = {
    Part.MICROPHONE: PartRow(
        "microphone_health",
        "Microphone",
        essential=True,
        told={
            "en": "I can't hear anything: my microphone is gone.",
            "zh": "我什么也听不见：麦克风不见了。",
        },
    ),
    Part.LOUDSPEAKER: PartRow("speaker_health", "Speaker"),
    Part.FRONT_END: PartRow(
        "front_end_health",
        "Wake word and speech detection",
        essential=True,
        told={
            "en": "I can't hear anybody: the part of me that listens keeps failing.",
            "zh": "我现在听不见大家说话：负责听的程序一直出错。",
        },
    ),
    Part.ASR: PartRow("recogniser_health", "Speech recognition", essential=True),
    Part.CHAT: PartRow("model_health", "Language model", essential=True),
    Part.VOICE: PartRow("voice_health", "Speech synthesis", essential=True),
    Part.ECHO: PartRow("echo_health", "Echo cancellation"),
    Part.STORE: PartRow(
        "store_health",
        "Conversation memory",
        told={
            "en": "My disk takes nothing more. What we say now is kept only until I restart.",
            "zh": "我的磁盘写不进去了，现在说的话只能记到我重启为止。",
        },
    ),
    Part.TIMERS: PartRow(
        "timers_health",
        "Timers and alarms",
        told={
            "en": "I can't keep timers and alarms safe. Those set now are gone if I restart.",
            "zh": "定时器和闹钟现在存不下来，重启之后就没有了。",
        },
    ),
    Part.KNOWLEDGE: PartRow("knowledge_health", "Documents"),
    # Not announced: it restarts at night, too. Who asks it for something is told why it is not done.
    Part.HOME_ASSISTANT: PartRow("home_assistant_health", "Home Assistant by voice"),
    Part.MQTT: PartRow(),  # what does not reach the broker cannot be shown there
    Part.WYOMING: PartRow(),  # who would look has the connection that is not there
    Part.CHAT_SERVER: PartRow(),  # a stand-in answers; if nobody does, that is the chat's failure
    Part.ASR_SERVER: PartRow(),
    Part.VOICE_SERVER: PartRow(),  # as with the chat server: the voice fails when nobody speaks
}

ESSENTIAL = frozenset(part for part, row in PARTS.items() if row.essential)
"""Parts without which no question is answered."""
TOLD = frozenset(part for part, row in PARTS.items() if row.told)
"""Parts whose failure is announced."""
PUBLISHED = tuple(part for part, row in PARTS.items() if row.entity)
"""Parts whose health is published."""

OnHealth = Callable[[Part, bool, str], None]
"""Told that a part works (again), or does not, and why; "" where whoever tells has logged that itself."""
