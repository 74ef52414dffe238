"""Content-Type and Content-Disposition: a value and its parameters, RFC 2231 and RFC 2047 mixed as programs mix them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from mooring.mail.charsets import decode, scrub
from mooring.mail.encoded_words import decode_words

MOST_PIECES = 100
"""A parameter in more pieces (RFC 2231, 3) is read up to this many."""

_LONGEST = 65_536
_REMEMBERED_LENGTH = 200
_MAIN = re.compile(r"[\s;]*([^\s;=\"]*(?:\s*/\s*[^\s;=\"]*)?)")
_NAME = re.compile(r"[;\s]*([^\s;=\"]{1,80})\s{0,80}=\s{0,80}")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"?', re.DOTALL)
_NEXT_NAME = re.compile(r"\s[\w*-]{1,40}=")
_UNQUOTE = re.compile(r'\\(["\\])')
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?\Z")


@dataclass(frozen=True, slots=True)
class Value:
    """The value before the first semicolon, in lower case, and the parameters by lower-case name, decoded: not to be changed."""

    main: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Pieces:
    plain: str | None = None
    numbered: dict[int, tuple[str, bool]] = field(default_factory=dict)


def read_value(text: str) -> Value:
    """A structured header value. `text` is unfolded; its encoded words are still encoded. Never raises."""
    return _remembered(text) if len(text) <= _REMEMBERED_LENGTH else _read(text[:_LONGEST])


def _read(text: str) -> Value:
    found = _MAIN.match(text)
    main = "".join(found[1].split()).lower() if found else ""
    if found is None or found.end() == len(text):
        return Value(main)
    position = found.end()
    if text.startswith("=", position):
        main, position = "", 0
    collected: dict[str, _Pieces] = {}
    for name, value in _pairs(text, position):
        _collect(collected, name, value)
    return Value(main, {name: _joined(pieces) for name, pieces in collected.items()})


_remembered = lru_cache(maxsize=1_024)(_read)
"""Most parts of most letters are of the same few kinds."""


def _pairs(text: str, position: int) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    while position < len(text) and len(pairs) < MOST_PIECES:
        found = _NAME.match(text, position)
        if found is None:
            position = text.find(";", position) + 1
            if not position:
                break
            continue
        value, position = _one_value(text, found.end())
        pairs.append((found[1].lower(), value))
    return pairs


def _one_value(text: str, position: int) -> tuple[str, int]:
    """(value, where it ends). A value without quotes may hold blanks, but not the next parameter's name."""
    quoted = _QUOTED.match(text, position)
    if quoted is not None:
        return _UNQUOTE.sub(r"\1", quoted[1]), quoted.end()
    end = text.find(";", position)
    end = len(text) if end < 0 else end
    following = _NEXT_NAME.search(text, position, end)
    end = following.start() if following else end
    return text[position:end].strip(), end


def _collect(collected: dict[str, _Pieces], name: str, value: str) -> None:
    found = _PIECE.match(name)
    if found is None:
        return
    pieces = collected.setdefault(found[1], _Pieces())
    is_extended = found[3] is not None
    if found[2] is None and not is_extended:
        pieces.plain = value if pieces.plain is None else pieces.plain
    else:
        pieces.numbered.setdefault(int(found[2] or 0), (value, is_extended))


def _joined(pieces: _Pieces) -> str:
    if not pieces.numbered:
        return scrub(decode_words(pieces.plain or ""))
    charset = ""
    raw = bytearray()
    is_any_extended = False
    for position, number in enumerate(sorted(pieces.numbered)):
        value, is_extended = pieces.numbered[number]
        if is_extended and position == 0 and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        is_any_extended = is_any_extended or is_extended
        raw += unquote_to_bytes(value) if is_extended else value.encode("utf-8", "replace")
    text, _ = decode(bytes(raw), charset)
    return decode_words(text)
