"""The process that trains: LoRA on the model that a GGUF file holds. Runs in the training's own environment.

Started by ``trainer`` as ``python -m hearthd.training.chat.worker JOB`` with torch, transformers, peft
and gguf there, and nothing of the speaker's. Each line on standard output is a JSON object:

- ``{"stage": NAME}``: what begins
- ``{"step": N, "of": N, "loss": X, "held": X or null, "seconds_left": N}``
- ``{"done": {...}}``: what was made; ``{"failed": WHY}``: nothing, and why

After each epoch all is written down; the same job goes on from there. The loss counts the answers' tokens
only, the prompts are those that the speaker sends, by the model's own template.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from transformers import AutoModelForCausalLM, AutoTokenizer

from hearthd.training.chat import gguf_adapter

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
IGNORED = -100
"""The label of a token that is not learned, as torch has it."""
WARM_UP = 0.1
"""Of the steps: the learning rate rises so long, and falls by a cosine afterwards."""
PATIENCE = 3
"""Epochs without a better held loss before it ends."""
LEARNED = 0.02
"""A loss at which every token is certain: what comes after it is only forgetting."""
PROOFS = 12
"""Places at which the exported adapter is compared with the trained one."""
TOP = 3
"""Tokens that are compared at each."""
BEFORE_ANSWER = 8
"""Tokens: the places lie in the questions, where nothing is certain. In an answer learned by heart all but
one token are so unlikely that the quantised arithmetic is a nat off."""


def tell(**what: Any) -> None:
    """A line to the parent."""
    print(json.dumps(what), flush=True)


def main() -> None:
    """Do the job that the file names."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        tell(done=train(job))
    except (OSError, ValueError, RuntimeError, KeyError, gguf_adapter.AdapterError) as error:
        tell(failed=str(error)[:500] or type(error).__name__)
        raise SystemExit(1) from None


def _die_with_parent() -> None:
    """Standard input closes with the parent: nobody waits for the result any more."""
    while os.read(0, 4096):
        pass
    os._exit(1)


def train(job: dict[str, Any]) -> dict[str, Any]:
    """Train, and export. Returns what is worth telling."""
    work = Path(job["work"])
    torch.manual_seed(job["seed"])
    torch.set_num_threads(job["threads"])
    device = "cuda" if torch.cuda.is_available() and not job["processor_only"] else "cpu"
    tokenizer, base = load_base(job, work)
    parameters = sum(p.numel() for p in base.parameters())
    pace = job["pace"]
    lora = LoraConfig(
        r=pace["rank"],
        lora_alpha=2 * pace["rank"],
        lora_dropout=0.0,
        target_modules=TARGETS,
        task_type="CAUSAL_LM",
    )
    base.config.use_cache = False
    if device == "cuda":
        base.gradient_checkpointing_enable()
        base.enable_input_require_grads()
    model = get_peft_model(base, lora).to(device)
    learned = [encoded(tokenizer, example) for example in job["trained"]]
    held = [encoded(tokenizer, example) for example in job["held"]]
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    fitting = Fitting(model, int(pad), job, device)
    fitting.run(learned, held)
    tell(stage="exporting")
    weights = {name: value.float().cpu().numpy() for name, value in get_peft_model_state_dict(model).items()}
    config = base.config.to_dict()
    gguf_adapter.write(work / "adapter.gguf", weights, config, Path(job["base"]), alpha=2.0 * pace["rank"])
    proof = proofs(model, tokenizer, job["proved"], device)
    (work / "proof.json").write_text(json.dumps(proof), encoding="utf-8")
    return {
        "parameters": parameters, "device": device, "epochs": fitting.epoch, "loss": fitting.loss,
        "held_loss": fitting.best_held,
    }  # fmt: skip


