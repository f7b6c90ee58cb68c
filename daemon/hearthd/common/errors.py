"""Why an engine cannot do its work, told apart. Each message names the thing and the mend.

    EngineError
      ChatError                 a chat model did not answer
        NotRunningError           nobody answers at the server's address
        ModelMissingError         the server does not have the model
        OverflowingError          the prompt is longer than the context
        BusyError                 the server's queue is full
        ChatRefusedError          the server does not want the request
          NoToolsError              its model takes no tools
        BrokeOffError             the reply ended before it was complete
        StallError                nothing came in the time given
        EmptyReplyError           nothing to say was written
      VoiceServerError          a voice server did not give the clip
        ServerGoneError           nothing answers at its address
        ServerSlowError           the audio did not come in time
        VoiceRefusedError         it answered with an error status
        NothingSaidError          it found nothing to say in the text
        DroppedStreamError        it broke off the answer
        NotAudioError             the answer is no 16-bit mono WAV
        WrongRateError            the audio's rate is not the model's
        SilentAudioError          every sample is zero
        RunawayAudioError         the audio is longer than the text can be

A room's own error that is an ``EngineError``, too, stands in that room (``voices.profiles.VoiceError``).
No message holds a word of what people said or of what was to be spoken.
"""

from __future__ import annotations


class EngineError(Exception):
    """An engine cannot do its work. The message names the thing and the mend."""


class ChatError(EngineError):
    """A chat model did not answer."""


class NotRunningError(ChatError):
    """Nobody answers at the server's address."""


class ModelMissingError(ChatError):
    """The server runs and does not have the model."""


class OverflowingError(ChatError):
    """The prompt has more tokens than the context has room for."""


class BusyError(ChatError):
    """The server's queue is full."""


class ChatRefusedError(ChatError):
    """The server does not want this request, or is no Ollama."""


class NoToolsError(ChatRefusedError):
    """The model takes no tools."""


class BrokeOffError(ChatError):
    """The reply ended before it was complete: the server was restarted or its model died."""


class StallError(ChatError):
    """The server sent nothing in the time given."""


class EmptyReplyError(ChatError):
    """The reply holds nothing to say: the model wrote nothing, or only its thoughts."""


class VoiceServerError(EngineError):
    """The voice server did not give the clip.

    It answers 200 to nearly everything, so most of these are read from the audio itself.
    """


class ServerGoneError(VoiceServerError):
    """Nothing answers at its address, or it is still loading."""


class ServerSlowError(VoiceServerError):
    """It answers, but the audio did not come in the time allowed."""


class VoiceRefusedError(VoiceServerError):
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
