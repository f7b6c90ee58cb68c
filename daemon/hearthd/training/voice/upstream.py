"""An installed GPT-SoVITS: where its Python, its training scripts and its pretrained models are.

Its scripts run in their own Python, headless, with the environment and the configuration files that its
web page would give them. Their paths are relative and they leave temporary files where they run, so
they run in a folder of links to the checkout: the checkout itself is only read.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from hearthd.voices.profiles import VoiceError

_MODELS = "GPT_SoVITS/pretrained_models"
BERT = f"{_MODELS}/chinese-roberta-wwm-ext-large"
HUBERT = f"{_MODELS}/chinese-hubert-base"
SPEAKER = f"{_MODELS}/sv/pretrained_eres2netv2w24s4ep4.ckpt"
"""Only for the versions called Pro."""
PREPARE = "GPT_SoVITS/prepare_datasets"
SCRIPTS = (
    f"{PREPARE}/1-get-text.py",
    f"{PREPARE}/2-get-hubert-wav32k.py",
    f"{PREPARE}/3-get-semantic.py",
    "GPT_SoVITS/s1_train.py",
    "GPT_SoVITS/s2_train.py",
)
PROBE_SECONDS = 120.0
"""For loading torch from a cold disk."""


@dataclass(frozen=True, slots=True)
class Version:
    """What training a version of the model starts from; paths within the checkout."""

    s2_config: str
    s2_generator: str
    s2_discriminator: str
    s1: str
    s1_config: str = "GPT_SoVITS/configs/s1longer-v2.yaml"


VERSIONS = {
    "v2": Version(
        "GPT_SoVITS/configs/s2.json",
        f"{_MODELS}/gsv-v2final-pretrained/s2G2333k.pth",
        f"{_MODELS}/gsv-v2final-pretrained/s2D2333k.pth",
        f"{_MODELS}/gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt",
    ),
    "v2Pro": Version(
        "GPT_SoVITS/configs/s2v2Pro.json",
        f"{_MODELS}/v2Pro/s2Gv2Pro.pth",
        f"{_MODELS}/v2Pro/s2Dv2Pro.pth",
        f"{_MODELS}/s1v3.ckpt",
    ),
    "v2ProPlus": Version(
        "GPT_SoVITS/configs/s2v2ProPlus.json",
        f"{_MODELS}/v2Pro/s2Gv2ProPlus.pth",
        f"{_MODELS}/v2Pro/s2Dv2ProPlus.pth",
        f"{_MODELS}/s1v3.ckpt",
    ),
}
"""The versions that speak soonest; upstream's own default is v2Pro."""

_PROBE = """
import json, torch
found = {"memory": 0.0, "capability": 0.0, "name": "no CUDA GPU"}
if torch.cuda.is_available():
    device = torch.cuda.get_device_properties(0)
    capability = torch.cuda.get_device_capability(0)
    found = {"memory": device.total_memory / 2**30 + 0.4, "capability": capability[0] + capability[1] / 10,
             "name": device.name}
print(json.dumps(found))
"""
_MERGE_YAML = """
import json, sys, yaml
template, target = sys.argv[1:]
def merge(old, new):
    for key, value in new.items():
        if isinstance(value, dict):
            merge(old.setdefault(key, {}), value)
        else:
            old[key] = value
with open(template, encoding="utf-8") as file:
    config = yaml.safe_load(file)
merge(config, json.load(sys.stdin))
with open(target, "w", encoding="utf-8") as file:
    yaml.safe_dump(config, file)
"""


