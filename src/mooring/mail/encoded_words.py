"""Encoded words in headers (RFC 2047), also as mail programs really write them.

Words may be split in the middle of a character, stand inside quoted strings, hold blanks or touch each other. The time
taken is linear in the length of the text.
"""

from __future__ import annotations

import binascii
import re

from mooring.mail.charsets import decode

DECODED_LIMIT = 4_096
"""So many characters of encoded words are decoded in one text; the rest stays as it is written."""

_LONGEST_WORD = 2_000
"""RFC 2047 allows 75 characters; programs write lines of 998 and more."""

_START = re.compile(r"=\?([^?\s]{1,64})\?([bBqQ])\?")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


def decode_words(text: str, *, limit: int = DECODED_LIMIT) -> str:
    """The text with its encoded words decoded. What is not a well-formed word stays as it is."""
    if "=?" not in text:
        return text
    pieces = _Pieces()
    position = 0
    while (start := _START.search(text, position)) is not None:
        end = text.find("?=", start.end(), start.end() + _LONGEST_WORD)
        next_start = text.find("=?", start.end(), end) if end >= 0 else -1
        if end < 0 or next_start >= 0:
            pieces.add_text(text[position : start.end()])
            position = start.end()
            continue
        limit -= end - start.end()
        if limit < 0:
            break
        pieces.add_text(text[position : start.start()])
        pieces.add_word(start[1].partition("*")[0].lower(), _payload(start[2], text[start.end() : end]))
        position = end + 2
    pieces.add_text(text[position:])
    return pieces.text()


class _Pieces:
    """Collects the decoded text; neighbouring words of one charset are joined before they are decoded."""

    __slots__ = ("_charset", "_done", "_gap", "_waiting")

    def __init__(self) -> None:
        self._done: list[str] = []
        self._waiting: list[bytes] = []
        self._charset = ""
        self._gap = ""

    def add_text(self, text: str) -> None:
        """Blanks after a word wait: they vanish when another word follows (RFC 2047, 6.2)."""
        if self._waiting and (not text or text.isspace()):
            self._gap += text
            return
        self._flush()
        self._done.append(self._gap + text)
        self._gap = ""

    def add_word(self, charset: str, raw: bytes) -> None:
        if charset != self._charset:
            self._flush()
        self._gap = ""
        self._charset = charset
        self._waiting.append(raw)

    def text(self) -> str:
        self._flush()
        return "".join(self._done) + self._gap

    def _flush(self) -> None:
        if self._waiting:
            self._done.append(decode(b"".join(self._waiting), self._charset)[0])
            self._waiting = []


def _payload(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return _HEX.sub(lambda found: bytes((int(found[1], 16),)), raw.replace(b"_", b" "))
    return decode_base64_word(raw)


def decode_base64_word(raw: bytes) -> bytes:
    """The bytes of a short Base64 text, whatever its padding; a lonely last character is dropped."""
    kept = re.sub(rb"[^A-Za-z0-9+/]+", b"", raw)
    kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
    return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
