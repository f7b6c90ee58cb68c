"""The recordings of real people that the bench works with, and what a room and its noises make of them.

A folder with one sub-folder a kind and ``manifest.tsv`` (file, repository, path, licence, language, text):
``wake_WORD`` and ``wakex_WORD`` (somebody says the word), ``en_cmd`` and ``en_mix`` (English), ``zh_aishell``
and ``zh_mix`` (Chinese), ``conv``, ``music``, ``noise``, ``cough`` and ``rir`` (measured room responses).
What is missing is left out of the table. The recordings belong to no repository: their licences differ.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve

from hearthd.engines.vad.vad import WINDOW, Silero
from tests.bench import CannotRun

Pcm = NDArray[np.int16]
RATE = 16_000
One = TypeVar("One")
Change = Callable[[int, Pcm, Pcm], Pcm]
"""What becomes of a sound in which a person speaks (the last one); the number chooses room or noise."""


@dataclass(frozen=True)
class Recording:
    """A file, what was said in it ("" where nobody wrote it down), and in which language."""

    path: Path
    language: str
    text: str

    @property
    def kind(self) -> str:
        """Its folder: what it is a recording of."""
        return self.path.parent.name

    def pcm(self) -> Pcm:
        """Its samples, 16 kHz mono."""
        return decoded(self.path)


@functools.lru_cache(maxsize=1024)
def decoded(path: Path) -> Pcm:
    """The samples of an audio file."""
    from faster_whisper.audio import decode_audio

    sound: NDArray[np.float32] = decode_audio(str(path), sampling_rate=RATE)
    made: Pcm = np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16)
    return made


class Recordings:
    """All of a folder, by kind."""

    def __init__(self, folder: Path, *, most: int, seed: int) -> None:
        """``most``: of a kind that many at most, drawn with ``seed``. Raises CannotRun."""
        self._most, self._seed = most, seed
        try:
            with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
        except OSError as error:
            raise CannotRun(f"no recordings in {folder}: {error.strerror}") from error
        self._all = [
            Recording(folder / row["file"], row.get("language") or "", (row.get("text") or "").strip())
            for row in rows
            if row.get("file") and (folder / row["file"]).is_file()
        ]

    def of(self, *kinds: str) -> list[Recording]:
        """The recordings of ``kinds``, at most ``most``."""
        return self.drawn(self.every(*kinds))

    def every(self, *kinds: str) -> list[Recording]:
        """All recordings of ``kinds``."""
        return [one for one in self._all if one.kind in kinds]

    def drawn(self, several: Sequence[One]) -> list[One]:
        """At most ``most`` of ``several``, always the same, in their order."""
        if len(several) <= self._most:
            return list(several)
        chosen = np.random.default_rng(self._seed).permutation(len(several))[: self._most]
        return [several[number] for number in sorted(chosen)]

    def words(self) -> dict[str, list[Recording]]:
        """The shipped wake words that somebody says here: ``{"alexa": [...]}``."""
        return {
            word: found
            for word in ("alexa", "hey_jarvis", "hey_mycroft", "hey_marvin")
            if (found := self.of(f"wake_{word}", f"wakex_{word}"))
        }

    def responses(self) -> list[NDArray[np.float64]]:
        """The rooms' impulse responses, their direct sound first, of the energy 1."""
        return [_response(one.pcm()) for one in self._all if one.kind == "rir"]

    def noises(self) -> list[Pcm]:
        """What sounds for 5 s and longer."""
        return [pcm for one in self._all if one.kind == "noise" and len(pcm := one.pcm()) >= 5 * RATE]


def _response(pcm: Pcm) -> NDArray[np.float64]:
    sound = pcm.astype(np.float64)
    first = max(0, int(np.argmax(np.abs(sound))) - 16)
    sound = sound[first : first + 2 * RATE]
    return np.asarray(sound / np.sqrt(np.sum(sound**2)))


def trimmed(pcm: Pcm) -> Pcm:
    """From its first word to its last, as Silero hears them undisturbed, and 64 ms around them."""
    voiced = np.flatnonzero(np.array(Silero().process(np.pad(pcm, (0, WINDOW)))) >= 0.5)
    return pcm[max(0, voiced[0] - 2) * WINDOW : (voiced[-1] + 3) * WINDOW] if len(voiced) else pcm


def active(pcm: NDArray[np.generic]) -> float:
    """Root mean square of what sounds in it, pauses left out."""
    sound = pcm[: len(pcm) // 320 * 320].astype(np.float64).reshape(-1, 320)
    powers = np.mean(sound**2, axis=1) if len(sound) else np.ones(1)
    return float(np.sqrt(np.mean(powers[powers >= powers.max() / 1000]))) + 1e-9


def at_db(pcm: Pcm, level_db: float) -> Pcm:
    """``pcm`` at the active level ``level_db`` of full scale."""
    return _clipped(pcm.astype(np.float64) / active(pcm) * 32768 * 10 ** (level_db / 20))


def in_room(pcm: Pcm, response: NDArray[np.float64]) -> Pcm:
    """``pcm`` as it is heard in a room, at the level it had."""
    heard = fftconvolve(pcm.astype(np.float64), response)
    return _clipped(heard / active(heard) * active(pcm))


def with_noise(pcm: Pcm, noise: Pcm, snr_db: float, said: Pcm) -> Pcm:
    """``pcm`` with ``noise`` so far below ``said`` (the person in it)."""
    behind = np.resize(noise, len(pcm)).astype(np.float64)
    loud = float(np.sqrt(np.mean(np.square(behind)))) + 1e-9
    return _clipped(pcm + behind / loud * active(said) * 10 ** (-snr_db / 20))


def conditions(recordings: Recordings) -> dict[str, Change]:
    """What may be around a person, by name."""
    rooms, noises = recordings.responses(), recordings.noises()
    found: dict[str, Change] = {"quiet": as_it_is}
    if rooms:
        found["measured rooms"] = lambda number, pcm, said: in_room(pcm, rooms[number % len(rooms)])
    if noises:
        found["noise 10 dB below"] = lambda number, pcm, said: with_noise(
            pcm, noises[number % len(noises)], 10, said
        )
    return found


def as_it_is(number: int, pcm: Pcm, said: Pcm) -> Pcm:
    """Nothing is around them."""
    return pcm


def hush(seconds: float, seed: int = 0, level_db: float = -66.0) -> Pcm:
    """A quiet room."""
    samples = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return _clipped(samples * 32768 * 10 ** (level_db / 20))


def _clipped(sound: NDArray[np.float64]) -> Pcm:
    made: Pcm = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    return made
