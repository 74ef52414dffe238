"""Sent copies that a provider changed: given a Message-ID of its own, or a footer, so that their fingerprint is another one.

Only letters that were sent from here are looked for, in the account that they left from; what comes from elsewhere is never taken
for one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from mooring.letters.arrivals import Arrival, KnownLetter
from mooring.letters.models import Direction, OutgoingLetter, ThreadReference
from mooring.letters.shaping import shape_of

_WITHIN: Final = timedelta(hours=24)
"""So far apart servers and this machine may see the moment of sending."""
_WHY: Final = "the copies of whatever was sent from the account"


def rewritten_copies(arrivals: Sequence[Arrival]) -> dict[str, KnownLetter]:
    """Fingerprint -> the letter it is a copy of, for those that are one. The new Message-ID leads to its conversation, too.

    One query where nothing was sent from these accounts in those days.
    """
    dated = [(each, moment) for each in arrivals if each.direction == Direction.OUTGOING and (moment := _moment_of(each))]
    if not dated:
        return {}
    moments = [moment for _each, moment in dated]
    sent = OutgoingLetter.objects.unscoped(_WHY).filter(
        account_id__in={each.account_id for each, _moment in dated},
        letter__isnull=False,
        sent_at__range=(min(moments) - _WITHIN, max(moments) + _WITHIN),
    )
    candidates = list(sent.select_related("letter").order_by("id"))
    originals = {each.fingerprint: _original_of(each, candidates) for each, _moment in dated}
    found = {fingerprint: letter for fingerprint, letter in originals.items() if letter is not None}
    _join_conversations([each for each, _moment in dated if each.fingerprint in found], found)
    return found


def _original_of(arrival: Arrival, candidates: Sequence[OutgoingLetter]) -> KnownLetter | None:
    letter = next((sent.letter for sent in candidates if _is_copy(arrival, sent)), None)
    return KnownLetter(letter.pk, letter.position, letter.thread_id, letter.is_private) if letter is not None else None


def _moment_of(arrival: Arrival) -> datetime | None:
    return arrival.received_at or arrival.letter.header.date


def _is_copy(arrival: Arrival, sent: OutgoingLetter) -> bool:
    """The id that the server gave it when it took it; our own Message-ID; or else everything that a list shows of it."""
    letter, header = sent.letter, arrival.letter.header
    if letter is None or sent.account_id != arrival.account_id:
        return False
    if sent.remote_id and sent.remote_id == arrival.server_id:
        return True
    shape = shape_of(arrival.letter)
    if shape.message_id == sent.message_id:
        return True
    said = (header.date, shape.subject, shape.from_address, shape.recipients, shape.excerpt, shape.attachment_count)
    known = (letter.date, letter.subject, letter.from_address, letter.recipients, letter.excerpt, letter.attachment_count)
    return said == known


def _join_conversations(copies: Sequence[Arrival], found: dict[str, KnownLetter]) -> None:
    named = [(shape_of(each.letter).message_id, found[each.fingerprint].thread_id) for each in copies]
    rows = [ThreadReference(message_id=name, thread_id=thread_id) for name, thread_id in named if name and thread_id is not None]
    ThreadReference.objects.bulk_create(rows, ignore_conflicts=True)
