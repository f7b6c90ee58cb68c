"""Text -> the phonemes that Kokoro was trained on, for Chinese, English and the two in one sentence.

Chinese words come from jieba, their sounds from misaki (pinyin -> IPA with tone marks); English words
from hibari's G2P, which writes the same alphabet. So a mixed sentence is one string of phonemes and one
voice speaks it whole. misaki's own mixed mode drops the English or leaves its letters as they are.

The dictionaries cost about 1 s and 60 MB for Chinese, 0.5 s and 130 MB for English, so each is loaded
when the first text wants it.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hearthd.engines.tts.embedded.spelled_letters import SpellingG2P

_RUN = re.compile(r"(?P<zh>[㐀-鿿]+)|(?P<en>[A-Za-z0-9][A-Za-z0-9'’.%&+@/ -]*)|(?P<other>.)", re.DOTALL)
_PUNCTUATION = {
    **dict.fromkeys("，、,", ","),
    **dict.fromkeys("。．.", "."),
    **dict.fromkeys("！!", "!"),
    **dict.fromkeys("？?", "?"),
    **dict.fromkeys("：:", ":"),
    **dict.fromkeys("；;", ";"),
    **dict.fromkeys("《「【『“", " “"),
    **dict.fromkeys("》」】』”", "” "),
    "（": " (", "(": " (", "）": ") ", ")": ") ",
    "—": "—", "…": "…",
}  # fmt: skip


def to_phonemes(text: str, *, british: bool = False) -> str:
    """The phonemes of ``text``; "" where nothing in it can be said. ``british``: for its English words."""
    parts = []
    for found in _RUN.finditer(text):
        if found["zh"]:
            parts.append(_chinese()(found["zh"]))
        elif found["en"]:
            parts.append(f" {english(british)(found['en'].strip())} ")
        else:
            parts.append(_PUNCTUATION.get(found["other"], " "))
    joined = re.sub(r"\s+", " ", "".join(parts)).strip()
    return re.sub(r" ([,.!?:;”)…])", r"\1", re.sub(r"([,.!?:;…])(?=[^\s,.!?:;…”)])", r"\1 ", joined))


@functools.cache
def english(british: bool = False) -> SpellingG2P:
    """The English G2P, loaded once."""
    from hibari.g2p import G2P

    return SpellingG2P(G2P(british=british))


@contextmanager
def _private_cache() -> Iterator[str]:
    """A folder that nobody else writes to: the user's cache, or where there is none one for this moment."""
    kept = Path(os.environ.get("CACHE_DIRECTORY") or Path.home() / ".cache" / "hearthd") / "jieba"
    try:
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        usable = os.access(kept, os.W_OK)
    except OSError:
        usable = False
    if usable:
        yield str(kept)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            yield scratch


@functools.cache
def _chinese() -> Any:
    with warnings.catch_warnings():  # jieba's source has invalid escapes, which Python 3.12 reports aloud
        warnings.simplefilter("ignore")
        import jieba  # type: ignore[import-untyped]
        from misaki.zh import ZHG2P

    jieba.setLogLevel(logging.CRITICAL)
    with (
        _private_cache() as folder
    ):  # its own choice is a fixed name in /tmp, which anybody could have put there
        jieba.dt.tmp_dir = folder
        jieba.initialize()
    return lambda text: " ".join(ZHG2P.word2ipa(word) for word in jieba.lcut(text)).replace(chr(815), "")
