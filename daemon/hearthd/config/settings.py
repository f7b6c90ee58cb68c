"""The configuration as one typed model: every key, its type, its bounds and its default.

``loader.load`` fills it from TOML and the environment; nothing else makes one. ``config/hearthd.toml``
documents the same keys for the owner, and a test holds the two together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

import hearthd
from hearthd.config.section import Section
from hearthd.config.server_settings import (
    EsphomeSettings,
    HomeAssistantSettings,
    MqttSettings,
    ToolsSettings,
    WyomingSettings,
)
from hearthd.dialogue.state import BargeInMode

Language = Literal["en", "zh"]
Seconds = Annotated[float, Field(gt=0, le=3600)]
ADDRESS = r"^(([A-Za-z0-9_]([A-Za-z0-9_.-]{0,251})|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?)?$"
"""A name or an address of a host, and a port."""


SERVER = r"^https?://[^\s/?#]+(/[^\s?#]*)?$"
"""The address of an HTTP server."""
ASR_SERVER = (
    r"^(https?://[^\s/?#]+(/[^\s?#]*)?|tcp://[^\s/?#:]+:[0-9]{1,5}|tcp://\[[0-9a-fA-F:]+\]:[0-9]{1,5})?$"
)
"""The address of a recogniser, or nothing."""


class AudioSettings(Section):
    """Microphone and loudspeaker."""

    microphone: str = ""
    """The microphone's name as `hearthd devices` lists it, or a part of it that fits no other one. Empty:
    the system's default. By name, because numbers change with every plug."""
    speaker: str = ""
    """The loudspeaker's name, in the same way."""
    volume: Annotated[int, Field(ge=0, le=100)] = 70
    """How loud replies and chimes are at the start: 100 as the voice made them, 70 is -6 dB, 50 is -12 dB."""
    chime: bool = True
    """Sound a short tone when the wake word was heard (and when something failed)."""


class WakeWordModel(Section):
    """One wake word."""

    name: Annotated[str, Field(pattern=r"^[\w-]{1,64}$")]
    """What it is called: one of the models that `hearthd models pull` brings (hey_jarvis, alexa,
    hey_mycroft, hey_marvin; hey_jarvis is the surest), or a name of your own together with `model`."""
    phrases: list[Annotated[str, Field(min_length=1, max_length=60)]] = []
    """What is said, in every spelling that the recogniser may write, to confirm the wake word in the
    transcript and take it away from the question. Empty: the name read out ("hey jarvis"); its sound is
    compared, so "Hay Jarves" needs no entry."""
    model: str = ""
    """An openWakeWord model of your own (an .onnx file). Empty: the shipped model of that name."""
    threshold: Annotated[float, Field(ge=0.05, le=1)] = 0.5
    """The score that counts as the word. Plain speech scores 0.06 at most, the word mostly above 0.9;
    lower it for soft voices and noisy rooms."""
    patience: Annotated[int, Field(ge=1, le=10)] = 1
    """How many scores in a row (one each 80 ms) must reach the threshold. While the speaker sounds it is
    2 at least."""
    verifier: str = ""
    """An openWakeWord verifier trained on your voices (a .pkl file), which then has the last word. Reading
    it runs code, so it must belong to root or the daemon's user and be writable by nobody else."""


class WakeSettings(Section):
    """Wake words."""

    words: Annotated[list[WakeWordModel], Field(min_length=1, max_length=8)] = [
        WakeWordModel(name="hey_jarvis")
    ]
    """The words listened for, all at once; each more costs 0.1 % of a core."""
    refractory_seconds: Annotated[float, Field(ge=0, le=30)] = 2.0
    """For so long after a wake word the same one is not taken again: one call may score twice."""
    confirm: bool = True
    """Answer only if the transcript holds the wake phrase too. Off: "Hey Travis" is answered as well."""


class EndpointSettings(Section):
    """When the person has finished speaking."""

    silence_seconds: Annotated[float, Field(ge=0.2, le=3)] = 0.75
    """Silence that ends a question. A pause of 0.6 s inside a sentence is heard as up to 0.7 s, because a
    voice is noticed late; work on the answer begins after 0.25 s anyway."""
    no_speech_seconds: Annotated[float, Field(ge=1, le=30)] = 5.0
    """How long the speaker waits for the first word after the wake word."""
    max_seconds: Annotated[float, Field(ge=3, le=30)] = 25.0
    """The longest question; a room that never falls silent ends it here."""


