"""Sentence patterns, made one automaton that finds the best reading of an utterance.

All patterns of a language are one automaton, and an utterance goes through it once, word by word, along all
patterns at the same time. Of several readings the one wins that leaves the fewest words to free text and
understands the most by parsers (Viterbi). Patterns match whole utterances: more than a command is none.

hassil, which does the same with a recursion over each pattern, took 5 to 10 ms for a tenth of these patterns,
its numbers are lists, and its free text takes as much as it can.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hearthd.actions import pattern as syntax
from hearthd.actions.pattern import Choice, Fill, Item, NamedPart, PatternError, Slot, Words
from hearthd.text.understand.tokens import Token

MAX_DEPTH = 12
"""So deep may parts contain parts; deeper is a part that contains itself."""
MAX_LOOKUPS = 50_000
"""Times that a part is looked up (the shipped English patterns: 1,200): one that holds another twice, which
holds a third twice ... has no end otherwise."""
FREE_WORD = -1.0
"""A word that only free text took. Everything else is better."""
PARSED_WORD = 0.1
"""A word that a parser understood: 一个半小时 is ninety minutes, not one (一个) half hour."""
EXACT_WORD = 0.11
"""One of a slot that takes less than another: "ten more minutes" are more, not another ten."""
POLITE_WORD = -0.01
ANY_ORDER = -0.3
"""What is said in an order that no pattern foresees is the weaker reading."""

Values = tuple[str, object, "Values"] | None
"""What was filled in, the last first: slot, value, what came before."""
Step = tuple[Values, float, "Node"]
"""What a way fills in and costs, and where it leads."""
SlotParser = Callable[[int], Iterable[tuple[int, object]]]
"""From the index of a token: the readings, as end and value."""


Alike = Sequence[tuple[str, float]]
"""The words that one may have been, itself among them, and what each costs."""
MISHEARD = "misheard"


@dataclass(slots=True, eq=False)
class Node:
    """A place in the automaton."""

    words: dict[str, list[Node]] = field(default_factory=dict)
    parts: list[tuple[str, Node]] = field(default_factory=list)
    slots: list[tuple[str, Node]] = field(default_factory=list)
    empty: list[tuple[tuple[str, object] | None, float, Node]] = field(default_factory=list)
    """Ways on that take no word: what they fill in, what they cost."""
    hub: bool = False
    """So much begins here that others only say that they lead here."""
    command: str = ""
    """The command that is complete here, at a hub."""
    next_by_word: dict[str, list[Step]] = field(default_factory=dict)
    """Where each word leads, after all ways that take none."""
    next_by_part: dict[str, list[Step]] = field(default_factory=dict)
    next_by_slot: dict[str, list[Step]] = field(default_factory=dict)
    hubs: list[Step] = field(default_factory=list)


@dataclass(slots=True)
class Trie:
    """The phrases of a part, word by word."""

    words: dict[str, Trie] = field(default_factory=dict)
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to understand an utterance."""

    command: str
    values: tuple[tuple[str, object], ...]
    """The slots in the order in which they were said."""
    score: float


@dataclass(frozen=True, slots=True)
class AnyOrder:
    """A command in whatever order it is said: each of ``must`` once, any of ``may``, nothing else."""

    must: tuple[str, ...]
    may: tuple[str, ...]


