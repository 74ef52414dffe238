"""Records for tests, each with what it cannot do without; everything else is said by the test that needs it.

make_customer and its like go through the deeds, so that search words, keys and journal lines are those of real life.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from mooring.customers.bulk_editing import Wish, change_many
from mooring.customers.editing import (
    AffiliationData,
    ContactData,
    CustomerData,
    DomainData,
    LeadData,
    PhoneData,
    ProjectData,
    create_contact,
    create_customer,
    create_lead,
    create_project,
)
from mooring.customers.info_fields import ChoiceData, InfoFieldData, add_field
from mooring.customers.lists import EntryData, add_entry
from mooring.customers.models import BulkChange, BulkField, Contact, Customer, InfoField, Lead, ListEntry, Project
from mooring.customers.models.customer import CustomerQuerySet
from mooring.sales.mailboxes import MailboxData, add_mailbox, next_number
from mooring.sales.models import Opportunity, Pipeline, SalesMailbox
from mooring.sales.opportunities import add_opportunity
from mooring.sales.opportunity_data import OpportunityData
from mooring.sales.pipelines import PipelineData, add_pipeline
from mooring.users.groups import add_group, add_member
from mooring.users.journal import Actor
from mooring.users.models import Group, Role, User
from mooring.users.permissions import CHANGEABLE, Scope
from mooring.users.rights import change_rights, kept_rights, rights_in_force

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""A Monday morning."""

Entry = TypeVar("Entry", bound=ListEntry)
Data = TypeVar("Data", CustomerData, LeadData, ContactData, ProjectData, InfoFieldData)

PASSWORD = "correct horse battery staple"
BY_COMMAND = Actor(None, "command")

_numbers = count(1)


def make_user(name: str = "", *, role: str = Role.SALES_PERSON, email: str = "", is_active: bool = True, **fields: Any) -> User:
    """A member of staff who cannot sign in with a password; add_user makes those who can."""
    name = name or f"User {next(_numbers)}"
    email = email or f"{name.lower().replace(' ', '.')}@mooring.example"
    user = User(email=email, name=name, role=role, is_active=is_active, **{"created_at": NOW, **fields})
    user.set_unusable_password()
    user.save()
    return user


def give_rights(*, role: str = Role.SALES_PERSON, **cells: Scope) -> None:
    """The role has what it came with, but for `cells`, such as customers_view. Counts for users read from now on."""
    came, row = rights_in_force(role, None), kept_rights().get(role)
    chosen = {
        module: {action: cells.get(f"{module}_{action}", came[module][action]) for action in actions}
        for module, actions in CHANGEABLE.items()
    }
    change_rights(role=role, chosen=chosen, version=row.version if row else 0, by=BY_COMMAND, now=NOW)


def make_group(
    name: str = "", *, members: Iterable[User] = (), by: Actor = BY_COMMAND, now: datetime = NOW, **data: Any
) -> Group:
    """A group at the top of the tree unless `parent` says otherwise."""
    group = add_group(name=name or f"Group {next(_numbers)}", by=by, now=now, **data)
    for member in members:
        add_member(group=group, user=member, by=by, now=now)
    return group


def make_entry(kind: type[Entry], name: str, *, by: Actor = BY_COMMAND, now: datetime = NOW, **data: Any) -> Entry:
    """An entry of a list, such as a source, at its end."""
    return add_entry(kind=kind, data=EntryData(name=name, **data), by=by, now=now)


def make_info_field(name: str, kind: str = "text", *, choices: Iterable[str] = (), **data: Any) -> InfoField:
    """A field of the additional information."""
    listed = tuple(ChoiceData(label=label) for label in choices)
    return add_field(data=InfoFieldData(name=name, kind=kind, choices=listed, **data), by=BY_COMMAND, now=NOW)


def replaced(data: Data, **fields: Any) -> Data:
    """What a form would send that changes these fields alone."""
    return replace(data, **fields)


def make_customer(
    name: str = "",
    *,
    emails: tuple[str, ...] = (),
    domains: tuple[str | DomainData, ...] = (),
    phones: tuple[str, ...] = (),
    by: Actor = BY_COMMAND,
    now: datetime = NOW,
    **data: Any,
) -> Customer:
    """Domains as texts are exact; DomainData says whether hosts below count too."""
    rows = tuple(row if isinstance(row, DomainData) else DomainData(domain=row) for row in domains)
    numbers = tuple(PhoneData(number=number) for number in phones)
    name = name or f"Customer {next(_numbers)}"
    return create_customer(data=CustomerData(name=name, emails=emails, domains=rows, phones=numbers, **data), by=by, now=now)


