"""What is written down of a turn: the fields that MQTT, the journal, the store and ``report`` share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hearthd.dialogue.events import Ended


@dataclass(slots=True)
class TurnRecord:
    """A turn, as it fills up. Times are milliseconds from the end of the person's speech."""

    turn_id: str
    """Unique over the speaker's life, short enough for a log line."""
    conversation_id: str
    started_at: float
    """Seconds since the epoch."""
    wake_word: str | None = None
    wake_score: float | None = None
    heard: str = ""
    language: str = ""
    reply: str = ""
    """All that was generated."""
    spoken: str = ""
    """What was heard of it."""
    ended: Ended | None = None
    asr_model: str = ""
    chat_model: str = ""
    voice: str = ""
    endpoint_ms: float | None = None
    asr_ms: float | None = None
    llm_first_token_ms: float | None = None
    first_chunk_ms: float | None = None
    tts_first_audio_ms: float | None = None
    first_audible_ms: float | None = None
    wake_to_chime_ms: float | None = None
    bargein_stop_ms: float | None = None
    underruns: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, as JSON takes them."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a turn leaves in the conversation: what the person said, and what was spoken back, if anything."""

    heard: str
    spoken: str
    interrupted: bool = False
    at: float = 0.0
    """When the turn began, in seconds since the epoch."""
