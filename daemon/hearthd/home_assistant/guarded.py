"""What is done only after a spoken "yes": what opens a house or leaves it unguarded.

Decided from the words, before anything is sent, for Home Assistant asks nobody: to it "turn off the front
door" unlocks the lock of that name. A light at the door is no door. What names such a thing and is neither an
order nor a question about how it is ("a story about a gate") is not sent at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum, auto

SHORTEST_NAME = 2
"""Characters of a name that is looked for in what is said."""
_HAN = re.compile(r"[\u3400-\u9fff]")

_HARMLESS = (
    "lights?|lamps?|lighting|leds?|camera|bell|cam|sensor|speaker|fan|heater|heating|radiator|socket|plug|outlet"
    "|blinds?|curtains?|shades?|tv|thermostat|temperature|music|playlist|volume|brightness"
)
"""What may stand at a door or in a garage, and is named after it."""
_THING_EN = re.compile(
    r"\b(un)?lock(s|ed|ing)?\b|\bdead ?bolts?\b|\b(dis)?arm(ed|ing)?\b|\bburglar\b|\balarms?\b|\bsecurity\b"
    rf"|\b(door(way)?|gate|garage|entrance|barrier|hatch|carport)s?\b(?! ?({_HARMLESS})s?\b)"
)
_DOES_EN = re.compile(
    r"\b((un)?lock|un(latch|bolt)|open|close|shut|(dis)?arm|turn|switch|toggle|(de)?activate|(dis|en)able|raise|lower"
    r"|roll|pull|lift|release|buzz|let|set|put|stop|start|off|on|up|down)(s|ing)?\b"
)
_ABOUT_EN = re.compile(
    r"^(tell|write|explain|describe|read|sing|say|give me|talk|imagine|suppose|why|if|what|who|where|should"
    r"|how (do|does|did|can|to|would|much)|shall|would|(could|can|may) i"
    r"|i (think|like|love|heard|saw|was|had|have))\b"
)
_STATE_EN = re.compile(r"^(is|are|was|were|did|has|have|had|when|which|what('s| is) the state|how many)\b")
_ALL_EN = re.compile(r"\b(open|unlock|disarm)( up)? (everything|all|it all)\b")

_THING_ZH = re.compile(r"锁|警报|报警|安防|布防|撤防|防盗|门|车库|闸")
_NO_THING_ZH = re.compile(
    r"部门|专门|热门|门票|门诊|阀门|澳门|厦门|天安门|入门|门槛|名门|油门|门户|出门|冰箱门|锁屏|闸机"
    r"|(大|前|后)?门(口|廊|厅|前|后|外|旁|边)?的?(灯|铃|摄像头?|风扇|插座|传感器)|门(口|廊|厅|前|外|旁|边)"
    r"|车库的?.{0,2}(灯|风扇|插座|空调|摄像头?|温度|湿度)"
)
_DOES_ZH = re.compile(r"[开关锁解拉升降放停]|启动|布防|撤防|打开|激活")
_ABOUT_ZH = re.compile(r"[讲说写念唱]|告诉|介绍|解释|什么|为什么|怎么|如何|多少|谁|故事|如果|应该")
_STATE_ZH = re.compile(
    r"([锁关开上好住]|打开)(了|着|好)(吗|没|没有|么)$|(是不是|有没有|是否|状态)|^.{0,8}(锁|关|开)着(吗|没)?$"
)
_TOLD_ZH = re.compile(r"^(请|麻烦|劳驾|帮|把|将|给我)")

_EDGES = " .,!?;:。，！？；：、"
_BEFORE_EN = re.compile(
    r"^(?:(?:hey|ok|okay|oh|um|uh|so|now|and|then|just|please|kindly)[,.! ]+"
    r"|(?:can|could|would|will) you (?:please |just )?|(?:do|would) you mind |i (?:want|need) you to "
    r"|i(?:'d| would) like you to |go ahead and )+",
    re.IGNORECASE,
)
_AFTER_EN = re.compile(r"(?:[,. ]+(?:please|now|for me|thanks|thank you))+$", re.IGNORECASE)
_BEFORE_ZH = re.compile(r"^(?:请|麻烦你?|劳驾|拜托|帮我|帮忙|你?能不能|你?可不可以|你?可以|你能|能)+")
_AFTER_ZH = re.compile(r"(?:谢谢你?|好吗|好不好|可以吗|行吗|吗|吧|一下)+$")


def _known(words: str) -> frozenset[str]:
    return frozenset(words.split())


_YES = _known(
    "yes yeah yep yup sure yesplease pleasedo doit goahead ofcourse yesdo yesdoit yesido yessir yesyes "
    "yesgoahead definitely certainly affirmative confirm confirmed surething absolutely "
    "是 是的 是啊 对 对的 对啊 好 好的 好啊 好呀 好吧 行 行啊 可以 可以的 没错 确定 确定的 确认 当然 "
    "当然可以 开吧 关吧 打开吧 是的没错 对没错 好的好的 是的是的 嗯好的 嗯好 嗯是的 没问题 "
    "好打开吧 好的打开吧 是的打开吧"
)
"""Not "okay", "right" and 嗯: a recogniser writes these of a hum or a noise, and this opens doors."""
_NO = _known(
    "no nope nah nothanks nothankyou dont donot pleasedont nodont nonono nono cancel negative notnow "
    "不 不要 不用 不用了 不是 不行 不了 别 别开 别关 不要开 不开 算了 取消 不对 不不 不不不 没有 不可以 "
    "先不要 不必 不必了"
)
_WORDS = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")


class Guard(Enum):
    """What becomes of a sentence."""

    FREE = auto()
    """It names nothing that is guarded, or only asks how that is."""
    CONFIRM = auto()
    """It is done only after a yes."""
    KEEP = auto()
    """It names such a thing, and is nothing for Home Assistant."""


class Confirmation(Enum):
    """What words answer to "Unlock the front door?"."""

    YES = auto()
    NO = auto()
    OTHER = auto()
    """Neither: it is not done, and the words want something else."""


def guard(text: str, names: Sequence[str] = ()) -> Guard:
    """What becomes of ``text``, in either language. ``names``: what such things are called in this house."""
    said = " ".join(text.lower().split()).strip(_EDGES)
    named = any(_names(said, " ".join(name.lower().split())) for name in names)
    if _HAN.search(said):
        return _guard_zh(said, named)
    if _ALL_EN.search(said):
        return Guard.CONFIRM
    if not named and not _THING_EN.search(said):
        return Guard.FREE
    bare = _BEFORE_EN.sub("", said)
    if _STATE_EN.match(bare) and not re.search(r"\byou\b", bare):
        return Guard.FREE
    return Guard.CONFIRM if _DOES_EN.search(bare) and not _ABOUT_EN.match(bare) else Guard.KEEP


def _names(said: str, name: str) -> bool:
    """Whether ``said`` names the thing, and no lamp that is called after it."""
    if len(name) < SHORTEST_NAME or name not in said:
        return False
    if _HAN.search(name):
        return re.search(rf"{re.escape(name)}(?!的?(灯|铃|摄像|风扇|插座|传感器))", said) is not None
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)(?! ?({_HARMLESS})s?\b)", said) is not None


def _guard_zh(said: str, named: bool) -> Guard:
    if not named and not _THING_ZH.search(_NO_THING_ZH.sub("", said)):
        return Guard.FREE
    if _STATE_ZH.search(said) and not _TOLD_ZH.match(said):
        return Guard.FREE
    return Guard.CONFIRM if _DOES_ZH.search(said) and not _ABOUT_ZH.search(said) else Guard.KEEP


def names_guarded(text: str, names: Sequence[str] = ()) -> bool:
    """Whether "it" in the next sentence might be such a thing."""
    said = " ".join(text.lower().split())
    named = any(_names(said, " ".join(name.lower().split())) for name in names)
    return named or bool(_THING_EN.search(said) or _THING_ZH.search(_NO_THING_ZH.sub("", said)))


def question(text: str) -> str:
    """What is asked back: the order itself, as a question."""
    said = " ".join(text.split()).strip(_EDGES)
    if _HAN.search(said):
        bare = _AFTER_ZH.sub("", _BEFORE_ZH.sub("", said)).strip(_EDGES) or said
        return f"{bare}，确定吗？"
    bare = _AFTER_EN.sub("", _BEFORE_EN.sub("", said)).strip(_EDGES) or said
    bare = re.sub(r"\bmy\b", "your", bare)
    return f"{bare[:1].upper()}{bare[1:]}?"


def confirmed(text: str) -> Confirmation:
    """What ``text`` answers. Only whole phrases count: anything else is no yes."""
    words = "".join(_WORDS.findall(text.lower().replace("'", "").replace("’", "")))
    if words in _YES:
        return Confirmation.YES
    return Confirmation.NO if words in _NO else Confirmation.OTHER