class BargeInSettings(Section):
    """Talking over the speaker."""

    mode: BargeInMode = "speech"
    """What stops a reply: any speech, only the wake word and "stop", or only a command (off). "speech"
    hears who speaks 5 dB below the speaker, pauses within 0.25 s and is sure after 0.6 s; a long "okay"
    may end the reply. Where its own voice cannot be taken out it is "wake_word" by itself."""
    action: Literal["hold", "duck"] = "hold"
    """What the speaker does while it is not yet certain: pause, or speak on quietly."""


class FollowUpSettings(Section):
    """Answering back without the wake word."""

    seconds: Annotated[float, Field(ge=0, le=60)] = 4.0
    """How long the microphone stays open after a reply has sounded. 0: the wake word every time."""
    question_seconds: Annotated[float, Field(ge=0, le=60)] = 8.0
    """The same, when the reply ended with a question: people think before they answer."""


class AsrSettings(Section):
    """Speech recognition."""

    engine: Literal["whisper", "wyoming", "openai"] = "whisper"
    """Who recognises: Whisper on this machine, a Wyoming server (wyoming-faster-whisper and others), or a
    server with /v1/audio/transcriptions (speaches, vLLM). What people say goes to such a server as sound."""
    url: Annotated[str, Field(pattern=ASR_SERVER)] = ""
    """Where the server listens: tcp://HOST:PORT for Wyoming (its port is 10300 mostly), else http(s)://…"""
    server_model: str = ""
    """The model on the server. Empty: the one it takes by itself; those of engine openai want a name."""
    fallback: bool = True
    """Whisper on this machine hears while the server cannot; false: then nobody does."""
    answer_seconds: Annotated[float, Field(ge=0.5, le=60)] = 8.0
    """From the end of the words to the server's text; what takes longer is heard here."""
    token_file: str = ""
    """The file with the server's token (engine openai)."""
    ca_file: str = ""
    """The authority that signed the server's certificate. Empty: those that this system trusts."""
    model: str = "whisper-base"
    """A model of `hearthd models list`, or the path of a folder with a CTranslate2 Whisper model."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """"auto" takes the GPU if there is one and Whisper really runs on it."""
    compute_type: Literal["auto", "int8", "int8_float16", "float16", "float32"] = "auto"
    """"auto" is float16 on a GPU that has it and int8 on a CPU."""
    languages: Annotated[list[Language], Field(min_length=1)] = ["en", "zh"]
    """What people speak here; the recogniser chooses among these only, so fewer means fewer mistakes."""

    @property
    def server(self) -> str:
        """Where the server listens, if one is asked."""
        usual = {"whisper": "", "wyoming": "tcp://127.0.0.1:10300", "openai": "http://127.0.0.1:8000"}
        return self.url or usual[self.engine]

    @model_validator(mode="after")
    def _url_fits(self) -> Self:
        if (
            self.url
            and self.engine != "whisper"
            and self.url.startswith("tcp:") != (self.engine == "wyoming")
        ):
            raise ValueError("a url of tcp:// is of the engine wyoming, one of http(s):// of openai")
        return self


class ChatHost(Section):
    """A server of chat models among several."""

    url: Annotated[str, Field(pattern=SERVER)] = "http://127.0.0.1:11434"
    """Where it listens."""
    engine: Literal["", "ollama", "openai"] = ""
    """What it speaks. Empty: what chat.engine says (auto: Ollama)."""
    model: str = ""
    """The model there. Empty: chat.model."""
    token_file: str = ""
    """The file with its token, if it or the proxy before it wants one."""
    ca_file: str = ""
    """The authority that signed its certificate. Empty: those that this system trusts."""


class ChatSettings(Section):
    """The model that writes the replies."""

    engine: Literal["auto", "ollama", "openai", "embedded"] = "auto"
    """auto: Ollama if it answers and has the model, else the embedded model, until Ollama is there.
    openai: a server with /v1/chat/completions (vLLM, llama.cpp, LM Studio, chatglm.cpp and others)."""
    fallback: bool = True
    """The embedded model answers while no server can; false: then nobody does."""
    url: Annotated[str, Field(pattern=SERVER)] = "http://127.0.0.1:11434"
    """Where the server listens. Over http:// what is said goes there in clear text."""
    token_file: str = ""
    """The file with the server's token: --api-key of vLLM and llama.cpp, a proxy before Ollama."""
    ca_file: str = ""
    """The authority that signed the server's certificate. Empty: those that this system trusts."""
    hosts: Annotated[list[ChatHost], Field(max_length=8)] = []
    """Several servers in place of url: the first one answers; while it is away (a GPU box that sleeps) the
    next. Each is a [[chat.hosts]] with its url, its own token_file and ca_file, and engine and model where
    they differ from the ones here."""
    model: str = "qwen2.5:3b"
    """The model on the server. 3B: the smallest that answers well in both languages; about 2 GB.
    With the engine openai, a server that has only one model answers with that."""
    embedded_model: str = "qwen2.5-coder-0.5b"
    """The model that needs no server, one of `hearthd models list`: both languages, 0.7 GB of memory."""
    num_ctx: Annotated[int, Field(ge=512, le=131072)] = 4096
    """Tokens that the model sees at once: some 40 turns. Sent with every request; another program that uses
    the same model with another num_ctx makes Ollama load it anew each time."""
    max_reply_tokens: Annotated[int, Field(ge=16, le=4096)] = 300
    """Where a reply is cut: about a minute and a half of speech."""
    first_token_seconds: Seconds = 30.0
    """From the question to the first word; includes loading a model that was pushed out of memory."""
    stall_seconds: Seconds = 20.0
    """Between two words of a reply."""

    @property
    def servers(self) -> list[ChatHost]:
        """The servers in their order, each with its engine and model; none for the embedded model alone."""
        if self.engine == "embedded":
            return []
        kind: Literal["ollama", "openai"] = "openai" if self.engine == "openai" else "ollama"
        hosts = self.hosts or [ChatHost(url=self.url, token_file=self.token_file, ca_file=self.ca_file)]
        return [
            host.model_copy(update={"engine": host.engine or kind, "model": host.model or self.model})
            for host in hosts
        ]

    @property
    def ollama(self) -> ChatHost:
        """The Ollama server for what only Ollama does: embeddings, personas as models."""
        found = (host for host in self.servers if host.engine == "ollama")
        here = ChatHost(model=self.model)
        if self.engine == "embedded":
            here = ChatHost(url=self.url, model=self.model, token_file=self.token_file, ca_file=self.ca_file)
        return next(found, here)


