"""Creating many records at once, for imports: the same rows and journal lines as one by one, with few queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from mooring.customers.child_rows import WORD_MODELS, info_keys, words_of_data
from mooring.customers.editing import columns_of
from mooring.customers.facts import facts_of, kind_of
from mooring.customers.info_fields import info_fields
from mooring.customers.legal_forms import name_columns
from mooring.customers.models import (
    Affiliation,
    Contact,
    Customer,
    CustomerDomain,
    CustomerInfo,
    EmailAddress,
    InfoField,
    Lead,
    Phone,
    PostalAddress,
)
from mooring.customers.names import phone_key
from mooring.customers.record_data import ContactData, CustomerData, LeadData, PostalAddressData
from mooring.customers.tagging import tags_for
from mooring.mail.addresses import match_key
from mooring.users.inserting import column_value, insert_records, insert_rows
from mooring.users.journal import Actor, Line, record_all

Data = CustomerData | LeadData | ContactData
Record = TypeVar("Record", Customer, Lead, Contact)

_ADDRESS_FIELDS = tuple(PostalAddressData.__dataclass_fields__)


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
    fields = info_fields() if model is Customer else []
    with transaction.atomic():
        new = [model(**columns_of(data), **name_columns(model, data.name), created_at=now, changed_at=now) for data in rows]
        insert_records(new)
        pairs: list[tuple[Any, Any]] = list(zip(new, rows, strict=True))
        _add_rows(model, pairs, now)
        _add_info(pairs, fields)
        lines = (Line("created", kind_of(record), record.pk, record.name, facts_of(data, fields)) for record, data in pairs)
        record_all(lines, by=by, now=now)
    return new


def _add_rows(model: type[Any], pairs: Sequence[tuple[Any, Any]], now: datetime) -> None:
    owner = f"{model.__name__.lower()}_id"
    at = column_value(EmailAddress, "created_at", now)
    insert_rows(
        EmailAddress,
        (owner, "address", "key", "is_main", "created_at"),
        (
            (record.pk, email, match_key(email), index == 0, at)
            for record, data in pairs
            for index, email in enumerate(data.emails)
        ),
    )
    insert_rows(
        Phone,
        (owner, "number", "key", "label"),
        ((record.pk, row.number, phone_key(row.number), row.label) for record, data in pairs for row in data.phones),
    )
    insert_rows(
        PostalAddress,
        (owner, *_ADDRESS_FIELDS),
        ((record.pk, *(getattr(row, field) for field in _ADDRESS_FIELDS)) for record, data in pairs for row in data.addresses),
    )
    words = ((record.pk, word) for record, data in pairs for word in words_of_data(data))
    insert_rows(WORD_MODELS[model], ("record_id", "word"), words)
    _add_tags(model, owner, pairs)
    if model is not Lead:
        _add_categories(model, owner, pairs)
    if model is Customer:
        _add_domains(pairs, at)
    if model is Contact:
        _add_affiliations(pairs, at)


def _add_info(pairs: Sequence[tuple[Any, Any]], fields: Sequence[InfoField]) -> None:
    if fields:
        found = ((record.pk, *pair, record.owner_id) for record, data in pairs for pair in sorted(info_keys(data, fields)))
        insert_rows(CustomerInfo, ("record_id", "field_id", "key", "owner_id"), found)


def _add_categories(model: type[Any], owner: str, pairs: Sequence[tuple[Any, Any]]) -> None:
    rows = ((record, category.pk) for record, data in pairs for category in data.categories)
    _insert_labels(model, model.categories.through, (owner, "category_id"), rows)


def _add_tags(model: type[Any], owner: str, pairs: Sequence[tuple[Any, Any]]) -> None:
    tags = tags_for([tag.name for _record, data in pairs for tag in data.tags])
    rows = ((record, tags[tag.name.lower()].pk) for record, data in pairs for tag in data.tags)
    _insert_labels(model, model.tags.through, (owner, "tag_id"), rows)


def _insert_labels(model: type[Any], through: type[Any], columns: tuple[str, str], rows: Iterable[tuple[Any, int]]) -> None:
    """What customers have is told their owner, which the database would have to write after it (customers.models.placed)."""
    if model is Customer:
        insert_rows(through, (*columns, "owner_id"), ((record.pk, label, record.owner_id) for record, label in rows))
    else:
        insert_rows(through, columns, ((record.pk, label) for record, label in rows))


def _add_domains(pairs: Sequence[tuple[Customer, CustomerData]], at: Any) -> None:
    insert_rows(
        CustomerDomain,
        ("customer_id", "domain", "includes_subdomains", "created_at"),
        ((record.pk, row.domain, row.includes_subdomains, at) for record, data in pairs for row in data.domains),
    )


def _add_affiliations(pairs: Sequence[tuple[Contact, ContactData]], at: Any) -> None:
    insert_rows(
        Affiliation,
        ("contact_id", "customer_id", "lead_id", "job_title", "role_id", "created_at"),
        (
            (record.pk, *row.place, row.job_title, row.role and row.role.pk, at)
            for record, data in pairs
            for row in data.affiliations
        ),
    )
