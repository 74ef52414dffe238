"""Finding customers, leads, contacts and projects of any kind by words: of every kind its share, the rest in turns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

from django.db.models import BigIntegerField, BooleanField, CharField, F, Q, Value
from django.db.models.functions import Coalesce

from mooring.customers.models import Contact, Customer, Lead, Project
from mooring.customers.pages import Key, first_keys, rows_of
from mooring.customers.queries import all_kinds
from mooring.customers.value_lists import any_of
from mooring.customers.word_search import Found, found_by
from mooring.users.models import User
from mooring.users.permissions import Action

KINDS: Final = (Customer, Lead, Contact, Project)
_WHY: Final = "their keys were found within the reader's rights"
_COLUMNS: Final = ("of_kind", "pk", "called", "rests", "belongs_to")


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """`beside` is a project's customer, or a lead's company."""

    model: type[Customer | Lead | Contact | Project]
    pk: int
    name: str
    is_archived: bool
    beside: str


def find(
    *,
    reader: User,
    text: str,
    kinds: Collection[type[Customer | Lead | Contact | Project]] = KINDS,
    limit: int = 10,
    action: Action = Action.VIEW,
    is_for_projects: bool = False,
) -> list[Customer | Lead | Contact | Project]:
    """The first records of these kinds that `text` finds, at most `limit`, of every kind at least its share; see all_kinds."""
    every = all_kinds(reader=reader, found=found_by(KINDS, text), action=action, is_for_projects=is_for_projects)
    listings = [listing for kind, listing in zip(KINDS, every, strict=False) if kind in kinds]
    keys = _shares(first_keys(listings, sort="name", size=limit), limit)
    return [row for listing, each in zip(listings, keys, strict=True) for row in rows_of(listing, each)]


def find_names(*, reader: User, found: Sequence[Found] | None, limit: int = 10) -> list[FoundRecord]:
    """The same, to be looked at, with no more than is said of each; `found` is by KINDS.

    As a rule two queries, a few more for common words.
    """
    listings = all_kinds(reader=reader, found=found)
    keys = _shares(first_keys(listings, sort="name", size=limit), limit)
    parts = [_named(kind, [pk for _name, pk in each]) for kind, each in enumerate(keys) if each]
    rows = {(kind, pk): rest for kind, pk, *rest in (parts[0].union(*parts[1:], all=True) if parts else ())}
    places = [(kind, pk) for kind, each in enumerate(keys) for _name, pk in each]
    return [FoundRecord(KINDS[place[0]], place[1], *rows[place]) for place in places if place in rows]


def _named(kind: int, ids: Sequence[int]) -> Any:
    """_COLUMNS alike for each kind, so that one query reads all of them."""
    rows: Any = KINDS[kind].objects.unscoped(_WHY).filter(pk__in=any_of(ids)).order_by()
    text = Value("", CharField())
    belongs_to = {Lead: F("company_name"), Project: Coalesce("customer__name", text)}.get(KINDS[kind], text)
    rests = Q(archived_at__isnull=False) if KINDS[kind] is Customer else Value(value=False, output_field=BooleanField())
    return rows.annotate(
        of_kind=Value(kind, BigIntegerField()), called=F("name"), rests=rests, belongs_to=belongs_to
    ).values_list(*_COLUMNS)


def _shares(kinds: Sequence[list[Key]], limit: int) -> list[list[Key]]:
    turns = [at for turn in zip_longest(*kinds) for at, key in enumerate(turn) if key is not None][:limit]
    return [keys[: turns.count(at)] for at, keys in enumerate(kinds)]
