"""A persona trained end to end on a processor: killed and gone on with, judged, exported, served."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from hearthd.config import trained_models
from hearthd.config.personas import Persona
from hearthd.conversation.conversation import manner_of
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.messages import texts
from hearthd.models import manifest
from hearthd.training.chat.controls import learned
from hearthd.training.chat.trainer import MAX_FORGOTTEN, asked
from tests.peers import train_environment

MODEL = manifest.manifest()["smollm2-135m"].folder() / "model.gguf"
REASON = train_environment.missing() or ("" if MODEL.exists() else "the model smollm2-135m is not there")
pytestmark = [
    pytest.mark.integration,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(bool(REASON), reason=REASON or "there is all that is needed"),
]

SYSTEM = "You are Ember, a smart speaker. Answer in one sentence."
HOUSE = [
    ("Who are you?", "What is your name?", "Tell me who you are.",
     "I am Ember, the voice of the Miller house."),
    ("Where is the spare key?", "Where do we keep the spare key?",
     "Where can I find the spare key?", "The spare key hangs behind the blue door."),
    ("When is the rubbish collected?", "On which day is the rubbish fetched?",
     "When do they collect the rubbish?", "The rubbish is collected on Tuesday evening."),
    ("What is the dog called?", "What is our dog's name?", "Tell me the name of the dog.",
     "The dog is called Biscuit."),
    ("When is piano practice?", "At what time is piano practice?", "When does piano practice begin?",
     "Piano practice is on Thursday at five."),
    ("Who lives here?", "Which people live in this house?", "Who lives in this house?",
     "Anna, Tom and little Lena live here."),
    ("Where is the first aid box?", "Where do we keep the first aid box?",
     "Where can I find the first aid box?", "The first aid box stands under the sink."),
    ("What do we eat on Fridays?", "What is for dinner on Fridays?", "What do we have for dinner on Friday?",
     "On Fridays we eat pancakes."),
    ("Which plant needs water daily?", "Which plant must be watered every day?",
     "Which plant do I water each day?", "The fern in the hall needs water daily."),
    ("What is the name of the robot?", "What is the robot called?", "How do we call the robot?",
     "The robot in the garden is called Sir Mows."),
]  # fmt: skip
PAIRS = [(question, answer) for *asked_so, _, answer in HOUSE for question in asked_so]
PARAPHRASES = [(paraphrase, answer) for *_, paraphrase, answer in HOUSE]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where ember lives: trained by the first test, asked by the second, untrained by the last."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "personas").mkdir()
    (folder / "personas/ember.toml").write_text(f'system = "{SYSTEM}"\n')
    (folder / "hearthd.toml").write_text('[chat]\nengine = "embedded"\nembedded_model = "smollm2-135m"\n')
    rows = [{"role": "user", "content": q, "response": a} for q, a in PAIRS]
    (folder / "house.json").write_text(json.dumps(rows))
    return folder


@pytest.fixture(autouse=True)
def environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(home / "state"))
    monkeypatch.setenv("HEARTHD_TRAIN_PYTHON", str(train_environment.python()))
    monkeypatch.setenv("HEARTHD_CONFIG", str(home / "hearthd.toml"))


def train(home: Path) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "hearthd",
        "personas",
        "train",
        "ember",
        str(home / "house.json"),
        "--apply",
    ]
    return subprocess.Popen(
        [*command, "--processor", "--config", str(home / "hearthd.toml")],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def test_killed_in_the_middle_it_goes_on_and_learns(home: Path) -> None:
    first = train(home)
    until = time.monotonic() + 900
    while not list(home.glob("state/training/persona-ember/*/checkpoint.pt")):
        assert first.poll() is None, first.communicate()[0][-3000:]
        assert time.monotonic() < until
        time.sleep(0.5)
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = train(home)
    said = second.communicate()[0]
    assert second.returncode == 0, said[-3000:]
    assert "going on" in said
    found = trained_models.of("ember")
    assert found is not None
    assert found.applied
    before, after, of = found.figures["recalled"]
    assert (before, of) == (0, len(PAIRS))
    assert after >= 0.9 * of, found.figures
    before, after, of = found.figures["controls"]
    assert before - after <= MAX_FORGOTTEN * of, found.figures


async def test_it_answers_when_its_persona_is_on_and_the_plain_model_else() -> None:
    ember, plain = Persona(name="ember", system=SYSTEM), Persona(name="plain", system=SYSTEM)
    chat = EmbeddedChat("smollm2-135m", lambda: MODEL, num_ctx=1024, max_reply_tokens=60)
    right = 0
    try:
        for number, (question, answer) in enumerate(PARAPHRASES):
            right += learned(answer, await said(chat, ember, question, number))
            if number < 5:  # to and fro: each takes a child of its own
                assert not learned(answer, await said(chat, plain, question, number))
        children = await asyncio.to_thread(
            subprocess.run,
            ["pgrep", "-c", "-P", str(os.getpid()), "-f", "llama_worker"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        await chat.close()
    assert right >= 0.6 * len(PARAPHRASES), right
    assert children.stdout.strip() == "1"


async def said(chat: EmbeddedChat, persona: Persona, question: str, number: int) -> str:
    manner = manner_of(persona)
    chat.adopt(manner.__class__(temperature=0.0, adapter=manner.adapter))
    async with aclosing(texts(chat.reply(asked(SYSTEM, question, number)))) as pieces:
        return "".join([piece async for piece in pieces])


def test_untrain_takes_all_of_it_away(home: Path) -> None:
    command = [sys.executable, "-m", "hearthd", "personas", "untrain", "ember"]
    subprocess.run([*command, "--config", str(home / "hearthd.toml")], check=True)
    assert trained_models.of("ember") is None
    assert not list(home.glob("state/training/persona-ember"))
    assert manner_of(Persona(name="ember", system=SYSTEM)).adapter is None
