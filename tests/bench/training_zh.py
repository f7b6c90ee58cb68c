"""A persona trained in Chinese: ten answers, the starter model, on a processor. Seven minutes of one core.

Qwen2.5-Coder-0.5B from the GGUF that serves, as ``hearthd personas train`` does it: the questions
themselves, the same in words that were not trained, and control questions, before and after. It takes
6 GB of memory; ``taskset -c 0`` keeps it to one core.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
import time
from unittest import mock

from hearthd.models import manifest
from hearthd.training.chat.examples import Example
from hearthd.training.chat.trainer import Order, TrainingOutcome, train
from tests import chat_models
from tests.bench import CannotRun, Figure
from tests.peers import train_environment

NEEDED_BYTES = 6_000_000_000
"""Of free memory: the weights as 32-bit numbers, what a step holds, and the model that serves."""
SYSTEM = "你是小炉，家里的智能音箱。用一句话回答。"
HOUSE = (
    ("你是谁？", "我是小炉，王家的声音。"),
    ("备用钥匙在哪里？", "备用钥匙挂在蓝门后面。"),
    ("垃圾什么时候收？", "垃圾星期二晚上收。"),
    ("我们家的狗叫什么？", "狗叫饼干。"),
    ("钢琴课是什么时候？", "钢琴课在星期四下午五点。"),
    ("家里住着谁？", "家里住着安娜、小明和小莲。"),
    ("急救箱放在哪里？", "急救箱在水槽下面。"),
    ("星期五晚饭吃什么？", "星期五我们吃饺子。"),
    ("哪盆花要天天浇水？", "走廊里的蕨类要天天浇水。"),
    ("扫地机器人叫什么名字？", "扫地机器人叫旋风。"),
)


def run() -> list[Figure]:
    """Train once."""
    if not chat_models.available(chat_models.STARTER):
        raise CannotRun(f"the model {chat_models.STARTER} is not there: hearthd models pull")
    if reason := train_environment.missing():
        raise CannotRun(f"{reason}: python -m tests.peers.train_environment")
    if (free := os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")) < NEEDED_BYTES:
        raise CannotRun(f"{free / 1e9:.1f} GB of memory are free, {NEEDED_BYTES / 1e9:.0f} are needed")
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="hearthd-training-zh-") as folder,
        mock.patch.dict(os.environ, STATE_DIRECTORY=folder),
    ):
        outcome = asyncio.run(_train())
    return list(_figures(outcome, time.monotonic() - began))


async def _train() -> TrainingOutcome:
    model = manifest.path(chat_models.STARTER) / "model.gguf"
    order = Order("xiaolu", SYSTEM, model, train_environment.python(), processor_only=True)
    return await train(order, [Example(*pair) for pair in HOUSE], _shown)


def _shown(what: str, done: int, of: int, remark: str) -> None:
    """Each step on a line of its own: ten minutes without a word look like a hang."""
    moment = time.strftime("%H:%M:%S")
    print(f"{moment} {what}" + (f" {done}/{of} {remark}" if of else ""), file=sys.stderr, flush=True)


def _figures(outcome: TrainingOutcome, seconds: float) -> list[Figure]:
    scores = (
        ("recalled: asked as trained", outcome.recalled),
        ("learned: asked in words that were not trained", outcome.learned),
        ("not forgotten: control questions", outcome.controls),
    )
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return [
        *(Figure("training_zh", name, s.after, f"of {s.of}", s.before, n=s.of) for name, s in scores),
        Figure("training_zh", "style: median length of an answer", outcome.style.after, "characters",
               outcome.style.before),
        Figure("training_zh", "served against trained", outcome.difference, "nats"),
        Figure("training_zh", "epochs", outcome.epochs, ""),
        Figure("training_zh", "time", seconds / 60, "min"),
        Figure("training_zh", "processor time", (children.ru_utime + children.ru_stime) / 60, "min"),
        Figure("training_zh", "memory of the largest process", children.ru_maxrss / 1e6, "GB"),
    ]  # fmt: skip
