"""Makes a whole set of GPT-SoVITS v2 weights with random numbers in them: ``python THIS DIRECTORY``.

Run by the Python of the voice server's own environment (it needs torch and the server's modules).
The networks have the shapes that the server insists on (BERT hidden 1024 with two layers, HuBERT
hidden 768 and hop 320, SoVITS hidden 192, gin 512, upsampling 640) and are as small as can be in all
else, so that a sentence takes tenths of a second on one core. What comes out is hum, not speech; the
bytes, the timing and the failures of the protocol are the real thing.

Written into DIRECTORY: ``bert/``, ``hubert/``, ``t2s.ckpt``, ``sovits.pth``, a second pair
(``t2s-other.ckpt``, ``sovits-other.pth``) to switch to, and ``tts.yaml`` that names the first.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import random_sovits


def make(directory: Path) -> None:
    """Write the weights into ``directory``."""
    import torch
    from module.models import SynthesizerTrn

    torch.manual_seed(0)
    _bert(directory / "bert", torch)
    _hubert(directory / "hubert", torch)
    for suffix in ("", "-other"):
        _t2s(directory / f"t2s{suffix}.ckpt", torch)
        random_sovits.save_sovits(directory / f"sovits{suffix}.pth", SynthesizerTrn, half=True)
    custom = {
        "bert_base_path": str(directory / "bert"),
        "cnhuhbert_base_path": str(directory / "hubert"),  # sic
        "device": "cpu",
        "is_half": False,
        "t2s_weights_path": str(directory / "t2s.ckpt"),
        "vits_weights_path": str(directory / "sovits.pth"),
        "version": "v2",
    }
    (directory / "tts.yaml").write_text(json.dumps({"custom": custom}), encoding="utf-8")  # JSON is YAML


def _bert(folder: Path, torch: Any) -> None:
    from text.chinese_bert import BertForMaskedLM
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    folder.mkdir(exist_ok=True)
    config = {
        "vocab_size": 5, "hidden_size": 1024, "num_hidden_layers": 2, "num_attention_heads": 16,
        "intermediate_size": 16, "max_position_embeddings": 64, "type_vocab_size": 2, "pad_token_id": 0,
        "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
        "hidden_act": "gelu",
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    torch.save(BertForMaskedLM(SimpleNamespace(**config)).state_dict(), folder / "pytorch_model.bin")
    words = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))


def _hubert(folder: Path, torch: Any) -> None:
    from feature_extractor.cnhubert import HubertInferenceModel

    folder.mkdir(exist_ok=True)
    config = {
        "hidden_size": 768, "num_hidden_layers": 1, "num_attention_heads": 12, "intermediate_size": 16,
        "conv_dim": [16] * 7, "conv_kernel": [10, 3, 3, 3, 3, 2, 2], "conv_stride": [5, 2, 2, 2, 2, 2, 2],
        "conv_bias": False, "num_feat_extract_layers": 7, "feat_extract_norm": "group",
        "feat_extract_activation": "gelu", "feat_proj_layer_norm": True, "feat_proj_dropout": 0.0,
        "layer_norm_eps": 1e-5, "hidden_dropout": 0.0, "attention_dropout": 0.0, "activation_dropout": 0.0,
        "hidden_act": "gelu", "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 16,
        "mask_time_prob": 0.05, "mask_feature_prob": 0.0,
    }  # fmt: skip
    features = {"sampling_rate": 16000, "do_normalize": True, "padding_value": 0.0}
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "preprocessor_config.json").write_text(json.dumps(features), encoding="utf-8")
    torch.save(HubertInferenceModel(SimpleNamespace(**config)).state_dict(), folder / "pytorch_model.bin")


def _t2s(file: Path, torch: Any) -> None:
    from AR.models import t2s_model

    # a metric that only training wants, from a package that is not there
    t2s_model._build_multiclass_accuracy_for_training = lambda *_, **__: torch.nn.Identity()
    config = random_sovits.t2s_config()
    decoder = t2s_model.Text2SemanticDecoder(
        config, top_k=3, build_t2s_transformer=False, build_h_module=True
    )
    weight = {f"model.{key}": value for key, value in decoder.state_dict().items()}
    random_sovits.save_t2s(file, weight, config)


if __name__ == "__main__":
    target = Path(sys.argv[1]).absolute()
    target.mkdir(parents=True, exist_ok=True)
    os.environ["GPT_SOVITS_DATA_DIR"] = str(target)
    from gpt_sovits_cpufast.runtime import configure_runtime

    configure_runtime()
    make(target)
