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
_MARKS: Final = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_IDEOGRAPH: Final = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])")
_WHOLE: Final = {"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe"}
"""Letters that Unicode does not take apart into a letter and an accent."""
_ANY_WHOLE: Final = re.compile(f"[{''.join(_WHOLE)}]")


def folded(text: str) -> str:
    """The words of a text, one blank between them."""
    words = _spaced(text).split()
    if words and len(max(words, key=len)) > LONGEST_WORD:
        words = [word[:LONGEST_WORD] for word in words]
    return " ".join(words)


def _spaced(text: str) -> str:
    if text.isascii():
        return text[:LONGEST_ASCII].translate(_ASCII_WORDS)
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text[:LONGEST_OTHER].casefold())).casefold()
    bare = _ANY_WHOLE.sub(lambda found: _WHOLE[found.group()], bare)
    return _IDEOGRAPH.sub(r" \1 ", _NOT_IN_WORDS.sub(" ", bare))[:LONGEST_OTHER]
