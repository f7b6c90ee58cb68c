"""A persona's training from its examples to an adapter that serves, with proof of what it learned and forgot.

The order: the base answers what it will be judged by (held-out questions, controls) and what is replayed; a
process in the training's own environment trains (``worker``); its adapter is compared with what was
trained by the log-probabilities of the model that serves; the same questions are answered again. All that is
done stays done: the same command goes on where it was interrupted.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import hearthd
from hearthd.common.errors import EngineError
from hearthd.common.paths import state_dir
from hearthd.conversation.context import Context
from hearthd.engines.llm.gguf_file import fingerprint
from hearthd.engines.messages import Message
from hearthd.engines.worker import WorkerProcess
from hearthd.training.chat import served
from hearthd.training.chat.controls import CONTROLS, Score, Style, known, learned, score
from hearthd.training.chat.examples import Example
from hearthd.training.chat.plan import (
    SEED,
    TrainingPace,
    asked_controls,
    is_chinese,
    languages_of,
    pace,
    replayed,
    split,
)

MAX_FORGOTTEN = 0.1
"""Of the controls: what forgot more is kept, but not applied."""
MAX_DIFFERENCE = 0.25
"""Nats between the trained adapter and the served one. SmolLM2-135M: 0.09 as exported (llama.cpp's
arithmetic is quantised), 0.52 with the rows of queries and keys in the wrong order, 1.9 without it."""
MAX_LINE = 65_536
MOMENTS = (
    "Monday 2026-03-02 07:45", "Tuesday 2026-06-16 12:10", "Thursday 2026-09-24 18:30",
    "Saturday 2026-12-05 21:05",
)  # fmt: skip
"""What the speaker puts before each question is the moment: the examples are trained with several."""

Progress = Callable[[str, int, int, str], None]
"""Told what is done, how much of it, of how much (0: unknown), and a remark for the bar."""


class TrainingError(EngineError):
    """A training cannot be done; the message says why and what mends it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be trained."""

    persona: str
    system: str
    """The persona's prompt: the answers are learned behind it, as the speaker sends it."""
    model: Path
    """The GGUF file that serves."""
    python: Path
    """Of the training's own environment."""
    hub_folder: str = ""
    """The model as its maker publishes it, where its GGUF cannot be trained from."""
    processor_only: bool = False


@dataclass(frozen=True, slots=True)
class TrainingOutcome:
    """What came of a training."""

    adapter: Path
    base_file: str
    """The fingerprint of the model that it was trained on."""
    examples: int
    learned: Score
    """Held-out ways of asking, answered as wanted."""
    recalled: Score
    """The trained questions themselves."""
    controls: Score
    style: Style
    difference: float
    """Nats between what was trained and what serves."""
    epochs: int
    made: bool
    """The held-out questions are rewordings of ours."""

    @property
    def forgot_too_much(self) -> bool:
        """Whether it should not be applied."""
        return self.controls.lost > MAX_FORGOTTEN

    def figures(self) -> dict[str, Any]:
        """What is written down of it."""
        scores = {"learned": self.learned, "recalled": self.recalled, "controls": self.controls}
        found: dict[str, Any] = {name: [s.before, s.after, s.of] for name, s in scores.items()}
        return {
            **found,
            "difference": round(self.difference, 4),
            "epochs": self.epochs,
            "style": asdict(self.style),
        }


def folder_of(persona: str) -> Path:
    """Where a training works; deleted by ``untrain``."""
    return state_dir() / "training" / f"persona-{persona}"


