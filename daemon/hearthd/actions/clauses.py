"""Utterances of several clauses: two commands in one breath, one said twice, or a reason before it.

"Stop, that's enough" is one command, "set a timer for ten minutes and turn it down" are two, and "I'm boiling
eggs, set a timer for six minutes" says why first. Whisper writes the pauses as punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from hearthd.dialogue.intent import SpokenCommand
from hearthd.text.understand.tokens import Token

MAX_CUTS = 5
"""Places at which an utterance may be cut; one with more is a story."""
MAX_COMMANDS = 4
_JOINING = {
    "en": ("and then", "and also", "and", "then"),
    "zh": ("然后", "并且", "顺便", "同时", "还有", "再"),
}
_OPENING = {
    "en": ("so can you", "so could you", "so please", "can you", "could you", "would you", "please", "so"),
    "zh": ("帮我", "给我", "麻烦", "请你", "请"),
}
"""What begins a wish where nobody wrote the pause: "I'm making tea can you time three minutes"."""
_TELLING = re.compile(r"(i|we) (am|are|have|need)\b|(my|our|the|there|it)\b|[我这那家]|.*[了要在]$")
"""What says how things are."""
_DISMISSING = frozenset({"never_mind", "stop"})
_AFTER_REASON = frozenset({
    "timer_set", "timer_add", "timer_subtract", "alarm_set", "reminder_set", "volume_up", "volume_down",
})  # fmt: skip
"""What may follow a statement that is no command itself."""
_NEEDED = {"timer_set": "seconds", "alarm_set": "at", "reminder_set": "at"}
"""Without these it is too little to be taken out of a longer utterance."""
_NO_REASON = re.compile(
    r"\b(say|says|said|saying|tell|tells|told|ask|asks|asked|write|wrote|writes|read|called|if|when|why|how|what|who"
    r"|where|which|did|does|do|not|never|was|were|had|he|she|they|yesterday|last|would|could|should|or|because)\b"
    "|[说问写讲告诉]|如果|要是|假如|为什么|怎么|什么|吗|谁|哪|昨天|刚才|以前|他|她|没|不|当时|因为|之前|几|多少"
)
"""What a reason before a command does not hold: a story, a condition, a question."""
MAX_REASON = {"en": 8, "zh": 12}
"""Words of a reason."""

Understand = Callable[[int, int, str], SpokenCommand | None]
"""The command that the tokens from one index to another are, after the command of that name ("": none)."""


def split(tokens: Sequence[Token], language: str, understand: Understand) -> SpokenCommand | None:
    """The commands that the clauses of ``tokens`` are, if all are commands, but for a reason before."""
    cuts = _cuts(tokens, language)
    if len(cuts) > MAX_CUTS:
        return None
    commands = _all_commands(len(tokens), cuts, understand) if cuts else None
    if commands is not None:
        return _joined(commands)
    for cut, begin in [*cuts, *_openings(tokens, language)]:
        if not _is_reason(tokens[:cut], language):
            break
        command = understand(begin, len(tokens), "")
        if command is not None and command.name in _AFTER_REASON:
            return command if _NEEDED.get(command.name, "") in {"", *command.slots} else None
    return None


def _openings(tokens: Sequence[Token], language: str) -> list[tuple[int, int]]:
    """Where a wish begins without a pause, behind what says how things are."""
    words = [token.text for token in tokens]
    found = []
    for opening in _OPENING[language]:
        said = opening.split() if language == "en" else list(opening)
        for at in range(3, min(len(words) - len(said), MAX_REASON[language] + 1)):
            before = (" " if language == "en" else "").join(words[:at])
            if words[at : at + len(said)] == said and _TELLING.match(before):
                found.append((at, at + (opening == "so")))
    return sorted(found)[:MAX_CUTS]


def _cuts(tokens: Sequence[Token], language: str) -> list[tuple[int, int]]:
    """Where a clause may end, and the next begin."""
    cuts = [(at, at) for at, token in enumerate(tokens) if at and token.after_pause]
    words = [token.text for token in tokens]
    for joining in _JOINING[language]:
        said = joining.split() if language == "en" else list(joining)
        for at in range(1, len(words) - len(said)):
            if words[at : at + len(said)] == said and not any(cut <= at < begin for cut, begin in cuts):
                cuts.append((at, at + len(said)))
    return sorted(cuts)


def _all_commands(
    length: int, cuts: Sequence[tuple[int, int]], understand: Understand
) -> list[SpokenCommand] | None:
    """The fewest commands that together are all of it."""
    best: dict[int, list[SpokenCommand]] = {0: []}
    ends = [*cuts, (length, length)]
    for cut, begin in ends:
        for start in sorted(best):
            if start >= cut or len(best[start]) >= MAX_COMMANDS:
                continue
            command = understand(start, cut, best[start][-1].name if best[start] else "")
            if command is not None and (begin not in best or len(best[start]) + 1 < len(best[begin])):
                best[begin] = [*best[start], command]
    return best.get(length)


def _joined(commands: list[SpokenCommand]) -> SpokenCommand:
    """One command for what was said twice; what was taken back, or only introduced the rest, is left out."""
    kept: list[SpokenCommand] = []
    for command in commands:
        if command.name == "never_mind" and kept:
            if not kept[-1].name.endswith("_cancel"):  # "set a timer – no, never mind"
                kept = [command]
        elif kept and kept[-1].name in _DISMISSING:  # "stop, set a timer"
            kept[-1] = command
        elif kept and _same(kept[-1], command):
            kept[-1] = replace(command, slots={**kept[-1].slots, **command.slots})
        else:
            kept.append(command)
    return replace(kept[0], then=tuple(kept[1:]))


def _same(first: SpokenCommand, second: SpokenCommand) -> bool:
    """Whether the second says the first again, perhaps with more of it."""
    common = first.slots.keys() & second.slots.keys()
    return first.name == second.name and all(first.slots[slot] == second.slots[slot] for slot in common)


def _is_reason(tokens: Sequence[Token], language: str) -> bool:
    words = [token.text for token in tokens]
    said = (" " if language == "en" else "").join(words)
    return len(words) <= MAX_REASON[language] and not _NO_REASON.search(said)
