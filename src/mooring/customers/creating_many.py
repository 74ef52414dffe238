"""Creating many records at once, for imports: the same rows and journal lines as one by one, with few queries."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from django.db import transaction

from mooring.customers.child_rows import info_keys, words_of_data
from mooring.customers.facts import facts_of
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
from mooring.customers.word_rows import word_model_of
from mooring.mail.addresses import match_key
from mooring.users.inserting import column_value, insert_rows, new_ids
from mooring.users.journal import Actor, Line, record_all

Data = CustomerData | LeadData | ContactData
Pairs = Sequence[tuple[int, Any]]
"""The ids of new records with what was said of each."""

_TEXTS: Final[dict[Any, tuple[str, ...]]] = {
    Customer: ("name", "kind", "number", "website", "note"),
    Lead: ("name", "number", "company_name", "website", "note"),
    Contact: ("name", "note"),
}
_CHOSEN: Final[dict[Any, tuple[str, ...]]] = {
    Customer: ("owner", "status", "industry", "source"),
    Lead: ("owner", "source"),
    Contact: (),
}
"""Fields that name other records."""
_ADDRESS_FIELDS = tuple(PostalAddressData.__dataclass_fields__)
_address_values = attrgetter(*_ADDRESS_FIELDS)


def create_customers(*, rows: Sequence[CustomerData], by: Actor, now: datetime) -> Sequence[int]:
    """Their ids. `rows` are checked (customers.checking) and their numbers free. One transaction, one journal line each."""
    return _create(Customer, rows, by=by, now=now)


def create_leads(*, rows: Sequence[LeadData], by: Actor, now: datetime) -> Sequence[int]:
    """As create_customers."""
    return _create(Lead, rows, by=by, now=now)


def create_contacts(*, rows: Sequence[ContactData], by: Actor, now: datetime) -> Sequence[int]:
    """As create_customers."""
    return _create(Contact, rows, by=by, now=now)


def _create(model: type[Any], rows: Sequence[Data], *, by: Actor, now: datetime) -> Sequence[int]:
    if not rows:
        return []
    fields = info_fields() if model is Customer else []
    kind = model.__name__.lower()
    with transaction.atomic():
        ids = new_ids(model, len(rows))
        pairs: Pairs = list(zip(ids, rows, strict=True))
        _add_records(model, pairs, now)
        _add_rows(model, pairs, now)
        _add_info(pairs, fields)
        lines = (Line("created", kind, record_id, data.name, facts_of(data, fields)) for record_id, data in pairs)
        record_all(lines, by=by, now=now)
    return ids


def _add_records(model: type[Any], pairs: Pairs, now: datetime) -> None:
    """As rows of values: to make an object of each and take it apart again costs more than all the database does."""
    texts, chosen, at = attrgetter(*_TEXTS[model]), _CHOSEN[model], column_value(model, "created_at", now)
    columns = ("id", *_TEXTS[model], *(f"{field}_id" for field in chosen), "name_key", "twin_key", "created_at", "changed_at")
    rows: Iterable[tuple[Any, ...]] = (
        (
            record_id,
            *texts(data),
            *[entry and entry.pk for entry in [getattr(data, field) for field in chosen]],
            *name_columns(model, data.name).values(),
            at,
            at,
        )
        for record_id, data in pairs
    )
    if model is Customer:
        infos = (json.dumps(dict(data.info)) if data.info else "{}" for _id, data in pairs)
        insert_rows(model, (*columns, "info"), ((*row, info) for row, info in zip(rows, infos, strict=True)))
    else:
        insert_rows(model, columns, rows)


def _add_rows(model: type[Any], pairs: Pairs, now: datetime) -> None:
    owner = f"{model.__name__.lower()}_id"
    at = column_value(EmailAddress, "created_at", now)
    insert_rows(
        EmailAddress,
        (owner, "address", "key", "is_main", "created_at"),
        (
            (record_id, email, match_key(email), index == 0, at)
            for record_id, data in pairs
            for index, email in enumerate(data.emails)
        ),
    )
    insert_rows(
        Phone,
        (owner, "number", "key", "label"),
        ((record_id, row.number, phone_key(row.number), row.label) for record_id, data in pairs for row in data.phones),
    )
    insert_rows(
        PostalAddress,
        (owner, *_ADDRESS_FIELDS),
        ((record_id, *_address_values(row)) for record_id, data in pairs for row in data.addresses),
    )
    words = [(record_id, word) for record_id, data in pairs for word in words_of_data(data)]
    insert_rows(word_model_of(model), ("record_id", "word"), words)
    _add_tags(model, owner, pairs)
    if model is not Lead:
        _add_categories(model, owner, pairs)
    if model is Customer:
        _add_domains(pairs, at)
    if model is Contact:
        _add_affiliations(pairs, at)


def _add_info(pairs: Pairs, fields: Sequence[InfoField]) -> None:
    if fields:
        found = ((record_id, *pair, _owner_of(data)) for record_id, data in pairs for pair in sorted(info_keys(data, fields)))
        insert_rows(CustomerInfo, ("record_id", "field_id", "key", "owner_id"), found)


def _add_categories(model: type[Any], owner: str, pairs: Pairs) -> None:
    rows = ((record_id, category.pk, data) for record_id, data in pairs for category in data.categories)
    _insert_labels(model, model.categories.through, (owner, "category_id"), rows)


def _add_tags(model: type[Any], owner: str, pairs: Pairs) -> None:
    tags = tags_for([tag.name for _id, data in pairs for tag in data.tags])
    rows = ((record_id, tags[tag.name.lower()].pk, data) for record_id, data in pairs for tag in data.tags)
    _insert_labels(model, model.tags.through, (owner, "tag_id"), rows)


def _insert_labels(model: type[Any], through: type[Any], columns: tuple[str, str], rows: Iterable[tuple[int, int, Any]]) -> None:
    """What customers have is told their owner, which the database would have to write after it (customers.models.placed)."""
    if model is Customer:
        insert_rows(through, (*columns, "owner_id"), ((record_id, label, _owner_of(data)) for record_id, label, data in rows))
    else:
        insert_rows(through, columns, ((record_id, label) for record_id, label, _data in rows))


def _owner_of(data: CustomerData) -> int | None:
    return data.owner.pk if data.owner else None


def _add_domains(pairs: Pairs, at: Any) -> None:
    insert_rows(
        CustomerDomain,
        ("customer_id", "domain", "includes_subdomains", "created_at"),
        ((record_id, row.domain, row.includes_subdomains, at) for record_id, data in pairs for row in data.domains),
    )


def _add_affiliations(pairs: Pairs, at: Any) -> None:
    insert_rows(
        Affiliation,
        ("contact_id", "customer_id", "lead_id", "job_title", "role_id", "created_at"),
        (
            (record_id, *row.place, row.job_title, row.role and row.role.pk, at)
            for record_id, data in pairs
            for row in data.affiliations
        ),
    )
