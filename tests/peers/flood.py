"""A publisher faster than any client library: every packet is made beforehand and sent in one go."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Sequence


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


def publish_all(port: int, messages: Sequence[tuple[str, str]], *, qos: int = 0) -> float:
    """Publish every (topic, payload), the last at QoS 1.

    Returns when the broker had taken the last one (monotonic seconds).
    """
    packets = []
    for number, (topic, payload) in enumerate(messages):
        level = 1 if number == len(messages) - 1 else qos
        mid = struct.pack("!H", number % 65535 + 1) if level else b""
        packets.append(_packet(0x30 | level << 1, _text(topic) + mid + payload.encode()))
    everything = b"".join(packets)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(_packet(0x10, _text("MQTT") + b"\x04\x02\x00\x3c" + _text("flood")))
        assert connection.recv(4)[3:] == b"\0", "the broker does not let the flood in"
        taken: list[float] = []

        def await_receipts() -> None:
            missing = 4 * (len(messages) if qos else 1)
            while missing > 0:
                missing -= len(connection.recv(missing)) or missing
            taken.append(time.monotonic())

        reader = threading.Thread(target=await_receipts)
        reader.start()
        connection.sendall(everything)
        reader.join()
        connection.sendall(b"\xe0\x00")
    return taken[0]
