"""What can go wrong with a GPT-SoVITS server, by name.

The server answers 200 to nearly everything, so most of these are read from the audio itself. None of
the messages holds a word of what was to be spoken.
"""

from __future__ import annotations

from hearthd.engines.protocols import EngineError


class VoiceServerError(EngineError):
    """The voice server did not give the clip."""


class ServerGoneError(VoiceServerError):
    """Nothing answers at its address, or it is still loading."""


class ServerSlowError(VoiceServerError):
    """It answers, but the audio did not come in the time allowed."""


class RefusedError(VoiceServerError):
    """It answered with an error status: a wrong parameter, path or language."""


class NothingSaidError(VoiceServerError):
    """It found nothing to say in the text, or ended the answer without any audio."""


class DroppedStreamError(VoiceServerError):
    """It broke off the answer: its way of saying that the synthesis failed."""


class NotAudioError(VoiceServerError):
    """The answer is no 16-bit mono WAV."""


class WrongRateError(VoiceServerError):
    """The audio's rate is not the model's: 16 kHz is the silence that it sends after a failure."""


class SilentAudioError(VoiceServerError):
    """Every sample is zero (half precision on a card that cannot do it is the usual cause)."""


class RunawayAudioError(VoiceServerError):
    """The audio goes on much longer than the text can be: the model is repeating itself."""
