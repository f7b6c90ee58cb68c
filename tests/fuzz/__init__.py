"""Files from anywhere, damaged in every way that chance finds: refused by name or read, never a traceback.

Deterministic: what fails once fails again. The counts stand in each test.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

HOSTILE = (
    b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"\x1b[31m", b"\r", b"\xc3\x28", "\u202e\u0085\u2028锅".encode(),
    b"1" * 5000, b"-" + b"9" * 4400, b"1e999", b"nan", b"inf", b"0x" + b"f" * 4000, b"9999-99-99T99:99:99Z",
    b"[" * 3000, b"[" * 900 + b"]" * 900, b"{" * 500, b"a." * 2000 + b"a=1\n", b'"""', b"'''", b"[[", b"]]",
    b"\n[a]\n[a]\n", b'"\\ud800"', b'"\\u0000"', b"= ", b"\n", b" " * 5000,
    b"#", b'"', b"'", b"%s%n{0}{x}", b"[/b][red]",
)  # fmt: skip
"""Pieces that have ended a parser before, or may."""


def damaged(good: Sequence[bytes], chance: random.Random) -> bytes:
    """One of ``good`` with some damage: bytes changed, cut out, doubled, moved, hostile pieces put in."""
    raw = bytearray(chance.choice(good))
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(raw) + 1)
        length = chance.choice((1, 2, 8, 60))
        match chance.randrange(7):
            case 0:
                raw[at : at + length] = chance.randbytes(min(length, len(raw) - at))
            case 1:
                del raw[at : at + length]
            case 2:
                raw[at:at] = raw[at : at + length] * chance.choice((1, 3))
            case 3:
                other = chance.choice(good)
                start = chance.randrange(len(other) + 1)
                raw[at:at] = other[start : start + length]
            case 4:
                del raw[at:]
            case _:
                raw[at:at] = chance.choice(HOSTILE)
    return bytes(raw)
