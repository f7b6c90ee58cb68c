"""Which recogniser hears: the local Whisper, or one elsewhere with the local one as its stand-in."""

from __future__ import annotations

from hearthd.common.parts import OnHealth
from hearthd.config.settings import AsrSettings
from hearthd.engines.asr.engine import WhisperAsr
from hearthd.engines.asr.fallback import FallbackAsr
from hearthd.engines.asr.remote import OpenAiAsr, RemoteAsr, WyomingAsr
from hearthd.engines.http_access import Access
from hearthd.engines.protocols import Asr


def choose(settings: AsrSettings, on_health: OnHealth | None = None) -> Asr:
    """The recogniser of the settings, not yet started."""
    if settings.engine == "whisper":
        return WhisperAsr(settings)
    kind: type[RemoteAsr] = WyomingAsr if settings.engine == "wyoming" else OpenAiAsr
    server = kind(
        settings.server,
        settings.languages,
        settings.answer_seconds,
        model=settings.server_model,
        access=Access(settings.token_file, settings.ca_file),
    )
    if not settings.fallback:
        return server
    return FallbackAsr(server, lambda: WhisperAsr(settings), on_health)
