"""The facts of a record as its card shows them, one by one, each of which can be edited in place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from mooring.customers.models import CustomerKind, ListEntry
from mooring.customers.record_data import (
    ContactData,
    CustomerData,
    DomainData,
    LeadData,
    PhoneData,
    PostalAddressData,
    ProjectData,
    RecordData,
    TagData,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a fact, with where it leads and a quiet word beside it."""

    text: str
    url: str = ""
    note: str = ""
    colour: str = ""
    """Of what is shown as a label."""
    address: str = ""
    """An email address: whoever may write from here does so in the dock, others in the program that `url` opens."""
    is_outside: bool = False
    """Leads to another site: opened apart, without telling it where from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact of a record; no lines where nothing is known."""

    name: str
    label: str
    lines: tuple[Line, ...]


_LABELS: Final = {
    "emails": gettext_lazy("Email"),
    "domains": gettext_lazy("Domains"),
    "phones": gettext_lazy("Phone"),
    "addresses": gettext_lazy("Address"),
    "website": gettext_lazy("Website"),
    "company_name": gettext_lazy("Company"),
    "owner": gettext_lazy("Looked after by"),
    "number": gettext_lazy("Number"),
    "kind": gettext_lazy("Type"),
    "name": gettext_lazy("Name"),
    "note": gettext_lazy("Note"),
    "status": gettext_lazy("Status"),
    "industry": gettext_lazy("Industry"),
    "source": gettext_lazy("Source"),
    "categories": gettext_lazy("Categories"),
    "tags": gettext_lazy("Tags"),
    "is_closed": gettext_lazy("State"),
}
_NAME_OF_PERSON: Final = pgettext_lazy("person", "Name")
_SHOWN: Final[dict[type[Any], tuple[str, ...]]] = {
    CustomerData: (
        *("emails", "domains", "phones", "addresses", "website", "status", "industry", "categories", "tags", "source", "owner"),
        *("number", "kind", "name", "note"),
    ),
    LeadData: ("emails", "phones", "addresses", "website", "company_name", "tags", "source", "owner", "number", "name", "note"),
    ContactData: ("emails", "phones", "addresses", "categories", "tags", "name", "note"),
    ProjectData: ("name", "is_closed", "tags", "note"),
}


def facts_shown(data: RecordData) -> list[Fact]:
    """The facts in the order in which people look for them; fields that have a place of their own on the card are left out."""
    return [Fact(name=name, label=label_of(name, data), lines=tuple(_lines(name, data))) for name in _SHOWN[type(data)]]


def is_fact(data: RecordData, name: str) -> bool:
    """Whether `name` can be edited by itself on the card; the form knows which additional information there is."""
    return name in _SHOWN[type(data)] or (isinstance(data, CustomerData) and re.fullmatch(r"info_\d{1,15}", name) is not None)


def label_of(name: str, data: RecordData) -> str:
    """What stands before the fact."""
    if name.startswith("info_"):
        return ""
    return str(_NAME_OF_PERSON if name == "name" and isinstance(data, ContactData) else _LABELS[name])


def _lines(name: str, data: RecordData) -> Iterator[Line]:
    value = getattr(data, name)
    if name == "is_closed":
        yield Line(text=_("Closed") if value else _("Open"))
    elif isinstance(value, tuple):
        for number, row in enumerate(value):
            yield _row(row, is_main=number == 0 and len(value) > 1)
    elif name == "website" and value:
        yield _website(value)
    elif name == "kind":
        yield Line(text=str(CustomerKind(value).label))
    elif isinstance(value, ListEntry):
        yield _entry(value)
    elif value:
        yield Line(text=str(value))


def _row(row: Any, *, is_main: bool) -> Line:
    if isinstance(row, DomainData):
        return Line(text=row.domain, note=_("and hosts below it") if row.includes_subdomains else "")
    if isinstance(row, PhoneData):
        return Line(text=row.number, url=f"tel:{''.join(row.number.split())}", note=row.label)
    if isinstance(row, PostalAddressData):
        return Line(text=address_line(row), note=row.label)
    if isinstance(row, (ListEntry, TagData)):
        return _entry(row)
    return Line(text=str(row), url=f"mailto:{row}", address=str(row), note=_("main") if is_main else "")


def address_line(row: PostalAddressData) -> str:
    """An address on one line: street, postcode and city, region, country."""
    city = " ".join(part for part in (row.postcode, row.city) if part)
    return ", ".join(part for part in (row.street, city, row.region, row.country) if part)


def _entry(row: ListEntry | TagData) -> Line:
    return Line(text=row.name, colour=row.colour)


def _website(text: str) -> Line:
    """Only addresses of the web become links, whatever was saved."""
    if not text.startswith(("https://", "http://")):
        return Line(text=text)
    return Line(text=text.partition("://")[2].rstrip("/"), url=text, is_outside=True)
