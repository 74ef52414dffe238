"""Content-Transfer-Encoding undone, also when it is broken; never raises."""

from __future__ import annotations

import binascii
import re

import pybase64

_NONE = frozenset({"", "7bit", "8bit", "binary", "7-bit", "8-bit", "7 bit", "8 bit", "none", "plain"})
_BASE64 = frozenset({"base64", "b64", "base-64", "x-base64"})
_QUOTED = frozenset({"quoted-printable", "qp", "quoted_printable", "quotedprintable", "quoted-printible"})
_UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue", "x-uu"})
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_FROM_PADDING_TO_LINE_END = re.compile(rb"=[^\n]*")
_BLANK_BEFORE_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")


def encoding_of(value: str) -> str:
    """ "base64", "quoted-printable", "uuencode", "" for none, "?" for a word that names no encoding."""
    name = value.partition(";")[0].strip(" \t\"'").lower()
    if name in _NONE:
        return ""
    if name in _BASE64:
        return "base64"
    if name in _QUOTED:
        return "quoted-printable"
    return "uuencode" if name in _UUENCODE else "?"


def decode_body(raw: bytes, encoding: str) -> tuple[bytes, str]:
    """(decoded bytes, defect). `encoding` is one of encoding_of; `defect` is a word, empty when all was in order."""
    if encoding == "base64":
        return _decode_base64(raw)
    if encoding == "quoted-printable":
        return _decode_quoted(raw), ""
    if encoding == "uuencode":
        return _decode_uuencoded(raw)
    return raw, ""


def _decode_base64(raw: bytes) -> tuple[bytes, str]:
    """Junk between the characters is skipped; lines after padding are decoded as blocks of their own."""
    try:
        padding = raw.find(b"=")
        if padding < 0 or not raw[padding:].strip(b"=\r\n \t"):
            return pybase64.b64decode(raw), ""
    except binascii.Error:
        pass
    blocks = []
    for block in _FROM_PADDING_TO_LINE_END.split(raw):
        kept = _NOT_BASE64.sub(b"", block)
        kept = kept[:-1] if len(kept) % 4 == 1 else kept
        blocks.append(binascii.a2b_base64(kept + b"=" * (-len(kept) % 4)))
    return b"".join(blocks), "broken-base64"


def _decode_quoted(raw: bytes) -> bytes:
    if b"= " in raw or b"=\t" in raw:
        raw = _BLANK_BEFORE_SOFT_BREAK.sub(b"=", raw)
    return binascii.a2b_qp(raw)


def _decode_uuencoded(raw: bytes) -> tuple[bytes, str]:
    lines = raw.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(b"begin ")]
    decoded = []
    for line in lines[starts[0] + 1 if starts else 0 :]:
        if line.strip() in (b"end", b"`") or not line:
            continue
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3
            try:
                decoded.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                return b"".join(decoded), "broken-uuencode"
    return b"".join(decoded), ""
