"""Letters for interfaces that read the recipients from the letter itself, as Microsoft Graph and Gmail do."""

from __future__ import annotations

from typing import Final

from mooring.mail.address_keys import match_key
from mooring.mail.errors import LetterRefused
from mooring.mail.headers import read_header
from mooring.mail.types import Envelope

_ROLES: Final = frozenset({"to", "cc", "bcc"})


def with_recipients(raw: bytes, envelope: Envelope) -> bytes:
    """The letter with a Bcc field for the recipients of the envelope that its headers do not name; providers take it out.

    Raises LetterRefused when the headers name somebody whom the envelope does not: such an interface would send to them, too.
    """
    named = {mailbox.key for role, mailbox in read_header(raw).people() if role in _ROLES}
    wanted = {match_key(address): address for address in envelope.recipients}
    if "" in wanted or not wanted:
        raise LetterRefused("no usable recipient", is_permanent=True)
    if not named <= wanted.keys():
        raise LetterRefused("this account can only send to everybody whom the letter names", is_permanent=True)
    hidden = [address for key, address in wanted.items() if key not in named]
    if not hidden:
        return raw
    line_end = b"\r\n" if b"\r\n" in raw else b"\n"
    return b"Bcc: " + (b"," + line_end + b" ").join(address.encode() for address in hidden) + line_end + raw
