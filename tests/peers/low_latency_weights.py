"""Makes what gsv-tts-lite loads, with random numbers in it: ``python THIS DIRECTORY G2P_EN_FOLDER``.

Run by the Python of an environment with torch and gsv-tts-lite. The networks have the shapes that the
package insists on (HuBERT hidden 768 and hop 320, SoVITS hidden 192, gin 512) and are as small as can
be in all else; its voice-print network has one size only. What comes out is hum, not speech. For English
it wants a pronouncing dictionary and a tagger: here a few words, and one tag for all. The network that
spells other words comes from the g2p_en package (``G2P_EN_FOLDER``: where its files are).
"""

from __future__ import annotations

import json
import shutil
import string
import sys
from pathlib import Path
from typing import Any

import random_sovits

ABBREVIATIONS = ("AE", "AI", "AR", "IOS", "HUD", "OS")
"""The package deletes these from the dictionary, and fails if they aren't in it."""


def make(directory: Path, g2p_en: Path) -> None:
    """Write the models' folder."""
    import torch
    from gsv_tts.GPT_SoVITS.SoVITS.models import SynthesizerTrn

    torch.manual_seed(0)
    _english(directory / "g2p" / "en", g2p_en)
    _hubert(directory / "chinese-hubert-base")
    _voice_print(directory / "sv", torch)
    _t2s(directory / "s1v3.ckpt")
    random_sovits.save_sovits(directory / "s2Gv2ProPlus.pth", SynthesizerTrn, half=False)


def _english(folder: Path, g2p_en: Path) -> None:
    (folder / "g2p_en").mkdir(parents=True)
    for name in ("checkpoint20.npz", "homographs.en"):
        shutil.copy(g2p_en / name, folder / "g2p_en" / name)
    words = "\n".join(f"{word}  EY1" for word in (*ABBREVIATIONS, *string.ascii_uppercase))
    (folder / "cmudict.rep").write_text("#\n" * 56 + words + "\n")
    (folder / "cmudict-fast.rep").write_text("A AH0\n")
    (folder / "engdict-hot.rep").write_text("HEARTH HH AA1 R TH\n")
    tagger = folder / "nltk" / "taggers" / "averaged_perceptron_tagger_eng"
    tagger.mkdir(parents=True)
    for kind, value in (("weights", {}), ("tagdict", {}), ("classes", ["NN"])):
        (tagger / f"averaged_perceptron_tagger_eng.{kind}.json").write_text(json.dumps(value))


def _hubert(folder: Path) -> None:
    from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor

    config = HubertConfig(
        hidden_size=768, num_hidden_layers=1, num_attention_heads=12, intermediate_size=16, conv_dim=[16] * 7,
        num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=16,
    )  # fmt: skip
    HubertModel(config).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)


def _voice_print(folder: Path, torch: Any) -> None:
    from gsv_tts.GPT_SoVITS.SV.ERes2NetV2 import ERes2NetV2

    folder.mkdir()
    network = ERes2NetV2(baseWidth=24, scale=4, expansion=4)
    torch.save(network.state_dict(), folder / "pretrained_eres2netv2w24s4ep4.ckpt")


def _t2s(file: Path) -> None:
    from gsv_tts.GPT_SoVITS.GPT.t2s_model import Text2SemanticDecoder

    config = random_sovits.t2s_config()
    theirs = {
        "qkv.": "self_attn.in_proj_", "out_proj.": "self_attn.out_proj.", "mlp.0.": "linear1.",
        "mlp.2.": "linear2.", "norm1.": "norm1.", "norm2.": "norm2.",
    }  # fmt: skip
    weight = {}
    for key, value in Text2SemanticDecoder(config).state_dict().items():
        name = key.replace("t2s_transformer.blocks.", "h.layers.")
        for ours, upstream in theirs.items():  # a checkpoint has upstream's names
            if "h.layers." in name and f".{ours}" in name and "self_attn" not in name:
                name = name.replace(f".{ours}", f".{upstream}")
        weight[f"model.{name}"] = value
    random_sovits.save_t2s(file, weight, config)


if __name__ == "__main__":
    target = Path(sys.argv[1]).absolute()
    target.mkdir(parents=True, exist_ok=True)
    make(target, Path(sys.argv[2]))
