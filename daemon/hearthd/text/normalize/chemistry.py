"""Chemical formulas: which letters and digits are one, and its parts."""

from __future__ import annotations

import re

from hearthd.text.abbreviation import words

_ELEMENTS = words(
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr "
    "Y Zr Nb Mo Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Nd Gd W Os Ir Pt Au Hg Tl Pb Bi Po Rn Ra Th U Pu"
)
_PART = re.compile(r"[A-Z][a-z]?|\d+")


def parts(text: str) -> list[str]:
    """The symbols and numbers of a formula like C6H12O6; nothing if it is none."""
    found = _PART.findall(text)
    return found if all(part.isdigit() or part in _ELEMENTS for part in found) else []
