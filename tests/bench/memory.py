"""What a turn costs the memory with 100,000 turns stored, beside 100; and how long a search takes.

A turn: read back the recent ones, build the context, write the new one four times. The two stores take
turns in being measured, so that what else the machine does meets both.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from hearthd.conversation.context import Context
from hearthd.dialogue.events import Ended
from hearthd.dialogue.turn_record import Exchange, TurnRecord
from hearthd.history import schema
from hearthd.history.browser import History
from hearthd.history.store import Store, new_turn_id
from tests.bench import Figure

FEW, MANY = 100, 100_000
REPEATS = 60
RECENT = 40
WORDS = (
    *("the", "light", "in", "kitchen", "please", "turn", "on", "off", "weather", "tomorrow", "play", "some"),
    *("jazz", "music", "louder", "timer", "for", "ten", "minutes", "what", "is", "time", "how", "far"),
    *("moon", "tell", "me", "story", "about", "dragon", "who", "wrote", "this", "book"),
)
CHARACTERS = "今天天气怎么样请打开客厅的灯播放音乐明早七点叫我起床讲个故事谁写了这本书多少钱一斤苹果"
QUERIES = ("dragon", "jazz music", "xylophone", "天气怎么", "天气", "灯", "琴瑟", "at")


def sentence(chance: random.Random) -> str:
    """Eight to twenty words, or as many Chinese characters."""
    if chance.random() < 0.5:
        return " ".join(chance.choices(WORDS, k=chance.randint(8, 20)))
    return "".join(chance.choices(CHARACTERS, k=chance.randint(10, 40)))


def record(chance: random.Random, at: float, conversation: str) -> TurnRecord:
    """A finished turn."""
    reply = f"{sentence(chance)}. {sentence(chance)}"
    return TurnRecord(
        *(new_turn_id(), conversation, at),
        heard=sentence(chance),
        language="en",
        reply=reply,
        spoken=reply,
        ended=Ended.COMPLETED,
    )


def fill(path: Path, turns: int) -> None:
    """A history of that many turns, ten a conversation."""
    chance = random.Random(turns)
    connection = schema.connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    names = ", ".join(schema.COLUMNS)
    marks = ", ".join(f":{name}" for name in schema.COLUMNS)
    connection.executemany(
        f"INSERT OR IGNORE INTO turns ({names}) VALUES ({marks})",
        (schema.row_of(record(chance, 1e9 + n * 60, f"c{n // 10}")) for n in range(turns)),
    )
    connection.execute("COMMIT")
    connection.close()


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def build(store: Store) -> None:
    context = Context("Be brief.", num_ctx=4096, reply_tokens=300)
    context.restore(Exchange(t.heard, t.spoken) for t in store.recent_turns(RECENT))
    context.messages("What is the time?", "en", "It is noon.")


def write(store: Store, turn: TurnRecord) -> None:
    done = [step(turn) for step in (store.begin, store.heard, store.answered, store.ended)]
    done[-1].result()


def run() -> list[Figure]:
    """Measure both stores in turns, then the searches in the big one."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few.db", Path(folder) / "many.db"
        fill(few, FEW)
        fill(many, MANY)
        stores: list[Store] = []
        opening = [seconds(lambda p=path: stores.append(Store(p))) for path in (few, many)]
        building: list[list[float]] = [[], []]
        writing: list[list[float]] = [[], []]
        for n in range(REPEATS):
            for i, store in enumerate(stores):
                building[i].append(seconds(lambda s=store: build(s)))
                turn = record(chance, 2e9 + n, "new")
                writing[i].append(seconds(lambda s=store, t=turn: write(s, t)))
        for store in stores:
            store.close()
        searching: list[float] = []
        with History(many) as history:
            for query in QUERIES * 5:
                searching.append(seconds(lambda q=query: history.search(q, 20)))
    figures = [Figure("memory", "open", opening[1] * 1e3, "ms", opening[0] * 1e3, opening[1] / opening[0])]
    for name, (small, big) in (("build the context", building), ("write a turn", writing)):
        a, b = statistics.median(small) * 1e3, statistics.median(big) * 1e3
        figures.append(Figure("memory", name, b, "ms", a, b / a, REPEATS))
    figures.append(
        Figure("memory", "search, median", statistics.median(searching) * 1e3, "ms", n=len(searching))
    )
    figures.append(Figure("memory", "search, slowest", max(searching) * 1e3, "ms", n=len(searching)))
    return figures
