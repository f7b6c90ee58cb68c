"""Why a chat model did not answer, told apart, each with its mend."""

from __future__ import annotations

from hearthd.engines.protocols import EngineError


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


class RefusedError(ChatError):
    """The server does not want this request, or is no Ollama."""


class BrokeOffError(ChatError):
    """The reply ended before it was complete: the server was restarted or its model died."""


class StallError(ChatError):
    """The server sent nothing in the time given."""


class EmptyReplyError(ChatError):
    """The reply holds nothing to say: the model wrote nothing, or only its thoughts."""
