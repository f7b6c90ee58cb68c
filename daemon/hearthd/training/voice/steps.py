"""The steps of GPT-SoVITS's training, each with what it must have made when it is done.

Its scripts catch every error, print it and end with 0, so an exit status says nothing: a step is done
when every piece of the list is found in what it made. What a step makes is kept, and a step that is
done is not run again unless what goes into it has changed (``stamp``).
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hearthd.common.paths import state_dir
from hearthd.training.voice.dataset import Line
from hearthd.training.voice.upstream import BERT, HUBERT, PREPARE, SPEAKER, Gpu, Upstream

GPT_EPOCHS, GPT_SAVE_EVERY = 15, 5
SOVITS_EPOCHS, SOVITS_SAVE_EVERY = 8, 4
"""Upstream's defaults. The last epoch must be one that is saved."""
HEADER = "item_name\tsemantic_audio\n"


def nothing() -> None:
    """For a step that needs no preparing or finishing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One script: what it is given, and how to see what it made."""

    name: str
    script: str
    wanted: frozenset[str]
    """What must be there when it is done, by name."""
    made: Callable[[], set[str]]
    """What of that is there now."""
    stamp: str
    """Changes with what goes into the step."""
    clear: Callable[[], None]
    """Delete what it made of something else."""
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    before: Callable[[], None] = nothing
    """Right before each run."""
    after: Callable[[], None] = nothing
    epochs: int = 0
    """Of a step whose progress is told by its own log."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """All that the steps of one training share."""

    name: str
    lines: list[Line]
    list_path: Path
    folder: Path
    """What the scripts make, in upstream's own layout."""
    upstream: Upstream
    gpu: Gpu

    @property
    def title(self) -> str:
        """The weights' name: other data make other names, so that a server never keeps the old ones."""
        return f"{self.name}-{self._stamp(everything=True)[:8]}"

    @property
    def weights(self) -> Path:
        """Where the weights go; the voice server must be able to read there."""
        folder = state_dir() / "weights"
        folder.mkdir(mode=0o755, exist_ok=True)
        return folder

    def gpt_weights(self) -> Path | None:
        """The finished text model, if it is there and whole."""
        path = self.weights / f"{self.title}-e{GPT_EPOCHS}.ckpt"
        return path if _whole(path) else None

    def sovits_weights(self) -> Path | None:
        """The finished sound model, if it is there and whole."""
        found = [p for p in self.weights.glob(f"{self.title}_e{SOVITS_EPOCHS}_s*.pth") if _whole(p)]
        return max(found, key=lambda path: path.stat().st_mtime, default=None)

    def steps(self) -> list[Step]:
        """The steps in order."""
        return [
            self._phonemes(),
            self._sounds(),
            *([self._voice_prints()] if self.upstream.pro else []),
            self._tokens(),
            self._sovits(),
            self._gpt(),
        ]

    # --- preparing ----------------------------------------------------------------------------------

    def _common(self) -> dict[str, str]:
        return {
            "inp_text": str(self.list_path),
            "inp_wav_dir": "",
            "exp_name": self.title,
            "opt_dir": str(self.folder),
            "i_part": "0",
            "all_parts": "1",
            "is_half": str(self.gpu.half),
        }

    def _names(self) -> list[str]:
        return [line.wav.name for line in self.lines]

    def _phonemes(self) -> Step:
        whole, part = self.folder / "2-name2text.txt", self.folder / "2-name2text-0.txt"
        features = [f"3-bert/{line.wav.name}.pt" for line in self.lines if line.language == "zh"]

        def clear() -> None:
            shutil.rmtree(self.folder / "3-bert", ignore_errors=True)

        def before() -> None:
            for path in (whole, part):
                path.unlink(missing_ok=True)

        return Step(
            "phonemes",
            f"{PREPARE}/1-get-text.py",
            frozenset([*self._names(), *features]),
            lambda: _first_columns(whole, 4) | self._files("3-bert"),
            self._stamp(everything=True),
            clear,
            {**self._common(), "bert_pretrained_dir": BERT},
            before=before,
            after=lambda: _take(part, whole, ""),
        )

    def _sounds(self) -> Step:
        wanted = [w for name in self._names() for w in (f"4-cnhubert/{name}.pt", f"5-wav32k/{name}")]
        return Step(
            "sounds",
            f"{PREPARE}/2-get-hubert-wav32k.py",
            frozenset(wanted),
            lambda: self._files("4-cnhubert") | self._files("5-wav32k"),
            self._stamp(),
            nothing,  # a piece's name tells its recording and its place: nothing is ever of something else
            {**self._common(), "cnhubert_base_dir": HUBERT},
        )

    def _voice_prints(self) -> Step:
        return Step(
            "voice prints",
            f"{PREPARE}/2-get-sv.py",
            frozenset(f"7-sv_cn/{name}.pt" for name in self._names()),
            lambda: self._files("7-sv_cn"),
            self._stamp(),
            nothing,
            {**self._common(), "sv_path": SPEAKER},
        )

    def _tokens(self) -> Step:
        whole, part = self.folder / "6-name2semantic.tsv", self.folder / "6-name2semantic-0.tsv"

        def before() -> None:
            for path in (whole, part):
                path.unlink(missing_ok=True)

        files = self.upstream.files
        return Step(
            "tokens",
            f"{PREPARE}/3-get-semantic.py",
            frozenset(self._names()),
            lambda: _first_columns(whole, 2),
            self._stamp(),
            before,
            {**self._common(), "pretrained_s2G": files.s2_generator, "s2config_path": files.s2_config},
            before=before,
            after=lambda: _take(part, whole, HEADER),
        )

    # --- training -----------------------------------------------------------------------------------

    def _sovits(self) -> Step:
        version, files = self.upstream.version, self.upstream.files
        config, logs = self.folder / "s2.json", self.folder / f"logs_s2_{version}"

        def before() -> None:
            logs.mkdir(exist_ok=True)
            train = {
                "batch_size": self.gpu.batch(),
                "epochs": SOVITS_EPOCHS,
                "text_low_lr_rate": 0.4,
                "pretrained_s2G": files.s2_generator,
                "pretrained_s2D": files.s2_discriminator,
                "if_save_latest": True,
                "if_save_every_weights": True,
                "save_every_epoch": SOVITS_SAVE_EVERY,
                "gpu_numbers": "0",
                "grad_ckpt": False,
                "lora_rank": "32",
                **({} if self.gpu.half else {"fp16_run": False}),
            }
            values = {
                "train": train,
                "model": {"version": version},
                "data": {"exp_dir": str(self.folder)},
                "s2_ckpt_dir": str(self.folder),
                "save_weight_dir": str(self.weights),
                "name": self.title,
                "version": version,
            }
            self.upstream.write_json(files.s2_config, values, config)

        return Step(
            "the voice's sound",
            "GPT_SoVITS/s2_train.py",
            frozenset(["the SoVITS weights"]),
            lambda: {"the SoVITS weights"} if self.sovits_weights() else set(),
            self._stamp(everything=True),
            lambda: shutil.rmtree(logs, ignore_errors=True),
            {"is_half": str(self.gpu.half)},
            ("--config", str(config)),
            before,
            epochs=SOVITS_EPOCHS,
        )

    def _gpt(self) -> Step:
        files = self.upstream.files
        config, logs = self.folder / "s1.yaml", self.folder / f"logs_s1_{self.upstream.version}"

        def before() -> None:
            (self.folder / "logs_s1").mkdir(exist_ok=True)
            train = {
                "batch_size": self.gpu.batch(),
                "epochs": GPT_EPOCHS,
                "save_every_n_epoch": GPT_SAVE_EVERY,
                "if_save_every_weights": True,
                "if_save_latest": True,
                "if_dpo": False,
                "half_weights_save_dir": str(self.weights),
                "exp_name": self.title,
                **({} if self.gpu.half else {"precision": "32"}),
            }
            values = {
                "train": train,
                "pretrained_s1": files.s1,
                "train_semantic_path": str(self.folder / "6-name2semantic.tsv"),
                "train_phoneme_path": str(self.folder / "2-name2text.txt"),
                "output_dir": str(logs),
            }
            self.upstream.write_yaml(files.s1_config, values, config)

        return Step(
            "the way it speaks",
            "GPT_SoVITS/s1_train.py",
            frozenset(["the GPT weights"]),
            lambda: {"the GPT weights"} if self.gpt_weights() else set(),
            self._stamp(everything=True),
            lambda: shutil.rmtree(logs, ignore_errors=True),
            {"hz": "25hz", "is_half": str(self.gpu.half)},
            ("--config_file", str(config)),
            before,
            epochs=GPT_EPOCHS,
        )

    # --- what was made ------------------------------------------------------------------------------

    def _stamp(self, *, everything: bool = False) -> str:
        """Of the pieces and the model's version; with ``everything``, of the words and lengths too."""
        parts = [self.upstream.version, *self._names()]
        if everything:
            parts += [f"{line.language}|{line.text}" for line in self.lines]
            parts += [f"{GPT_EPOCHS} {SOVITS_EPOCHS}"]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def _files(self, folder: str) -> set[str]:
        place = self.folder / folder
        if not place.is_dir():
            return set()
        return {f"{folder}/{path.name}" for path in place.iterdir() if path.stat().st_size > 0}


def _first_columns(path: Path, columns: int) -> set[str]:
    """The first column of every whole line of a table with so many ``columns``."""
    if not path.is_file():
        return set()
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return {line[0] for line in lines if len(line) == columns and line[1].strip()}


def _take(part: Path, whole: Path, header: str) -> None:
    """What upstream's web page does with the parts of several GPUs; ours is one."""
    if part.is_file():
        text = part.read_text(encoding="utf-8", errors="replace").strip("\n")
        whole.write_text(f"{header}{text}\n", encoding="utf-8")
        part.unlink()


def _whole(path: Path) -> bool:
    """Whether a file of weights was written to its end (it is a ZIP; its first two bytes may be others)."""
    return path.is_file() and zipfile.is_zipfile(path)
