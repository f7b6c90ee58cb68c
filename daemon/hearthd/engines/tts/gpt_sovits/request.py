"""What is asked of the server: the text in lines that it won't cut differently, and the voice's settings."""

from __future__ import annotations

from typing import Any

from hearthd.text.duration import spoken_length, text_language, units
from hearthd.voices.profiles import StoredVoice

LINE_UNITS = 30.0
"""Longer lines (6 s) are where words go missing or are said twice (upstream's own cuts are 4 to 10 s)."""
SHORTEST_LINE_UNITS = 8.0
"""The server glues lines of fewer than 5 characters to the next, and the count of lines would be wrong."""
GAP_SECONDS = 0.2
"""Silence that the server puts after each line: a breath between them, and the mark of the end."""
CLAUSE_MARKS = frozenset(",.;:!?，。；：！？、…")
CONTINUOUS_MODES = frozenset([2, 3])
"""Streaming modes that join pieces of one line; at a changed speed the joins don't fit."""


def in_lines(text: str) -> list[str]:
    """``text`` cut at clauses into lines of at most about ``LINE_UNITS``; usually one."""
    text = " ".join(text.split())
    lines: list[str] = []
    line, length = "", 0.0
    left = spoken_length(text)
    for offset, character in enumerate(text):
        line += character
        length += units(character)
        left -= units(character)
        following = text[offset + 1 : offset + 2]
        ends = character in CLAUSE_MARKS and (is_wide(character) or following == " ")
        if ends and length >= SHORTEST_LINE_UNITS and left >= SHORTEST_LINE_UNITS:
            rest_of_clause = _clause_units(text, offset + 1)
            if length + rest_of_clause > LINE_UNITS:
                lines.append(line.strip())
                line, length = "", 0.0
    if line.strip():
        lines.append(line.strip())
    return lines


def is_wide(character: str) -> bool:
    """Whether the mark stands without a space after it."""
    return ord(character) >= 0x3000 or character == "…"


def _clause_units(text: str, start: int) -> float:
    """Length of the clause that begins at ``start``."""
    length = 0.0
    for character in text[start:]:
        length += units(character)
        if character in CLAUSE_MARKS and length > 0:
            break
    return length


def body(lines: list[str], language: str, voice: StoredVoice) -> dict[str, Any]:
    """The JSON of POST /tts."""
    mode = voice.streaming_mode
    if voice.speed != 1.0 and mode in CONTINUOUS_MODES:
        mode = 1
    return {
        "text": "\n".join(lines),
        "text_lang": text_language("".join(lines), language),
        "ref_audio_path": voice.server_clip or str(voice.clip),
        "aux_ref_audio_paths": list(voice.extra_clips),
        "prompt_text": voice.text,
        "prompt_lang": voice.language,
        "top_k": voice.top_k,
        "top_p": voice.top_p,
        "temperature": voice.temperature,
        "repetition_penalty": voice.repetition_penalty,
        "sample_steps": voice.sample_steps,
        "seed": voice.seed,
        "speed_factor": voice.speed,
        "text_split_method": "cut0",
        "fragment_interval": GAP_SECONDS,
        "batch_size": 1,
        "media_type": "wav",
        "streaming_mode": mode,
    }
