"""How text becomes the words of the full-text index, and what people type the words they look for. Pure.

Both databases index the same words, folded here: case and accents gone, runs of letters and digits, each ideograph by itself.
Neither database's own idea of a word takes part.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST_WORD: Final = 64
LONGEST_ASCII: Final = 200_000
LONGEST_OTHER: Final = 100_000
"""Characters of one field that are indexed. PostgreSQL refuses a vector of more than 1 MiB."""

_ASCII_WORDS: Final = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_NOT_IN_WORDS: Final = re.compile(r"[\W_]+")
_IDEOGRAPH: Final = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")
_FOLDED_BY_HAND: Final = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"})
"""Letters that Unicode does not take apart into a letter and an accent."""


def folded(text: str) -> str:
    """The words of a text, one blank between them."""
    spaced = text[:LONGEST_ASCII].translate(_ASCII_WORDS) if text.isascii() else _spaced(text)
    words = spaced.split()
    if words and len(max(words, key=len)) > LONGEST_WORD:
        words = [word[:LONGEST_WORD] for word in words]
    return " ".join(words)


def _spaced(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text[:LONGEST_OTHER].casefold())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    spaced = _NOT_IN_WORDS.sub(" ", bare.casefold().translate(_FOLDED_BY_HAND))
    return _IDEOGRAPH.sub(r" \1 ", spaced)[:LONGEST_OTHER]
