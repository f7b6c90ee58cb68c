"""ONNX graphs run small: one thread, no spinning, no memory kept in reserve.

The front end runs all day on one core's change. ONNX Runtime's defaults start a pool of threads that spin
while they wait, which costs more than the networks here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hearthd.common.errors import EngineError


def session(path: Path) -> Any:
    """An inference session of the graph at ``path``. Raises EngineError if it cannot be loaded."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no base class
        raise EngineError(
            f"{path} cannot be loaded ({_reason(error)}); pull it again with `hearthd models pull`"
        ) from error


def _reason(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
