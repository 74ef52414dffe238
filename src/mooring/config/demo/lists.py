"""The lists that Halyard & Sons keep: where customers came from, what they work in, how they stand, and what their people are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, TypeVar

from mooring.config.demo.company import Firm
from mooring.customers.info_fields import ChoiceData, InfoFieldData, add_field
from mooring.customers.lists import EntryData, add_entry
from mooring.customers.models import Category, ContactRole, CustomerStatus, Industry, InfoField, ListEntry, Source, Tag
from mooring.customers.record_data import TagData
from mooring.users.journal import Actor

Entry = TypeVar("Entry", bound=ListEntry)

_SOURCES = ("Website", "Boat show", "Recommendation", "Harbour office", "Trade magazine")
_INDUSTRIES = ("Fishing", "Sailing schools", "Shipping", "Boatyards", "Tourism")
_CATEGORIES = (
    ("Key customer", "purple", True, False),
    ("Newsletter", "blue", True, True),
    ("Signs off orders", "orange", False, True),
)
_STATUSES = (("Active", "green"), ("Dormant", "yellow"), ("Bankrupt", "red"), ("Merged", "grey"))
_TAGS = (("Boat show", "blue"), ("Fleet", "green"), ("Slow to pay", "orange"))
_PRODUCTS = ("Rope", "Sails", "Rigging", "Repairs")
_ROLES = (("General Manager", "purple"), ("Finance Manager", "blue"), ("Consultant", "grey"))


@dataclass(frozen=True, slots=True)
class Lists:
    """What is chosen from."""

    sources: tuple[Source, ...]
    industries: tuple[Industry, ...]
    categories: tuple[Category, ...]
    statuses: tuple[CustomerStatus, ...]
    roles: tuple[ContactRole, ...]
    interests: InfoField
    fleet: InfoField
    since: InfoField

    def of_customer(self, firm: Firm, number: int, chance: Random) -> dict[str, Any]:
        """Most are active; of persons no industry is known."""
        key, newsletter, _signs = self.categories
        return {
            "source": chance.choice(self.sources),
            "industry": None if firm.is_person else chance.choice(self.industries),
            "status": self.statuses[0 if number % 7 else 1 + number // 7 % 3],
            "categories": ((key,) if number % 6 == 0 else ()) + ((newsletter,) if number % 3 == 1 else ()),
            "tags": tuple(TagData(name) for place, (name, _colour) in enumerate(_TAGS) if number % 5 == place),
            "info": {
                str(self.interests.pk): sorted({chance.randint(1, 4), chance.randint(1, 4)}),
                str(self.fleet.pk): str(chance.randint(1, 60)),
                str(self.since.pk): f"{chance.randint(1998, 2024)}-{chance.randint(1, 12):02}-01",
            },
        }


def add_lists(*, by: Actor, at: datetime) -> Lists:
    """Entered before anything else."""

    def added(kind: type[Entry], name: str, colour: str = "grey", **more: bool) -> Entry:
        return add_entry(kind=kind, data=EntryData(name=name, colour=colour, **more), by=by, now=at)

    def field(name: str, kind: str, **more: Any) -> InfoField:
        return add_field(data=InfoFieldData(name=name, kind=kind, **more), by=by, now=at)

    for tag, colour in _TAGS:
        added(Tag, tag, colour)
    return Lists(
        sources=tuple(added(Source, name) for name in _SOURCES),
        industries=tuple(added(Industry, name) for name in _INDUSTRIES),
        categories=tuple(
            added(Category, name, colour, is_of_customers=on_customers, is_of_contacts=on_contacts)
            for name, colour, on_customers, on_contacts in _CATEGORIES
        ),
        statuses=tuple(added(CustomerStatus, name, colour) for name, colour in _STATUSES),
        roles=tuple(added(ContactRole, name, colour) for name, colour in _ROLES),
        interests=field("Products of interest", "choices", choices=tuple(ChoiceData(label=label) for label in _PRODUCTS)),
        fleet=field("Boats in the fleet", "number", is_on_tab=True, help_text="Those that sail. Not the ones in the shed."),
        since=field("Customer since", "date", is_on_tab=True),
    )
