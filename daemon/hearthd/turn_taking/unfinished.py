"""Whether words break off in the middle of a sentence: then a pause is a pause, and not the end.

Nobody ends a request with "to the", "and" or 把. By their written texts, of 139 sentences that real people
said 3 end so (20 English: none; 119 Chinese: the three that end in letters spelled out), and of the places
between the words of the same sentences 17 % (36 of 210, English) and 6 % (47 of 726, Chinese) are told for
places to go on from. After the first two English words of 1,862 commands it is every second place (31 %
without ``_BEGUN``), after the first two Chinese characters of 2,061 one in fourteen (one in 33); of the 4,674
whole commands 16 end so. It spares some cuts and not most of them. It only ever lengthens the silence that
ends an utterance; what was recognised of a pause comes in time for that, mostly.
"""

from __future__ import annotations

import re

WAIT_SECONDS = 1.5
"""The silence that ends an utterance which breaks off: people who look for a word find it in that time."""

_ALWAYS = re.compile(r"a|an|the|and|or|but|because|if|my|your|our|their|whose|u+m+|u+h+|er|erm|h+m+")
_IN_A_SHORT_ONE = re.compile(
    r"turn|set|put|add|remind|tell|play|is|are|was|can|could|will|would|should|to|for|of|with|from|in|at"
)
"""These end longer sentences, too ("who are they talking to"): only a short one breaks off there."""
_SHORT_WORDS = 4
_BEGUN = re.compile(
    r"(?:(?:okay|hey|so|well|please|and) )*"
    r"(?:hey|so|well|now|please|(?:can|could|would|will) you|(?:can|could) i|(?:tell|give|show|let) me"
    r"|i (?:want|need|would like)|i['’]d like|(?:do|are) you|(?:is|are) there|what is|what['’]s|let['’]s"
    r"|how (?:much|many|about)|what about)(?: please)?"
)
"""Nobody wants just this: a request that has begun ..."""
_BEGUN_CHINESE = re.compile(
    r"(?:嘿|哎|喂|那|那么|你|请|麻烦|能不能|可以|再|先|我)*"
    r"(?:嘿|哎|喂|那|那么|请|请问|帮我|给我|替我|告诉我|我想|我要|我想要|能不能|可不可以|怎么|为什么|有没有|是不是)"
)
"""... in Chinese."""
_CHINESE = re.compile(
    r"(和|把|给|跟|或者|因为|如果|然后|还有|以及|呃|嗯)$"  # nothing ends with these
    r"|^.{0,4}(那个|就是|在)$"  # these end long sentences, too
    r"|^(?!.*是).{3,}的$"  # "打开客厅的", but not "这是我的" and "好的"
)
_SPELLED = re.compile(r"(?:^|\s)(?:\d|[A-Za-z])(?:[\s,-]+(?:\d|[A-Za-z])){2,}$")
"""Letters or digits one by one: there may be more."""
_END = re.compile(r"[?？!！]\s*$")
_HAN = re.compile(r"[㐀-鿿]$")
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)?")


def unfinished(text: str) -> bool:
    """Whether ``text`` (what was recognised so far) cannot be the end of what somebody says."""
    bare = text.strip().rstrip("。.,，、…- ")
    if not bare or _END.search(text):
        return False
    if _HAN.search(bare):
        return _CHINESE.search(bare) is not None or _BEGUN_CHINESE.fullmatch(bare) is not None
    if _SPELLED.search(bare):
        return True
    words = _WORD.findall(bare.lower())
    if not words or not bare.lower().endswith(words[-1]):
        return False
    last = words[-1]
    short = len(words) < _SHORT_WORDS and _IN_A_SHORT_ONE.fullmatch(last) is not None
    return short or _ALWAYS.fullmatch(last) is not None or _BEGUN.fullmatch(" ".join(words)) is not None
