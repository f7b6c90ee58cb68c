"""Requests for acts, in English: an order freed from politeness, against the patterns of the acts."""

from __future__ import annotations

import re

from hearthd.actions.request_words_en import ACTS, HAD

_NORMAL = (
    (re.compile(r"[’‘`]"), "'"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"\b(i|you|he|she|we|they|it|that|there)'d\b"), r"\1 would"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\bi'm\b"), "i am"),
    (re.compile(r"\b(gonna)\b"), "going to"),
    (re.compile(r"\b(wanna)\b"), "want to"),
    (re.compile(r"\b(gimme)\b"), "give me"),
    (re.compile(r"\bpls\b"), "please"),
    (re.compile(r"\ba\.?\s?c\.?(?=\s|$)"), "ac"),
    (re.compile(r"\be-mail"), "email"),
    (re.compile(r"\bt\.?v\.?(?=\W|$)"), "tv"),
    (re.compile(r"\bto-do\b|\bto do (?=list)"), "todo "),
    (re.compile(r"(?<=\w)-(?=\w)"), " "),
)
_BEFORE = re.compile(
    r"(?:(?:hey|hi|hello|ok|okay|so|well|oh|um|uh|er|hmm|yes|yeah|yep|no|nope|alright|all right|right|"
    r"great|good|cool|fine|"
    r"thanks|thank you|sorry|excuse me|actually|anyway|now|then|and|also|but|just|quickly|real quick|"
    r"immediately|next(?! (?:song|track|tune|one|episode|station|video|channel))|first|please|"
    r"kindly|jarvis|alexa|siri|google|computer|mycroft|marvin|speaker|assistant|listen|look|"
    r"good (?:morning|evening|night)|"
    r"(?:tonight|tomorrow|today|this evening|later)|(?:at|in|on|every|after|until|"
    r"before) \w+(?: \w+)?(?= (?:please|turn|switch|set|run|start|play|call)\b)|"
    r"go ahead and|go and|(?:can|could|would|will|can not|could not) you(?: \w+ly| just| maybe)?|"
    r"(?:do you think|is there any chance|any chance|is it possible|"
    r"would it be possible) (?:that )?you (?:can|could|would)|"
    r"(?:is it|would it be) possible (?:for you )?to|are you able to|"
    r"i (?:really |just |do )?(?:want|need|would like|would love|am going to need|have|expect) you to|"
    r"we (?:want|need|would like) you to|you (?:need|have|ought|are|can|could|should|may|might|"
    r"must)(?: to| want to)?|"
    r"i would (?:appreciate it|be (?:glad|happy|grateful)) if you (?:could|would|can)|"
    r"(?:it would be|that would be) (?:nice|great|good|lovely|cool) if you (?:could|would|can)|"
    r"make sure (?:to|you|that you)|be sure to|try to|do not forget to|remember to|feel free to|"
    r"help me(?: to)?|let us|"
    r"do me a favou?r and|be so kind (?:and|as to)|be a (?:dear|darling) and|"
    r"i was wondering if you (?:could|would)|"
    r"i wonder if you (?:could|would))\s*[,.!:]*\s+)+"
)
_GERUND = re.compile(r"^(?:would|do) you mind (\w+?)ing\b")
_WISH = re.compile(
    r"^(?:i|we) (?:really |just |only )?(?:want|need|would like|would love|have|must|am going|wish|"
    r"would prefer) to\s+"
)
_MAY = re.compile(r"^(?:can|could|may|might) (?:i|we)(?: please)? (?=(?:order|book|reserve|hear)\b)")
_HAVE = re.compile(
    r"^(?:(?:i|we)(?: am| are)?(?: really| just| also| will| think i| do)* (?:need|needing|want|wanting|"
    r"would like|would love|require|in need of|wish to have|have to have|have got to have|"
    r"could use)|(?:can|could|may|might) (?:i|we)(?: please)? (?:get|have|hear|order|book|reserve|make|"
    r"request))\b(?: (?:to )?(?:get|have|hear))?"
)
_ASKED = re.compile(
    r"\?|\b(?:what|how|why|who|whose|which|where|should i|shall i|would it|is it|are there|any (?:ideas?|"
    r"tips?|advice|suggestions?))\b"
)
_ASKS = re.compile(
    r"^(?:what|how|why|who|whose|whom|which|where|when|is|are|am|was|were|do|does|did|has|have|had|should|"
    r"shall|may|might|"
    r"must|can i|could i|can we|could we|if)\b"
)
_QUESTION = re.compile(
    r"^(?:what|how|why|who|whose|whom|which|where|is|are|am|was|were|does|did|has|have|had|should|shall|"
    r"do (?:i|you|we|they|people)|"
    r"when (?:is|are|was|were|do|does|did|will|should|can))\b"
)
_WORDS = re.compile(
    r"^(?:write(?! (?:\w+ )?down\b)|compose|draft|translate|explain|describe|define|imagine|pretend|"
    r"suppose|summari[sz]e|rewrite|rephrase|spell|"
    r"teach|tell (?:me|us)|give (?:me|us) (?:a|an|some|the|\w+) (?:idea|tip|hint|example|reason|list|"
    r"recipe)|say|recite|read (?:me|us) a|"
    r"name|list|compare|discuss|invent|make up|come up with|think|guess|quiz|recommend|suggest|act|sing|"
    r"rhyme|continue|finish)\b"
)
_QUOTES = re.compile(
    r"[\"“”«»]|\bin (?:chinese|english|german|french|spanish|italian|japanese|russian|mandarin|latin)\b"
)
_ABOUT = re.compile(
    r"\b(?:translate|translation|say|says|mean|means|meaning|spell|pronounce|word|phrase|song|sang|sing|"
    r"in \w+)\b"
)
_SAID = re.compile(r"\b(?:said|says|asked|shouted|yelled|whispered|replied|thinks|thought|wrote|means)\s*$")

