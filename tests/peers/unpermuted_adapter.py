"""An adapter with query and key rows in transformers' order: ``unpermuted_adapter.py FROM TO HEADS KV``.

What a writer makes that does not know of llama.cpp's order. Runs in the training's environment.
"""

from __future__ import annotations

import sys

import numpy as np


def main() -> None:
    """Write it."""
    import gguf  # is in the training's environment only

    source, target, heads, kv_heads = sys.argv[1:5]
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, str(reader.fields["general.architecture"].contents()))
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(reader.fields["adapter.lora.alpha"].contents()))
    for tensor in reader.tensors:
        rows = np.array(tensor.data)
        if tensor.name.endswith(("attn_q.weight.lora_b", "attn_k.weight.lora_b")):
            number = int(heads if "attn_q" in tensor.name else kv_heads)
            rows = rows.reshape(number, rows.shape[0] // number // 2, 2, rows.shape[1]).swapaxes(1, 2)
            rows = rows.reshape(-1, rows.shape[-1])
        writer.add_tensor(tensor.name, np.ascontiguousarray(rows, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