async def train(order: Order, examples: Sequence[Example], progress: Progress) -> TrainingOutcome:
    """Train. Raises TrainingError, EngineError."""
    model, system = order.model, order.system
    base_file = await asyncio.to_thread(fingerprint, model)
    size = (await asyncio.to_thread(model.stat)).st_size
    languages = languages_of(examples)
    parts = split(examples)
    parameters = max(size / 0.6, 1.0)  # four to five bits a parameter, and the vocabulary
    speed = pace(len(parts.trained), parameters)
    work = _work_folder(order, examples, base_file, speed)
    controls = asked_controls(CONTROLS, languages)
    questions = _Questions(
        learned=[asked(system, e.question, number) for number, e in enumerate(parts.held)],
        recalled=[asked(system, e.question, number) for number, e in enumerate(parts.trained)],
        controls=[asked(system, c.question, number) for number, c in enumerate(controls)],
        replayed=[
            asked(system, q, number) for number, q in enumerate(replayed(len(parts.trained), languages))
        ],
    )
    before = await _base_answers(model, questions, work, progress)
    replay = [
        {"messages": _plain(messages), "answer": whole}
        for messages, answer in zip(questions.replayed, before["replayed"], strict=True)
        if (whole := whole_sentences(answer))
    ]
    trained = [
        {"messages": _plain(m), "answer": e.answer}
        for m, e in zip(questions.recalled, parts.trained, strict=True)
    ]
    held = [
        {"messages": _plain(m), "answer": e.answer}
        for m, e in zip(questions.learned, parts.held, strict=True)
    ]
    job = {
        "base": str(model), "hub_folder": order.hub_folder, "work": str(work), "trained": trained + replay,
        "held": held, "proved": held + trained, "pace": asdict(speed), "seed": SEED,
        "threads": len(os.sched_getaffinity(0)), "processor_only": order.processor_only,
    }  # fmt: skip
    told = await asyncio.to_thread(_run, order.python, work, job, progress)
    adapter = work / "adapter.gguf"
    proof = json.loads((work / "proof.json").read_text(encoding="utf-8"))
    difference = await served.difference(model, adapter, proof)
    if difference > MAX_DIFFERENCE:
        raise TrainingError(
            f"the exported adapter does not serve what was trained ({difference:.2f} nats apart): this is a"
            " fault of the export for this architecture, and nothing was applied"
        )
    after = await _answers(model, adapter, questions.judged(), progress, "answering with what was learned")
    return TrainingOutcome(
        adapter=adapter,
        base_file=base_file,
        examples=len(examples),
        learned=_judged(parts.held, before["learned"], after["learned"]),
        recalled=_judged(parts.trained, before["recalled"], after["recalled"]),
        controls=score(
            [known(c, a) for c, a in zip(controls, before["controls"], strict=True)],
            [known(c, a) for c, a in zip(controls, after["controls"], strict=True)],
        ),
        style=Style(_length(before["controls"]), _length(after["controls"])),
        difference=difference,
        epochs=int(told.get("epochs", 0)),
        made=parts.made,
    )


@dataclass(frozen=True, slots=True)
class _Questions:
    """Everything that is asked, as it is sent."""

    learned: list[list[Message]]
    recalled: list[list[Message]]
    controls: list[list[Message]]
    replayed: list[list[Message]]

    def judged(self) -> dict[str, list[list[Message]]]:
        """What is asked before and after."""
        return {"learned": self.learned, "recalled": self.recalled, "controls": self.controls}


def asked(system: str, question: str, number: int) -> list[Message]:
    """``question`` as the speaker sends it at one moment or another."""
    language = "zh" if is_chinese(question) else "en"
    context = Context(system, num_ctx=served.NUM_CTX, reply_tokens=served.ANSWER_TOKENS)
    return context.messages(question, language, MOMENTS[number % len(MOMENTS)])


def whole_sentences(answer: str) -> str:
    """``answer`` up to its last end of a sentence: one that was cut would teach the model to break off."""
    found = re.search(r"(?s).*[.!?。！？]", answer)
    return found[0] if found else ""


