"""Bytes of a letter -> Header or ParsedLetter. Never raises on any bytes; what is wrong is noted as defects.

The raw letter stays the truth: nothing here is ever written back into it.
"""

from __future__ import annotations

import hashlib
import re
from html import escape
from io import IncrementalNewlineDecoder
from typing import NamedTuple
from urllib.parse import unquote

from mooring.mail.bodies import Bodies, choose_bodies
from mooring.mail.charsets import codec_of, decode
from mooring.mail.fields import with_line_feeds, without_envelope_line
from mooring.mail.headers import header_of, read_header
from mooring.mail.html_text import html_to_text
from mooring.mail.html_tokens import LARGEST_HTML
from mooring.mail.mime import Part, Structure, name_of_inner_letter, read_structure
from mooring.mail.names import safe_name
from mooring.mail.types import Attachment, Header, ParsedLetter

__all__ = ("PartBytes", "UnableToFindPart", "part_bytes", "read_header", "read_letter")

LARGEST_TEXT = 2_097_152
"""Characters of text kept for reading and searching; the original keeps the rest."""

_CID = re.compile(r"cid:([^\"'\s<>)]{1,998})", re.IGNORECASE)
_META_CHARSET = re.compile(rb"charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_:.-]{1,40})")


class UnableToFindPart(LookupError):
    """The letter has no part with this path."""


class PartBytes(NamedTuple):
    """One part of a letter, decoded, with a name that is safe to offer."""

    content_type: str
    name: str
    data: bytes


def read_letter(raw: bytes) -> ParsedLetter:
    """A letter taken apart. `raw` is the whole letter, byte for byte."""
    structure = _structure_of(raw)
    header = header_of(structure.fields, charset=_likely_charset(structure))
    contents = _Contents(structure)
    contents.read()
    return ParsedLetter(
        header=header,
        text=contents.text,
        html=contents.html,
        attachments=contents.attachments(),
        fingerprint=_fingerprint(header, contents.canonical_hashes),
        defects=tuple(dict.fromkeys((*header.defects, *structure.defects))),
    )


def part_bytes(raw: bytes, part: str) -> PartBytes:
    """The decoded bytes of one leaf part, named by its path as in Attachment.part. Raises UnableToFindPart."""
    for leaf in _structure_of(raw).leaves():
        if leaf.path == part:
            return PartBytes(leaf.content_type, _name_of(leaf), leaf.body()[0])
    raise UnableToFindPart(f"This letter has no part {part}.")


def _structure_of(raw: bytes) -> Structure:
    return read_structure(without_envelope_line(with_line_feeds(raw)))


def _likely_charset(structure: Structure) -> str:
    """The charset of the first text: what 8-bit characters in the header are probably in, too."""
    for leaf in structure.leaves():
        charset = leaf.parameters.get("charset", "")
        if codec_of(charset) not in ("", "ascii", "utf-8"):
            return charset
    return ""


class _Contents:
    """Decodes every leaf once: its hash, its text if it is a body, its size if it is an attachment."""

    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.bodies: Bodies = choose_bodies(structure.root)
        self.text = ""
        self.html = ""
        self.canonical_hashes: list[bytes] = []
        self._decoded: dict[str, str] = {}
        self._measured: dict[str, tuple[int, str]] = {}

    def read(self) -> None:
        """Fill `text`, `html` and the hashes."""
        texts = {part.path for part in (*self.bodies.text, *self.bodies.html)}
        for leaf in self.structure.leaves():
            data, defect = leaf.body()
            if defect or leaf.encoding == "?":
                self.structure.defects[defect or "unknown-encoding"] = None
            canonical_hash = _canonical_hash(data, leaf)
            self.canonical_hashes.append(canonical_hash)
            if leaf.path in texts:
                self._decoded[leaf.path] = self._text_of(data, leaf)
            else:
                digest = canonical_hash if leaf.encoding == "base64" else hashlib.sha256(data).digest()
                self._measured[leaf.path] = (len(data), digest.hex())
        self.html = self._html()
        self.text = self._plain_text()

    def attachments(self) -> tuple[Attachment, ...]:
        """The parts offered for download, in the order of the letter."""
        have_ids = any(part.content_id for part in self.bodies.attachments)
        shown_ids = {unquote(found) for found in _CID.findall(self.html)} if have_ids else set()
        found = []
        for part in self.bodies.attachments:
            size, sha256 = self._measured[part.path]
            is_inline = part.content_id in shown_ids if part.content_id else False
            found.append(Attachment(part.path, _name_of(part), part.content_type, size, sha256, part.content_id, is_inline))
        return tuple(found)

    def _text_of(self, data: bytes, part: Part) -> str:
        charset = part.parameters.get("charset", "")
        if not charset and part.content_type == "text/html":
            declared = _META_CHARSET.search(data[:2_048])
            charset = declared[1].decode("ascii") if declared else ""
        text, defect = decode(data, charset)
        if defect:
            self.structure.defects[defect] = None
        text = text.removeprefix("\ufeff")
        if "\r" in text:
            text = IncrementalNewlineDecoder(None, translate=True).decode(text, final=True)
        limit = LARGEST_HTML if part.content_type == "text/html" else LARGEST_TEXT
        if len(text) > limit:
            self.structure.defects["text-too-large"] = None
        return text[:limit]

    def _html(self) -> str:
        """The HTML version; empty when no part of it is HTML. Plain parts between are kept as preformatted text."""
        if all(part.content_type != "text/html" for part in self.bodies.html):
            return ""
        pieces = []
        for part in self.bodies.html:
            text = self._decoded[part.path]
            pieces.append(text if part.content_type == "text/html" else f"<pre>{escape(text)}</pre>")
        return "\n".join(pieces)[:LARGEST_HTML]

    def _plain_text(self) -> str:
        pieces = []
        for part in self.bodies.text:
            text = self._decoded[part.path]
            text = html_to_text(text) if part.content_type == "text/html" else text
            pieces.append(text if text.endswith("\n") or part is self.bodies.text[-1] else f"{text}\n")
        text = "".join(pieces)[:LARGEST_TEXT]
        return html_to_text(self.html) if self.html and not text.strip() else text


def _canonical_hash(data: bytes, part: Part) -> bytes:
    """The hash of a leaf that is the same whichever line ends it was stored with."""
    if part.encoding != "base64":
        data = _with_bare_line_feeds(data).rstrip(b"\r\n")
    return hashlib.sha256(data).digest()


def _with_bare_line_feeds(data: bytes) -> bytes:
    """Each CRLF as LF. Where all line ends are CRLF, which they mostly are, single bytes are found in half the time of pairs."""
    if b"\r" not in data:
        return data
    bare = data.replace(b"\r", b"")
    return bare if bare.replace(b"\n", b"\r\n") == data else data.replace(b"\r\n", b"\n")


def _name_of(part: Part) -> str:
    name = part.name
    if not name and part.content_type == "message/rfc822":
        subject = name_of_inner_letter(part)
        name = f"{subject}.eml" if subject else ""
    return safe_name(name, content_type=part.content_type, part=part.path)


def _fingerprint(header: Header, leaf_hashes: list[bytes]) -> str:
    sender = (header.from_[0].key or header.from_[0].address) if header.from_ else ""
    epoch = str(int(header.date.timestamp())) if header.date else ""
    digest = hashlib.sha256()
    for piece in (header.message_id, sender, epoch, header.subject):
        encoded = piece.encode("utf-8", "replace")
        digest.update(b"%d:" % len(encoded) + encoded)
    for leaf_hash in leaf_hashes:
        digest.update(leaf_hash)
    return digest.hexdigest()
