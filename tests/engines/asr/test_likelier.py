"""Of two hearings of the same sound, the one that is kept."""

from __future__ import annotations

import numpy as np
import pytest

from hearthd.engines.asr.whisper import _BEAM, Recogniser, _Decoded

pytestmark = pytest.mark.unit
SOUND = np.zeros(16_000, np.float32)
LOOP = "and so on and so on and so on and so on and so on and so on and so on and so on and so on and so on"


@pytest.mark.parametrize(
    ("first", "beam", "kept"),
    [
        (("I'd like a coffee.", -0.3), ("Alexa.", -0.1), "I'd like a coffee."),  # sure at once: no beam
        (("I'd like a coffin.", -0.6), ("I'd like a coffee.", -0.5), "I'd like a coffee."),
        (("Alexa. I'd like a coffee.", -0.4), ("I'd like a coffee.", -0.5), "Alexa. I'd like a coffee."),
        (("turn it off", -0.9), ("", -0.1), "turn it off"),
        (("", -0.9), ("turn it off", -1.0), "turn it off"),
        (("and so on", -0.9), (LOOP, -0.1), "and so on"),
    ],
)
def test_the_likelier_of_two_hearings_is_kept_unless_it_is_empty_or_goes_round(
    monkeypatch: pytest.MonkeyPatch, first: tuple[str, float], beam: tuple[str, float], kept: str
) -> None:
    recogniser = object.__new__(Recogniser)

    def decode(*given: object) -> _Decoded:
        return _Decoded(*(beam if _BEAM in given[4:] else first), no_speech=0.0)

    monkeypatch.setattr(recogniser, "_decode", decode)
    found = recogniser._likeliest(None, "en", SOUND, lambda: False)
    assert found.text == kept
