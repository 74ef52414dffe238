"""Folder names on the wire: modified UTF-7 (RFC 3501, section 5.1.3), and which names mean which role."""

from __future__ import annotations

import base64
import binascii
import re

from mooring.mail.protocols.imap.role_names import ROLE_BY_NAME

_SHIFTED = re.compile(r"&([^-&]*)-")
_OUTSIDE = re.compile(r"[^\x20-\x7e]+")
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

_ROLE_BY_ATTRIBUTE = {
    "\\inbox": "inbox",
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\junk": "junk",
    "\\spam": "junk",  # XLIST
    "\\trash": "trash",
    "\\archive": "archive",
    "\\all": "all",
    "\\allmail": "all",  # XLIST
    "\\flagged": "flagged",
    "\\starred": "flagged",  # XLIST
    "\\important": "important",
}


def decode_name(wire_name: str) -> str:
    """The name for people. Names that are no modified UTF-7 are read as UTF-8, failing that byte by byte.

    `wire_name` holds one character per byte. Control and direction characters become U+FFFD.
    """
    if wire_name.isascii():
        try:
            name = _SHIFTED.sub(lambda match: _unshift(match[1]), wire_name)
        except (binascii.Error, UnicodeDecodeError):
            name = wire_name
    else:
        raw = wire_name.encode("latin-1")
        try:
            name = raw.decode("utf-8")
        except UnicodeDecodeError:
            name = wire_name
    return _UNSHOWABLE.sub("\ufffd", name)


def encode_name(name: str) -> str:
    """`name` in modified UTF-7; what decode_name undoes."""
    return _OUTSIDE.sub(lambda match: f"&{_shift(match[0])}-", name.replace("&", "&-"))


def _unshift(text: str) -> str:
    if not text:
        return "&"
    padded = text.replace(",", "/") + "=" * (-len(text) % 4)
    return base64.b64decode(padded, validate=True).decode("utf-16-be")


def _shift(text: str) -> str:
    return base64.b64encode(text.encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",")


def role_by_attributes(attributes: list[str]) -> str:
    """The special use that LIST or XLIST tells (RFC 6154); servers differ in upper and lower case."""
    for attribute in attributes:
        role = _ROLE_BY_ATTRIBUTE.get(attribute.lower())
        if role:
            return role
    return ""


def role_by_name(path: str, delimiter: str) -> str:
    """A guess from the last part of a folder's name, in the languages that mail programs name folders in."""
    last = path.rpartition(delimiter)[2] if delimiter else path
    return ROLE_BY_NAME.get(" ".join(last.casefold().replace("-", " ").split()), "")
