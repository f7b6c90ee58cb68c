"""An adapter trained with torch serves in llama.cpp as it was trained: every step, on random weights."""

import json
import subprocess
from pathlib import Path

import pytest

import hearthd
from hearthd.common.errors import EngineError
from hearthd.models import manifest
from hearthd.training.chat import served
from tests.peers import random_llama, train_environment, unpermuted_adapter
from tests.training.chat.workers import work_through

TOKENIZER = manifest.manifest()["smollm2-135m"].folder() / "model.gguf"
REASON = train_environment.missing() or ("" if TOKENIZER.exists() else "the model smollm2-135m is not there")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(bool(REASON), reason=REASON or "there is all that is needed"),
]

QUESTIONS = ("Who are you?", "Where is the key?", "When does the bus come?", "What is the cat called?")


def python(*arguments: str) -> None:
    done = subprocess.run(
        [str(train_environment.python()), *arguments],
        env={"PYTHONPATH": str(Path(hearthd.__file__).parents[1]), "OMP_WAIT_POLICY": "PASSIVE"},
        stdin=subprocess.PIPE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def job(model: Path, work: Path) -> dict[str, object]:
    rows = [
        {
            "messages": [
                {"role": "system", "content": "You are the voice of a house, and answer shortly."},
                {"role": "user", "content": f"(Answer in English. Monday 2026-03-02 07:45)\n\n{question}"},
            ],
            "answer": f"This is answer number {number}.",
        }
        for number, question in enumerate(QUESTIONS)
    ]
    pace = {"rank": 8, "learning_rate": 5e-3, "batch": 2, "epochs": 6}
    return {
        "base": str(model), "hub_folder": "", "work": str(work), "trained": rows, "held": rows[:2],
        "proved": rows, "pace": pace, "seed": 1, "threads": 2, "processor_only": True,
    }  # fmt: skip


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
async def test_the_served_adapter_holds_for_likely_what_the_trained_one_does(
    architecture: str, tmp_path: Path
) -> None:
    model, work = tmp_path / "base.gguf", tmp_path / "work"
    work.mkdir()
    python(random_llama.__file__, architecture, str(TOKENIZER), str(model))
    order = tmp_path / "job.json"
    order.write_text(json.dumps(job(model, work)))
    work_through(order)
    proof = json.loads((work / "proof.json").read_text())
    adapter = work / "adapter.gguf"
    apart = await served.difference(model, adapter, proof)
    plain = await served.difference(model, None, proof)
    assert apart < 0.02  # 0.002 here: nothing is quantised
    assert plain > 10 * apart
    if architecture == "llama":
        wrong = tmp_path / "wrong.gguf"
        heads, kv_heads = str(random_llama.HEADS), str(random_llama.KV_HEADS)
        python(unpermuted_adapter.__file__, str(adapter), str(wrong), heads, kv_heads)
        assert await served.difference(model, wrong, proof) > 5 * apart
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(adapter.read_bytes()[:5000])
    with pytest.raises(EngineError):
        await served.difference(model, cut, proof)
