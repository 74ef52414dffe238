"""Letters of JMAP: header blocks in portions, whole letters by their blobs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mooring.mail.protocols.authorised import AT_ONCE
from mooring.mail.protocols.header_blocks import HEAD_CAP, head_of
from mooring.mail.protocols.jmap.listing import is_in, read, usable
from mooring.mail.protocols.jmap.session import Calls
from mooring.mail.protocols.json_shapes import Object, number_in, objects_in, text_in
from mooring.mail.protocols.side_by_side import side_by_side
from mooring.mail.types import Folder, RawHeader, RawLetter

_LARGEST: Final = 2**30
_UNREADABLE: Final = "\ufffd"


def fetch_headers(calls: Calls, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawHeader]:
    """Header blocks put together from the raw fields, as RFC 8621 (4.1.2.1) hands them out.

    Octets that are no UTF-8 come as U+FFFD; then the letter itself is read.
    """
    for start in range(0, len(server_ids), calls.session.at_once):
        part = usable(server_ids[start : start + calls.session.at_once])
        for found in read(calls, part, ("id", "mailboxIds", "blobId", "size", "headers")):
            if is_in(found, folder):
                raw = _header_block(found)
                if _UNREADABLE.encode() in raw or raw == b"\r\n":
                    letter = _letter(calls, found)
                    if letter is None:
                        continue
                    raw = head_of([letter], cap=HEAD_CAP)
                yield RawHeader(text_in(found, "id"), raw)


def fetch_letters(calls: Calls, folder: Folder, server_ids: Sequence[str]) -> Iterator[RawLetter]:
    """Whole letters, byte for byte, several under way at once."""
    letters = [found for found in read(calls, usable(server_ids), ("id", "mailboxIds", "blobId", "size")) if is_in(found, folder)]
    raws = side_by_side(lambda found: _letter(calls, found), letters, at_once=AT_ONCE)
    for found, raw in zip(letters, raws, strict=True):
        if raw is not None:
            yield RawLetter(text_in(found, "id"), raw)


def _letter(calls: Calls, found: Object) -> bytes | None:
    return calls.download(text_in(found, "blobId"), size=number_in(found, "size", default=_LARGEST))


def _header_block(found: Object) -> bytes:
    fields = [f"{text_in(field, 'name')}:{text_in(field, 'value')}\r\n" for field in objects_in(found, "headers")]
    return "".join((*fields, "\r\n")).encode("utf-8", "surrogateescape")
