"""Text as it is compared: what people would call the same."""

from __future__ import annotations

import unicodedata


def words_only(text: str) -> str:
    """Lower case, without punctuation, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(" " if unicodedata.category(c)[0] in "PSZC" else c for c in folded)
    return " ".join(kept.split())