class VoiceSettings(Section):
    """The voice that speaks the replies."""

    engine: Literal["auto", "gpt_sovits", "low_latency", "embedded"] = "auto"
    """auto: the cloned voice that `name` names by the voice server, if it names one; else the embedded voice.
    low_latency: the cloned voice without a server, by gsv-tts-lite in a process of its own; it needs a GPU,
    the extra gpt-sovits, and its models in the models' folder under gsv-tts-lite."""
    fallback: bool = True
    """The embedded voice speaks while the voice server cannot; false: then nobody does."""
    name: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,31})?$")] = ""
    """The cloned voice, one of `hearthd voices list`; "embedded" and empty: the embedded one."""
    url: Annotated[str, Field(pattern=r"^http://[^\s/]+(/\S*)?$")] = "http://127.0.0.1:9880"
    """GPT-SoVITS's api_v2. It has no password and loads any file it is told to: keep it on this machine."""
    english: str = "heart"
    """The embedded English voice: "heart" answers in milliseconds; "af_bella", "am_michael", "am_fenrir",
    "bf_emma" and "bm_george" take about half as long to make as to hear."""
    chinese: str = "zf_xiaoxiao"
    """The embedded Chinese voice: zf_ (women) xiaobei, xiaoni, xiaoxiao, xiaoyi; zm_ (men) yunjian, yunxi,
    yunxia, yunyang."""
    connect_seconds: Seconds = 1.0
    """A server on the same machine or network answers in milliseconds."""
    first_audio_seconds: Seconds = 5.0
    """From the text to the first sound: 0.3 to 2 s on a GPU; later than this the stand-in speaks."""
    stall_seconds: Seconds = 3.0
    """Between two pieces of one clip: 0.1 to 0.6 s on a GPU, a whole line in streaming mode 1."""


