"""How alike words sound, across languages: spelling becomes rough phones, and those are laid side by side.

A recogniser writes a name that it does not know as words that it does: "Minecraft", "my crop" and
"might cross" of "Mycroft", 黑炸威斯 and "Jeremy's" of "Jarvis". The letters differ, the sounds hardly do. So
English spelling is read by a few rules (they know no exceptions, but the phrase and what was written are
read by the same), Chinese characters by their pinyin (pypinyin), and both end in one alphabet of 30 phones.
The distance is Sellers' edit distance with weights: a vowel for a vowel is cheap, so is a voiced consonant
for its voiceless one, or an r that only one accent speaks; another place of articulation is dear.
"""

from __future__ import annotations

import functools
import re
import unicodedata

_HAN = re.compile(r"[㐀-鿿]")
_WORD = re.compile(r"[a-z']+|[㐀-鿿]")

_ENGLISH = [
    (r"[’']", ""), (r"^kn|^gn", "n"), (r"^wr", "r"), (r"^x", "z"), (r"^ps", "s"),
    (r"tch", "C"), (r"sch", "sk"), (r"ch", "C"), (r"sh|ti(?=on|a)|ci(?=a|ou)", "S"), (r"th", "T"),
    (r"ph", "f"), (r"gh(?=t|$)", ""), (r"wh", "w"), (r"dge?(?=$|[aeiou])|dg", "J"), (r"ck|cq", "k"),
    (r"qu", "kw"), (r"q", "k"), (r"x", "ks"), (r"sc(?=[eiy])|ss|c(?=[eiy])", "s"), (r"c", "k"),
    (r"(?<![^aeiou])g(?=[ey])|^g(?=[ei])(?!et|iv|ir|if)", "J"), (r"j", "J"), (r"ng(?![aeiou])", "N"),
    (r"eigh|ay|ai|ey$|ei", "E"), (r"igh", "Y"), (r"ea|ee|ie", "i"), (r"oo|ou", "u"), (r"ow|oa", "o"),
    (r"au|aw", "o"), (r"^y(?=[aeiou])", "j"),
    (r"(?<=[bcdfghjklmnpqrstvwxzCSTJ])y(?=[bcdfghklmnprstvwxzCSTJ]|$)", "Y"),
    (r"(?<=[a-zA-Z]{2})e$", ""), (r"i(?=[bcdfghklmnprstvwxz]$)", "i"), (r"(.)\1+", r"\1"),
]  # fmt: skip
_SYLLABLE = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(.*)")
_INITIALS = {
    "zh": "J", "ch": "C", "sh": "S", "j": "J", "q": "C", "x": "S", "z": "z", "c": "s", "r": "r", "y": "j",
}  # fmt: skip
_VOWELS = frozenset("aeiouYE")
_CLOSE = {
    frozenset(pair): cost
    for cost, pairs in (
        (0.25, "pb td kg fv sz SZ CJ zJ sC nN SJ iY eE iE jJ"),
        (0.4, "SC sS zS Ts Tt Tf Td zZ Js JZ vw bv lr rw mn"),
        (0.6, "tC dJ kt pt gd hf pk nl hk fs"),
    )
    for pair in pairs.split()
}
_VOWEL, _OTHER = 0.25, 1.0
_FAINT = {**dict.fromkeys("aeiouYE", 0.35), "h": 0.35, "r": 0.5, "j": 0.35, "w": 0.5, "N": 0.6, "n": 0.7}
"""What it costs that a phone is missing, or one too many; any other 1."""


@functools.lru_cache(maxsize=4096)
def phones(text: str) -> str:
    """``text`` in rough phones, one letter each; words run together, what is no word is left out."""
    return "".join(_of_word(word) for word in _WORD.findall(_plain(text)))


def likeness(phrase: str, text: str) -> float:
    """How much of ``phrase`` (any language) sounds in the likest part of ``text``: 0 none, 1 all of it."""
    wanted, there = phones(phrase), phones(text)
    if not wanted or not there:
        return 0.0
    row = [0.0] * (len(there) + 1)
    for number, one in enumerate(wanted):
        before, row[0] = row[0], sum(_faint(each) for each in wanted[: number + 1])
        for column, other in enumerate(there, 1):
            before, row[column] = (
                row[column],
                min(
                    row[column] + _faint(one),
                    row[column - 1] + _faint(other),
                    before + _exchanged(one, other),
                ),
            )
    return max(0.0, 1.0 - min(row) / sum(_faint(one) for one in wanted))


def _exchanged(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if one in _VOWELS and other in _VOWELS:
        return min(_VOWEL, _CLOSE.get(frozenset((one, other)), _VOWEL))
    return _CLOSE.get(frozenset((one, other)), _OTHER)


def _faint(phone: str) -> float:
    return _FAINT.get(phone, 1.0)


def _of_word(word: str) -> str:
    if _HAN.match(word):
        return _of_syllable(_pinyin(word))
    for pattern, sound in _ENGLISH:
        word = re.sub(pattern, sound, word)
    return word.replace("'", "")


def _of_syllable(syllable: str) -> str:
    """Of one pinyin syllable: 威 "wei" → "wE", 斯 "si" → "s" (its i is no vowel)."""
    found = _SYLLABLE.fullmatch(syllable)
    if found is None:
        return ""
    initial, final = found[1] or "", found[2]
    if final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        final = ""
    for pattern, sound in (
        (r"er$", "er"), (r"ng$", "N"), (r"v|ue?$", "u"), (r"ei$|uei$", "E"), (r"ai", "Y"), (r"ao|ou", "o"),
        (r"i(?=[aeou])", "j"), (r"u(?=[aeioYE])", "w"),
    ):  # fmt: skip
        final = re.sub(pattern, sound, final)
    return _INITIALS.get(initial, initial) + final


@functools.lru_cache(maxsize=4096)
def _pinyin(character: str) -> str:
    from pypinyin import lazy_pinyin

    syllable: str = lazy_pinyin(character)[0]
    return syllable if syllable.isascii() else ""


def _plain(text: str) -> str:
    return "".join(
        one for one in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(one)
    )