def load_base(job: dict[str, Any], work: Path) -> tuple[Any, Any]:
    """The tokenizer and the model of the GGUF, as plain weights.

    transformers calls what it reads from a GGUF quantised and refuses to train it, though it is plain by
    then: so it is built anew and written down, which the next start reads in a tenth of the time.
    """
    plain = work / "base"
    if not (plain / "whole").exists():
        tell(stage="unpacking the model")
        source = job.get("hub_folder")
        where = Path(job["base"])
        named = {} if source else {"gguf_file": where.name}
        folder = source or str(where.parent)
        read = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **named)
        config = type(read.config).from_dict(
            {k: v for k, v in read.config.to_dict().items() if k != "quantization_config"}
        )
        model = AutoModelForCausalLM.from_config(config)
        model.load_state_dict(read.state_dict(), strict=False)
        model.tie_weights()
        shutil.rmtree(plain, ignore_errors=True)
        model.save_pretrained(plain)
        AutoTokenizer.from_pretrained(folder, **named).save_pretrained(plain)
        (plain / "whole").touch()
        del read, model
    tell(stage="loading the model")
    return (
        AutoTokenizer.from_pretrained(plain),
        AutoModelForCausalLM.from_pretrained(plain, dtype=torch.float32),
    )


def encoded(tokenizer: Any, example: dict[str, Any]) -> tuple[list[int], int]:
    """The tokens of an example, and how many of them are its prompt."""
    prompt = _ids(tokenizer, example["messages"], add_generation_prompt=True)
    answered = [*example["messages"], {"role": "assistant", "content": example["answer"]}]
    whole = _ids(tokenizer, answered, add_generation_prompt=False)
    if whole[: len(prompt)] != prompt:
        raise ValueError("the model's chat template changes a prompt once it is answered")
    return whole, len(prompt)


def _ids(tokenizer: Any, messages: list[dict[str, str]], *, add_generation_prompt: bool) -> list[int]:
    text = tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=add_generation_prompt
    )
    if not add_generation_prompt:
        text = text.rstrip("\n")  # what the template puts behind a turn's end, the model never writes
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def batch_of(examples: list[tuple[list[int], int]], pad: int, device: str) -> dict[str, torch.Tensor]:
    """Examples as tensors (examples, longest), padded at their ends; prompts and padding are not learned."""
    longest = max(len(tokens) for tokens, _ in examples)
    tokens = torch.full((len(examples), longest), pad, dtype=torch.long)
    labels = torch.full((len(examples), longest), IGNORED, dtype=torch.long)
    mask = torch.zeros((len(examples), longest), dtype=torch.long)
    for row, (ids, prompt) in enumerate(examples):
        tokens[row, : len(ids)] = torch.tensor(ids)
        labels[row, prompt : len(ids)] = torch.tensor(ids[prompt:])
        mask[row, : len(ids)] = 1
    return {"input_ids": tokens.to(device), "labels": labels.to(device), "attention_mask": mask.to(device)}


