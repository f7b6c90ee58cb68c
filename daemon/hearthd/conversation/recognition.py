"""From an utterance to what its words want: the recogniser is asked once, and again where it is in doubt.

What a wake word's network has heard is a suspicion, and the transcript confirms it. But who called must not
be ignored, and Whisper does not know the names: it writes "Minecraft" and "my cross" of "Mycroft", and before
a Chinese request it often drops the name, or everything. So a transcript that does not hold the wake phrase
is not the last word. The stretch that woke the speaker is heard alone: how likely the recogniser thinks the
phrase is there, and how much it sounds like it to a head of our own (``engines.wake_word.second_ear``), are
added up (``wake_phrase.was_said``). Then what follows the phrase is heard alone, too.

In the ordinary case nothing of this happens, and the first sound comes as soon as before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from hearthd.common.audio import SAMPLE_RATE, Pcm
from hearthd.dialogue.events import Utterance
from hearthd.dialogue.intent import Circumstances, HearRest, Intent, Nothing, NotWakeWord, understand
from hearthd.engines.protocols import Asr, PhraseEar, PhraseScorer
from hearthd.turn_taking import wake_phrase

MORE_THAN_WAKE_WORD = SAMPLE_RATE * 3 // 5
"""Who speaks on for that long after the wake word was recognised (which is after its end) has said more."""
BEFORE_WAKE_END = SAMPLE_RATE // 5
"""So long before it was recognised, the wake word was over and what follows it may have begun."""
BEFORE_WAKE, AFTER_WAKE = SAMPLE_RATE // 4, SAMPLE_RATE // 10
"""Of what surrounds the wake word, the recogniser gets so much when it hears that alone."""
PHRASE_ENDS = SAMPLE_RATE * 2 // 5
"""A phrase that there is an ear for ends so long after it was recognised at the latest: the network is
certain after "Hey My". Cut off at ``AFTER_WAKE``, four of 19 "Hey Mycroft" were 1.0 to 3.1 less likely; where
somebody goes on at once, two were 0.6 more likely. So both are heard, if the first is not enough."""


class Recognised(NamedTuple):
    """What an utterance wants, the words that say so, and their language ("" if none was found)."""

    intent: Intent
    words: str
    language: str


@dataclass(slots=True)
class Call:
    """The stretch in which a wake word was recognised."""

    start: int
    end: int
    said: bool | None = None
    """Whether the phrase was said there, once that is known: it does not change while the person goes on."""


async def recognise(
    asr: Asr,
    audio: Callable[[int, int], Pcm],
    utterance: Utterance,
    circumstances: Circumstances,
    call: Call | None = None,
    *,
    ear: PhraseEar | None = None,
) -> Recognised:
    """What ``utterance`` wants. ``audio`` gives the samples between two numbers. Raises EngineError."""
    rest_from = _spoke_on(utterance, call)
    transcript = await asr.transcribe(audio(utterance.start, utterance.end))
    circumstances = replace(circumstances, spoke_on=rest_from is not None)
    intent, words = understand(transcript.text, circumstances)
    doubted = circumstances.must_confirm and isinstance(intent, NotWakeWord | Nothing)
    if doubted and call is not None and await _called(asr, ear, audio, call, circumstances.phrases):
        intent, words = HearRest(), ""
    if isinstance(intent, HearRest):
        known = replace(circumstances, must_confirm=False, called=True, spoke_on=False)
        if rest_from is None:
            return Recognised(*understand("", known), transcript.language)
        transcript = await asr.transcribe(audio(rest_from, utterance.end))
        intent, words = understand(transcript.text, known)
    return Recognised(intent, words, transcript.language)


def _spoke_on(utterance: Utterance, call: Call | None) -> int | None:
    """The sample from which the person went on after the wake word, whatever was recognised, if they did.

    Whisper base ends after the name where another language follows: 5 of 160 Chinese requests after an
    English "Hey Jarvis". Without the wake word all five are understood.
    """
    if call is None or utterance.speech_end - call.end < MORE_THAN_WAKE_WORD:
        return None
    return call.end - BEFORE_WAKE_END


async def _called(
    asr: Asr, ear: PhraseEar | None, audio: Callable[[int, int], Pcm], call: Call, phrases: Sequence[str]
) -> bool:
    if call.said is None:
        whole = audio(call.start - BEFORE_WAKE, call.end + PHRASE_ENDS)
        likeness = {
            phrase: None if ear is None else await asyncio.to_thread(ear, whole, phrase) for phrase in phrases
        }
        call.said = await _phrase_said(asr, whole, likeness)
    return call.said


async def _phrase_said(asr: Asr, whole: Pcm, likeness: Mapping[str, float | None]) -> bool:
    stretch = whole[: max(1, len(whole) - PHRASE_ENDS + AFTER_WAKE)]
    if not isinstance(asr, PhraseScorer):
        text = (await asr.transcribe(stretch, quick=True)).text
        return any(wake_phrase.was_written(text, *one) for one in likeness.items())
    for phrase, sounds in likeness.items():
        for part in (stretch,) if sounds is None else (stretch, whole):
            heard = await asr.hear_phrase(part, phrase)
            if wake_phrase.was_said(heard.text, heard.likelihood, phrase, sounds):
                return True
    return False