class Grammar:
    """The automaton of one language."""

    def __init__(
        self,
        commands: Mapping[str, Sequence[str]],
        parts: Mapping[str, str],
        *,
        any_order: Mapping[str, Sequence[AnyOrder]] | None = None,
        before: Sequence[str] = (),
        after: Sequence[str] = (),
        slots: Iterable[str] = (),
        free: Iterable[str] = (),
        exact: Iterable[str] = (),
        marks: Iterable[str] = (),
    ) -> None:
        """``before`` and ``after``: what may surround any sentence, repeatedly.

        ``slots``: those that there are; ``free``: those of them that take any words, ``exact``: less than
        another; ``marks``: what a pattern may fill by itself. Raises PatternError.
        """
        self._slots, self._marks = frozenset(slots), frozenset(marks)
        self._worth = dict.fromkeys(slots, PARSED_WORD)
        self._worth |= dict.fromkeys(free, FREE_WORD) | dict.fromkeys(exact, EXACT_WORD)
        self._parts = {name: syntax.read(written) for name, written in parts.items()}
        self._lookups = 0
        self._tries: dict[str, Trie | None] = {}
        self._words: set[str] = set()
        self._start = Node(hub=True)
        for pattern in before:
            self._surround(pattern, self._start)
        any_order = any_order or {}
        for command in {**commands, **any_order}:
            end = Node(hub=True, command=command)
            for pattern in commands.get(command, ()):
                self._add(pattern, self._start).empty.append((None, 0.0, end))
            for loose in any_order.get(command, ()):
                self._add_any_order(loose, end)
            for pattern in after:
                self._surround(pattern, end)
        self._close()

    # --- making it -------------------------------------------------------------------------------

    def _surround(self, pattern: str, place: Node) -> None:
        """Let ``pattern`` stand at ``place``, as often as it is said."""
        self._add(pattern, place).empty.append((None, POLITE_WORD, place))

    def _add_any_order(self, loose: AnyOrder, end: Node) -> None:
        """A place for each set of what was said already (the bits of its number)."""
        places = [Node(hub=True) for _ in range(2 ** len(loose.must))]
        self._start.empty.append((None, ANY_ORDER, places[0]))
        places[-1].empty.append((None, 0.0, end))
        for number, place in enumerate(places):
            for pattern in loose.may:
                self._add(pattern, place).empty.append((None, POLITE_WORD, place))
            for bit, pattern in enumerate(loose.must):
                if not number & 1 << bit:
                    self._add(pattern, place).empty.append((None, 0.0, places[number | 1 << bit]))

    def _add(self, pattern: str, start: Node) -> Node:
        """The end of a way along ``pattern``."""
        first, tree = Node(), syntax.read(pattern)
        start.empty.append((None, 0.0, first))
        end = self._item(pattern, tree, first, 0)
        if syntax.may_be_missing(tree, self._part(pattern)):
            raise PatternError(f'"{pattern}": may be missing as a whole')
        return end

    def _part(self, pattern: str) -> Callable[[str], Choice]:
        def part(name: str) -> Choice:
            self._lookups += 1
            if self._lookups > MAX_LOOKUPS:
                raise PatternError(f'"{pattern}": too many parts in parts')
            if name not in self._parts:
                raise PatternError(f'"{pattern}": there is no part <{name}>')
            return self._parts[name]

        return part

    def _item(self, pattern: str, item: Item, node: Node, depth: int) -> Node:
        after = Node()
        match item:
            case Words(words):
                return _say(words, node, after)
            case Slot(name):
                if name not in self._slots:
                    known = ", ".join(sorted(self._slots))
                    raise PatternError(f'"{pattern}": there is no slot {{{name}}} (there are: {known})')
                node.slots.append((name, after))
            case Fill(name, value):
                if name not in self._marks:
                    known = ", ".join(sorted(self._marks))
                    raise PatternError(f'"{pattern}": {{{name}=...}} cannot be filled (but: {known})')
                node.empty.append(((name, value), 0.0, after))
            case NamedPart(name):
                tree = self._part(pattern)(name)
                if depth >= MAX_DEPTH:
                    raise PatternError(f'"{pattern}": the part <{name}> contains itself')
                if self._trie(name) is None:  # slots are in it
                    return self._item(pattern, tree, node, depth + 1)
                node.parts.append((name, after))
            case Choice(choices):
                for choice in choices:
                    if len(choice) == 1 and isinstance(choice[0], Words):
                        _say(choice[0].words, node, after)
                        continue
                    last = Node() if choice else node
                    if choice:
                        node.empty.append((None, 0.0, last))
                    for inner in choice:
                        last = self._item(pattern, inner, last, depth)
                    last.empty.append((None, 0.0, after))
        return after

    def _trie(self, name: str) -> Trie | None:
        """All that the part ``name`` may be; None if slots are among it."""
        if name not in self._tries:
            found = syntax.phrases(self._parts[name], self._part(f"<{name}>"))
            if found is not None and () in found:
                raise PatternError(
                    f"the part <{name}> may be missing as a whole: write [<{name}>] where it may"
                )
            self._tries[name] = None if found is None else _trie(found)
        return self._tries[name]

    def _close(self) -> None:
        """Find for every place what can follow it, so that only words, parts and slots are left."""
        waiting, known = [self._start], {id(self._start)}
        while waiting:
            node = waiting.pop()
            for values, cost, place in _reach(node):
                self._words |= place.words.keys()
                if place.hub and place is not node:
                    node.hubs.append((values, cost, place))
                    continue
                for word, nodes in place.words.items():
                    node.next_by_word.setdefault(word, []).extend((values, cost, one) for one in nodes)
                for part, one in place.parts:
                    node.next_by_part.setdefault(part, []).append((values, cost, one))
                for slot, one in place.slots:
                    node.next_by_slot.setdefault(slot, []).append((values, cost, one))
            steps = [node.hubs]
            for ways in (node.next_by_word, node.next_by_part, node.next_by_slot):
                steps += ways.values()
            for _, _, one in itertools.chain.from_iterable(steps):
                if id(one) not in known:
                    known.add(id(one))
                    waiting.append(one)

    # --- using it --------------------------------------------------------------------------------

    def vocabulary(self) -> set[str]:
        """Every word of the patterns."""
        found: set[str] = set()
        tries = [trie for trie in self._tries.values() if trie is not None]
        while tries:
            trie = tries.pop()
            found |= trie.words.keys()
            tries += trie.words.values()
        return found | self._words

    def read(
        self,
        tokens: Sequence[Token],
        parsers: Mapping[str, SlotParser],
        meant: Sequence[Alike] | None = None,
    ) -> list[Reading]:
        """Every command that the tokens are, whole, the likeliest first.

        ``meant``: for each token the words that it may have been, if not only itself; what was paid for them
        is told in ``values`` as ``MISHEARD``.
        """
        words = [token.text for token in tokens]
        places: list[dict[int, tuple[float, Values, Node]]] = [{} for _ in range(len(words) + 1)]
        places[0][id(self._start)] = (0.0, None, self._start)
        parsed: dict[tuple[str, int], list[tuple[int, object]]] = {}
        said: dict[tuple[str, int], list[tuple[int, float]]] = {}
        meant = meant or [((word, 0.0),) for word in words]
        for at in range(len(words)):
            _to_hubs(places[at])
            for score, values, node in list(places[at].values()):
                for word, price in meant[at]:
                    for filled, cost, following in node.next_by_word.get(word, ()):
                        taken = _paid(_both(values, filled), price)
                        _offer(places[at + 1], following, score + cost - price, taken)
                for part, steps in node.next_by_part.items():
                    if (part, at) not in said:
                        said[part, at] = list(_ends(self._tries[part], meant, at))
                    for end, price in said[part, at]:
                        for filled, cost, following in steps:
                            taken = _paid(_both(values, filled), price)
                            _offer(places[end], following, score + cost - price, taken)
                for slot, steps in node.next_by_slot.items():
                    if (slot, at) not in parsed:
                        parsed[slot, at] = list(parsers[slot](at))
                    for end, value in parsed[slot, at]:
                        for filled, cost, following in steps:
                            total = score + cost + self._worth[slot] * (end - at)
                            _offer(places[end], following, total, (slot, value, _both(values, filled)))
        _to_hubs(places[-1])
        readings = [
            Reading(node.command, _listed(values), score)
            for score, values, node in places[-1].values()
            if node.command
        ]
        return sorted(readings, key=lambda reading: -reading.score)


