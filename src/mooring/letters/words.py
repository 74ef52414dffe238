"""How text becomes the words of the full-text index, and what people type the words they look for. Pure.

Both databases index the same words, folded here: case and accents gone, runs of letters and digits, each ideograph by itself.
Neither database's own idea of a word takes part.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from functools import lru_cache
from typing import AnyStr, Final

LONGEST_WORD: Final = 64
LONGEST_ASCII: Final = 200_000
LONGEST_OTHER: Final = 100_000
"""Characters of one field that are indexed. PostgreSQL refuses a vector of more than 1 MiB."""

_ASCII_WORDS: Final = bytes(ord(chr(code).lower()) if code < 128 and chr(code).isalnum() else 32 for code in range(256))
_OTHERS: Final = re.compile("[^\\x00-\\x7f]+")
_FEW_OTHERS: Final = 8
"""Where fewer than one character in so many is not ASCII, those alone are folded the long way."""
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
    try:
        return _joined(_in_ascii(text).translate(_ASCII_WORDS).split(), b" ").decode("ascii")
    except UnicodeEncodeError:
        return _joined(_spaced(text[:LONGEST_OTHER]).split(), " ")


def _joined(words: list[AnyStr], blank: AnyStr) -> AnyStr:
    if words and len(max(words, key=len)) > LONGEST_WORD:
        words = [word[:LONGEST_WORD] for word in words]
    return blank.join(words)


def _in_ascii(text: str) -> bytes:
    """The text with all that is not ASCII folded. Raises UnicodeEncodeError when that leaves something else than ASCII."""
    if text.isascii():
        return text[:LONGEST_ASCII].encode("ascii")
    return text[:LONGEST_OTHER].encode("ascii", _FOLDING)[:LONGEST_OTHER]


def _spaced(text: str) -> str:
    runs = _OTHERS.findall(text)
    if sum(map(len, runs)) * _FEW_OTHERS > len(text):
        return _spaced_other(text)[:LONGEST_OTHER]
    between = _OTHERS.split(text)
    pieces = [_spaced_ascii(between[0])]
    for run, following in zip(runs, between[1:], strict=True):
        pieces += (_spaced_run(run), _spaced_ascii(following))
    return "".join(pieces)[:LONGEST_OTHER]


def _spaced_ascii(text: str) -> str:
    return text.encode("ascii").translate(_ASCII_WORDS).decode("ascii")


def _spaced_run(run: str) -> str:
    return _remembered(run) if len(run) <= _SHORT else _spaced_other(run)


def _spaced_other(text: str) -> str:
    """No character has a say in what becomes of one outside its run of characters that are not ASCII."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())).casefold()
    bare = _ANY_WHOLE.sub(lambda found: _WHOLE[found.group()], bare)
    return _IDEOGRAPH.sub(r" \1 ", _NOT_IN_WORDS.sub(" ", bare))


_SHORT: Final = 16
_remembered = lru_cache(maxsize=4_096)(_spaced_other)
"""The same few accented letters, dashes and quotation marks stand in most letters."""

_FOLDING: Final = "mooring.words"


def _fold_what_is_not_ascii(error: UnicodeError) -> tuple[str, int]:
    """Called by the codec for each run of other characters; it walks over the ASCII between them by itself."""
    assert isinstance(error, UnicodeEncodeError)  # only asked for in encoding
    return _spaced_run(error.object[error.start : error.end]), error.end


codecs.register_error(_FOLDING, _fold_what_is_not_ascii)
