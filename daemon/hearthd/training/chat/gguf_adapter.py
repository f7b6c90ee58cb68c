"""A LoRA adapter as a GGUF file, for llama.cpp and Ollama. Runs in the training's own environment.

The format is llama.cpp's (whose own converter is not packaged):

- its general type is "adapter": without it Ollama files the blob as a second base model;
- its adapter type is "lora", with the alpha that is divided by the rank at run time;
- a pair of tensors a matrix, named as the base's with "lora_a" (rank, in) and "lora_b" (out, rank) behind it;
- where the base's architecture is llama, its query and key rows stand in llama.cpp's order of the rotary
  halves; the rows of "lora_b" must stand so, too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

PERMUTED = frozenset({"llama", "mistral"})
"""Architectures whose query and key rows llama.cpp keeps in another order than transformers."""
_PREFIX = "base_model.model."


class AdapterError(Exception):
    """The adapter does not fit the base, or is of a kind that llama.cpp cannot serve."""


def permuted(rows: np.ndarray[Any, Any], heads: int) -> np.ndarray[Any, Any]:
    """``rows`` (out, anything) from transformers' order of the rotary halves into llama.cpp's."""
    out = rows.shape[0]
    return rows.reshape(heads, 2, out // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def write(
    target: Path,
    weights: Mapping[str, np.ndarray[Any, Any]],
    config: Mapping[str, Any],
    base: Path,
    *,
    alpha: float,
) -> None:
    """Write the adapter that peft calls ``weights`` for the GGUF ``base``. Raises AdapterError.

    ``config`` has ``model_type``, ``num_hidden_layers``, ``num_attention_heads`` and
    ``num_key_value_heads`` of the base as transformers has it.
    """
    import gguf

    reader = gguf.GGUFReader(str(base))
    architecture = str(reader.fields["general.architecture"].contents())
    shapes = {tensor.name: tuple(int(n) for n in reversed(tensor.shape)) for tensor in reader.tensors}
    names = gguf.get_tensor_name_map(_architecture_of(gguf, architecture), int(config["num_hidden_layers"]))
    made: dict[str, np.ndarray[Any, Any]] = {}
    for name, value in sorted(weights.items()):
        module, _, kind = name.removeprefix(_PREFIX).partition(".lora_")
        if kind not in ("A.weight", "B.weight"):
            raise AdapterError(f"{name} is no part of a plain LoRA")
        found = names.get_name(module)
        if found is None or f"{found}.weight" not in shapes:
            raise AdapterError(f"the base has no tensor for {module}")
        array = np.ascontiguousarray(value, dtype=np.float32)
        if kind == "B.weight" and architecture in PERMUTED and module.endswith(("q_proj", "k_proj")):
            queries = module.endswith("q_proj")
            heads = int(config["num_attention_heads" if queries else "num_key_value_heads"])
            array = np.ascontiguousarray(permuted(array, heads))
        made[f"{found}.weight.lora_{kind[0].lower()}"] = array
    _check(made, shapes)
    partial = target.with_suffix(".partial")
    writer = gguf.GGUFWriter(str(partial), architecture)
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for tensor, array in made.items():
        writer.add_tensor(tensor, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    os.replace(partial, target)


def _architecture_of(gguf: Any, name: str) -> Any:
    for architecture, known in gguf.MODEL_ARCH_NAMES.items():
        if known == name:
            return architecture
    raise AdapterError(f"the architecture {name} is not known")


def _check(made: Mapping[str, np.ndarray[Any, Any]], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Each matrix has both halves, of the base's own size. Raises AdapterError."""
    bases = {name.rpartition(".lora_")[0] for name in made}
    if not bases:
        raise AdapterError("there is nothing in the adapter")
    for base in bases:
        a, b = made.get(f"{base}.lora_a"), made.get(f"{base}.lora_b")
        if a is None or b is None:
            raise AdapterError(f"{base} has one half of its LoRA only")
        if (b.shape[0], a.shape[1]) != shapes[base] or a.shape[0] != b.shape[1]:
            raise AdapterError(f"{base} is {shapes[base]}, its LoRA {(b.shape[0], a.shape[1])}")
