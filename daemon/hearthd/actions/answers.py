"""The words that answer a command: from the command and what came of it, in its language.

Pure. Several wordings are equally good and take turns by ``seed``, so that none grates; what matters (which
one, how long, when) is in all of them.
"""

from __future__ import annotations

from datetime import datetime

from hearthd.actions import answers_en, answers_zh
from hearthd.actions.result import Outcome, Result
from hearthd.actions.table import ROWS
from hearthd.dialogue.intent import SpokenCommand

_SAID = {"en": answers_en, "zh": answers_zh}


def answer(command: SpokenCommand, result: Result, now: datetime, seed: int = 0) -> str:
    """What is said; "" if nothing need be. ``now`` is the household's time, without a zone."""
    language = command.language if command.language in _SAID else "en"
    row = ROWS[command.name]
    if result.outcome is Outcome.DONE:
        wordings = row.wordings(language)(command, result, now)
    elif result.outcome is Outcome.NONE and row.nothing:
        wordings = [row.nothing[language]]
    else:
        wordings = _SAID[language].unfinished(command, result, now)
    text = wordings[seed % len(wordings)] if wordings else ""
    return text.replace("m..", "m.")  # "at 7 a.m." ends a sentence by itself
