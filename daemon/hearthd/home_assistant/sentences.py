"""Which sentences Home Assistant is asked, and how they are written for it.

What the speaker's own commands took never comes here. Of the rest most is for the model, and Home Assistant
says so itself (``no_intent_match``); held back is what it is known to take wrongly: "in five minutes the
train leaves" becomes a delayed command there, "hello" is answered in its own name, and a timer that our
commands did not understand "is not supported on this device".
"""

from __future__ import annotations

import re

MAX_CHARACTERS = 200
"""A request to a home is a breath long; who speaks for longer tells something."""
_HAN = re.compile(r"[\u3400-\u9fff]")
_MARKS = re.compile(r"[\s.,!?;:。，！？；：、…]+")
_TIMING = re.compile(
    r"\b(timers?|stopwatch|count(ing)? ?down|remind(ers?)?|wake (me|us|\w+) up|wake (me|us)|snooze)\b"
    r"|计时|倒计时|定时|提醒|闹钟|闹铃|叫醒|叫我起床|贪睡|起床"
)
"""The speaker's own business; it has what Home Assistant's timers lack, and they are refused there."""
_ALARM = re.compile(r"\balarms?\b(?! (system|panel))")
_ARMING = re.compile(r"\b(dis)?arm(s|ed|ing)?\b|\bsecurity\b|\btriggered\b")
_DELAY = re.compile(
    r"\bin (about )?(an?|half an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen"
    r"|twenty|thirty|forty(-five)?|sixty|ninety|\d+)( and a half)?[- ](sec(ond)?|min(ute)?|hour)s?\b"
    r"|[\d一二三四五六七八九十两半几百]+个?(半)?(秒钟?|分钟?|小时|钟头|刻钟)(之|以)?[后内]"
)
_ABOUT_ITSELF = re.compile(
    r"(hello|hi|hey|bye|goodbye|thanks|thank you)( there| home assistant| jarvis| you| so much| very much)?"
    r"|who (made|created|built) you|are you (always )?(listening|recording)( to me)?"
    r"|what can (i|you) (say|ask|do)|where does (my|the) data go( to)?"
    r"|你好|您好|嗨|哈喽|再见|拜拜|谢谢你?|没关系|没事儿?了?|算了"
)
_POLITE_ZH = re.compile(
    r"^(请|麻烦|劳驾|拜托|帮我|帮忙|给我|替我|你?能不能|你?可不可以|你?可以|你能|能|你)+(?=.)"
)
_AFTER_ZH = re.compile(r"(谢谢你?|好吗|好不好|可以吗|行吗|行不行|吧|啊|呗)+$")
_END_ZH = re.compile(r"[\s。，！？!?.、]+$")


def wanted_there(text: str, *, order: bool) -> bool:
    """Whether Home Assistant is asked ``text``. ``order``: it reads as something to be done in the house."""
    said = text.lower()
    if not said.strip() or len(said) > MAX_CHARACTERS:
        return False
    if _ABOUT_ITSELF.fullmatch(_MARKS.sub(" ", said).strip()):
        return False
    if _TIMING.search(said) or (_ALARM.search(said) and not _ARMING.search(said)):
        return False
    return order or not _DELAY.search(said)


def for_it(text: str, language: str) -> str:
    """``text`` without what Home Assistant does not know: politeness in Chinese (in English it skips it)."""
    said = text.strip()
    if language != "zh" or not _HAN.search(said):
        return said
    bare = _POLITE_ZH.sub("", _AFTER_ZH.sub("", _END_ZH.sub("", said)))
    return _END_ZH.sub("", bare) or said