def _plain(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": message.role, "content": message.content} for message in messages]


def _judged(examples: Sequence[Example], before: Sequence[str], after: Sequence[str]) -> Score:
    def right(answers: Sequence[str]) -> list[bool]:
        return [learned(e.answer, a) for e, a in zip(examples, answers, strict=True)]

    return score(right(before), right(after))


def _length(answers: Sequence[str]) -> float:
    return float(median([len(answer) for answer in answers] or [0]))


def _work_folder(order: Order, examples: Sequence[Example], base_file: str, speed: TrainingPace) -> Path:
    """Where this training works. One of other examples begins anew, but keeps the base's weights."""
    root = folder_of(order.persona)
    rows = [[e.question, e.answer] for e in examples]
    stamp = hashlib.sha256(json.dumps([order.system, rows, base_file, asdict(speed)]).encode()).hexdigest()[
        :16
    ]
    work = root / stamp
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in root.iterdir():
            if other.name == stamp:
                continue
            if (
                (other / "base-file").exists()
                and (other / "base-file").read_text() == base_file
                and not work.exists()
            ):
                other.rename(work)
                for name in ("checkpoint.pt", "before.json", "adapter.gguf", "proof.json"):
                    (work / name).unlink(missing_ok=True)
            else:
                shutil.rmtree(other, ignore_errors=True)
        work.mkdir(exist_ok=True)
        (work / "base-file").write_text(base_file)
    except OSError as error:
        raise TrainingError(f"{error.filename}: {error.strerror or error}") from None
    return work


async def _base_answers(
    model: Path, questions: _Questions, work: Path, progress: Progress
) -> dict[str, list[str]]:
    """What the base answers, from an earlier start if there was one."""
    path = work / "before.json"
    every = {**questions.judged(), "replayed": questions.replayed}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if {name: len(found[name]) for name in every} == {name: len(list_) for name, list_ in every.items()}:
            return {name: [str(answer) for answer in found[name]] for name in every}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    found = await _answers(model, None, every, progress, "asking the model as it is")
    path.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    return found


async def _answers(
    model: Path, adapter: Path | None, groups: dict[str, list[list[Message]]], progress: Progress, what: str
) -> dict[str, list[str]]:
    every = [messages for group in groups.values() for messages in group]
    said = await served.answers(model, adapter, every, lambda done, of: progress(what, done, of, ""))
    found, start = {}, 0
    for name, group in groups.items():
        found[name] = said[start : start + len(group)]
        start += len(group)
    return found


def _run(python: Path, work: Path, job: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Have the worker do the job. Returns what it told at its end. Raises TrainingError. Blocks."""
    path = work / "job.json"
    path.write_text(json.dumps(job, ensure_ascii=False), encoding="utf-8")
    log = work / "worker.log"
    package = str(Path(hearthd.__file__).parent.parent)
    last = ""
    with log.open("wb") as errors:
        try:
            worker = WorkerProcess(
                [str(python), "-s", "-m", "hearthd.training.chat.worker", str(path)],
                environment={"PYTHONPATH": package, "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"},
                reads=True,
                errors_to=errors,
            )
        except OSError as error:
            raise TrainingError(f"{python} does not run: {error.strerror or error}") from None
        try:
            while line := worker.output.readline(MAX_LINE):
                told = _told(line)
                if "done" in told:
                    return dict(told["done"])
                if "failed" in told:
                    raise TrainingError(f"the training failed: {told['failed']} (more: {log})")
                if "step" in told:
                    progress("training", int(told["step"]), int(told["of"]), _remark(told))
                elif "stage" in told:
                    progress(str(told["stage"]), 0, 0, "")
                last = line[:200].decode(errors="replace").strip() or last
        finally:
            worker.end()
    raise TrainingError(
        f"the training's process ended in the middle (out of memory, or killed); its last words:"
        f" {last or 'none'} (more: {log}). The same command goes on from its last epoch."
    )


def _told(line: bytes) -> dict[str, Any]:
    """A line of the worker's; what is none of its own says nothing."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _remark(told: dict[str, Any]) -> str:
    seconds = int(told.get("seconds_left") or 0)
    left = f"{seconds // 60} min {seconds % 60:02d} s left" if seconds >= 60 else f"{seconds} s left"
    return f"loss {float(told.get('loss') or 0):.3f}, {left}"