class Gpu(BaseModel):
    """What upstream's own torch sees."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    memory: float
    """GiB; 0 without a GPU."""
    capability: float
    name: str

    @property
    def usable(self) -> bool:
        """Whether upstream would train on it: elsewhere it takes the CPU, for days."""
        return self.memory >= 4 and self.capability >= 5.3

    @property
    def half(self) -> bool:
        """Whether it computes with 16 bits; Pascal and the GTX 16 series make nothing but silence so."""
        sixteen = self.capability == 7.5 and " 16" in self.name
        return self.usable and self.capability > 6.1 and not sixteen

    def batch(self) -> int:
        """How many pieces at once: upstream's own rule."""
        whole = max(1, int(self.memory // 2))
        return whole if self.half else max(1, whole // 2)


@dataclass(frozen=True, slots=True)
class Upstream:
    """A checkout that has all that a training of ``version`` needs, and the Python that runs it."""

    checkout: Path
    python: Path
    version: str

    @property
    def files(self) -> Version:
        """What the version starts from."""
        return VERSIONS[self.version]

    @property
    def pro(self) -> bool:
        """Whether the model hears the speaker's voice print too."""
        return "Pro" in self.version

    def environment(self, more: dict[str, str]) -> dict[str, str]:
        """For a script: our own environment, where its modules are, and ``more``."""
        return {
            **os.environ,
            "PYTHONPATH": f"{self.checkout}{os.pathsep}{self.checkout / 'GPT_SoVITS'}",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
            "HF_HUB_OFFLINE": "1",
            "_CUDA_VISIBLE_DEVICES": "0",
            "version": self.version,
            **more,
        }

    def link(self, folder: Path) -> None:
        """Make ``folder`` one to run in: it shows what the checkout shows."""
        folder.mkdir(parents=True, exist_ok=True)
        for entry in self.checkout.iterdir():
            link = folder / entry.name
            if link.is_symlink() and link.readlink() != entry:
                link.unlink()
            if not entry.name.startswith(".") and not link.is_symlink():
                link.symlink_to(entry)

    def gpu(self) -> Gpu:
        """The GPU that its torch sees. Raises VoiceError if torch does not load."""
        said = self._ask(_PROBE)
        try:
            return Gpu.model_validate_json(said.strip().splitlines()[-1])
        except (ValidationError, IndexError):
            raise VoiceError(f"{self.python} did not say what GPU it sees") from None

    def write_json(self, template: str, values: dict[str, Any], target: Path) -> None:
        """``template`` of the checkout with ``values`` put in. Raises VoiceError."""
        try:
            config = json.loads((self.checkout / template).read_text(encoding="utf-8"))
            for key, value in values.items():
                if isinstance(value, dict):
                    config[key].update(value)
                else:
                    config[key] = value
            target.write_text(json.dumps(config), encoding="utf-8")
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise VoiceError(f"{self.checkout / template}: not as expected ({error!r})") from None

    def write_yaml(self, template: str, values: dict[str, Any], target: Path) -> None:
        """The same for YAML, by its own Python: ours needs no YAML. Raises VoiceError."""
        self._ask(_MERGE_YAML, str(self.checkout / template), str(target), said=json.dumps(values))

    def _ask(self, program: str, *arguments: str, said: str = "") -> str:
        try:
            done = subprocess.run(
                [self.python, "-s", "-c", program, *arguments],
                env=self.environment({}), input=said, capture_output=True, text=True, check=False,
                timeout=PROBE_SECONDS,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise VoiceError(f"{self.python} does not run: {error}") from None
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise VoiceError(f"{self.python}: {last[:300]}")
        return done.stdout


def find(checkout: Path, python: Path | None, version: str) -> Upstream:
    """The installed GPT-SoVITS in ``checkout``. Raises VoiceError that names all that is missing."""
    checkout = checkout.absolute()
    if not (checkout / "GPT_SoVITS").is_dir():
        raise VoiceError(
            f"there is no GPT-SoVITS in {checkout}: training runs its own scripts. Install it as its README"
            " says (github.com/RVC-Boss/GPT-SoVITS) and name its folder with --checkout DIR"
        )
    files = VERSIONS[version]
    needed = [*SCRIPTS, BERT, HUBERT, files.s2_config, files.s2_generator, files.s2_discriminator]
    needed += [files.s1, files.s1_config]
    if "Pro" in version:
        needed += [f"{PREPARE}/2-get-sv.py", SPEAKER]
    missing = [path for path in needed if not (checkout / path).exists()]
    if missing:
        raise VoiceError(f"GPT-SoVITS in {checkout} lacks, for {version}: {', '.join(missing)}")
    places = [python] if python else [checkout / "venv/bin/python", checkout / ".venv/bin/python"]
    found = next((place for place in places if os.access(place, os.X_OK)), None)
    if found is None:
        raise VoiceError(
            f"no Python of GPT-SoVITS at {' or '.join(map(str, places))}: name it with --python"
            " (that of its conda environment, for example)"
        )
    return Upstream(checkout, found.absolute(), version)