class Fitting:
    """The training itself: up to so many epochs, of which the one with the least held loss stays."""

    def __init__(self, model: Any, pad: int, job: dict[str, Any], device: str) -> None:
        self.model, self.pad, self.device = model, pad, device
        self.pace, self.seed = job["pace"], job["seed"]
        self.checkpoint = Path(job["work"]) / "checkpoint.pt"
        self.trained = [p for p in model.parameters() if p.requires_grad]
        self.epoch, self.best_epoch = 0, 0
        self.best: dict[str, Any] = {}
        self.loss = self.best_held = math.inf

    def run(self, learned: list[tuple[list[int], int]], held: list[tuple[list[int], int]]) -> None:
        """Do all that is not done yet, and leave the best in the model."""
        each = math.ceil(len(learned) / self.pace["batch"])
        total = each * self.pace["epochs"]
        optimizer = torch.optim.AdamW(self.trained, lr=self.pace["learning_rate"], weight_decay=0.0)
        rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, total))
        self._go_on(optimizer, rate)
        began, first = time.monotonic(), self.epoch
        while self.epoch < self.pace["epochs"] and not self._over():
            losses: list[float] = []
            for batch in self._batches(learned):
                losses.append(self._step(batch, optimizer, rate))
                step = self.epoch * each + len(losses)
                left = (total - step) * (time.monotonic() - began) / (step - first * each)
                held_now = self.best_held if math.isfinite(self.best_held) else None
                tell(step=step, of=total, loss=round(losses[-1], 4), held=held_now, seconds_left=round(left))
            self.epoch += 1
            self.loss = sum(losses) / len(losses)
            if not math.isfinite(self.loss):
                raise ValueError("the training came apart (its loss is no number): try shorter examples")
            self._judge(held)
            self._write_down(optimizer, rate)
        set_peft_model_state_dict(self.model, self.best)

    def _batches(self, learned: list[tuple[list[int], int]]) -> list[dict[str, torch.Tensor]]:
        order = list(range(len(learned)))
        random.Random(self.seed + self.epoch).shuffle(order)
        size = self.pace["batch"]
        return [
            batch_of([learned[i] for i in order[start : start + size]], self.pad, self.device)
            for start in range(0, len(order), size)
        ]

    def _step(self, batch: dict[str, torch.Tensor], optimizer: Any, rate: Any) -> float:
        self.model.train()
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.device == "cuda"):
            loss = self.model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        optimizer.step()
        rate.step()
        optimizer.zero_grad()
        return float(loss.detach())

    def _judge(self, held: list[tuple[list[int], int]]) -> None:
        """Keep the adapter if nothing held less loss before."""
        self.model.eval()
        size = self.pace["batch"]
        with torch.no_grad():
            losses = [
                float(self.model(**batch_of(held[start : start + size], self.pad, self.device)).loss)
                for start in range(0, len(held), size)
            ]
        loss = sum(losses) / len(losses)
        if loss < self.best_held:
            self.best, self.best_held, self.best_epoch = self._adapter(), loss, self.epoch

    def _adapter(self) -> dict[str, Any]:
        weights = get_peft_model_state_dict(self.model)
        return {name: value.detach().cpu().clone() for name, value in weights.items()}

    def _over(self) -> bool:
        """Nothing is to be won any more."""
        return self.epoch - self.best_epoch >= PATIENCE or self.loss < LEARNED

    def _go_on(self, optimizer: Any, rate: Any) -> None:
        if not self.checkpoint.exists():
            return
        was = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        set_peft_model_state_dict(self.model, was["adapter"])
        optimizer.load_state_dict(was["optimizer"])
        rate.load_state_dict(was["rate"])
        self.epoch, self.best_epoch, self.best = was["epoch"], was["best_epoch"], was["best"]
        self.loss, self.best_held = was["loss"], was["best_held"]
        tell(stage="going on", epoch=self.epoch)

    def _write_down(self, optimizer: Any, rate: Any) -> None:
        state = {
            "adapter": self._adapter(), "optimizer": optimizer.state_dict(), "rate": rate.state_dict(),
            "epoch": self.epoch, "best": self.best, "best_held": self.best_held,
            "best_epoch": self.best_epoch, "loss": self.loss,
        }  # fmt: skip
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)


def _rate(step: int, total: int) -> float:
    warm = max(int(total * WARM_UP), 1)
    if step < warm:
        return (step + 1) / warm
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(total - warm, 1)))


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def proofs(model: Any, tokenizer: Any, examples: list[dict[str, Any]], device: str) -> list[dict[str, Any]]:
    """What the trained model holds for likely at some places of the questions: tokens and log-probabilities.

    An adapter whose rows stand in the wrong order gives the same answers in 14 of 15 cases: only the numbers
    tell.
    """
    model.eval()
    found: list[dict[str, Any]] = []
    for example in examples[:PROOFS]:
        tokens, prompt = encoded(tokenizer, example)
        place = max(prompt - BEFORE_ANSWER - len(found) % 5, 1)
        logits = model(input_ids=torch.tensor([tokens[:place]], device=device)).logits[0, -1].float()
        values, ids = torch.log_softmax(logits, dim=-1).topk(TOP)
        found.append({"tokens": tokens[:place], "ids": ids.tolist(), "logprobs": values.tolist()})
    return found


if __name__ == "__main__":
    main()