class MemorySettings(Section):
    """What is kept of conversations."""

    keep: bool = True
    """Store turns on disk; false: in memory only, until the speaker stops."""
    retention_days: Annotated[int, Field(ge=0, le=36500)] = 365
    """Turns are forgotten for good after so many days; 0: never. Days are counted while it runs: a clock in
    a wrong year makes no turn older. At most half of the turns go on one day."""
    new_conversation_minutes: Annotated[int, Field(ge=1, le=1440)] = 10
    """A conversation is over after so long a silence; the next one begins with what
    is left of it: a summary and the last two questions with their answers."""
    summaries: Literal["auto", "on", "off"] = "auto"
    """Have the chat model sum up, while nobody talks, what no longer fits in its context. auto: not by a
    model under 3B (by the size in its name), which makes things up; off: older turns are only stored."""


class KnowledgeSettings(Section):
    """Documents that answers may draw on, see `hearthd knowledge add`. Costs nothing until one is added."""

    mode: Literal["chat", "query"] = "chat"
    """chat: passages that fit the question are shown to the model beside it. query: it answers from them
    only, and says so when the documents don't tell."""
    model: str = ""
    """The model in Ollama that finds passages by meaning ("bge-m3" knows both languages). Empty: the extra
    `documents` if it is installed, else the embedded chat model, which finds far less. Another one means that
    everything is read anew."""
    budget_seconds: Annotated[float, Field(gt=0, le=10)] = 2.5
    """How long an answer may wait for passages; later ones are left out. 0.3 s is usual on two idle cores;
    while the chat model reads on the same ones it takes longer than 1 s."""
    passages: Annotated[int, Field(ge=1, le=10)] = 2
    """Passages shown to the model, of up to 120 words: each makes a small model on a CPU half a second
    slower."""
    relevance: Annotated[float, Field(ge=0, le=3)] = 0.6
    """What a passage must score to be shown: likeness in meaning plus the share of the question's words."""


class ActionsSettings(Section):
    """Timers, alarms and reminders."""

    timers: bool = True
    """Timers, alarms and reminders can be set, and ring. Takes effect after a restart."""
    alarm_volume: Annotated[int, Field(ge=1, le=100)] = 70
    """How loud they ring once they have grown loud, whatever the volume of replies is."""
    ring_minutes: Annotated[int, Field(ge=1, le=60)] = 10
    """How long one rings if nobody stops it. What fell due while the speaker was off rings, too, if it is
    late by less; what is later is told."""


MAX_ROOMS = 32
ALL = "all"
ROOM_NAME = r"^[a-z0-9][a-z0-9_]{0,23}$"


class RoomSettings(Section):
    """Another room: devices of this machine, or a satellite. What is left empty is as for the box."""

    name: Annotated[str, Field(pattern=ROOM_NAME)]
    """Small letters, digits and _. Its topics begin with hearthd/<node>-<name>, `say --room` takes it."""
    area: Annotated[str, Field(max_length=60)] = ""
    """The area that Home Assistant suggests for it."""
    group: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9_]{0,23})?$")] = ""
    """Rooms of a group hear each other: of those that hear one call, one answers. Empty: that of the box."""
    kind: Literal["local", "wyoming", "esphome"] = "local"
    """local: a microphone and a loudspeaker of this machine. wyoming: a wyoming-satellite at `address`.
    esphome: a Voice PE, S3-BOX, Satellite1 or linux-voice-assistant there (needs the extra `rooms`)."""
    microphone: str = ""
    """The microphone of a local room, as `hearthd devices` lists it."""
    speaker: str = ""
    """The loudspeaker of a local room."""
    address: Annotated[str, Field(pattern=ADDRESS)] = ""
    """Where a satellite listens: host:port. Without a port it is 10700, or 6053 of an ESPHome device. Only
    the latter encrypts what it sends, with a key."""
    key_file: str = ""
    """A file with the key of an ESPHome device's encryption, as Home Assistant or its YAML shows it."""
    wake_word: str = ""
    """The wake word listened for here, alone. Of an ESPHome device: one of its own, such as okay_nabu."""
    language: Literal["", "en", "zh"] = ""
    """The only language spoken here; empty: any of asr.languages."""
    persona: str = ""
    """Who answers here."""
    voice: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,31})?$")] = ""
    """The voice that speaks here, if the persona does not bring its own."""
    volume: Annotated[int, Field(ge=0, le=100)] = 70
    """How loud it is here at the start."""

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.name == ALL:
            raise ValueError('no room may be called "all": that means every room')
        if self.kind == "local" and not (self.microphone and self.speaker):
            raise ValueError("a local room needs microphone and speaker: `hearthd devices` lists them")
        if self.kind == "local" and self.address:
            raise ValueError('a local room has no address; did you mean kind = "wyoming"?')
        if self.kind != "local" and not self.address:
            raise ValueError(f'a {self.kind} room needs an address, such as "192.168.1.20:10700"')
        if self.kind != "local" and (self.microphone or self.speaker):
            raise ValueError("microphone and speaker are for local rooms: a satellite brings its own")
        if self.kind != "esphome" and self.key_file:
            raise ValueError('key_file is for rooms of kind = "esphome"')
        return self


