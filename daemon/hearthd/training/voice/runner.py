"""Runs the steps of a training, one script after the other, and believes none of them.

A step that is done is passed over. One that ends without having made everything is an error that says
how much it made, what is missing first, and where its own words are.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from hearthd.training.voice.steps import Step, TrainingPlan
from hearthd.voices.profiles import VoiceError

LOOK_SECONDS = 1.0
"""The scripts tell nothing while they run: what they made is counted so often, for the bar alone."""
END_SECONDS = 10.0
_EPOCH = re.compile(rb"Epoch:? (\d+)")
_LOG_TAIL = 65_536

Progress = Callable[[str, int, int], None]
"""Told the step's name, how much of it is done, and of how much."""


def run(plan: TrainingPlan, progress: Progress) -> tuple[Path, Path]:
    """Do what is not done yet. Returns the GPT and the SoVITS weights. Raises VoiceError."""
    plan.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    stamps = _Stamps(plan.folder / "steps.json")
    place = plan.folder / "run"
    plan.upstream.link(place)
    for step in plan.steps():
        total = step.epochs or len(step.wanted)
        if stamps.get(step) != step.stamp:
            step.clear()
            stamps.put(step, step.stamp)
        elif step.wanted <= step.made():
            progress(step.name, total, total)
            continue
        step.before()
        log = plan.folder / f"{Path(step.script).stem}.log"
        status = _run(plan, step, place, log, lambda done, s=step, t=total: progress(s.name, done, t))  # type: ignore[misc]
        step.after()
        made = step.made() & step.wanted
        missing = sorted(step.wanted - made)
        if missing:
            if not made:  # what it left behind may be why it makes nothing: the next run begins anew
                stamps.put(step, "")
            raise VoiceError(_told(plan, step, log, status=status, made=len(made), missing=missing))
        progress(step.name, total, total)
    gpt, sovits = plan.gpt_weights(), plan.sovits_weights()
    assert gpt is not None
    assert sovits is not None
    for path in (gpt, sovits):
        path.chmod(0o644)  # the voice server may run as somebody else
    return gpt, sovits


def _told(plan: TrainingPlan, step: Step, log: Path, *, status: int, made: int, missing: list[str]) -> str:
    names = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    ended = "said that all went well" if status == 0 else f"ended with {status}"
    mend = ""
    if made:
        mend = f" If it can't be mended, delete the lines of these pieces from {plan.list_path}."
    return (
        f"{step.name}: {step.script} {ended}, but made {made} of {len(step.wanted)}; missing: {names}."
        f" Its own words: {log}.{mend} The same command goes on from here."
    )


def _run(plan: TrainingPlan, step: Step, place: Path, log: Path, progress: Callable[[int], None]) -> int:
    """Run one script to its end; whatever ends us ends it and all that it started."""
    progress(0)
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                [plan.upstream.python, "-s", step.script, *step.arguments],
                cwd=place, env=plan.upstream.environment(step.environment), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise VoiceError(f"{plan.upstream.python} does not run: {error}") from None
        try:
            while True:
                try:
                    return process.wait(LOOK_SECONDS)
                except subprocess.TimeoutExpired:
                    progress(_epoch(log, step.epochs) if step.epochs else len(step.made() & step.wanted))
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the script's whole process group: its data loaders live on otherwise."""
    for way in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, way)
        except ProcessLookupError:
            return
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _epoch(log: Path, epochs: int) -> int:
    """The last epoch that a training has told of."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_TAIL))
        told = _EPOCH.findall(file.read())
    return min(int(told[-1][:9]), epochs) if told else 0


class _Stamps:
    """What each step's results were made from."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            known = None
        self._known: dict[str, str] = known if isinstance(known, dict) else {}

    def get(self, step: Step) -> str:
        return str(self._known.get(step.name, ""))

    def put(self, step: Step, stamp: str) -> None:
        self._known[step.name] = stamp
        try:
            self._path.write_text(json.dumps(self._known), encoding="utf-8")
        except OSError as error:
            raise VoiceError(f"{self._path}: {error.strerror or error}") from None
