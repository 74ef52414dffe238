"""Letters of unknown fate are looked for where one finds them if they were accepted: in the Sent folder, and in answers to them.

Evidence only ever says that a letter was sent. Not finding it proves nothing, so that without evidence it is left to a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from mooring.letters.models import (
    Delivery,
    Direction,
    MailAccount,
    OutgoingLetter,
    OutgoingState,
    Phase,
    RecipientState,
    SentCopy,
    ThreadReference,
)
from mooring.letters.outbox import MOST_ERRORS_KEPT, remember_error
from mooring.mail.contract import Finding
from mooring.mail.errors import MailError
from mooring.sync.engine import Engine
from mooring.sync.leases import Clock
from mooring.sync.outbox_leases import letters_of_everybody
from mooring.sync.sent_folder import opened_sent_folder
from mooring.users.journal import WORKER, record

EVIDENCE_WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(hours=48),
)
"""After the first look at once. Then a person decides; an answer or a bounce that comes later still counts."""
_AT_ONCE: Final = 50


def look_for_evidence(account: MailAccount, *, engine: Engine, clock: Clock) -> int:
    """Look for letters of unknown fate where one finds them if they were accepted; how many were found."""
    now = clock()
    unknown = letters_of_everybody().filter(account=account, state=OutgoingState.UNKNOWN, next_try_at__lte=now)
    letters = list(unknown.order_by("id")[:_AT_ONCE])
    places: dict[int, str | None] = {letter.pk: _mentioned_at(letter) for letter in letters}
    missing = [letter for letter in letters if not places[letter.pk]]
    if missing:
        places |= _found_on_server(account, missing, engine, clock)
    for letter in letters:
        _note_evidence(letter, places.get(letter.pk), now)
    return sum(1 for place in places.values() if place)


def note_accepted(letter: OutgoingLetter, *, where: str, now: datetime) -> bool:
    """There is proof that the server accepted a letter of unknown fate: it was sent. False where its fate is known already."""
    with transaction.atomic():
        unknown = letters_of_everybody().select_for_update(of=("self",)).select_related("account")
        found = unknown.filter(pk=letter.pk, state=OutgoingState.UNKNOWN).first()
        if found is None:
            return False
        remember_error(found, now=now)
        found.evidence = [*found.evidence, {"at": now.isoformat(), "where": where, "found": True}][-MOST_ERRORS_KEPT:]
        found.state, found.phase, found.next_try_at = OutgoingState.SENT, Phase.DONE, None
        found.sent_at = found.sent_at or found.phase_at or now
        found.sent_copy = SentCopy.BY_SERVER if where == "sent_folder" else SentCopy.WAITING
        found.copy_next_at = now
        found.save()
        found.recipients.filter(state=RecipientState.WAITING).update(state=RecipientState.ACCEPTED, at=now)
        name, facts = found.account.address, {"where": where}
        record(by=WORKER, action="found_sent", kind="outgoing", record_id=found.pk, name=name, changes=facts, now=now)
    return True


def _mentioned_at(letter: OutgoingLetter) -> str:
    """Somebody who names a Message-ID has seen its letter: it lies in an archived Sent folder, or it was answered."""
    seen = Delivery.objects.filter(account=letter.account_id, direction=Direction.OUTGOING, letter__message_id=letter.message_id)
    if seen.exists():
        return "sent_folder"
    return "answer" if ThreadReference.objects.filter(message_id=letter.message_id).exists() else ""


def _found_on_server(account: MailAccount, letters: list[OutgoingLetter], engine: Engine, clock: Clock) -> dict[int, str | None]:
    """By the letters' ids: where each was found, or ""; None for those that could not be looked for."""
    found: dict[int, str | None] = {letter.pk: "" for letter in letters}
    try:
        with opened_sent_folder(account, engine, clock) as (mailbox, folder):
            if folder is not None and isinstance(mailbox, Finding):
                for letter in letters:
                    found[letter.pk] = "sent_folder" if mailbox.find(folder, letter.message_id) else ""
    except MailError:
        return {letter.pk: None for letter in letters}
    return found


def _note_evidence(letter: OutgoingLetter, place: str | None, now: datetime) -> None:
    if place:
        note_accepted(letter, where=place, now=now)
        return
    mine = letters_of_everybody().filter(pk=letter.pk, state=OutgoingState.UNKNOWN)
    if place is None:
        mine.update(next_try_at=now + EVIDENCE_WAITS[1])
        return
    looks = len(letter.evidence)
    again = now + EVIDENCE_WAITS[looks] if looks < len(EVIDENCE_WAITS) else None
    evidence = [*letter.evidence, {"at": now.isoformat(), "where": "sent_folder", "found": False}][-MOST_ERRORS_KEPT:]
    mine.update(evidence=evidence, next_try_at=again)
