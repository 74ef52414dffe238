"""What a record looks like after a row of a file was laid over it: the file's values win, nothing that it lacks is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from mooring.customers.names import phone_key
from mooring.customers.record_data import AffiliationData, ContactData, CustomerData, LeadData, PhoneData

Data = TypeVar("Data", CustomerData, LeadData, ContactData)


def laid_over(stored: Data, row: Data, *, names_kind: bool = True) -> Data:
    """Lists are joined, the file's entries first; other fields are the file's where it has any.

    `names_kind` says whether the row tells company from person.
    """
    changes: dict[str, Any] = {}
    for field in fields(row):
        before: Any = getattr(stored, field.name)
        after: Any = getattr(row, field.name)
        if isinstance(after, tuple):
            changes[field.name] = (*after, *(entry for entry in before if entry not in after))
        elif isinstance(after, Mapping):
            changes[field.name] = {**before, **after}
        elif after not in ("", None) and (names_kind or field.name != "kind"):
            changes[field.name] = after
    changes["phones"] = _phones(row.phones, stored.phones)
    if isinstance(row, ContactData):
        changes["affiliations"] = _places(row.affiliations, stored)
    return replace(stored, **changes)


def with_places(stored: ContactData, row: ContactData) -> ContactData:
    """The stored contact, also at the places that the row names; job titles stay."""
    new = tuple(place for place in row.affiliations if place.place not in {known.place for known in stored.affiliations})
    return replace(stored, affiliations=(*stored.affiliations, *new))


def _phones(first: Sequence[PhoneData], stored: Sequence[PhoneData]) -> tuple[PhoneData, ...]:
    """Every number once under a label. A number that is stored keeps its label: the file's is in the language of who imports."""
    labels: dict[str, str] = {}
    for phone in stored:
        labels[_same(phone)] = labels.get(_same(phone)) or phone.label
    known = {_labelled(phone) for phone in stored}
    new: dict[tuple[str, str], PhoneData] = {}
    for phone in first:
        named = phone if _labelled(phone) in known else replace(phone, label=labels.get(_same(phone)) or phone.label)
        new.setdefault(_labelled(named), named)
    rest = list(stored)
    for phone in new.values():
        alike = [entry for entry in rest if _labelled(entry) == _labelled(phone)]
        if alike:
            rest.remove(phone if phone in alike else alike[0])
    return (*new.values(), *rest)


def _labelled(phone: PhoneData) -> tuple[str, str]:
    return (_same(phone), phone.label)


def _same(phone: PhoneData) -> str:
    return phone_key(phone.number) or phone.number


def _places(first: tuple[AffiliationData, ...], stored: Any) -> tuple[AffiliationData, ...]:
    """Every place once, in the stored order; job title and role of the row win."""
    by_place = {place.place: place for place in stored.affiliations}
    for row in first:
        known = by_place.get(row.place, row)
        by_place[row.place] = replace(row, job_title=row.job_title or known.job_title, role=row.role or known.role)
    return tuple(by_place.values())
