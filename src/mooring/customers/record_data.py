"""What a form, a command or an import says about a record, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mooring.customers.models import (
    Category,
    ContactRole,
    Customer,
    CustomerKind,
    CustomerStatus,
    Industry,
    Lead,
    Source,
)
from mooring.users.models import User


class UnableToSave(Exception):
    """The record was not saved. `problems`: field -> text fit for the user; "" is the whole record."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainData:
    domain: str
    includes_subdomains: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneData:
    number: str
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddressData:
    label: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    region: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class TagData:
    """A tag by its name. Its colour is the tag's own, and says nothing when it is entered."""

    name: str
    colour: str = field(default="grey", compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerData:
    """The first of `emails` is the main one."""

    name: str
    kind: str = CustomerKind.COMPANY.value
    number: str = ""
    website: str = ""
    note: str = ""
    tags: tuple[TagData, ...] = ()
    owner: User | None = None
    status: CustomerStatus | None = None
    industry: Industry | None = None
    source: Source | None = None
    categories: tuple[Category, ...] = ()
    info: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Additional information, as `Customer.info`."""
    emails: tuple[str, ...] = ()
    domains: tuple[DomainData, ...] = ()
    phones: tuple[PhoneData, ...] = ()
    addresses: tuple[PostalAddressData, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadData:
    """The first of `emails` is the main one."""

    name: str
    number: str = ""
    company_name: str = ""
    website: str = ""
    note: str = ""
    tags: tuple[TagData, ...] = ()
    owner: User | None = None
    source: Source | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[PhoneData, ...] = ()
    addresses: tuple[PostalAddressData, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AffiliationData:
    """Either at a customer or at a lead."""

    customer: Customer | None = None
    lead: Lead | None = None
    job_title: str = ""
    role: ContactRole | None = None

    @property
    def place(self) -> tuple[int | None, int | None]:
        """The ids of the customer and of the lead, by which two affiliations are the same."""
        return (self.customer.pk if self.customer else None, self.lead.pk if self.lead else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactData:
    """The first of `emails` is the main one. At least one affiliation."""

    name: str
    note: str = ""
    tags: tuple[TagData, ...] = ()
    categories: tuple[Category, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[PhoneData, ...] = ()
    addresses: tuple[PostalAddressData, ...] = ()
    affiliations: tuple[AffiliationData, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectData:
    name: str
    customer: Customer
    note: str = ""
    tags: tuple[TagData, ...] = ()
    is_closed: bool = False


RecordData = CustomerData | LeadData | ContactData | ProjectData


def in_order(tags: Iterable[TagData]) -> tuple[TagData, ...]:
    """Each once, whatever its case, by name."""
    by_name: dict[str, TagData] = {}
    for tag in tags:
        by_name.setdefault(tag.name.lower(), tag)
    return tuple(tag for _name, tag in sorted(by_name.items()))
