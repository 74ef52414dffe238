"""Header fields as bytes: encoded words (RFC 2047), parameters (RFC 2231), address lists, folding.

Promises: a field is one field. No value, whatever it holds, before or after encoded words are decoded, can end it, begin another
or reach the body; lines stay below 998 bytes. Nothing here relies on Python's email package, which has written the line feed
of an encoded word as a real one (CVE-2024-6923).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from mooring.mail.address_keys import domain_key, match_key
from mooring.mail.errors import UnusableName

LINE_WIDTH = 76
LONGEST_NAME = 300
"""Characters of a display name or file name that are written; what is longer is cut."""
_LONGEST_TOKEN = 900
"""A word that cannot be folded must stay well below the 998 bytes of a line (RFC 5322, 2.1.1)."""
_WORD_BYTES = 45
"""Bytes of text in one encoded word: as Base64 60 characters, with its frame 72 of the 75 allowed."""

_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_BLANKS = re.compile(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_STEERING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_IN_Q_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_MESSAGE_ID = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{1,900}\Z")


def one_line(text: str) -> str:
    """The text with every run of blanks and control characters as one space, without marks that steer its direction."""
    return _BLANKS.sub(" ", _STEERING.sub("", text)).strip()


def text_field(name: str, text: str) -> bytes:
    """An unstructured field such as Subject."""
    text = one_line(text)
    if text.isascii() and "=?" not in text and all(len(word) <= _LONGEST_TOKEN for word in text.split(" ")):
        return _folded(name, text.split(" "))
    return _folded(name, encoded_words(text))


def address_field(name: str, people: Iterable[tuple[str, str]]) -> bytes:
    """A list of (display name, address). Raises UnusableName for an address that is none."""
    tokens: list[str] = []
    for shown, address in people:
        tokens += [*_phrase(one_line(shown)[:LONGEST_NAME]), f"<{wire_address(address)}>"]
        tokens[-1] += ","
    tokens[-1] = tokens[-1][:-1]
    return _folded(name, tokens)


def ids_field(name: str, message_ids: Iterable[str]) -> bytes:
    """Message-IDs given without angle brackets."""
    return _folded(name, [f"<{each}>" for each in message_ids])


def value_field(name: str, main: str, parameters: Sequence[str] = ()) -> bytes:
    """A structured field of our own making: `main` and parameters as `parameter` writes them."""
    tokens = [main, *parameters]
    return _folded(name, [*(f"{token};" for token in tokens[:-1]), tokens[-1]])


def parameter(name: str, value: str) -> list[str]:
    """A parameter, in as many pieces as it takes (RFC 2231, section 3 and 4)."""
    value = one_line(value)[:LONGEST_NAME]
    if value.isascii() and len(value) <= LINE_WIDTH - len(name) - 6:
        return [f'{name}="{_escaped(value)}"']
    encoded = [f"UTF-8''{quote(value[:1], safe='')}", *(quote(sign, safe="") for sign in value[1:])]
    pieces = [""]
    for sign in encoded:
        if len(pieces[-1]) + len(sign) > 55:
            pieces.append("")
        pieces[-1] += sign
    if len(pieces) == 1:
        return [f"{name}*={pieces[0]}"]
    return [f"{name}*{number}*={piece}" for number, piece in enumerate(pieces)]


def encoded_words(text: str) -> list[str]:
    """The text as encoded words; no character is split between two (RFC 2047, section 5)."""
    words, waiting = [], b""
    for sign in text:
        raw = sign.encode("utf-8", "replace")
        if len(waiting) + len(raw) > _WORD_BYTES:
            words.append(_word(waiting))
            waiting = b""
        waiting += raw
    return [*words, _word(waiting)]


def wire_address(address: str) -> str:
    """An address as it is written in headers and told to servers: the domain as A-labels. Raises UnusableName."""
    if not match_key(address):
        raise UnusableName(what=address)
    local, _, domain = address.strip().rpartition("@")
    if len(local) > 2 and local[0] == '"' == local[-1]:
        local = local[1:-1]
    return f"{local}@{domain_key(domain)}"


def is_usable_id(message_id: str) -> bool:
    """Whether a Message-ID, without angle brackets, may be written into a header."""
    return _MESSAGE_ID.match(message_id) is not None


def _phrase(name: str) -> list[str]:
    if not name:
        return []
    if not name.isascii() or "=?" in name:
        return encoded_words(name)
    return [name if _ATOMS.match(name) else f'"{_escaped(name)}"']


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _word(raw: bytes) -> str:
    as_q = _as_q(raw)
    if len(as_q) <= _base64_length(raw):
        return f"=?utf-8?q?{as_q}?="
    return f"=?utf-8?b?{binascii.b2a_base64(raw, newline=False).decode('ascii')}?="


def _as_q(raw: bytes) -> str:
    return "".join(chr(each) if each in _IN_Q_WORD else "_" if each == 32 else f"={each:02X}" for each in raw)


def _base64_length(raw: bytes) -> int:
    return (len(raw) + 2) // 3 * 4


def _folded(name: str, tokens: Sequence[str]) -> bytes:
    """Blanks stand between tokens, and lines break there; no line is made of blanks alone."""
    lines = [f"{name}:"]
    for token in tokens:
        if len(lines[-1]) + 1 + len(token) > LINE_WIDTH and lines[-1].strip() and not lines[-1].endswith(":"):
            lines.append("")
        lines[-1] += f" {token}"
    return ("\r\n".join(lines) + "\r\n").encode()
