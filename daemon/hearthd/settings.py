"""The configuration as one typed model: every key, its type, its bounds and its default.

``config.load`` fills it from TOML and the environment; nothing else makes one. ``config/hearthd.toml``
documents the same keys for the owner, and a test holds the two together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Language = Literal["en", "zh"]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Share = Annotated[float, Field(ge=0, le=1)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values are never coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Audio(Section):
    """Microphone and speaker."""

    microphone: str = ""
    speaker: str = ""
    volume: Annotated[int, Field(ge=0, le=100)] = 70
    chime: bool = True


class WakeWordModel(Section):
    """One wake word."""

    name: str
    phrases: list[str] = []
    model: str = ""
    threshold: Share = 0.5
    patience: Annotated[int, Field(ge=1, le=10)] = 1
    verifier: str = ""


class Wake(Section):
    """Wake words."""

    words: list[WakeWordModel] = [WakeWordModel(name="hey_jarvis")]
    refractory_seconds: Annotated[float, Field(ge=0, le=30)] = 2.0
    confirm: bool = True


class Endpoint(Section):
    """When the person has finished speaking."""

    silence_seconds: Annotated[float, Field(ge=0.2, le=3)] = 0.75
    no_speech_seconds: Annotated[float, Field(ge=1, le=30)] = 5.0
    max_seconds: Annotated[float, Field(ge=3, le=30)] = 25.0


class BargeIn(Section):
    """Talking over the speaker."""

    mode: Literal["speech", "wake_word", "off"] = "speech"
    action: Literal["hold", "duck"] = "hold"


class FollowUp(Section):
    """Answering back without the wake word."""

    seconds: Annotated[float, Field(ge=0, le=60)] = 4.0
    question_seconds: Annotated[float, Field(ge=0, le=60)] = 8.0


class Asr(Section):
    """Speech recognition."""

    model: str = "whisper-base"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: Literal["auto", "int8", "int8_float16", "float16", "float32"] = "auto"
    languages: Annotated[list[Language], Field(min_length=1)] = ["en", "zh"]


class Chat(Section):
    """The model that writes the replies."""

    engine: Literal["auto", "ollama", "embedded"] = "auto"
    fallback: bool = True
    url: str = "http://127.0.0.1:11434"
    model: str = "qwen2.5:3b"
    embedded_model: str = "qwen2.5-coder-0.5b"
    num_ctx: Annotated[int, Field(ge=512, le=131072)] = 4096
    max_reply_tokens: Annotated[int, Field(ge=16, le=4096)] = 300
    first_token_seconds: Seconds = 30.0
    stall_seconds: Seconds = 20.0


class Voice(Section):
    """The voice that speaks the replies."""

    engine: Literal["auto", "gpt_sovits", "embedded"] = "auto"
    fallback: bool = True
    name: str = ""
    url: str = "http://127.0.0.1:9880"
    english: str = "heart"
    chinese: str = "zf_xiaoxiao"
    connect_seconds: Seconds = 1.0
    first_audio_seconds: Seconds = 10.0
    stall_seconds: Seconds = 5.0


class Memory(Section):
    """What is kept of conversations."""

    keep: bool = True
    retention_days: Annotated[int, Field(ge=0, le=36500)] = 365
    new_conversation_minutes: Annotated[int, Field(ge=1, le=1440)] = 10


class Mqtt(Section):
    """The broker, and Home Assistant behind it."""

    enabled: bool = False
    host: str = "localhost"
    port: Port = 1883
    username: str = ""
    password_file: str = ""
    client_id: str = ""
    base_topic: str = "hearthd"
    discovery: bool = True
    discovery_prefix: str = "homeassistant"
    birth_topic: str = "homeassistant/status"
    tls: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    publish_transcripts: bool = False


class Log(Section):
    """What the journal gets."""

    level: Literal["debug", "info", "notice", "warning", "error"] = "info"
    transcripts: bool = False


class Settings(Section):
    """The whole configuration."""

    node: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")] = "hearthd"
    persona: str = "hearthd"
    audio: Audio = Audio()
    wake: Wake = Wake()
    endpoint: Endpoint = Endpoint()
    barge_in: BargeIn = BargeIn()
    follow_up: FollowUp = FollowUp()
    asr: Asr = Asr()
    chat: Chat = Chat()
    voice: Voice = Voice()
    memory: Memory = Memory()
    mqtt: Mqtt = Mqtt()
    log: Log = Log()


def repository_config(name: str) -> Path:
    """The folder or file ``name`` of ``config/``: inside the package when installed, else the checkout's."""
    packaged = Path(__file__).parent / "data" / name
    return packaged if packaged.exists() else Path(__file__).parents[2] / "config" / name
