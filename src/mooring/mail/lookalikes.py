"""Names and addresses that mix alphabets, so that one letter passes for another (UTS #39, mixed-script detection)."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_WORD: Final = re.compile(r"\w+")
_SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")
"""Alphabets whose letters look alike. Others, as in Japanese, are rightly written side by side."""
_LONGEST: Final = 1_000


def mixes_alphabets(text: str) -> bool:
    """Whether a single word of a name, or a label of an address, is written in letters of two alphabets that look alike."""
    return any(len(_scripts_of(word)) > 1 for word in _WORD.findall(_unpacked(text[:_LONGEST])))


def _scripts_of(word: str) -> set[str]:
    names = (unicodedata.name(letter, "") for letter in word if letter.isalpha())
    return {script for name in names for script in _SCRIPTS if name.startswith(script)}


def _unpacked(text: str) -> str:
    """Host names as people read them: labels in Punycode (RFC 3492) as their letters."""
    return ".".join(_label(label) for label in text.split(".")) if "xn--" in text.lower() else text


def _label(label: str) -> str:
    before, mark, packed = label.lower().rpartition("xn--")
    if not mark or not packed.isascii():
        return label
    try:
        return before + packed.encode("ascii").decode("punycode")
    except UnicodeError:
        return label
