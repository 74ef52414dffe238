"""How many active customers there are by what administrators' lists say of them: counted at once where there are few, or as the
engine counted them last, with the moment when it did.

All rows have to be counted: at a million customers half a second of CPU for each page. Reads and writes no customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Count, Sum

from mooring.customers.counting import counts_up_to
from mooring.customers.models import Category, Customer, CustomerCount, CustomerStatus, Industry, ListEntry, Source
from mooring.customers.models.customer import CustomerQuerySet
from mooring.users.models import User
from mooring.users.permissions import Action, Module
from mooring.users.reach import owned_within

FIELDS: Final[dict[str, tuple[str, type[ListEntry]]]] = {
    "industry": ("industry", Industry),
    "category": ("categories", Category),
    "status": ("status", CustomerStatus),
    "source": ("source", Source),
}
"""What customers are counted by -> the field that holds it, the list from which it is chosen."""
AT_ONCE: Final = 20_000
"""So many customers are counted for each reader who asks, in some 15 ms."""
_WHY: Final = "counted for everybody; readers are given the counts of those whose customers they see"


@dataclass(frozen=True, slots=True)
class CustomersOf:
    """How many customers have an entry; None for those that have none."""

    entry: ListEntry | None
    count: int


@dataclass(frozen=True, slots=True)
class Counted:
    """The most first. `at` is None where they were counted just now."""

    lines: list[CustomersOf]
    at: datetime | None = None


def customers_by(*, by: str, reader: User) -> Counted:
    """Active customers that the reader sees, by a key of FIELDS; one with several categories counts in each of them."""
    field, entries = FIELDS[by]
    seen = Customer.objects.visible_to(reader)
    at, pairs = None if _are_few(seen) else _counted_last(by), []
    if at is not None:
        kept = CustomerCount.objects.filter(owned_within(reader, Module.CUSTOMERS, Action.VIEW), by=by, counted_at=at)
        pairs = list(kept.order_by().values_list("entry_id").annotate(Sum("count")))
    if not pairs:  # never counted yet, or counted anew at this very moment
        at, pairs = None, list(seen.filter(archived_at=None).order_by().values_list(field).annotate(Count("pk")))
    known: dict[int | None, Any] = {entry.pk: entry for entry in entries._default_manager.all()}
    lines = [CustomersOf(known.get(entry_id), count) for entry_id, count in pairs if entry_id is None or entry_id in known]
    return Counted(sorted(lines, key=lambda line: (-line.count, line.entry.name if line.entry else "")), at)


def count_customers(*, now: datetime) -> None:
    """Count all anew if there are so many that readers want it. Several at once do no harm: the latest counting is read."""
    everybody = Customer.objects.unscoped(_WHY)
    found = [] if _are_few(everybody) else list(_counted(everybody, now))
    with transaction.atomic():
        CustomerCount.objects.bulk_create(found, batch_size=1_000)
        CustomerCount.objects.filter(counted_at__lt=now).delete()


def _counted(customers: CustomerQuerySet, now: datetime) -> Iterator[CustomerCount]:
    active = customers.filter(archived_at=None).order_by()
    for by, (field, _entries) in FIELDS.items():
        for entry_id, owner_id, count in active.values_list(field, "owner").annotate(Count("pk")):
            yield CustomerCount(by=by, entry_id=entry_id, owner_id=owner_id, count=count, counted_at=now)


def _are_few(customers: CustomerQuerySet) -> bool:
    return counts_up_to(AT_ONCE, [customers])[0] <= AT_ONCE


def _counted_last(by: str) -> datetime | None:
    return CustomerCount.objects.filter(by=by).order_by("-counted_at").values_list("counted_at", flat=True).first()