def make_lead(
    name: str = "",
    *,
    emails: tuple[str, ...] = (),
    phones: tuple[str, ...] = (),
    by: Actor = BY_COMMAND,
    now: datetime = NOW,
    **data: Any,
) -> Lead:
    numbers = tuple(PhoneData(number=number) for number in phones)
    name = name or f"Lead {next(_numbers)}"
    return create_lead(data=LeadData(name=name, emails=emails, phones=numbers, **data), by=by, now=now)


def make_contact(
    name: str = "",
    *,
    at: tuple[Customer | Lead, ...] = (),
    emails: tuple[str, ...] = (),
    phones: tuple[str, ...] = (),
    job_title: str = "",
    by: Actor = BY_COMMAND,
    now: datetime = NOW,
    **data: Any,
) -> Contact:
    """At a new customer when `at` names nobody."""
    places = at or (make_customer(now=now),)
    affiliations = tuple(
        AffiliationData(
            customer=place if isinstance(place, Customer) else None,
            lead=place if isinstance(place, Lead) else None,
            job_title=job_title,
        )
        for place in places
    )
    numbers = tuple(PhoneData(number=number) for number in phones)
    name = name or f"Contact {next(_numbers)}"
    return create_contact(
        data=ContactData(name=name, emails=emails, phones=numbers, affiliations=affiliations, **data), by=by, now=now
    )


def make_project(
    name: str = "", *, customer: Customer | None = None, by: Actor = BY_COMMAND, now: datetime = NOW, **data: Any
) -> Project:
    customer = customer or make_customer(now=now)
    name = name or f"Project {next(_numbers)}"
    return create_project(data=ProjectData(name=name, customer=customer, **data), by=by, now=now)


def make_sales_mailbox(
    name: str = "", *, number: int = 0, by: Actor = BY_COMMAND, now: datetime = NOW, **data: Any
) -> SalesMailbox:
    """At the top of the tree unless `parent` says otherwise; without a password unless one is given."""
    number = number or next_number()
    return add_mailbox(data=MailboxData(number=number, name=name or f"Box {number}", **data), by=by, now=now)


def make_pipeline(
    name: str = "", *, mailbox: SalesMailbox | None = None, currency: str = "EUR", by: Actor = BY_COMMAND, now: datetime = NOW
) -> Pipeline:
    """With the usual stages: New, Qualified, Offer made, Negotiation, Won, Lost."""
    data = PipelineData(name=name or f"Pipeline {next(_numbers)}", currency=currency)
    return add_pipeline(mailbox=mailbox or make_sales_mailbox(), data=data, by=by, now=now)


def make_opportunity(
    title: str = "",
    *,
    pipeline: Pipeline | None = None,
    stage: str = "",
    whom: Customer | Lead | None = None,
    by: Actor = BY_COMMAND,
    now: datetime = NOW,
    **data: Any,
) -> Opportunity:
    """In the stage of that title, or the first one, with a new customer unless `whom` names somebody."""
    pipeline = pipeline or make_pipeline()
    sale = OpportunityData(title=title or f"Sale {next(_numbers)}", whom=whom or make_customer(now=now), **data)
    where = pipeline.stages.get(title=stage) if stage else None
    return add_opportunity(pipeline=pipeline, data=sale, stage=where, by=by, now=now)


def archive_customers(*, customers: CustomerQuerySet, by: Actor, now: datetime) -> BulkChange:
    """Put these into the archive; raises UnableToChangeMany where nobody goes."""
    ids = customers.values_list("pk", flat=True)
    return change_many(record_ids=ids, wish=Wish(BulkField.ARCHIVED, None), by=by, now=now)


def restore_customers(*, customers: CustomerQuerySet, by: Actor, now: datetime) -> BulkChange:
    """Bring these back from there."""
    ids = customers.values_list("pk", flat=True)
    return change_many(record_ids=ids, wish=Wish(BulkField.RESTORED, None), by=by, now=now)


def actor(user: User | None, *, address: str = "192.0.2.7") -> Actor:
    """The user at the desk."""
    return Actor(user, "desk", address)
