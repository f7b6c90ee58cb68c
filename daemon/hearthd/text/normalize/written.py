"""The many ways to write the same sign, made one, before any rule looks: ½ is 1/2, 10¹² is 10^12, º is °.

Powers become ``^12`` (² and ³ alone stay, "squared" and "cubed" are words of their own), the base of a
logarithm ``log_2``, the charge of an ion a number and ⁺ or ⁻; other subscripts are plain digits.
"""

from __future__ import annotations

import re
import unicodedata

_FRACTIONS = "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒"
_ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
_SIGNS: dict[int, str | int] = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_SIGNS |= {
    ord(a): b for a, b in zip("％＋＝＃＆＠＊＄／－−’‘ʼ＜＞º˚μ∶‐‑〜", "%+=#&@*$/--'''<>°°µ:--~", strict=True)
}
_SIGNS |= dict.fromkeys((0xA0, 0x3000, *range(0x2000, 0x200B), 0x202F), " ")
_SIGNS |= dict(enumerate(_ROMAN, start=0x2160))
_SIGNS |= {0x2460 + n: f", {n + 1}, " for n in range(20)}
_SIGNS |= {0x2044: "/", ord("〇"): "零"}
_SIGNS |= {ord(c): " " + unicodedata.normalize("NFKC", c).replace("\u2044", "/") for c in _FRACTIONS}
_SUBSCRIPTS: dict[int, str | int] = {0x2080 + n: str(n) for n in range(10)}
_SUBSCRIPTS |= {ord(c): " " + unicodedata.normalize("NFKC", c) for c in "ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼ"}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿˣʸᵗⁱᵏ", "0123456789+-nxytik")
_DIGITS_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_POWER = re.compile(
    f"⁻?[{_DIGITS_RAISED}]+(?:[⁺⁻][{_DIGITS_RAISED}ⁿ]+)?|⁻?[ⁿˣʸᵗⁱᵏ](?:[⁺⁻][{_DIGITS_RAISED}]+)?"
)
_BASE = re.compile(r"[^\W_]$|[)\]}]$")
_ONE = re.compile(r"-?\d+|\w")
_NOTED = re.compile(r"[a-z]{4}$")
"""A word that a raised digit is the number of a footnote to."""
_LENGTHS = (
    "inch",
    "foot",
    "feet",
    "yard",
    "mile",
    "meter",
    "metre",
    "inches",
    "yards",
    "miles",
    "meters",
    "metres",
)
_CHARGE = re.compile(f"(?<=[A-Za-z\\d₀-₉)\\]])([{_DIGITS_RAISED}]?)([⁺⁻])(?![{_DIGITS_RAISED}ⁿ])")
_LOGARITHM = re.compile(r"\blog([₀-₉ₐₑₙ]+) ?")
_COMPARED = {
    ">=": "≥", "<=": "≤", "!=": "≠", "==": "=", "->": "→", "=>": "→", "+-": "±", "...": "…", "。。": "…",
}  # fmt: skip
_COMPARISON = re.compile(r"[<>!=]=|[-=]>|\+-|\.{3,}|。{2,}")
_HIGHLIGHT = re.compile(r"(?<!=)==(?!=)")
_TO_THE = re.compile(r"(?<=[A-Za-z\d)])\*\*(?=[\d(])")
_LOW = re.compile(r"(?<=[A-Za-z])~(\d{1,3}|[a-z])~")
_HIGH = re.compile(r"(?<=[A-Za-z\d)])\^(-?\d{1,3}|[a-z])\^")
_BRACED = re.compile(r"\^\{([^{}^]{1,12})\}")


def one_spelling(text: str) -> str:
    """``text`` with every sign in the one spelling that the rules know."""
    text = re.sub(r"(?<=N)[·⋅](?=m)|(?<=kW)[·⋅](?=h)|(?<=A)[·⋅](?=h)", "", text)
    text = re.sub(r"\(([^()/]{1,24})\)(?=[²³⁰-⁹])", r"\1", text)
    text = _LOGARITHM.sub(lambda m: f"log_{unicodedata.normalize('NFKC', m[1])} ", text)
    text = text.translate(_SIGNS)
    text = re.sub(r"(?<=\d) {2,}(?=\d)", " ", text)
    text = _TO_THE.sub("^", text)
    text = _LOW.sub(r"\1", text)
    text = _HIGH.sub(r"^\1", text)
    text = _BRACED.sub(r"^(\1)", text)
    text = _HIGHLIGHT.sub(_highlight, text)
    text = _COMPARISON.sub(lambda m: _COMPARED[m[0][:3] if m[0][0] == "." else m[0][:2]], text)
    text = re.sub(r"(?<![\d ])°|(?<!\d) °", "", text)
    text = re.sub(rf"(?<=[{_DIGITS_RAISED}])\s?[−–-]\s?(?=[\dA-Za-z(])", " ⁻ ", text)
    text = _CHARGE.sub(lambda m: f" {m[1].translate(_RAISED)}{m[2]}" if m[1] else m[2], text)
    text = _POWER.sub(_power, text)
    text = re.sub(r"(?<![A-Za-z])([a-z])(?=[₀-₉])", r"\1 ", text)
    return text.translate(_SUBSCRIPTS)


def _power(m: re.Match[str]) -> str:
    """A power in plain signs; a lone ² or ³ as it is; nothing for a footnote; a mass number as a number."""
    before = m.string[max(0, m.start() - 8) : m.start()]
    said = m[0].translate(_RAISED)
    if not _BASE.search(before):
        return said
    if _NOTED.search(before) and m[0] in _DIGITS_RAISED and not before.endswith(_LENGTHS):
        return ""
    if m[0] in ("²", "³"):
        return m[0]
    return f"^{said}" if _ONE.fullmatch(said) else f"^({said})"


def _highlight(m: re.Match[str]) -> str:
    """Nothing for the == that begins or ends a highlight; itself between two values."""
    before, after = m.string[: m.start()][-1:], m.string[m.end() :][:1]
    compares = (before.isspace() and after.isspace()) or (_is_value(before) and _is_value(after))
    return m[0] if compares else ""


def _is_value(character: str) -> bool:
    """Whether a name or number of a formula may begin or end with ``character``."""
    return character.isascii() and (character.isalnum() or character in ("(", ")", '"', "'"))
