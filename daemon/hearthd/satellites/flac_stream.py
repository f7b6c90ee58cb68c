"""FLAC (RFC 9639) that packs nothing: each sample as it is, so that a second always has as many bytes.

ESPHome's player asks ``esp_http_client_read`` for 24 KiB at a time, and that returns only once it has them
all. Silence that is packed has 600 bytes a second: a device would wait for ever, give up after 2 s, and then
play a reply in lumps of a second. Unpacked at 48 kHz those 24 KiB are 0.26 s; it costs 1 % of a core.
"""

from __future__ import annotations

import numpy as np

from hearthd.common.audio import Pcm

BLOCK = 960
"""Samples of a frame: 20 ms at 48 kHz."""
BITS = 16
VERBATIM = b"\x02"
"""The header of a subframe whose samples stand there as they are."""


def _table(polynomial: int, bits: int) -> list[int]:
    top, mask, table = 1 << (bits - 1), (1 << bits) - 1, []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = (value << 1 ^ polynomial if value & top else value << 1) & mask
        table.append(value)
    return table


CRC8, CRC16 = _table(0x07, 8), _table(0x8005, 16)


class FlacStream:
    """Mono int16 in, frames of ``channels`` (1 or 2) alike out. ``head`` goes first."""

    def __init__(self, rate: int, channels: int) -> None:
        self._channels = channels
        self._rest = np.zeros(0, np.int16)
        self._number = 0
        packed = rate << 44 | (channels - 1) << 41 | (BITS - 1) << 36
        block = BLOCK.to_bytes(2, "big")
        info = block + block + bytes(6) + packed.to_bytes(8, "big") + bytes(16)
        self.head = b"fLaC\x80" + len(info).to_bytes(3, "big") + info

    def encode(self, pcm: Pcm) -> bytes:
        """The frames that are whole now."""
        samples = np.concatenate([self._rest, pcm])
        whole = len(samples) // BLOCK * BLOCK
        self._rest = samples[whole:]
        return b"".join(self._frame(samples[at : at + BLOCK]) for at in range(0, whole, BLOCK))

    def finish(self) -> bytes:
        """The last frame, which may be shorter."""
        rest, self._rest = self._rest, self._rest[:0]
        return self._frame(rest) if len(rest) else b""

    def _frame(self, samples: Pcm) -> bytes:
        head = b"\xff\xf8\x70" + bytes([(self._channels - 1) << 4 | 0x08])
        head += chr(self._number).encode("utf-8", "surrogatepass") + (len(samples) - 1).to_bytes(2, "big")
        self._number += 1
        frame = head + bytes([_crc8(head)]) + (VERBATIM + samples.astype(">i2").tobytes()) * self._channels
        return frame + _crc16(frame).to_bytes(2, "big")


def _crc8(data: bytes) -> int:
    value = 0
    for byte in data:
        value = CRC8[value ^ byte]
    return value


def _crc16(data: bytes) -> int:
    value, table = 0, CRC16
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ table[value >> 8 ^ byte]
    return value
