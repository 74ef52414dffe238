"""Whom one may mean by the first letters of a name or address: contacts, customers and leads within one's rights, then people
to whom letters were sent before from one's accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mooring.customers.models import Contact, Customer, Lead
from mooring.customers.names import words_to_search
from mooring.customers.queries import find_reachable
from mooring.letters.models import Correspondent
from mooring.letters.visibility import accounts_written_by
from mooring.mail.addresses import match_key
from mooring.users.models import User

MOST: Final = 8
SHORTEST: Final = 2
"""From so many letters on something is suggested; one alone fits everybody."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody to write to. `place` is where a contact works; `kind` is contact, customer, lead or sent."""

    name: str
    address: str
    kind: str
    place: str = ""


def suggestions_for(*, reader: User, text: str, limit: int = MOST) -> list[Suggestion]:
    """At most `limit` people, each address once; those on cards first. At most ten queries, each by an index."""
    text = text.strip()[:100]
    if len(text) < SHORTEST:
        return []
    found: dict[str, Suggestion] = {}
    for each in (*_on_cards(reader, text, limit), *_written_to_before(reader, text, limit)):
        found.setdefault(match_key(each.address) or each.address, each)
    return list(found.values())[:limit]


def _on_cards(reader: User, text: str, limit: int) -> Iterator[Suggestion]:
    words = words_to_search(text)
    for record in find_reachable(reader=reader, text=text, limit=limit):
        kind = record._meta.model_name or ""
        place = _place_of(record)
        for address in _meant([row.address for row in record.emails.all()], words):
            yield Suggestion(record.name, address, kind, place)


def _meant(addresses: Iterable[str], words: list[str]) -> list[str]:
    """The main address where the name was typed; where an address was begun, those that begin so."""
    listed = list(addresses)
    begun = [address for address in listed if any(address.lower().startswith(word) for word in words)]
    return begun or listed[:1]


def _place_of(record: Contact | Customer | Lead) -> str:
    if isinstance(record, Lead):
        return record.company_name
    if isinstance(record, Customer):
        return ""
    places = [str(place.customer or place.lead) for place in record.places]  # type: ignore[attr-defined]  # find_reachable's
    return places[0] if places else ""


def _written_to_before(reader: User, text: str, limit: int) -> Iterator[Suggestion]:
    """A person writes to some thousands of addresses in a lifetime: they are walked, newest first."""
    accounts = list(accounts_written_by(reader).values_list("pk", flat=True))
    rows = Correspondent.objects.filter(account_id__in=accounts)
    for word in words_to_search(text):
        rows = rows.filter(words__contains=f" {word}")
    for row in rows.order_by("-written_at", "id")[:limit]:
        yield Suggestion(row.name, row.address, "sent")
