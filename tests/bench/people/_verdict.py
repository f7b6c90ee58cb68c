"""What the speaker decides of an utterance that a wake word began: answer, ask again, or ignore."""

from __future__ import annotations

from collections.abc import Sequence

from hearthd.conversation.recognition import Call, recognise
from hearthd.dialogue.intent import Circumstances, Nothing, NotWakeWord, OnlyWakeWord
from hearthd.engines.wake_word import second_ear
from hearthd.turn_taking import wake_phrase
from tests.bench.people._hearing import Heard, Recogniser


def verdict(heard: Heard, word: str, asr: Recogniser, said: Sequence[str] = ()) -> str:
    """``answered``, ``asked again``, ``unconfirmed`` or ``empty``. ``said``: if it is not the word's name."""
    assert heard.front_end is not None
    utterance = heard.utterance
    if utterance is None or not heard.wakes:  # cut out of its surroundings, not everything wakes it again
        return "empty"
    wake = heard.wakes[0]
    circumstances = Circumstances(phrases=wake_phrase.phrases_of(word, said), must_confirm=True)
    call, audio = Call(wake.start, wake.end), heard.front_end.audio
    intent, _, _ = asr.wait(
        recognise(asr.asr, audio, utterance, circumstances, call, ear=second_ear.likeness)
    )
    match intent:
        case NotWakeWord():
            return "unconfirmed"
        case OnlyWakeWord():
            return "asked again"
        case Nothing():
            return "empty"
    return "answered"
