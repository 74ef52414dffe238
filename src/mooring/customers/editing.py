"""Creating and changing customers, leads, contacts and projects: one transaction and one journal line each.

What is entered is checked here (UnableToSave); whether the user may do it, and on which records, the pages ask before. Only of
which customer a project may be is asked here, too: the project gets that customer's owner, and with it other readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar, cast

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from mooring.customers.checking import checked
from mooring.customers.child_rows import keep_rows
from mooring.customers.facts import data_of, facts_of, kind_of
from mooring.customers.info_fields import info_fields
from mooring.customers.info_values import checked_info
from mooring.customers.legal_forms import name_columns
from mooring.customers.models import Contact, Customer, InfoField, Lead, Project
from mooring.customers.models.project import with_projects_for
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
    UnableToSave,
)
from mooring.customers.tagging import with_known_tags
from mooring.users.journal import Actor, Line, changes_between, record, record_all
from mooring.users.models import User
from mooring.users.permissions import Action

__all__ = (
    "AffiliationData",
    "ContactData",
    "CustomerData",
    "DomainData",
    "LeadData",
    "PhoneData",
    "PostalAddressData",
    "ProjectData",
    "UnableToSave",
    "change_contact",
    "change_customer",
    "change_lead",
    "change_owner",
    "change_project",
    "columns_of",
    "create_contact",
    "create_customer",
    "create_lead",
    "create_project",
)

Record = TypeVar("Record", Customer, Lead, Contact, Project)
Data = TypeVar("Data", bound=RecordData)

_PLAIN_FIELDS = (
    *("name", "kind", "number", "company_name", "website", "note", "owner", "customer", "is_closed"),
    *("status", "industry", "source", "info"),
)


def create_customer(*, data: CustomerData, by: Actor, now: datetime) -> Customer:
    """Raises UnableToSave."""
    return _create(Customer, data, by=by, now=now)


def change_customer(*, customer: Customer, data: CustomerData, by: Actor, now: datetime) -> Customer:
    """Returns the customer as it now stands. Nothing is written when nothing differs. Raises UnableToSave."""
    return _change(customer, data, by=by, now=now)


def create_lead(*, data: LeadData, by: Actor, now: datetime) -> Lead:
    """Raises UnableToSave."""
    return _create(Lead, data, by=by, now=now)


def change_lead(*, lead: Lead, data: LeadData, by: Actor, now: datetime) -> Lead:
    """Returns the lead as it now stands. Nothing is written when nothing differs. Raises UnableToSave."""
    return _change(lead, data, by=by, now=now)


def create_contact(*, data: ContactData, by: Actor, now: datetime) -> Contact:
    """Raises UnableToSave."""
    return _create(Contact, data, by=by, now=now)


def change_contact(*, contact: Contact, data: ContactData, by: Actor, now: datetime) -> Contact:
    """Returns the contact as it now stands. Nothing is written when nothing differs. Raises UnableToSave."""
    return _change(contact, data, by=by, now=now)


def create_project(*, data: ProjectData, by: Actor, now: datetime) -> Project:
    """Raises UnableToSave."""
    _demand_projects_of(data.customer, by)
    return _create(Project, data, by=by, now=now)


def change_project(*, project: Project, data: ProjectData, by: Actor, now: datetime) -> Project:
    """Returns the project as it now stands. Nothing is written when nothing differs. Raises UnableToSave."""
    if data.customer.pk != project.customer_id:
        _demand_projects_of(data.customer, by)
    return _change(project, data, by=by, now=now)


def change_owner(
    *, records: models.QuerySet[Customer] | models.QuerySet[Lead], owner: User | None, by: Actor, now: datetime
) -> int:
    """Give all these records to one owner, or to nobody, at once; returns how many changed hands. Each has its journal line."""
    with transaction.atomic():
        rows = cast(Iterable[Any], records.select_for_update(of=("self",)).select_related("owner").order_by("pk"))
        others = [row for row in rows if row.owner_id != (owner and owner.pk)]
        lines = [
            Line("changed", kind_of(row), row.pk, row.name, {"owner": [_name_of(row.owner), _name_of(owner)]}) for row in others
        ]
        for row in others:
            row.owner, row.changed_at = owner, now
        if others:
            type(others[0]).objects.unscoped("these rows were chosen within the reader's rights").bulk_update(
                others, ["owner", "changed_at"], batch_size=300
            )
        record_all(lines, by=by, now=now)
    return len(others)


def _create(model: type[Record], data: RecordData, *, by: Actor, now: datetime) -> Record:
    fields = info_fields() if isinstance(data, CustomerData) else []
    data = with_known_tags(with_checked_info(checked(data), fields))
    with transaction.atomic():
        _demand_free_number(model, data)
        row = model(**columns_of(data), **name_columns(model, data.name), created_at=now, changed_at=now)
        _save(row)
        keep_rows(row, data, now=now, info_fields=fields)
        facts = facts_of(data, fields)
        record(by=by, action="created", kind=kind_of(row), record_id=row.pk, name=row.name, changes=facts, now=now)
    return row


def _change(row: Record, data: RecordData, *, by: Actor, now: datetime) -> Record:
    data = checked(data)
    fields = info_fields() if isinstance(data, CustomerData) else []
    model = type(row)
    with transaction.atomic():
        stored = model.objects.unscoped("the page chose this row within the reader's rights").select_for_update().get(pk=row.pk)
        before = data_of(stored)
        data = with_known_tags(with_checked_info(data, fields, before), before)
        changes = _changes(before, data, fields)
        if not changes:
            return stored
        _demand_free_number(model, data, except_id=stored.pk)
        if isinstance(stored, Customer) and isinstance(data, CustomerData) and data.industry != stored.industry:
            stored.moved_in = None
        for field, value in {**columns_of(data), **name_columns(model, data.name)}.items():
            setattr(stored, field, value)
        stored.changed_at = now
        _save(stored)
        keep_rows(stored, data, now=now, info_fields=fields)
        record(by=by, action="changed", kind=kind_of(stored), record_id=stored.pk, name=stored.name, changes=changes, now=now)
    return stored


def with_checked_info(data: Data, fields: Sequence[InfoField], before: RecordData | None = None) -> Data:
    """The same data with the additional information as it is kept. Raises UnableToSave."""
    if not isinstance(data, CustomerData):
        return data
    known = before.info if isinstance(before, CustomerData) else None
    return replace(data, info=checked_info(data.info, fields, known))


def _changes(before: RecordData, after: RecordData, fields: Sequence[InfoField]) -> dict[str, list[Any]]:
    old, new = facts_of(before, fields), facts_of(after, fields)
    return changes_between(old, {field: new.get(field) for field in {**old, **new}})


def columns_of(data: RecordData) -> dict[str, Any]:
    """What stands in the record's own row, as opposed to rows that belong to it."""
    return {field: getattr(data, field) for field in _PLAIN_FIELDS if hasattr(data, field)}


def _save(row: Customer | Lead | Contact | Project) -> None:
    """Of two people who enter the same number at once, the second one is told."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if not getattr(row, "number", ""):
            raise
        raise UnableToSave({"number": _number_in_use()}) from error


def _demand_projects_of(customer: Customer, by: Actor) -> None:
    """Commands act for the installation."""
    if by.user is not None and not with_projects_for(by.user, Action.CHANGE).filter(pk=customer.pk).exists():
        raise UnableToSave({"customer": _("You may not change projects of this customer.")})


def _demand_free_number(model: type[Any], data: RecordData, *, except_id: int | None = None) -> None:
    number = getattr(data, "number", "")
    if number:
        # Their index leaves out those without a number, and serves only where the query says that it does so too.
        numbered = model.objects.unscoped("a number is used once among all records").exclude(number="")
        if numbered.filter(number=number).exclude(pk=except_id).exists():
            raise UnableToSave({"number": _number_in_use()})


def _number_in_use() -> str:
    return _("This number is in use already.")


def _name_of(user: User | None) -> str | None:
    return str(user) if user else None
