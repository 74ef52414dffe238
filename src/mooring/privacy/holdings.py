"""Everything held on a customer or a person, as plain rows: whatever table a row lies in, also in rooms to come.

Found as the database would find it: every row that would go if the record went. Secrets, and what is only made from other rows,
are left out. The same state gives the same rows in the same order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from django.db import models

from mooring.customers.models import (
    Affiliation,
    ArchiveLock,
    Contact,
    ContactWord,
    Customer,
    CustomerWord,
    PortalKey,
    PortalRecoveryCode,
    PortalSession,
    ProjectWord,
)
from mooring.customers.value_lists import any_of
from mooring.sales.models import OpportunityWord

LEFT_OUT: Final = frozenset(
    {ArchiveLock, ContactWord, CustomerWord, OpportunityWord, PortalKey, PortalRecoveryCode, PortalSession, ProjectWord}
)
"""Keys, codes and sessions are secrets; words are made from names for searching; a lock of the archive is a state of it."""
SECRETS: Final = frozenset({"password", "code_sealed", "code_counter", "epoch", "signed_in_at"})
"""Columns of portal users that are secret, or that say nothing of the person."""

Rows = dict[str, list[dict[str, Any]]]


def rows_of_customer(customer: Customer) -> Rows:
    """The customer, all that hangs on it, and the contacts there with all that hangs on them, without their other customers."""
    found = _below(Customer, [customer.pk])
    contacts = list(Affiliation.objects.filter(customer=customer).order_by("contact_id").values_list("contact_id", flat=True))
    for model, ids in _below(Contact, contacts).items():
        if model is not Affiliation:
            found.setdefault(model, set()).update(ids)
    return _rows(found)


def rows_of_contact(contact: Contact) -> Rows:
    """The person and all that hangs on them."""
    return _rows(_below(Contact, [contact.pk]))


def _below(root: type[models.Model], ids: Collection[int]) -> dict[type[models.Model], set[int]]:
    found: dict[type[models.Model], set[int]] = {root: set(ids)}
    waiting = [(root, set(ids))]
    while waiting:
        model, above = waiting.pop()
        for child, field in _children(model):
            below = set(_all(child).filter(**{f"{field}__in": any_of(above)}).values_list("pk", flat=True))
            new = below - found.get(child, set())
            if new:
                found.setdefault(child, set()).update(new)
                waiting.append((child, new))
    return found


def _children(model: type[models.Model]) -> Iterator[tuple[type[models.Model], str]]:
    """Tables whose rows would go with a row of this one, and by which column they hang on it."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.on_delete is models.CASCADE:
            child = relation.related_model
            if child not in LEFT_OUT and not isinstance(child, str):
                yield child, relation.field.name


def _rows(found: dict[type[models.Model], set[int]]) -> Rows:
    ordered = sorted(found.items(), key=lambda pair: pair[0]._meta.label)
    return {model._meta.label: list(_plain(model, ids)) for model, ids in ordered if ids}


def _plain(model: type[models.Model], ids: set[int]) -> Iterator[dict[str, Any]]:
    fields = [field.attname for field in model._meta.concrete_fields if field.name not in SECRETS]
    yield from _all(model).filter(pk__in=any_of(ids)).order_by("pk").values(*fields)


def _all(model: type[models.Model]) -> models.QuerySet[Any]:
    """Every row: Django's own manager, for the page has asked whether the reader may take the whole record along."""
    return model._base_manager.all()
