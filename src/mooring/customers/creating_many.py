"""Creating many records at once, for imports: the same rows and journal lines as one by one, with few queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from mooring.customers.child_rows import WORD_MODELS, owned_by, words_of_data
from mooring.customers.editing import columns_of
from mooring.customers.facts import facts_of, kind_of
from mooring.customers.models import Affiliation, Contact, Customer, CustomerDomain, EmailAddress, Lead, Phone, PostalAddress
from mooring.customers.names import name_key, phone_key
from mooring.customers.record_data import ContactData, CustomerData, LeadData
from mooring.mail.addresses import match_key
from mooring.users.journal import Actor, Line, record_all

Data = CustomerData | LeadData | ContactData
Record = TypeVar("Record", Customer, Lead, Contact)

_BATCH = 500


def create_customers(*, rows: Sequence[CustomerData], by: Actor, now: datetime) -> list[Customer]:
    """`rows` are checked (customers.checking) and their numbers free. One transaction, one journal line each."""
    return _create(Customer, rows, by=by, now=now)


def create_leads(*, rows: Sequence[LeadData], by: Actor, now: datetime) -> list[Lead]:
    """As create_customers."""
    return _create(Lead, rows, by=by, now=now)


def create_contacts(*, rows: Sequence[ContactData], by: Actor, now: datetime) -> list[Contact]:
    """As create_customers."""
    return _create(Contact, rows, by=by, now=now)


def _create(model: type[Record], rows: Sequence[Data], *, by: Actor, now: datetime) -> list[Record]:
    if not rows:
        return []
    with transaction.atomic():
        new = [model(**columns_of(data), name_key=name_key(data.name), created_at=now, changed_at=now) for data in rows]
        records: list[Record] = model.objects.bulk_create(new, batch_size=_BATCH)
        pairs: list[tuple[Any, Any]] = list(zip(records, rows, strict=True))
        _insert(EmailAddress, (row for record, data in pairs for row in _emails(record, data, now)))
        _insert(Phone, (row for record, data in pairs for row in _phones(record, data)))
        _insert(PostalAddress, (row for record, data in pairs for row in _postal_addresses(record, data)))
        _insert(CustomerDomain, (row for record, data in pairs for row in _domains(record, data, now)))
        _insert(Affiliation, (row for record, data in pairs for row in _affiliations(record, data, now)))
        word = WORD_MODELS[model]
        _insert(word, (word(record=record, word=text) for record, data in pairs for text in words_of_data(data)))
        lines = (Line("created", kind_of(record), record.pk, record.name, facts_of(data)) for record, data in pairs)
        record_all(lines, by=by, now=now)
    return records


def _insert(model: Any, rows: Iterable[Any]) -> None:
    model.objects.bulk_create(rows, batch_size=_BATCH)


def _emails(record: Customer | Lead | Contact, data: Data, now: datetime) -> Iterable[EmailAddress]:
    for index, email in enumerate(data.emails):
        yield EmailAddress(**owned_by(record), address=email, key=match_key(email), is_main=index == 0, created_at=now)


def _phones(record: Customer | Lead | Contact, data: Data) -> Iterable[Phone]:
    for row in data.phones:
        yield Phone(**owned_by(record), number=row.number, key=phone_key(row.number), label=row.label)


def _postal_addresses(record: Customer | Lead | Contact, data: Data) -> Iterable[PostalAddress]:
    for row in data.addresses:
        yield PostalAddress(
            **owned_by(record),
            label=row.label,
            street=row.street,
            postcode=row.postcode,
            city=row.city,
            region=row.region,
            country=row.country,
        )


def _domains(record: Any, data: Data, now: datetime) -> Iterable[CustomerDomain]:
    if isinstance(data, CustomerData):
        for row in data.domains:
            also_below = row.includes_subdomains
            yield CustomerDomain(customer=record, domain=row.domain, includes_subdomains=also_below, created_at=now)


def _affiliations(record: Any, data: Data, now: datetime) -> Iterable[Affiliation]:
    if isinstance(data, ContactData):
        for row in data.affiliations:
            yield Affiliation(contact=record, customer=row.customer, lead=row.lead, job_title=row.job_title, created_at=now)
