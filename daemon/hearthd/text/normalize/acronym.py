"""Capitals: NASA is a word, FBI is three letters, and STOP is only loud.

Letters are written apart ("F B I"), words with one capital ("Nasa"), because that is what every voice
reads right: in capitals some spell and some do not.
"""

from __future__ import annotations

import re

from hearthd.text.abbreviation import words

_WORDS = words(
    "NASA NATO UNESCO UNICEF OPEC FIFA UEFA AIDS COVID NASDAQ RAM ROM SIM PIN JPEG GIF LAN WAN SWAT BIOS "
    "DOS CAD SARS MERS OSHA FEMA DARPA NAFTA ASEAN APEC IKEA LEGO SONY ASCII YAML JSON TOML REST CRUD "
    "CAPTCHA SCUBA LASER RADAR SONAR ASUS NVIDIA INTERPOL BRICS CERN YOLO FOMO GAN LIDAR MIDI RAID SATA "
    "UNIX LINUX CUDA MOOC ZIP WAV HEIF HIPAA TED TESOL CHINA OLED SOHO NIMBY HAL COBOL BASIC LATEX DOTA "
    "ICANN IELTS TOEFL IMAX"
)
_LETTERS = words(
    "AI API EU UN UK US USA UAE IT IP ID IQ EQ AC IO OS UI UX IOU ATM CEO CIO CFO FAQ GPA EV DIY ETA EUR "
    "AUD USD SUV URL USB GPU CPU NBA NFL AFC UFO ICU IVF IRS ISO IEEE IBM AMD AWS BBC ABC CIA FBI VIP AM "
    "PM AD BC BCE CE PE ER EMS SOS LED LCD OLAP DNA RNA HIV IMF WHO WTO NGO GDP CPI IPO ROI KPI SEO EDU "
    "GUI CLI SSD IDE IMAX-3D AAA AA ESG ETF OCR UPS USSR IM PA ASAP FYI IMO AKA BBQ UTC EST UAV AR VR MOU "
    "OEM"
)
_COMMON = words(
    "A I AM AN AND ANY ARE AS ASK AT BAD BE BIG BUT BUY BY CAN COME DAY DID DO DONE EAT END FOR FREE FROM "
    "GET GO GOOD HAS HAVE HE HELP HER HERE HIM HIS HOT HOW IF IN IS IT JUST KEEP LET LIKE LOVE MAKE ME "
    "MORE MUST MY NEED NEVER NEW NEXT NICE NO NOT NOW OF OFF OLD ON ONE ONLY OPEN OR OUR OUT OVER PLAY "
    "PUT READ REAL RED RUN SALE SAVE SAY SEE SET SHE SO SOME STAY STOP SURE TAKE THE THEM THEN THEY THIS "
    "TIME TO TOO TOP TRUE TWO UP US USE VERY WAIT WAS WAY WE WHAT WHEN WHO WHY WILL WITH WORK YES YET YOU "
    "YOUR ALL ALSO WIN WOW LOL BACK BEST EASY EVEN FALSE FULL HIGH LOW MAIN MIX MANY MENU MODE NONE NOTE "
    "PASS PUSH PULL SAFE SAME SEND SHUT SLOW FAST TEST TEXT THAT TIP TURN WARN LIVE"
)
_LOUD_ONLY_TOGETHER = words(
    "US IT WHO AM IN OR AS AT BE BY DO GO HE IF IS ME MY NO OF ON SO TO UP WE AN A I ONE ALL"
)
_SAID = {"OK": "okay", "VS": "versus", "TV": "T V", "PHD": "P H D", "SQL": "S Q L", "JPEG": "jay peg"}
_TOKEN = re.compile(
    r"(?<![A-Za-z0-9'’_])(?:[A-Z]{2,12}(?:s(?![a-z]))?|PhD|IoT|[A-Z]\.(?:[A-Z]\.)+|Ph\.D\.)(?![A-Za-z])"
)
_CAPITALS = re.compile(r"[A-Z]{2,}")
_VOWELS = frozenset("AEIOUY")


def read_acronyms(text: str) -> str:
    """``text`` with every word in capitals written as it is read."""
    return _TOKEN.sub(_read, text)


def letters(text: str) -> str:
    """``text`` letter by letter, in capitals."""
    return " ".join(c.upper() for c in text if c.isalnum())


def is_spelled(word: str) -> bool:
    """Whether ``word``, in capitals, is a known acronym that is said letter by letter."""
    return word in _LETTERS


def _read(found: re.Match[str]) -> str:
    """One word in capitals."""
    token = found[0]
    if "." in token:
        return letters(token) + _full_stop(found)
    plural = "'s" if token.endswith("s") else ""
    word = token.removesuffix("s").upper()
    if word in _SAID:
        return _SAID[word] + plural
    if word in _WORDS:
        return token.capitalize()
    loud = word in _COMMON and (word not in _LOUD_ONLY_TOGETHER or _loud_beside(found))
    if not plural and (loud or (word not in _LETTERS and len(word) > 4 and _pronounceable(word))):
        return token.lower()
    return letters(word) + plural


def _full_stop(found: re.Match[str]) -> str:
    """A full stop after U.S. if the sentence ends there."""
    return "." if not found.string[found.end() :].strip() else ""


def _loud_beside(found: re.Match[str]) -> bool:
    """Whether a neighbour is shouted, too: a word in capitals that is no acronym."""
    before = found.string[: found.start()].split()[-1:]
    after = found.string[found.end() :].split()[:1]
    neighbours = [word.strip(".,!?;:\"'()") for word in before + after]
    return any(_CAPITALS.fullmatch(word) and word not in _LETTERS | _WORDS for word in neighbours)


def _pronounceable(word: str) -> bool:
    """Whether an unknown word in capitals looks like a word: vowels, and no long runs of either kind."""
    return bool(_VOWELS & set(word)) and not re.search(r"[^AEIOUY]{4}|[AEIOU]{4}", word)
