"""What the speaker decides of an utterance that a wake word began: answer, ask again, or ignore."""

from __future__ import annotations

from hearthd.turn_taking import wake_phrase
from tests.bench.people._hearing import Heard, Recogniser


def verdict(heard: Heard, word: str, asr: Recogniser) -> str:
    """``answered``, ``asked again``, ``unconfirmed`` or ``empty``."""
    assert heard.front_end is not None
    utterance, wake = heard.utterance, heard.wakes[0]
    if utterance is None:
        return "empty"
    phrases = wake_phrase.phrases_of(word)
    text = asr(heard.front_end.audio(utterance.start, utterance.end)).text.strip()
    if not text:
        return "empty"
    if wake_phrase.confirm(text, phrases) is None:
        return "unconfirmed"
    rest = wake_phrase.strip(text, phrases)
    if not rest and utterance.speech_end - wake.end >= 16_000 * 3 // 5:
        rest = wake_phrase.strip(asr(heard.front_end.audio(wake.end - 3200, utterance.end)).text, phrases)
    return "answered" if rest else "asked again"
