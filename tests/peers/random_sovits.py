"""What the two makers of random weights share: the shapes that GPT-SoVITS v2 insists on, and its files.

Imported as a sibling by scripts that another environment's Python runs: it needs torch, nothing of ours.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

T2S_MODEL = {
    "vocab_size": 1025, "phoneme_vocab_size": 732, "embedding_dim": 64, "hidden_dim": 64, "head": 4,
    "linear_units": 256, "n_layer": 2, "dropout": 0, "EOS": 1024, "random_bert": 0,
}  # fmt: skip
"""The text model, as small as can be."""
MAX_SECONDS = 2
"""Random weights never say "end": every sentence runs into the early stop, at this many seconds."""
SOVITS = {
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
"""The sound model: hidden 192, gin 512 and an upsampling of 640 are fixed."""
FILE_HEAD_V2 = b"01"
"""What a v2 file has in place of the zip's "PK"."""


def t2s_config() -> dict[str, Any]:
    """The text model's configuration, as its file holds it."""
    return {"data": {"max_sec": MAX_SECONDS}, "model": dict(T2S_MODEL), "inference": {"top_k": 15}}


def save_t2s(file: Path, weight: dict[str, Any], config: dict[str, Any]) -> None:
    """Write a text model's file."""
    import torch

    torch.save({"weight": weight, "config": config, "info": "random"}, file)


def save_sovits(file: Path, synthesizer: type[Any], *, half: bool) -> None:
    """Write a sound model's file: a ``SynthesizerTrn`` with random numbers in it (``half``: as published)."""
    import torch

    network = synthesizer(1025, 32, n_speakers=300, **SOVITS["model"])
    for key, value in network.state_dict().items():
        if key.endswith(".inited"):  # else it wants to initialise by k-means over a process group
            value.fill_(1)
        if key.endswith("_codebook.embed"):
            value.normal_()
    weight = network.state_dict()
    if half:
        weight = {key: value.half() for key, value in weight.items() if "enc_q" not in key}
    buffer = io.BytesIO()
    torch.save({"weight": weight, "config": SOVITS, "info": "random"}, buffer)
    file.write_bytes(FILE_HEAD_V2 + buffer.getvalue()[2:])
