"""The body of a letter as MIME parts: text, HTML with its pictures, and files (RFC 2045, 2046, 2387).

Everything is 7-bit clean with short lines, so that no relay needs to touch it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mooring.mail.writing_fields import LINE_WIDTH, is_usable_id, parameter, value_field

Boundaries: TypeAlias = Callable[[], str]
"""Gives another boundary at each call, of letters and digits; where the bytes must be the same, so are its answers."""

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,60}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,80}\Z")
_ANY_BYTES = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file that goes along. An inline one is shown within the HTML by its content id (without angle brackets)."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""
    is_inline: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A MIME part: its header fields, and its body, which ends with a line end."""

    fields: tuple[bytes, ...]
    body: bytes


def body_of(*, text: str, html: str, files: Sequence[WrittenFile], boundaries: Boundaries) -> Part:
    """The whole body. Without HTML, inline files are attached like all others."""
    pictures = [each for each in files if html and each.is_inline and is_usable_id(each.content_id)]
    attached = [each for each in files if each not in pictures]
    body = _text_part("plain", text)
    if html:
        shown = _text_part("html", html)
        if pictures:
            shown = _multipart("related", [shown, *map(_file_part, pictures)], boundaries, 'type="text/html"')
        body = _multipart("alternative", [body, shown], boundaries)
    if attached:
        body = _multipart("mixed", [body, *map(_file_part, attached)], boundaries)
    return body


def _text_part(subtype: str, text: str) -> Part:
    """As it stands where any server can carry it, else as quoted-printable, which people can read, unless it is much longer."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    raw = text.encode("utf-8", "replace")
    raw = raw if raw.endswith(b"\n") else raw + b"\n"
    if text.isascii() and all(len(line) <= LINE_WIDTH and not line.endswith((b" ", b"\t")) for line in raw.split(b"\n")):
        return _part(f"text/{subtype}", ["charset=us-ascii"], "7bit", raw.replace(b"\n", b"\r\n"))
    quoted = binascii.b2a_qp(raw, istext=True).replace(b"\n", b"\r\n")
    packed = _base64(raw.replace(b"\n", b"\r\n"))
    if len(quoted) <= 1.5 * len(packed):
        return _part(f"text/{subtype}", ["charset=utf-8"], "quoted-printable", quoted)
    return _part(f"text/{subtype}", ["charset=utf-8"], "base64", packed)


def _file_part(file: WrittenFile) -> Part:
    content_type = file.content_type.strip().lower()
    if not _TYPE.match(content_type) or content_type.startswith("multipart/"):
        content_type = _ANY_BYTES
    encoding, body = "base64", _base64(file.content)
    if content_type.startswith("message/"):
        if _is_plain_letter(file.content):
            encoding, body = "7bit", file.content
        else:
            # No other encoding is allowed for letters within letters (RFC 2046, 5.2.1).
            content_type = _ANY_BYTES
    is_picture = file.is_inline and is_usable_id(file.content_id)
    disposition = value_field("Content-Disposition", "inline" if is_picture else "attachment", parameter("filename", file.name))
    identity = (f"Content-ID: <{file.content_id}>\r\n".encode("ascii"),) if is_picture else ()
    part = _part(content_type, parameter("name", file.name), encoding, body)
    return Part((*part.fields, disposition, *identity), part.body)


def _is_plain_letter(raw: bytes) -> bool:
    lines = raw.split(b"\r\n")
    return raw.isascii() and raw.endswith(b"\r\n") and all(len(line) < 998 and not set(line) & set(b"\r\n\0") for line in lines)


def _multipart(subtype: str, parts: Sequence[Part], boundaries: Boundaries, *parameters: str) -> Part:
    boundary = boundaries()
    while any(boundary.encode("ascii") in part.body for part in parts):
        boundary = boundaries()
    line = b"--" + boundary.encode("ascii")
    pieces = [b"%b\r\n%b\r\n%b\r\n" % (line, b"".join(part.fields), part.body) for part in parts]
    fields = value_field("Content-Type", f"multipart/{subtype}", [f'boundary="{boundary}"', *parameters])
    return Part((fields,), b"".join(pieces) + line + b"--\r\n")


def _part(content_type: str, parameters: Sequence[str], encoding: str, body: bytes) -> Part:
    fields = (
        value_field("Content-Type", content_type, parameters),
        f"Content-Transfer-Encoding: {encoding}\r\n".encode("ascii"),
    )
    return Part(fields, body)


def _base64(raw: bytes) -> bytes:
    return base64.encodebytes(raw).replace(b"\n", b"\r\n") or b"\r\n"