class LogSettings(Section):
    """What the journal gets."""

    level: Literal["debug", "info", "notice", "warning", "error"] = "info"
    """info is a few lines a turn and silence when idle; debug is for looking for a mistake."""
    transcripts: bool = False
    """Write what was heard and answered into the journal. Off: what people say is not logged."""


class Settings(Section):
    """The whole configuration."""

    node: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")] = "hearthd"
    """This speaker's name among others: part of its MQTT topics and of its device in Home Assistant."""
    area: Annotated[str, Field(max_length=60)] = ""
    """Where the box stands: the area that Home Assistant suggests for it."""
    group: Annotated[str, Field(pattern=r"^([a-z0-9][a-z0-9_]{0,23})?$")] = ""
    """The rooms that hear what is said to the box, see [[rooms]]. Empty: those that name no group either."""
    persona: str = "hearthd"
    """Who answers: one of `hearthd personas list`."""
    audio: AudioSettings = AudioSettings()
    wake: WakeSettings = WakeSettings()
    endpoint: EndpointSettings = EndpointSettings()
    barge_in: BargeInSettings = BargeInSettings()
    follow_up: FollowUpSettings = FollowUpSettings()
    asr: AsrSettings = AsrSettings()
    chat: ChatSettings = ChatSettings()
    voice: VoiceSettings = VoiceSettings()
    memory: MemorySettings = MemorySettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    actions: ActionsSettings = ActionsSettings()
    home_assistant: HomeAssistantSettings = HomeAssistantSettings()
    tools: ToolsSettings = ToolsSettings()
    mqtt: MqttSettings = MqttSettings()
    wyoming: WyomingSettings = WyomingSettings()
    esphome: EsphomeSettings = EsphomeSettings()
    rooms: Annotated[list[RoomSettings], Field(max_length=MAX_ROOMS)] = []
    """Other rooms than the box's own."""
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _rooms_can_be_told_apart(self) -> Self:
        groups = {self.group, *(room.group for room in self.rooms)}
        seen: set[str] = set()
        for room in self.rooms:
            if room.name in seen:
                raise ValueError(f'rooms: two are called "{room.name}"')
            if room.name in groups:
                raise ValueError(f'rooms: "{room.name}" is a room and a group: give one of them another name')
            seen.add(room.name)
        if ALL in groups:
            raise ValueError('rooms: no group may be called "all": that means every room')
        return self

    @model_validator(mode="after")
    def _ports_can_be_told_apart(self) -> Self:
        first = self.wyoming.satellites_port
        last = first + len(self.rooms)
        if first and not self.wyoming.listen:
            raise ValueError("wyoming: satellites_port does nothing without listen, the address to listen on")
        if first and last > 65535:
            raise ValueError(f"wyoming: satellites_port: the rooms need the ports {first} to {last}")
        if first and first <= self.wyoming.port <= last:
            raise ValueError(f"wyoming: port {self.wyoming.port} is a satellite's ({first} to {last})")
        return self


def repository_config(name: str) -> Path:
    """The folder or file ``name`` of ``config/``: inside the package when installed, else the checkout's."""
    packaged = Path(hearthd.__file__).parent / "data" / name
    return packaged if packaged.exists() else Path(hearthd.__file__).parents[2] / "config" / name
