"""A real mosquitto on a free loopback port, with users, rights and certificates of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

SERVER = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
needs_mosquitto = pytest.mark.skipif(
    SERVER is None, reason="mosquitto is not installed (apt install mosquitto)"
)


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Broker:
    """One mosquitto. ``users`` maps names to passwords; ``rights`` is the text of its ACL file."""

    folder: Path
    users: dict[str, str] = field(default_factory=dict)
    rights: str = ""
    certificates: Certificates | None = None
    client_certificates: bool = False
    options: str = ""
    """More lines of mosquitto's configuration."""
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> Broker:
        """Start it and wait until it accepts connections."""
        assert SERVER is not None
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "mosquitto.conf"
        config.write_text(self._configuration())
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([SERVER, "-c", str(config)], stdout=log, stderr=log)
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"mosquitto did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.01)

    def stop(self) -> None:
        """End it. A stopped (frozen) one too."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """A broker without persistence comes back knowing nothing."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """It keeps its connections and answers nothing any more: the link is half open."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def _configuration(self) -> str:
        # Root's mosquitto would drop to its own user and could not read the folder.
        lines = ["user root" if os.geteuid() == 0 else "", f"listener {self.port} 127.0.0.1", self.options]
        lines += [f"allow_anonymous {str(not self.users).lower()}"]
        lines += [f"log_type {kind}" for kind in ("error", "warning", "notice")]  # each message is too much
        if self.users:
            passwords = self.folder / "passwords"
            passwords.write_text("".join(f"{name}:{secret}\n" for name, secret in self.users.items()))
            passwords.chmod(0o600)
            subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
            lines.append(f"password_file {passwords}")
        if self.rights:
            rights = self.folder / "rights"
            rights.write_text(self.rights)
            rights.chmod(0o600)
            lines.append(f"acl_file {rights}")
        if self.certificates is not None:
            made = self.certificates
            lines += [f"cafile {made.authority}", f"certfile {made.server}", f"keyfile {made.server_key}"]
            lines.append(f"require_certificate {str(self.client_certificates).lower()}")
        return "\n".join(lines) + "\n"


@contextlib.contextmanager
def running(broker: Broker) -> Iterator[Broker]:
    """The broker, for the length of a block."""
    try:
        yield broker.start()
    finally:
        broker.stop()


@dataclass(frozen=True)
class Certificates:
    """An authority, a server certificate for ``localhost`` and a client certificate; made by openssl."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path

    @classmethod
    def make(cls, folder: Path, server_name: str = "localhost") -> Certificates:
        """Make them in ``folder``, valid for a day."""
        folder.mkdir(parents=True, exist_ok=True)

        def openssl(*arguments: str) -> None:
            subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        openssl(
            "req", "-x509", *key, "-days", "1", "-subj", "/CN=test", "-keyout", "ca.key", "-out", "ca.pem"
        )
        for name in ("server", "client"):
            subject = server_name if name == "server" else "hearthd"
            (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{subject}\n")
            openssl("req", *key, "-subj", f"/CN={subject}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
            openssl(
                *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
                *("-CAcreateserial", "-days", "1", "-extfile", f"{name}.ext", "-out", f"{name}.pem"),
            )
        names = ("ca.pem", "server.pem", "server.key", "client.pem", "client.key")
        return cls(*(folder / name for name in names))


@dataclass(frozen=True)
class Seen:
    """A message, and when it came (monotonic seconds)."""

    topic: str
    payload: bytes
    retain: bool
    correlation: bytes
    at: float


class Onlooker:
    """Everybody else on the broker: sees every topic, publishes what it likes."""

    def __init__(self, broker: Broker, user: str = "", password: str = "") -> None:
        self._came = threading.Condition()
        self.seen: list[Seen] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.max_queued_messages_set(0)
        self._client.reconnect_delay_set(1, 1)
        if user:
            self._client.username_pw_set(user, password)
        if broker.certificates is not None:
            context = ssl.create_default_context(cafile=str(broker.certificates.authority))
            context.load_cert_chain(broker.certificates.client, broker.certificates.client_key)
            self._client.tls_set_context(context)
        self._subscribed = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("localhost" if broker.certificates else "127.0.0.1", broker.port)
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(
        self,
        topic: str,
        payload: str | bytes,
        *,
        retain: bool = False,
        qos: int = 1,
        answer_to: str = "",
        wait: bool = True,
    ) -> None:
        """Publish, and wait until the broker has it."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if answer_to:
            properties.ResponseTopic = answer_to
            properties.CorrelationData = b"question"
        info = self._client.publish(topic, payload, qos, retain, properties)
        if wait:
            info.wait_for_publish(30)

    def wait_for(
        self, topic: str, payload: str | None = None, *, since: int = 0, seconds: float = 10
    ) -> Seen:
        """The first message on ``topic`` (with ``payload``) after the first ``since`` ones seen."""
        found: list[Seen] = []

        def there() -> bool:
            found[:] = [
                m
                for m in self.seen[since:]
                if m.topic == topic and (payload is None or m.payload == payload.encode())
            ]
            return bool(found)

        with self._came:
            if not self._came.wait_for(there, seconds):
                raise AssertionError(f"nothing like {topic} {payload or ''} in {seconds} s")
        return found[0]

    def last(self, topic: str) -> str:
        """The newest payload on ``topic``."""
        with self._came:
            return [m.payload for m in self.seen if m.topic == topic][-1].decode()

    def on(self, topic: str) -> list[Seen]:
        """Every message on ``topic``."""
        with self._came:
            return [m for m in self.seen if m.topic == topic]

    def _on_message(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", b"")
        with self._came:
            self.seen.append(
                Seen(message.topic, bytes(message.payload), message.retain, correlation, time.monotonic())
            )
            self._came.notify_all()
