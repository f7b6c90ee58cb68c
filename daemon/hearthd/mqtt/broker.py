"""How to reach the broker: a paho client with the configuration's name, password and certificates.

Used by the daemon's link and by the command line, which reach the same broker with the same rights.
"""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hearthd.config.server_settings import MqttSettings
from hearthd.config.settings import Settings

CREDENTIAL = "mqtt_password"
"""The systemd credential that may hold the password."""
MAX_PASSWORD_BYTES = 4096
CONNECT_SECONDS = 5.0
MAX_PACKET_BYTES = 1 << 20
"""The broker is told to keep larger packets to itself; 8 KiB is the longest command."""
_SESSION_TAKEN_OVER = 142
_CANNOT_ENTER = {132, 133, 134, 135, 138, 140}


class BrokerError(Exception):
    """The broker cannot be used. The message says why, and the mend."""


def client_id(settings: Settings) -> str:
    """The configured id, or one that is the same after a restart and differs between machines.

    The same after a restart, so that the broker replaces a connection that died without a word instead
    of publishing its will over the new one.
    """
    if settings.mqtt.client_id:
        return settings.mqtt.client_id
    machine = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]
    return f"hearthd_{settings.node}_{machine}"


def password(mqtt: MqttSettings) -> str | None:
    """The password from ``password_file`` or the systemd credential; None if neither is there.

    Raises BrokerError if the file cannot be read.
    """
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    file = Path(mqtt.password_file) if mqtt.password_file else Path(folder) / CREDENTIAL if folder else None
    if file is None or (not mqtt.password_file and not file.exists()):
        return None
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_PASSWORD_BYTES + 1)
    except OSError as error:
        raise BrokerError(f"cannot read the broker's password from {file}: {error.strerror}") from None
    if len(raw) > MAX_PASSWORD_BYTES:
        raise BrokerError(f"{file} is longer than a password: put the password alone on its first line")
    try:
        return raw.decode("utf-8").split("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        raise BrokerError(f"{file} is not text: put the password alone on its first line") from None


def make_client(settings: Settings, identity: str) -> paho.Client:
    """A client that has not connected yet. Raises BrokerError if a password or certificate cannot be read."""
    mqtt = settings.mqtt
    client = paho.Client(CallbackAPIVersion.VERSION2, identity, protocol=paho.MQTTv5)
    client.connect_timeout = CONNECT_SECONDS
    secret = password(mqtt)
    if mqtt.username or secret:
        client.username_pw_set(mqtt.username, secret)
    if mqtt.tls:
        client.tls_set_context(_tls(mqtt))
    return client


def connect(client: paho.Client, mqtt: MqttSettings, keepalive: int) -> None:
    """Open the connection, with nothing kept of an earlier one. Blocks up to 10 s. Raises BrokerError."""
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 0
    properties.MaximumPacketSize = MAX_PACKET_BYTES
    try:
        client.connect(mqtt.host, mqtt.port, keepalive, clean_start=True, properties=properties)
    except ssl.SSLCertVerificationError as error:
        raise BrokerError(f"the certificate of {where(mqtt)} is not good: {error.verify_message}") from None
    except ssl.SSLError as error:
        raise BrokerError(f"no TLS with {where(mqtt)}: {error.reason or error}") from None
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise BrokerError(f"cannot reach {where(mqtt)}: {why}") from None


def refusal(mqtt: MqttSettings, code: int, name: str) -> str:
    """What a CONNACK's reason code means for the owner."""
    if code in _CANNOT_ENTER:
        who = f"the user {mqtt.username!r}" if mqtt.username else "a client without user name"
        return f"{where(mqtt)} does not let {who} in ({name}): check mqtt.username and its password"
    return f"{where(mqtt)} refuses the connection ({name})"


def taken_over(code: int) -> bool:
    """The broker ended this connection because another came with the same client id."""
    return code == _SESSION_TAKEN_OVER


def where(mqtt: MqttSettings) -> str:
    """The broker, in words."""
    return f"the broker at {mqtt.host}:{mqtt.port}"


def _tls(mqtt: MqttSettings) -> ssl.SSLContext:
    file = mqtt.ca_file
    try:
        context = ssl.create_default_context(cafile=file or None)
        if mqtt.cert_file:
            file = f"{mqtt.cert_file} or {mqtt.key_file}"
            # An encrypted key would make OpenSSL ask on the terminal: an empty answer makes it an error.
            context.load_cert_chain(mqtt.cert_file, mqtt.key_file, password=lambda: "")
    except ssl.SSLError as error:
        raise BrokerError(f"{file} is not a usable certificate: {error.reason or error}") from None
    except OSError as error:
        raise BrokerError(f"cannot read {file}: {error.strerror}") from None
    return context
