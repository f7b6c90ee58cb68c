"""A tiny chat model of random weights as GGUF: ``random_llama.py ARCHITECTURE TOKENIZER_GGUF TARGET``.

Runs in the training's environment. The tokenizer is that of a real GGUF; the architecture is llama or qwen2.
"""

from __future__ import annotations

import sys

import numpy as np

LAYERS, WIDTH, INNER, HEADS, KV_HEADS = 2, 64, 128, 4, 2


def main() -> None:
    """Write the model."""
    import gguf  # is in the training's environment only

    architecture, source, target = sys.argv[1:4]
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, architecture)
    writer.add_context_length(2048)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    for name, field in reader.fields.items():
        if not name.startswith("tokenizer."):
            continue
        kind = field.types[0]
        value = field.contents()
        if kind == gguf.GGUFValueType.ARRAY:
            writer.add_array(name, value)
        else:
            writer.add_key_value(name, value, kind)
    vocabulary = len(reader.fields["tokenizer.ggml.tokens"].contents())
    writer.add_vocab_size(vocabulary)
    chance = np.random.default_rng(7)

    def random(*shape: int) -> np.ndarray:
        return chance.normal(0, 1.5 / np.sqrt(shape[-1]), shape).astype(np.float32)

    kv = WIDTH * KV_HEADS // HEADS
    writer.add_tensor("token_embd.weight", chance.normal(0, 1, (vocabulary, WIDTH)).astype(np.float32))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, dtype=np.float32))
    writer.add_tensor("output.weight", random(vocabulary, WIDTH))
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        writer.add_tensor(f"{block}attn_norm.weight", np.ones(WIDTH, dtype=np.float32))
        writer.add_tensor(f"{block}ffn_norm.weight", np.ones(WIDTH, dtype=np.float32))
        for part, rows in (("q", WIDTH), ("k", kv), ("v", kv)):
            writer.add_tensor(f"{block}attn_{part}.weight", random(rows, WIDTH))
            if architecture == "qwen2":
                writer.add_tensor(f"{block}attn_{part}.bias", chance.normal(0, 0.1, rows).astype(np.float32))
        writer.add_tensor(f"{block}attn_output.weight", random(WIDTH, WIDTH))
        writer.add_tensor(f"{block}ffn_gate.weight", random(INNER, WIDTH))
        writer.add_tensor(f"{block}ffn_up.weight", random(INNER, WIDTH))
        writer.add_tensor(f"{block}ffn_down.weight", random(WIDTH, INNER))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
