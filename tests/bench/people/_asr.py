"""The recogniser's errors on people beside plain faster-whisper's on the same recordings, and its time."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from hearthd.models import manifest
from tests.bench import Figure
from tests.bench.people._hearing import Recogniser
from tests.bench.people._recordings import RATE, Pcm, Recordings, hush, trimmed
from tests.bench.words import errors, words


def figures(recordings: Recordings) -> Iterator[Figure]:
    """Errors where it is known what was said; sentences told twice, and the time, everywhere."""
    from faster_whisper import WhisperModel

    asr = Recogniser()
    plain = WhisperModel(str(manifest.path("whisper-base")), device="cpu", compute_type="int8", cpu_threads=2)

    def theirs(pcm: Pcm) -> str:
        segments, _ = plain.transcribe(pcm.astype(np.float32) / 32768, beam_size=1)
        return "".join(segment.text for segment in segments)

    for language, kinds in (("English", ("en_cmd", "en_mix")), ("Chinese", ("zh_aishell", "zh_mix"))):
        wrong, total, count = [0, 0], 0, 0
        doubled, emptied, seconds = [0, 0], [0, 0], [0.0, 0.0]
        clips = [one for kind in kinds for one in recordings.of(kind)]
        known = 0
        for one in clips:
            pcm = placed(one.pcm())
            if len(pcm) > 28 * RATE:
                continue
            count += 1
            for side, recognise in enumerate((lambda sound: asr(sound).text, theirs)):
                began = time.process_time()
                heard = recognise(pcm)
                seconds[side] += time.process_time() - began
                doubled[side] += twice(heard, one.text)
                emptied[side] += not words(heard)
                if one.text:
                    wrong[side] += errors(words(one.text), words(heard))
            if one.text:
                known, total = known + 1, total + len(words(one.text))
        if not count:
            continue
        name = f"asr {language}"
        if total:
            rates = [round(side / total, 4) for side in wrong]
            ratio = round(rates[0] / rates[1], 3) if rates[1] else None
            unit = "of words" if language == "English" else "of characters"
            yield Figure("people", f"{name}: wrong", rates[0], unit, rates[1], ratio, known)
        yield Figure("people", f"{name}: sentences told twice", doubled[0], "", doubled[1], n=count)
        yield Figure("people", f"{name}: nothing heard", emptied[0], "", emptied[1], n=count)
        mean = [round(side / count, 3) for side in seconds]
        yield Figure("people", f"{name}: CPU", mean[0], "s", mean[1], round(mean[0] / mean[1], 3), count)


def twice(heard: str, said: str) -> bool:
    """Whether the second half of ``heard`` tells its first half again, and nobody said it so."""
    found = words(heard)
    for size in range(3, len(found) // 2 + 1):
        for first in range(len(found) - 2 * size + 1):
            one, other = found[first : first + size], found[first + size : first + 2 * size]
            if one == other and " ".join(one + other) not in " ".join(words(said)):
                return True
    return False


def placed(pcm: Pcm) -> Pcm:
    """As the endpoint hands it over: 0.5 s of the room before the words, 0.75 s after them."""
    return np.concatenate((hush(0.5), trimmed(pcm), hush(0.75)))
