"""Letters of the Gmail API, fifty in a request, byte for byte (format RAW)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Final

from mooring.mail.errors import ProtocolViolation
from mooring.mail.protocols.gmail.requests import ME, Gmail, Small
from mooring.mail.protocols.header_blocks import HEAD_CAP, head_of
from mooring.mail.protocols.json_shapes import text_in
from mooring.mail.types import RawHeader, RawLetter

_LONGEST_ID: Final = 64


def fetch_letters(gmail: Gmail, server_ids: Sequence[str]) -> Iterator[RawLetter]:
    """Whole letters in the order asked for; those that are gone are left out."""
    wanted = usable(server_ids)
    asked = [Small("GET", f"{ME}/messages/{each}?format=raw&fields=id,raw") for each in wanted]
    for server_id, answer in zip(wanted, gmail.batch(asked, command="messages"), strict=True):
        if answer.is_good:
            yield RawLetter(server_id, _decoded(text_in(answer.object(), "raw")))
        elif answer.status not in (400, 404):
            raise gmail.refusal(answer, "messages")


def fetch_headers(gmail: Gmail, server_ids: Sequence[str]) -> Iterator[RawHeader]:
    """Header blocks cut out of whole letters: what Gmail itself tells of headers is decoded, and so could be forged."""
    for letter in fetch_letters(gmail, server_ids):
        yield RawHeader(letter.server_id, head_of([letter.raw], cap=HEAD_CAP))


def usable(server_ids: Sequence[str]) -> list[str]:
    """Ids that can be ids; others would be other requests."""
    return [each for each in server_ids if 0 < len(each) <= _LONGEST_ID and each.isascii() and each.isalnum()]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProtocolViolation(expected="base64url") from error