def _say(words: Sequence[str], node: Node, after: Node) -> Node:
    for word in words[:-1]:
        following = Node()
        node.words.setdefault(word, []).append(following)
        node = following
    node.words.setdefault(words[-1], []).append(after)
    return after


def _trie(phrases: Iterable[tuple[str, ...]]) -> Trie:
    root = Trie()
    for phrase in phrases:
        place = root
        for word in phrase:
            place = place.words.setdefault(word, Trie())
        place.ends = True
    return root


def _ends(
    trie: Trie | None, meant: Sequence[Alike], at: int, paid: float = 0.0
) -> Iterable[tuple[int, float]]:
    """Where the phrases end that stand at ``at``, and what they cost."""
    if trie is None:
        return
    if trie.ends:
        yield at, paid
    if at < len(meant):
        for word, price in meant[at]:
            yield from _ends(trie.words.get(word), meant, at + 1, paid + price)


def _paid(values: Values, price: float) -> Values:
    return (MISHEARD, price, values) if price else values


def _to_hubs(places: dict[int, tuple[float, Values, Node]]) -> None:
    """Go on to every hub that can be reached without a word."""
    waiting = list(places.values())
    for score, values, node in waiting:
        for filled, cost, hub in node.hubs:
            before = places.get(id(hub))
            _offer(places, hub, score + cost, _both(values, filled))
            if places[id(hub)] is not before:
                waiting.append(places[id(hub)])


def _reach(node: Node) -> list[tuple[Values, float, Node]]:
    """Every place from which a word, a part or a slot can follow, and every hub, without a word."""
    found: list[tuple[Values, float, Node]] = []
    waiting: list[tuple[Values, float, Node]] = [(None, 0.0, node)]
    seen: set[tuple[int, Values]] = set()
    while waiting:
        values, cost, place = waiting.pop()
        if (id(place), values) in seen:
            continue
        seen.add((id(place), values))
        if place.words or place.parts or place.slots or place.hub:
            found.append((values, cost, place))
        if place.hub and place is not node:
            continue
        for filled, price, following in reversed(place.empty):
            waiting.append(((*filled, values) if filled else values, cost + price, following))
    return found


def _both(first: Values, second: Values) -> Values:
    """``second`` after ``first``."""
    if second is None:
        return first
    name, value, before = second
    return (name, value, _both(first, before))


def _listed(values: Values) -> tuple[tuple[str, object], ...]:
    found = []
    while values is not None:
        name, value, values = values
        found.append((name, value))
    return tuple(reversed(found))


def _offer(places: dict[int, tuple[float, Values, Node]], node: Node, score: float, values: Values) -> None:
    known = places.get(id(node))
    if known is None or score > known[0]:
        places[id(node)] = (score, values, node)
