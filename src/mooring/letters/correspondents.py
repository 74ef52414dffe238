"""To whom letters of an account went, learnt from the letters themselves: looked at once, a chunk at a time, by the engine.

Also counts letters that people send with other programs, once they are read from the Sent folder.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from mooring.customers.names import fold, words_in
from mooring.letters.models import Correspondent, CorrespondentMark, Delivery, Direction, Participant

CHUNK: Final = 500
"""So many sent letters are looked at in one transaction."""
MOST_RECIPIENTS: Final = 50
"""Of a letter to more people nobody is remembered: that was a circular."""


def learn_correspondents(*, account_id: int, now: datetime) -> int:
    """Look at the next letters sent from the account; returns how many they were, CHUNK if there may be more."""
    with transaction.atomic():
        mark, _is_new = CorrespondentMark.objects.select_for_update().get_or_create(account_id=account_id)
        sent = Delivery.objects.filter(account_id=account_id, direction=Direction.OUTGOING, pk__gt=mark.delivery_id)
        rows = list(sent.order_by("pk").values_list("pk", "letter_id", "letter__at")[:CHUNK])
        if rows:
            _remember(account_id, {letter_id: min(at, now) for _pk, letter_id, at in rows})
            mark.delivery_id = rows[-1][0]
            mark.save(update_fields=["delivery_id"])
    return len(rows)


def words_of_correspondent(name: str, address: str) -> str:
    """What the beginning of a word is looked for in: a blank before each word of the name, the address and its parts."""
    words = dict.fromkeys([*words_in(name), fold(address), *words_in(address)])
    return f" {' '.join(words)}"[:800]


def _remember(account_id: int, times: dict[int, datetime]) -> None:
    people: dict[int, list[Participant]] = {}
    wanted = Participant.objects.filter(letter_id__in=times, role__in=("to", "cc", "bcc"), counts=True).exclude(key="")
    for person in wanted.order_by("id"):
        people.setdefault(person.letter_id, []).append(person)
    newest: dict[str, Correspondent] = {}
    for letter_id, those in sorted(people.items(), key=lambda item: times[item[0]]):
        if len(those) <= MOST_RECIPIENTS:
            newest.update((person.key, _row(account_id, person, times[letter_id])) for person in those)
    _write(account_id, newest)


def _row(account_id: int, person: Participant, at: datetime) -> Correspondent:
    return Correspondent(
        account_id=account_id,
        key=person.key,
        name=person.name,
        address=person.address,
        words=words_of_correspondent(person.name, person.address),
        written_at=at,
    )


def _write(account_id: int, rows: dict[str, Correspondent]) -> None:
    known = {row.key: row for row in Correspondent.objects.filter(account_id=account_id, key__in=rows)}
    Correspondent.objects.bulk_create(row for key, row in rows.items() if key not in known)
    changed = [_newer(row, rows[key]) for key, row in known.items() if rows[key].written_at > row.written_at]
    Correspondent.objects.bulk_update(changed, ["name", "address", "words", "written_at"])


def _newer(row: Correspondent, found: Correspondent) -> Correspondent:
    row.name, row.address, row.written_at = found.name or row.name, found.address, found.written_at
    row.words = words_of_correspondent(row.name, row.address)
    return row
