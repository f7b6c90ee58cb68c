"""People who pause within a sentence for longer than the silence that ends it: one question, or half of one.

Their sentence is said to a speaker with real ears (``tests.scenes.hearing``), its longest pause made longer;
what was recorded with a longer one stays so. ``one question``: their words came whole in the one turn that
was answered, whether they were waited for or cut and joined; ``words lost``: no turn that was answered has
them all; ``half answered``: an answer to the first half was heard before they had finished. With a wake word
before it the first half alone has to be taken for a call.
"""

from __future__ import annotations

import difflib
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hearthd.config.settings import Settings
from hearthd.engines.vad.vad import WINDOW, Silero
from tests.bench import CannotRun, Figure
from tests.bench.people._hearing import SlowWords, share, wake_engine
from tests.bench.people._recordings import (
    RATE,
    Change,
    Pcm,
    Recordings,
    active,
    as_it_is,
    at_db,
    conditions,
    hush,
    trimmed,
)
from tests.scenes.hearing import HearingSpeaker
from tests.scenes.stage import NoWake
from tests.utterances import available
from tests.virtual_time import run

PAUSES = (0.9, 1.2, 1.5)
"""Seconds, one after the other."""
NATURAL = 0.25
"""From so many seconds on it is a pause that the person made."""
LONGEST = 12.0
"""Seconds: longer recordings hold several sentences."""
WORDS_AFTER = 0.3
"""Seconds that the recogniser takes: Whisper base, a command, this machine at rest."""
AUDIBLE = 300
"""Samples above it sound."""
LEAST_SECONDS = 0.1
LIKE, UNLIKE = 0.85, 0.6
"""Words are lost if less than the second share of what is recognised of the whole came, or less than the
first and the recogniser was never given the whole: the same words are not written twice the same way."""
SLACK = 0.3
"""Seconds that the whole may be shorter: it ends with the last window of speech."""
WORD = "alexa"
"""The one that many people said."""


class Paused(NamedTuple):
    """Somebody who pauses for ``seconds``: all that is heard, and the sentence alone as it is heard there."""

    seconds: float
    heard: Pcm
    sentence: Pcm
    ends: int
    """The sample of ``heard`` at which they have finished."""
    spoken: float
    """Seconds of the sentence, a room's reverberation left out."""


def figures(recordings: Recordings) -> Iterator[Figure]:
    """By language and by what is around the person."""
    if not available():
        raise CannotRun("the voices are not installed: `hearthd models pull`")
    words = SlowWords(WORDS_AFTER)
    calls = [trimmed(one.pcm()) for one in recordings.of(f"wake_{WORD}")]
    for language, kinds in (("English", ("en_cmd", "en_mix")), ("Chinese", ("zh_aishell", "zh_mix"))):
        said = [trimmed(one.pcm()) for one in recordings.every(*kinds)]
        halves = recordings.drawn([pair for one in said if (pair := at_its_pause(one)) is not None])
        for condition, changed in conditions(recordings).items():
            several = [paused(number, half, changed) for number, half in enumerate(halves)]
            yield from _figures(f"paused {language}, {condition}", several, words, "")
        if calls:
            called = [
                paused(number, half, as_it_is, calls[number % len(calls)])
                for number, half in enumerate(halves)
            ]
            yield from _figures(f'paused {language}, "{WORD}" before it', called, words, WORD)


def at_its_pause(pcm: Pcm) -> tuple[Pcm, Pcm, float] | None:
    """``pcm`` before and after the middle of its longest pause, and that's seconds; None: it has none."""
    voiced = np.flatnonzero(np.array(Silero().process(np.pad(pcm, (0, WINDOW)))) >= 0.5)
    gaps = np.diff(voiced) - 1
    if len(pcm) > LONGEST * RATE or not len(gaps) or gaps.max() * WINDOW < NATURAL * RATE:
        return None
    longest = int(gaps.argmax())
    middle = int(voiced[longest] + voiced[longest + 1] + 1) * WINDOW // 2
    return pcm[:middle], pcm[middle:], float(gaps[longest]) * WINDOW / RATE


def paused(
    number: int,
    halves: tuple[Pcm, Pcm, float],
    changed: Change,
    call: Pcm | None = None,
) -> Paused:
    """The two halves, the pause between them, what is around, and perhaps ``call`` before them."""
    first, second, natural = halves
    seconds = max(natural, PAUSES[number % len(PAUSES)])
    sentence = np.concatenate((first, hush(seconds - natural), second))
    before = [hush(1.0)]
    if call is not None:
        sentence = at_db(sentence, 20 * np.log10(active(call) / 32768))
        before += [call, hush(0.25)]
    heard = np.concatenate((*before, sentence, hush(4.0)))
    alone, around = changed(number, sentence, sentence), changed(number, heard, sentence)
    return Paused(seconds, around, alone, len(heard) - 4 * RATE, len(sentence) / RATE)


def _figures(name: str, several: Sequence[Paused], words: SlowWords, word: str) -> Iterator[Figure]:
    became: Counter[str] = Counter()
    sounded: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for what, seconds in run(_talk(Path(folder), several, words, word)):
            became[what] += 1
            sounded += [seconds] if seconds >= LEAST_SECONDS else []
    yield from share(f"{name}: one question", became["one question"], len(several))
    yield from share(f"{name}: words lost", became["lost"], len(several))
    yield from share(f"{name}: half answered", len(sounded), len(several))
    if sounded:
        median = round(float(np.median(sounded)), 2)
        yield Figure("people", f"{name}: for, median", median, "s", n=len(sounded))


async def _talk(
    folder: Path, several: Sequence[Paused], words: SlowWords, word: str
) -> list[tuple[str, float]]:
    settings = {"audio": {"chime": False}, "wake": {"words": [{"name": word or WORD}]}}
    wake = wake_engine(word) if word else NoWake()
    found: list[tuple[str, float]] = []
    async with HearingSpeaker(folder, words, wake, Settings.model_validate(settings)) as speaker:
        await speaker.learns_the_room()
        for one in several:
            speaker.forget()
            words.longest = 0.0
            began = speaker.clock()
            if word:
                await speaker.hears(one.heard)
            else:
                await speaker.asked(one.heard)
            given = words.longest
            whole = units(words.at_once(one.sentence).text)
            answered = [units(turn.heard) for turn in speaker.turns if turn.heard]
            came = share_of(whole, [unit for turn in answered for unit in turn])
            lost = came < (UNLIKE if given >= one.spoken - SLACK else LIKE)
            what = "lost" if lost else "one question" if len(answered) == 1 else "two questions"
            found.append((what, speaker.sounded(began, began + one.ends / RATE, AUDIBLE)))
    return found


def units(text: str) -> list[str]:
    """Words in English, characters in Chinese."""
    return re.findall(r"[a-z']+|\d+|[\u4e00-\u9fff]", text.lower())


def share_of(whole: Sequence[str], heard: Sequence[str]) -> float:
    """How much of ``whole`` is in ``heard``, in order."""
    blocks = difflib.SequenceMatcher(None, whole, heard, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) / max(1, len(whole))
