"""Matching letters that are kept already, from the people that stand in their rows: the five rules as on the first day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from mooring.customers.addresses import address_book_for
from mooring.letters.matching import Match, Scope, candidates, match
from mooring.letters.models import Delivery, Participant
from mooring.letters.options import scope_of_everything
from mooring.mail.types import ADDRESS_ROLES, Header, Mailbox
from mooring.options.values import read_all

_FIELD_OF_ROLE: Final = {role: "from_" if role == "from" else role for role in ADDRESS_ROLES}


def rematched(letter_ids: Collection[int]) -> dict[int, tuple[Match, ...]]:
    """What the letters match today, each under the ticks of the accounts it came through; six queries."""
    headers = _headers_of(letter_ids)
    scope = scope_of_everything(values=read_all())
    ticks = _ticks_of(letter_ids)
    book = address_book_for({key for header in headers.values() for key in candidates(header, scope)})
    return {letter_id: match(header, book, _under(scope, ticks.get(letter_id, ()))) for letter_id, header in headers.items()}


def _headers_of(letter_ids: Collection[int]) -> dict[int, Header]:
    people: dict[int, dict[str, list[Mailbox]]] = {letter_id: {} for letter_id in letter_ids}
    rows = Participant.objects.filter(letter_id__in=letter_ids, counts=True).order_by("letter_id", "id")
    for letter_id, role, address, key in rows.values_list("letter_id", "role", "address", "key"):
        people[letter_id].setdefault(_FIELD_OF_ROLE[role], []).append(Mailbox("", address, key))
    fill: Callable[..., Header] = replace
    return {letter_id: fill(Header(), **{field: tuple(row) for field, row in of.items()}) for letter_id, of in people.items()}


def _ticks_of(letter_ids: Collection[int]) -> dict[int, Sequence[tuple[bool, bool]]]:
    rows = Delivery.objects.filter(letter_id__in=letter_ids).order_by()
    ticks: dict[int, list[tuple[bool, bool]]] = {}
    columns = ("letter_id", "account__syncs_customers", "account__syncs_leads")
    for letter_id, customers, leads in rows.values_list(*columns).distinct():
        ticks.setdefault(letter_id, []).append((customers, leads))
    return dict(ticks)


def _under(scope: Scope, ticks: Sequence[tuple[bool, bool]]) -> Scope:
    return replace(
        scope,
        syncs_customers=any(customers for customers, _leads in ticks),
        syncs_leads=any(leads for _customers, leads in ticks),
    )
