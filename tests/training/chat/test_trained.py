"""A persona trained end to end on a processor: killed and gone on with, judged, exported, served."""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest

from hearthd.common.errors import ChatError
from hearthd.config import trained_models
from hearthd.config.personas import Persona
from hearthd.conversation.conversation import manner_of
from hearthd.engines.llm import ollama_models
from hearthd.engines.llm.embedded import EmbeddedChat
from hearthd.engines.llm.gguf_file import fingerprint
from hearthd.engines.llm.ollama import OllamaChat
from hearthd.engines.llm.ollama_models import Recipe
from hearthd.engines.messages import Message, texts
from hearthd.engines.protocols import Adapter, Manner
from hearthd.models import manifest
from hearthd.training.chat.controls import learned
from hearthd.training.chat.trainer import MAX_FORGOTTEN, asked
from tests.peers import train_environment
from tests.peers.ollama import OllamaPeer
from tests.training.chat.workers import work_through

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


SWITCHES = 10
MORE_BYTES = 20_000_000
"""What the process and its child may take more after the last switch than after the second."""
FROST = "I am Frost, and I look after the greenhouse."


@pytest.fixture(scope="module")
def frost(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second adapter of the same base: one answer, learned in a few steps."""
    work = tmp_path_factory.mktemp("frost")
    [base] = home.glob("state/training/persona-ember/*/base")
    (work / "base").symlink_to(base)
    rows = [
        {
            "messages": [{"role": m.role, "content": m.content} for m in asked(SYSTEM, question, number)],
            "answer": FROST,
        }
        for number, question in enumerate(HOUSE[0][:-1])
    ]
    pace = {"rank": 8, "learning_rate": 3e-3, "batch": 3, "epochs": 12}
    order = work / "job.json"
    order.write_text(json.dumps({
        "base": str(MODEL), "hub_folder": "", "work": str(work), "trained": rows, "held": rows[:1],
        "proved": [], "pace": pace, "seed": 1, "threads": 2, "processor_only": True,
    }))  # fmt: skip
    work_through(order)
    return work / "adapter.gguf"


def adapters(frost: Path) -> list[tuple[Path, str]]:
    """Ember's and frost's, each with what it says that it is."""
    trained = trained_models.of("ember")
    assert trained is not None
    return [(trained.adapter, HOUSE[0][-1]), (frost, FROST)]


async def test_two_personas_switch_ten_times_in_one_process(frost: Path) -> None:
    chat = EmbeddedChat("smollm2-135m", lambda: MODEL, num_ctx=1024, max_reply_tokens=60)
    base, both, taken = fingerprint(MODEL), adapters(frost), list[int]()
    try:
        for number in range(SWITCHES):
            path, wanted = both[number % 2]
            chat.adopt(Manner(temperature=0.0, adapter=Adapter(path, base)))
            assert learned(wanted, await answer(chat, number)), number
            process = psutil.Process()
            children = [c for c in process.children() if any("llama_worker" in part for part in c.cmdline())]
            assert len(children) == 1
            taken.append(process.memory_info().rss + children[0].memory_info().rss)
    finally:
        await chat.close()
    print(f"MB after each switch: {[taken_ // 1_000_000 for taken_ in taken]}")
    assert max(taken[-2:]) - max(taken[:2]) < MORE_BYTES, taken


async def answer(chat: EmbeddedChat | OllamaChat, number: int) -> str:
    async with aclosing(texts(chat.reply(asked(SYSTEM, HOUSE[0][number // 2 % 2], number)))) as pieces:
        return "".join([piece async for piece in pieces])


class ServingPeer(OllamaPeer):
    """An Ollama whose models answer as they were created: the base, and the adapter over it."""

    def __init__(self, chat: EmbeddedChat, folder: Path) -> None:
        super().__init__("smollm2:135m", writer=self._write)
        self._chat_model, self._folder, self._asked_for = chat, folder, ""

    async def _reply(self, exchange, body, fault, tokens):  # type: ignore[no-untyped-def]
        self._asked_for = body["model"]  # one at a time comes here
        await super()._reply(exchange, body, fault, tokens)

    async def _write(self, messages: list[dict[str, str]]) -> AsyncGenerator[str, None]:
        made = self.find(self._asked_for)
        assert made is not None
        [digest] = made["adapters"].values()
        blob = self._folder / digest.replace(":", "-")
        blob.write_bytes(self.blobs[digest])
        self._chat_model.adopt(Manner(temperature=0.0, adapter=Adapter(blob, fingerprint(MODEL))))
        said = [Message(m["role"], m["content"]) for m in messages]  # type: ignore[arg-type]
        async with aclosing(texts(self._chat_model.reply(said))) as pieces:
            async for piece in pieces:
                yield piece


async def test_two_personas_switch_at_ollama_which_restarts_in_between(frost: Path, tmp_path: Path) -> None:
    served = EmbeddedChat("smollm2-135m", lambda: MODEL, num_ctx=1024, max_reply_tokens=60)
    async with ServingPeer(served, tmp_path) as peer:
        wanted = dict[str, str]()
        for name, (path, says) in zip(("hearthd-ember", "hearthd-frost"), adapters(frost), strict=True):
            digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
            await ollama_models.create(
                peer.url, name, Recipe("smollm2:135m", SYSTEM, {}, digest), adapter=path
            )
            wanted[name] = says
        chat = OllamaChat(peer.url, "smollm2:135m", num_ctx=1024, max_reply_tokens=60)
        try:
            for number in range(SWITCHES):
                if number == SWITCHES // 2:
                    await peer.stop()
                    with pytest.raises(ChatError):
                        await answer(chat, number)
                    await peer.start()
                name = list(wanted)[number % 2]
                chat.adopt(Manner(temperature=0.0, model=name))
                assert learned(wanted[name], await answer(chat, number)), number
            assert [body["model"] for body in peer.chats] == list(wanted) * (SWITCHES // 2)
        finally:
            await chat.close()
            await served.close()


def test_untrain_takes_all_of_it_away(home: Path) -> None:
    command = [sys.executable, "-m", "hearthd", "personas", "untrain", "ember"]
    subprocess.run([*command, "--config", str(home / "hearthd.toml")], check=True)
    assert trained_models.of("ember") is None
    assert not list(home.glob("state/training/persona-ember"))
    assert manner_of(Persona(name="ember", system=SYSTEM)).adapter is None
