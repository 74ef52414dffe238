"""A record as it stood before an import changed it: as JSON and back, so that the change can be undone.

Entries of lists, owners and places that are gone meanwhile are left out.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Final

from django.db.models import Model

from mooring.customers.models import Category, ContactRole, Customer, CustomerStatus, Industry, Lead, Source
from mooring.customers.record_data import (
    AffiliationData,
    ContactData,
    CustomerData,
    DomainData,
    LeadData,
    PhoneData,
    PostalAddressData,
    TagData,
)
from mooring.users.models import User

Data = CustomerData | LeadData | ContactData
_SHAPES: Final[dict[str, Any]] = {"customers": CustomerData, "leads": LeadData, "contacts": ContactData}
_ROWS: Final[dict[str, Any]] = {
    "domains": DomainData,
    "phones": PhoneData,
    "addresses": PostalAddressData,
    "affiliations": AffiliationData,
    "tags": TagData,
}
_ENTRIES: Final[dict[str, Any]] = {
    "owner": User,
    "status": CustomerStatus,
    "industry": Industry,
    "source": Source,
    "role": ContactRole,
    "customer": Customer,
    "lead": Lead,
}


def to_json(data: Any) -> dict[str, Any]:
    """Plain values; records by their ids."""
    return {each.name: _plain(getattr(data, each.name)) for each in fields(data)}


def from_json(kind: str, known: dict[str, Any]) -> Data:
    """The data of a record of this kind."""
    found: Data = _made(_SHAPES[kind], known)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, tuple):
        return [entry if isinstance(entry, str) else entry.pk if isinstance(entry, Model) else to_json(entry) for entry in value]
    return value


def _made(shape: Any, known: dict[str, Any]) -> Any:
    names = {each.name for each in fields(shape)}
    return shape(**{name: _value(name, value) for name, value in known.items() if name in names})


def _value(name: str, value: Any) -> Any:
    if name in _ENTRIES:
        return _entry(_ENTRIES[name], value)
    if name == "categories":
        return tuple(Category.objects.filter(pk__in=value))
    if name in _ROWS:
        rows = [_made(_ROWS[name], row) for row in value]
        return tuple(row for row in rows if not isinstance(row, AffiliationData) or row.customer or row.lead)
    return tuple(value) if isinstance(value, list) else value


def _entry(model: Any, pk: int | None) -> Any:
    rows = model.objects.unscoped("an import reads all records") if hasattr(model.objects.all(), "unscoped") else model.objects
    return rows.filter(pk=pk).first() if pk is not None else None
