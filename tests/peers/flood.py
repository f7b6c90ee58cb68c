"""A publisher faster than any client library: every packet is made beforehand and sent in one go."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterable


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("!H", len(raw)) + raw


def _packet(kind: int, body: bytes) -> bytes:
    length, size = b"", len(body)
    while True:
        size, digit = size // 128, size % 128
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return bytes([kind]) + length + body


def publish_all(port: int, messages: Iterable[tuple[str, str]], *, qos: int = 0) -> float:
    """Publish every (topic, payload) ; returns when the last was handed over (monotonic)."""
    packets = []
    for number, (topic, payload) in enumerate(messages):
        mid = struct.pack("!H", number % 65535 + 1) if qos else b""
        packets.append(_packet(0x30 | qos << 1, _text(topic) + mid + payload.encode()))
    everything = b"".join(packets)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(_packet(0x10, _text("MQTT") + b"\x04\x02\x00\x3c" + _text("flood")))
        assert connection.recv(4)[3:] == b"\0", "the broker does not let the flood in"

        def swallow() -> None:
            while connection.recv(65536):
                pass

        reader = threading.Thread(target=swallow)
        reader.start()
        connection.sendall(everything)
        last = time.monotonic()
        connection.sendall(b"\xe0\x00")
        reader.join()
    return last
