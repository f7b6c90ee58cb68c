r"""A formula in LaTeX as plain signs, which ``text.normalize`` can read: ``\frac{1}{2}`` becomes 1/2."""

from __future__ import annotations

import re

from hearthd.text.abbreviation import words

_SIGNS = {
    "times": "×", "cdot": "×", "div": "÷", "pm": "±", "mp": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥",
    "ne": "≠", "neq": "≠", "approx": "≈", "equiv": "=", "infty": "∞", "degree": "°", "circ": "°", "to": "→",
    "rightarrow": "→", "Rightarrow": "→", "implies": "→", "percent": "%", "sum": "∑", "int": "∫",
    "partial": "∂", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "theta": "θ",
    "lambda": "λ",
    "mu": "μ", "pi": "π", "sigma": "σ", "phi": "φ", "omega": "ω", "Delta": "Δ", "Omega": "Ω", "Sigma": "∑",
    "ldots": "…", "cdots": "…", "dots": "…", "in": "∈", "quad": " ", "qquad": " ",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("0123456789-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_ROOT = re.compile(r"\\sqrt\s*(?:\[[^\]]*\])?\s*\{([^{}]*)\}")
_WRAPPED = re.compile(
    r"\\(?:text|mathrm|mathbf|mathit|operatorname|boxed|textbf|mbox|vec|hat|bar)\s*\{([^{}]*)\}"
)
_POWER = re.compile(r"\^\s*(?:\{\s*(-?[\dn]+)\s*\}|([\dn]))")
_DEGREES = re.compile(r"\^\s*(?:\{\s*)?\\circ(?:\s*\})?")
_COMMAND = re.compile(r"\\([A-Za-z]+)\s?")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}")
_LETTERS = re.compile(
    r"\\[A-Za-z]+\s*(?:(?<=text)\s*\{[^{}]*\}|(?<=mathrm)\s*\{[^{}]*\})?|[A-Za-z]{2,3}(?![A-Za-z])"
)
_WORDS = words("km cm mm nm kg mg ms Hz ml mol sin cos tan log ln max min lim mod gcd exp")
"""Letters side by side in a formula that are one word and not a product."""


def plain_formula(latex: str) -> str:
    """``latex`` (without its delimiters) in plain signs; what has no sign keeps its name."""
    text = _ENVIRONMENT.sub(" ", latex)
    text = _LETTERS.sub(lambda m: m[0] if m[0][0] == "\\" or m[0] in _WORDS else " ".join(m[0]), text)
    text = _DEGREES.sub("°", text)
    for _ in range(4):  # nesting deeper than this is not for the ear
        text = _WRAPPED.sub(r"\1", text)
        text = _FRACTION.sub(_fraction, text)
        text = _ROOT.sub(lambda m: f"√{_group(m[1])}", text)
    text = _POWER.sub(lambda m: (m[1] or m[2]).translate(_SUPERSCRIPTS), text)
    text = re.sub(r"\\[,;!: ]|\\(?:left|right|displaystyle|limits)(?![A-Za-z])|\\\\|&", " ", text)
    text = _COMMAND.sub(lambda m: _sign(m[1]), text)
    text = re.sub(r"[{}\\_]", " ", text)
    text = re.sub(r"(?<=[\w)²³])\s*-\s*", " ⁻ ", text)
    text = re.sub(r"(?<![\w)²³ ])-(?=[\w(√])|(?<=[^\w)²³] )-(?=[\w(√])", "⁻", text)
    text = re.sub(r"(?<=[\d²³])(?=[a-zα-ω])", " ", text)
    return re.sub(r"\s+", " ", text).strip()


def _sign(name: str) -> str:
    """What stands for the command ``name``."""
    sign = _SIGNS.get(name, f"{name} ")
    return f" {sign} " if sign in "×÷±≤≥≠≈→∈" else sign


def _fraction(found: re.Match[str]) -> str:
    """Numbers as 1/2, which is read as a fraction; anything else as a division."""
    over, under = _group(found[1]), _group(found[2])
    return f"{over}/{under}" if over.isdigit() and under.isdigit() else f"{over}÷{under}"


def _group(part: str) -> str:
    """``part`` in brackets if it is more than one number or name."""
    part = part.strip()
    return part if part.isalnum() else f"({part})"
