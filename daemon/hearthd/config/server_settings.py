"""The tables of what is asked, told and offered on the network: Home Assistant, tools, MQTT, Wyoming."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hearthd.config.section import Port, Section

TOPIC = r"^[^+#\x00/]+(/[^+#\x00/]+)*$"
"""An MQTT topic that can be published to: no wildcards, no empty level."""


class HomeAssistantSettings(Section):
    """What Home Assistant can do, asked for by voice: lights, blinds, heating, "is the window open?"."""

    url: Annotated[str, Field(pattern=r"^(https?://[^\s/?#@]+(/[^\s?#@]*)?)?$")] = ""
    """Where Home Assistant is, such as "http://homeassistant.local:8123". Empty: it is not asked. With http
    the token and what is asked go there in clear text: keep that in your own network, or take https."""
    token_file: str = ""
    """The file that holds a long-lived access token alone; only the speaker's user may read it. Empty: the
    systemd credential home_assistant_token. A user of its own without administrator's rights is enough."""
    ca_file: str = ""
    """The authority that signed the certificate of an https address. Empty: those that this system trusts."""

    @property
    def enabled(self) -> bool:
        """An address is named."""
        return bool(self.url)

    @model_validator(mode="after")
    def _authority_without_tls(self) -> Self:
        if self.ca_file and not self.url.startswith("https:"):
            raise ValueError("ca_file does nothing without an https address in url")
        return self


class McpServerSettings(Section):
    """A server of tools that speaks the Model Context Protocol, started here or at an address."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$")]
    """What it is called here; it stands before the names of its tools."""
    allow: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1)]
    """The names of its tools that the model may call; "*" stands for any part of a name."""
    command: list[Annotated[str, Field(max_length=4096)]] = []
    """The program and its arguments, started by the speaker, as its user. Or:"""
    url: Annotated[str, Field(pattern=r"^(https?://[^\s/?#@]+(/[^\s#@]*)?)?$")] = ""
    """Its address. What the model hands to its tools goes there."""
    env: dict[str, str] = {}
    """Environment variables for the program, beside PATH, HOME and the language."""
    token_file: str = ""
    """The file that holds a token alone, sent to the address as "Authorization: Bearer"."""

    @model_validator(mode="after")
    def _is_one_or_the_other(self) -> Self:
        if bool(self.command) == bool(self.url):
            raise ValueError("a server has either a command or a url")
        if (self.token_file and not self.url) or (self.env and not self.command):
            raise ValueError("token_file goes with url, env with command")
        return self


class ToolsSettings(Section):
    """What the chat model may do while it answers: set timers, look up, what other servers offer."""

    offer: Literal["auto", "on", "off"] = "auto"
    """auto: to a model of 1B or more (by the size in its name) that calls tools as it should; it is asked
    once, in a quiet moment: two requests that want a call, two that do not. on: to a smaller one, too."""
    home_assistant: list[Annotated[str, Field(min_length=1, max_length=100)]] = [
        *("*HassTurnOn", "*HassTurnOff", "*HassLightSet", "*HassClimateSetTemperature", "*GetLiveContext"),
    ]
    """Which tools of Home Assistant (its integration "Model Context Protocol Server") the model may call, if
    [home_assistant] names one. On and off never reach locks, doors and alarms. Empty: none."""
    home_assistant_device: Annotated[str, Field(pattern=r"^[0-9a-z]{0,64}$")] = ""
    """The speaker's own device there, so that "the light" is that of its room: the last part of the address
    of its page under Settings, Devices."""
    mcp: Annotated[list[McpServerSettings], Field(max_length=16)] = []
    """Other servers, each a table [[tools.mcp]] in the place of this line: name, allow, command or url."""

    @model_validator(mode="after")
    def _names_are_different(self) -> Self:
        names = [server.name for server in self.mcp]
        if len({*names, "home_assistant"}) <= len(names):
            raise ValueError("two servers of mcp have the same name, or one is called home_assistant")
        return self


class MqttSettings(Section):
    """The broker, and Home Assistant behind it."""

    host: str = ""
    """The broker's name or address. Empty: no MQTT; the speaker needs none."""
    port: Port = 1883
    """1883 is plain MQTT; brokers offer TLS on 8883."""
    username: str = ""
    """The broker user of this speaker: one user a device, so that the broker can hold it to its topics."""
    password_file: str = ""
    """The file that holds the password. Empty: the systemd credential mqtt_password, if there is one."""
    client_id: str = ""
    """Empty: made of the node and this machine's name, so that two speakers never claim the same."""
    base_topic: Annotated[str, Field(pattern=TOPIC)] = "hearthd"
    """Every topic of the speaker begins with this and the node."""
    discovery: bool = True
    """Announce the device to Home Assistant."""
    discovery_prefix: Annotated[str, Field(pattern=TOPIC)] = "homeassistant"
    """Home Assistant's own default; change it only where Home Assistant has another."""
    birth_topic: Annotated[str, Field(pattern=TOPIC)] = "homeassistant/status"
    """Where Home Assistant says that it has started; everything is then published afresh."""
    tls: bool = False
    """Encrypt, and check that the broker is the one named in host."""
    ca_file: str = ""
    """The authority that signed the broker's certificate. Empty: those that this system trusts."""
    cert_file: str = ""
    """A client certificate, for brokers that ask for one; key_file is its key."""
    key_file: str = ""
    """The client certificate's private key."""
    publish_transcripts: bool = False
    """Publish what was heard and answered. Off: what people say stays in the speaker."""

    @property
    def enabled(self) -> bool:
        """A broker is named."""
        return bool(self.host)

    @model_validator(mode="after")
    def _files_belong_together(self) -> Self:
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("cert_file and key_file belong together: name both or neither")
        if not self.tls and (self.ca_file or self.cert_file):
            raise ValueError("ca_file and cert_file do nothing without tls = true")
        return self


class EsphomeSettings(Section):
    """What ESPHome devices ([[rooms]] with kind = "esphome") fetch their replies from."""

    port: Port = 10_780
    """The TCP port, open only while there is such a room. The devices must reach it."""
    address: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{0,253}$")] = ""
    """This machine's address as the devices see it. Empty: the one from which they are reached, which is
    wrong only behind a NAT or in a container."""


class WyomingSettings(Section):
    """What Home Assistant and other programs may use of this speaker, over Wyoming."""

    listen: Annotated[str, Field(pattern=r"^[^\s/]{0,253}$")] = ""
    """The address to listen on, such as this machine's in your network. Empty: nobody is listened to. The
    protocol knows neither passwords nor encryption: whoever reaches the port can use all that is offered."""
    port: Port = 10300
    """The port. Home Assistant: Settings, Devices, Add integration, Wyoming Protocol."""
    satellites_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Where Home Assistant may add the box as a satellite: what it announces then sounds here. Each of
    [[rooms]] has one of the next ports, in their order. 0: none has."""
    offer: list[Literal["asr", "tts", "handle", "wake"]] = ["asr", "tts", "handle", "wake"]
    """asr: speech recognition. tts: every voice that is installed. handle: the speaker's answers, as Home
    Assistant's conversation agent. wake: the wake words."""
