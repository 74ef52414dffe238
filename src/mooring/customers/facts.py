"""A record as it stands, in the shape in which it is entered and in the shape in which the journal keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from mooring.customers.info_values import told_facts
from mooring.customers.models import Category, Contact, Customer, InfoField, Lead, Project
from mooring.customers.record_data import (
    AffiliationData,
    ContactData,
    CustomerData,
    DomainData,
    LeadData,
    PhoneData,
    PostalAddressData,
    ProjectData,
    RecordData,
)
from mooring.customers.tagging import tags_of

Record = Customer | Lead | Contact | Project


def kind_of(record: Record) -> str:
    """The word by which the journal and other rooms call this kind of record: customer, lead, contact or project."""
    return type(record).__name__.lower()


def customer_data(customer: Customer) -> CustomerData:
    """Reads the rows with five queries unless they are prefetched, and the categories unless they were read with it."""
    return CustomerData(
        name=customer.name,
        kind=customer.kind,
        number=customer.number,
        website=customer.website,
        note=customer.note,
        owner=customer.owner,
        status=customer.status,
        industry=customer.industry,
        source=customer.source,
        categories=_categories_of(customer),
        tags=tags_of(customer),
        info=customer.info,
        domains=tuple(
            DomainData(domain=row.domain, includes_subdomains=row.includes_subdomains) for row in customer.domains.all()
        ),
        **_rows_of(customer),
    )


def lead_data(lead: Lead) -> LeadData:
    """Reads the rows with four queries unless they are prefetched."""
    return LeadData(
        name=lead.name,
        number=lead.number,
        company_name=lead.company_name,
        website=lead.website,
        note=lead.note,
        owner=lead.owner,
        source=lead.source,
        tags=tags_of(lead),
        **_rows_of(lead),
    )


def contact_data(contact: Contact) -> ContactData:
    """Reads the rows with four queries unless they are prefetched."""
    affiliations = contact.affiliations.all()
    if "affiliations" not in getattr(contact, "_prefetched_objects_cache", ()):
        affiliations = affiliations.select_related("customer", "lead", "role")
    return ContactData(
        name=contact.name,
        note=contact.note,
        categories=_categories_of(contact),
        tags=tags_of(contact),
        affiliations=tuple(
            AffiliationData(customer=row.customer, lead=row.lead, job_title=row.job_title, role=row.role) for row in affiliations
        ),
        **_rows_of(contact),
    )


def project_data(project: Project) -> ProjectData:
    return ProjectData(
        name=project.name, customer=project.customer, note=project.note, is_closed=project.is_closed, tags=tags_of(project)
    )


def data_of(record: Record) -> RecordData:
    """What a form that changes this record starts with."""
    if isinstance(record, Customer):
        return customer_data(record)
    if isinstance(record, Lead):
        return lead_data(record)
    if isinstance(record, Contact):
        return contact_data(record)
    return project_data(record)


def facts_of(data: RecordData, info_fields: Sequence[InfoField] = ()) -> dict[str, Any]:
    """What the journal keeps: plain JSON, without fields that are empty. Additional information under the names of its fields."""
    facts: dict[str, Any] = {}
    for name in data.__dataclass_fields__:
        value = getattr(data, name)
        if isinstance(value, str):
            if value:
                facts[name] = value
        elif name != "info" and value not in _NOTHING and (fact := _fact(value)) not in ("", None, []):
            facts[name] = fact
    if isinstance(data, CustomerData) and data.info:
        facts |= told_facts(data.info, info_fields)
    return facts


def _categories_of(record: Customer | Contact) -> tuple[Category, ...]:
    """Read with the record (with_chosen), or with one query."""
    rows = getattr(record, "category_rows", None)
    return tuple(record.categories.all()) if rows is None else tuple(Category(**row) for row in rows)


def _rows_of(record: Customer | Lead | Contact) -> dict[str, Any]:
    return {
        "emails": tuple(row.address for row in record.emails.all()),
        "phones": tuple(PhoneData(number=row.number, label=row.label) for row in record.phones.all()),
        "addresses": tuple(
            PostalAddressData(
                label=row.label,
                street=row.street,
                postcode=row.postcode,
                city=row.city,
                region=row.region,
                country=row.country,
            )
            for row in record.postal_addresses.all()
        ),
    }


_NOTHING: Final = ("", None, ())
_parts_of_address: Final = attrgetter(*(field.name for field in fields(PostalAddressData)))


def _fact(value: Any) -> Any:
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, tuple):
        return [_fact(row) for row in value]
    if isinstance(value, DomainData):
        return f"{value.domain} (+)" if value.includes_subdomains else value.domain
    if isinstance(value, PhoneData):
        return f"{value.number} ({value.label})" if value.label else value.number
    if isinstance(value, PostalAddressData):
        return ", ".join(filter(None, _parts_of_address(value)))
    if isinstance(value, AffiliationData):
        place = str(value.customer or value.lead)
        what = ", ".join(part for part in (value.job_title, str(value.role or "")) if part)
        return f"{place} ({what})" if what else place
    return str(value)
