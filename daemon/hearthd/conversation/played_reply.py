"""What of a reply was played: the person knows so much of it, and the context keeps no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hearthd.speech.queue import SpeechReport
from hearthd.text.chunker import Chunk
from hearthd.text.duration import SLOWEST_UNIT, spoken_length
from hearthd.text.played_prefix import played_text


def played_reply(
    said: Sequence[Chunk], report: SpeechReport, sounded: Mapping[int, int], rate: int, *, whole: bool
) -> str:
    """The words of the chunks ``said`` that have sounded.

    ``sounded``: of each chunk's number, the samples that the loudspeaker played at ``rate``. ``whole``:
    nothing was broken off, but a voice may have failed.
    """
    last = max(sounded, default=-1)
    played = ""
    for chunk in said:
        samples = report.samples_of(chunk.index)
        if not report.complete(chunk.index):
            samples = max(samples, int(spoken_length(chunk.text) * SLOWEST_UNIT * rate))
        samples_played = sounded.get(chunk.index, 0)
        if not samples_played and (whole or chunk.index < last):
            continue
        share = 1.0 if whole else samples_played / samples if samples else 0.0
        if share < 1.0:
            return (played + played_text(chunk.text, share)).strip()
        played += chunk.text
    return played.strip()
