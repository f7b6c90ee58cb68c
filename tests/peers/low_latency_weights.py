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

ABBREVIATIONS = ("AE", "AI", "AR", "IOS", "HUD", "OS")
"""The package deletes these from the dictionary, and fails if they aren't in it."""


def make(directory: Path, g2p_en: Path) -> None:
    """Write the models' folder."""
    import torch

    torch.manual_seed(0)
    _english(directory / "g2p" / "en", g2p_en)
    _hubert(directory / "chinese-hubert-base")
    _voice_print(directory / "sv", torch)
    _t2s(directory / "s1v3.ckpt", torch)
    _sovits(directory / "s2Gv2ProPlus.pth", torch)


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


def _t2s(file: Path, torch: Any) -> None:
    from gsv_tts.GPT_SoVITS.GPT.t2s_model import Text2SemanticDecoder

    model = {
        "vocab_size": 1025, "phoneme_vocab_size": 732, "embedding_dim": 64, "hidden_dim": 64, "head": 4,
        "linear_units": 256, "n_layer": 2, "dropout": 0, "EOS": 1024, "random_bert": 0,
    }  # fmt: skip
    config = {"data": {"max_sec": 2}, "model": model, "inference": {"top_k": 15}}
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
    torch.save({"weight": weight, "config": config, "info": "random"}, file)


def _sovits(file: Path, torch: Any) -> None:
    import io

    from gsv_tts.GPT_SoVITS.SoVITS.models import SynthesizerTrn

    config = {
        "train": {"segment_size": 20480},
        "data": {
            "sampling_rate": 32000, "filter_length": 2048, "hop_length": 640, "win_length": 2048,
            "n_speakers": 300,
        },
        "model": {
            "inter_channels": 192, "hidden_channels": 192, "filter_channels": 16, "n_heads": 2, "n_layers": 2,
            "kernel_size": 3, "p_dropout": 0.0, "resblock": "1", "resblock_kernel_sizes": [3],
            "resblock_dilation_sizes": [[1, 3, 5]], "upsample_rates": [10, 8, 2, 2, 2],
            "upsample_initial_channel": 32, "upsample_kernel_sizes": [16, 16, 8, 2, 2], "gin_channels": 512,
            "semantic_frame_rate": "25hz", "freeze_quantizer": True, "version": "v2",
        },
    }  # fmt: skip
    network = SynthesizerTrn(1025, 32, n_speakers=300, **config["model"])
    for key, value in network.state_dict().items():
        if key.endswith(".inited"):  # else it begins with k-means
            value.fill_(1)
        if key.endswith("_codebook.embed"):
            value.normal_()
    buffer = io.BytesIO()
    torch.save({"weight": network.state_dict(), "config": config, "info": "random"}, buffer)
    file.write_bytes(b"01" + buffer.getvalue()[2:])  # v2


if __name__ == "__main__":
    target = Path(sys.argv[1]).absolute()
    target.mkdir(parents=True, exist_ok=True)
    make(target, Path(sys.argv[2]))
