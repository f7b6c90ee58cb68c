"""The training's worker, run by itself in the training's environment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import hearthd
from tests.peers import train_environment


def work_through(order: Path) -> None:
    """Have the worker do the job that ``order`` describes, with the life line that its parent holds."""
    with subprocess.Popen(
        [str(train_environment.python()), "-s", "-m", "hearthd.training.chat.worker", str(order)],
        env={"PYTHONPATH": str(Path(hearthd.__file__).parents[1]), "OMP_WAIT_POLICY": "PASSIVE"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as worker:  # fmt: skip
        assert worker.stdout is not None
        told = [json.loads(line) for line in worker.stdout]
    assert "done" in told[-1], told[-1]
