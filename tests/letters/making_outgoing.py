"""Letters on their way out, for the tests of the letters room and those above it."""

from __future__ import annotations

import hashlib
from itertools import count
from typing import Any

from letters.making_letters import make_account
from making import NOW
from mooring.letters.models import (
    MailAccount,
    Original,
    OutgoingLetter,
    OutgoingRecipient,
    OutgoingState,
    Phase,
    RecipientRole,
)
from mooring.users.models import User

_numbers = count(1)


def make_original(raw: bytes = b"Subject: x\r\n\r\n") -> Original:
    """A row without bytes in a pack, for tests that read none."""
    sha256 = hashlib.sha256(raw + str(next(_numbers)).encode()).hexdigest()
    return Original.objects.create(sha256=sha256, size=len(raw), pack="none", offset=0, stored_size=len(raw))


def make_outgoing(
    account: MailAccount | None = None,
    *,
    to: tuple[str, ...] = ("carol@harbour.example",),
    author: User | None = None,
    **fields: Any,
) -> OutgoingLetter:
    """A letter in any state, with what that state demands."""
    account = account or make_account()
    state = fields.get("state", OutgoingState.DRAFT)
    values: dict[str, Any] = {"account": account, "author": author or account.owner, "created_at": NOW, "changed_at": NOW}
    if state != OutgoingState.DRAFT:
        values |= {"queued_at": NOW, "undo_until": NOW, "message_id": f"{next(_numbers)}@mooring.example"}
        values["original"] = fields.get("original") or make_original()
    if state == OutgoingState.SENDING:
        values |= {"phase": Phase.CONNECT, "phase_at": NOW, "lease_owner": "somebody:1:x", "lease_until": NOW}
    if state == OutgoingState.UNKNOWN:
        values |= {"phase": Phase.DATA, "phase_at": NOW}
    if state == OutgoingState.SENT:
        values |= {"phase": Phase.DONE, "phase_at": NOW, "sent_at": NOW}
    letter = OutgoingLetter.objects.create(
        **{"subject": "Ropes", "body_text": "Here they are.", "is_rich": False, **values, **fields}
    )
    for address in to:
        OutgoingRecipient.objects.create(outgoing=letter, role=RecipientRole.TO, address=address)
    return letter
