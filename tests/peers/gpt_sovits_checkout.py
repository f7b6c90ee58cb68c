"""A stand-in for an installed GPT-SoVITS, for what can go wrong with its training scripts.

It has upstream's file names; its scripts read the same environment and configuration files and make
files of the same names in the same places, and like upstream's they print their errors and end with 0.
What they make holds nothing: it shows how the scripts are run and checked, not that a voice is trained.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

MODELS = "GPT_SoVITS/pretrained_models"

_COMMON = '''
import json, os, sys, traceback, zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
NAME = Path(sys.argv[0]).name
with (ROOT / "runs.txt").open("a") as runs:
    print(NAME, file=runs)
FAULTS = json.loads((ROOT / "faults.json").read_text()).get(NAME, [])
if "die" in FAULTS:
    sys.exit("out of memory")
if not Path("GPT_SoVITS").is_dir():
    sys.exit("not in the folder that upstream's relative paths begin in")

def pieces():
    """(file name, language, words) of each line; faulty ones are printed and passed over."""
    part, parts = int(os.environ["i_part"]), int(os.environ["all_parts"])
    lines = Path(os.environ["inp_text"]).read_text(encoding="utf8").strip().split("\\n")
    for number, line in enumerate(lines[part::parts]):
        try:
            path, _, language, text = line.split("|")
            if number in FAULTS:
                raise RuntimeError("a fault")
            assert Path(path).is_file()
            yield Path(path).name, language, text
        except Exception:
            print(line, traceback.format_exc())

def save(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Path("1234.5.pth").write_bytes(b"tensor")
    os.replace("1234.5.pth", path)

def save_weights(path):
    if "truncate" in FAULTS:
        path.write_bytes(b"PK and then the disk was full")
        return
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("data.pkl", b"weights")
    path.write_bytes(b"05" + path.read_bytes()[2:])

OUT = Path(os.environ.get("opt_dir", "."))
PART = os.environ.get("i_part")
'''

_TORCH = """
class cuda:
    @staticmethod
    def is_available(): return True
    @staticmethod
    def get_device_capability(_): return (8, 6)
    @staticmethod
    def get_device_properties(_):
        class device:
            total_memory = 12 * 2**30
            name = "a pretended GPU"
        return device
"""

_SCRIPTS = {
    "prepare_datasets/1-get-text.py": """
from standin import *
assert Path(os.environ["bert_pretrained_dir"]).exists()
target = OUT / f"2-name2text-{PART}.txt"
if not target.exists():
    lines = []
    for name, language, text in pieces():
        if language == "zh":
            save(OUT / "3-bert" / f"{name}.pt")
        lines.append(f"{name}\\tAH0 B\\t[1, 1]\\t{text}")
    target.write_text("\\n".join(lines) + "\\n", encoding="utf8")
""",
    "prepare_datasets/2-get-hubert-wav32k.py": """
from standin import *
assert Path(os.environ["cnhubert_base_dir"]).exists()
for name, _, _ in pieces():
    save(OUT / "4-cnhubert" / f"{name}.pt")
    save(OUT / "5-wav32k" / name)
""",
    "prepare_datasets/2-get-sv.py": """
from standin import *
assert Path(os.environ["sv_path"]).exists() and "Pro" in os.environ["version"]
for name, _, _ in pieces():
    assert (OUT / "5-wav32k" / name).exists()
    save(OUT / "7-sv_cn" / f"{name}.pt")
""",
    "prepare_datasets/3-get-semantic.py": """
from standin import *
assert Path(os.environ["pretrained_s2G"]).exists() and Path(os.environ["s2config_path"]).exists()
lines = [f"{name}\\t1 2 3" for name, _, _ in pieces() if (OUT / "4-cnhubert" / f"{name}.pt").exists()]
(OUT / f"6-name2semantic-{PART}.tsv").write_text("\\n".join(lines), encoding="utf8")
""",
    "s2_train.py": """
from standin import *
hps = json.loads(Path(sys.argv[sys.argv.index("--config") + 1]).read_text())
exp, train = Path(hps["data"]["exp_dir"]), hps["train"]
assert (exp / f"logs_s2_{hps['model']['version']}").is_dir() and Path(train["pretrained_s2D"]).exists()
assert train["learning_rate"] == 0.0001 and train["batch_size"] == 6
for epoch in range(1, train["epochs"] + 1):
    if epoch % train["save_every_epoch"] == 0 and "nothing" not in FAULTS:
        save_weights(Path(hps["save_weight_dir"]) / f"{hps['name']}_e{epoch}_s{epoch * 10}.pth")
    print(f"====> Epoch: {epoch}")
""",
    "s1_train.py": """
from standin import *
import yaml
config = yaml.safe_load(Path(sys.argv[sys.argv.index("--config_file") + 1]).read_text())
train = config["train"]
assert Path(config["train_semantic_path"]).read_text().startswith("item_name\\tsemantic_audio\\n")
assert Path(config["train_phoneme_path"]).exists() and Path(config["pretrained_s1"]).exists()
assert os.environ["hz"] == "25hz" and config["optimizer"]["lr"] == 0.01
for epoch in range(1, train["epochs"] + 1):
    if epoch % train["save_every_n_epoch"] == 0 and "nothing" not in FAULTS:
        save_weights(Path(train["half_weights_save_dir"]) / f"{train['exp_name']}-e{epoch}.ckpt")
""",
}


def make(folder: Path) -> Path:
    """A checkout of v2Pro in ``folder``, with a Python."""
    for name, text in _SCRIPTS.items():
        path = folder / "GPT_SoVITS" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "standin.py").write_text(_COMMON)
    (folder / "torch.py").write_text(_TORCH)
    faulty(folder, {})
    configs = folder / "GPT_SoVITS" / "configs"
    configs.mkdir()
    s2 = {"train": {"learning_rate": 0.0001, "fp16_run": True}, "data": {}, "model": {}, "s2_ckpt_dir": ""}
    (configs / "s2v2Pro.json").write_text(json.dumps(s2))
    (configs / "s1longer-v2.yaml").write_text("train:\n  seed: 1234\noptimizer:\n  lr: 0.01\n")
    for name in ("chinese-roberta-wwm-ext-large", "chinese-hubert-base"):
        (folder / MODELS / name).mkdir(parents=True)
    models = (
        "sv/pretrained_eres2netv2w24s4ep4.ckpt",
        "v2Pro/s2Gv2Pro.pth",
        "v2Pro/s2Dv2Pro.pth",
        "s1v3.ckpt",
    )
    for name in models:
        path = folder / MODELS / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    python = folder / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return folder


def faulty(folder: Path, faults: dict[str, list[int | str]]) -> None:
    """What goes wrong from now on: by script, numbers of pieces, or "die", "nothing", "truncate"."""
    (folder / "faults.json").write_text(json.dumps(faults))


def runs(folder: Path) -> list[str]:
    """The scripts that ran, in order."""
    path = folder / "runs.txt"
    return path.read_text().split() if path.exists() else []