_COMPILED = tuple((name, re.compile(f"(?:{pattern})")) for name, pattern in ACTS)
_OWNED = tuple((name, re.compile(f"(?:{pattern})")) for name, pattern in HAD)
_CLAUSE = re.compile(r"[,;.!?:]+\s+|\s+(?:and then|and|then|but|or)\s+")
_SENTENCE = re.compile(r"[;.!?]+\s*")


def family(words: str) -> str | None:
    """The act that ``words`` ask for, by name."""
    text = _plain(words)
    if _QUOTES.search(text) and _ABOUT.search(text):
        return None
    if any(_WORDS.match(_free(sentence)) for sentence in _SENTENCE.split(text)):
        return None
    return _asked_for(text)


def wants_words(words: str) -> bool:
    """Whether they ask something, or for a text."""
    text = _plain(words)
    starts = [_free(sentence) for sentence in _SENTENCE.split(text)]
    return bool(_QUOTES.search(text)) or any(_WORDS.match(one) or _QUESTION.match(one) for one in starts)


def _plain(words: str) -> str:
    text = words.lower().strip()
    for pattern, plain in _NORMAL:
        text = pattern.sub(plain, text)
    return re.sub(r"\s+", " ", text).strip(" .!")


def _asked_for(text: str) -> str | None:
    for sentence in _SENTENCE.split(text):
        question = _QUESTION.match(_free(sentence)) is not None
        at = 0
        while True:
            if found := _ordered(sentence[at:], text):
                return found
            following = _CLAUSE.search(sentence, at)
            if question or following is None or _SAID.search(sentence[at : following.start()]):
                break
            at = following.end()
    return None


def _ordered(clause: str, whole: str) -> str | None:
    """What the clause orders that begins here."""
    if (mind := _GERUND.match(_fillers(clause))) is not None:
        clause = _base(mind.group(1)) + _fillers(clause)[mind.end() :]
    start = _free(clause)
    have = _HAVE.match(start)
    if have is not None and not _ASKED.search(whole.rstrip("?")):
        for name, pattern in _OWNED:
            if pattern.match(start[have.end() :]):
                return name
    wish = _WISH.match(start) or _MAY.match(start)
    if wish is not None:
        if _ASKED.search(whole.rstrip("?")):
            return None
        start = start[wish.end() :]
    elif _ASKS.match(start):
        return None
    start = re.sub(r"^(?:i|we) (?:would like|want|need|would love) (?=it |the |some |a |my )", "", start)
    start = re.sub(r"[?!.,]+$", "", start).strip()
    start = re.sub(
        r"(?:,? (?:please|thanks|thank you|will you|would you|can you|could you|for me|right now|now|ok|"
        r"okay|jarvis))+$",
        "",
        start,
    )
    for name, pattern in _COMPILED:
        if pattern.match(start):
            return name
    return None


def _fillers(text: str) -> str:
    return re.sub(r"^(?:(?:hey|hi|ok|okay|please|jarvis|so|and|then|just)[, ]+)+", "", text)


def _free(text: str) -> str:
    """``text`` without what politeness and talk put before an order."""
    start = text.lstrip(" ,")
    found = _BEFORE.match(start)
    return start if found is None else start[found.end() :]


def _base(stem: str) -> str:
    """The verb whose -ing form begins with ``stem``."""
    doubled = len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] in "tpnbgmd"
    if doubled:
        return stem[:-1]
    return (
        stem + "e"
        if stem in {"mak", "clos", "rais", "tim", "pla", "tak", "writ", "mut", "paus", "danc"}
        else stem
    )
