"""Lists of customers, leads, contacts and projects, page by page, and finding any of them by words.

Every list runs a number of queries that does not depend on how much there is, within its reader's rights.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import CharField, Exists, Model, OuterRef, Q, QuerySet

from mooring.customers.counting import counts_up_to
from mooring.customers.info_values import InfoFilter
from mooring.customers.models import (
    Affiliation,
    Contact,
    Customer,
    CustomerCategory,
    CustomerInfo,
    CustomerTag,
    EmailAddress,
    Lead,
    Project,
)
from mooring.customers.models.project import with_projects_for
from mooring.customers.narrowing import Choice, choice_of_column, choice_of_rows, found_in_parts
from mooring.customers.pages import Branch, Listing, Page, page_of
from mooring.customers.seen_roots import owners_and_nobody, sees_few_roots
from mooring.customers.shown_rows import (
    bare,
    of_ids,
    with_chosen_and_emails,
    with_customer,
    with_owner_and_emails,
    with_places_and_emails,
)
from mooring.customers.word_search import FEW, Found, found_by
from mooring.users.models import User
from mooring.users.permissions import Action, Module

PAGE_SIZE: Final = 50
MOST_BRANCHES: Final = 20
"""The records of so many people are walked person by person; of more, a walk through all meets enough, unless they have few."""

Shown = Callable[[QuerySet[Any]], QuerySet[Any]]
"""Adds what a page shows of each row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedFilters:
    """`owner_id` and `has_no_owner` exclude each other. `has_email` is None where it does not matter."""

    text: str = ""
    action: Action = Action.VIEW
    """What the reader must be allowed to do with them."""
    owner_id: int | None = None
    has_no_owner: bool = False
    has_email: bool | None = None
    created_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilters(OwnedFilters):
    """`is_archived` is None where active and archived customers are looked for alike.

    `is_for_projects`: those in sight on whose projects the reader may do `action`.
    """

    kind: str = ""
    is_archived: bool | None = False
    is_for_projects: bool = False
    status_id: int | None = None
    industry_id: int | None = None
    source_id: int | None = None
    category_id: int | None = None
    tag_id: int | None = None
    info: tuple[InfoFilter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilters(OwnedFilters):
    source_id: int | None = None
    tag_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFilters:
    text: str = ""
    customer_id: int | None = None
    lead_id: int | None = None
    has_email: bool | None = None
    created_since: datetime | None = None
    category_id: int | None = None
    role_id: int | None = None
    tag_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectFilters:
    text: str = ""
    customer_id: int | None = None
    is_closed: bool | None = None
    tag_id: int | None = None
    created_since: datetime | None = None


def customers_page(
    *,
    reader: User,
    filters: CustomerFilters | None = None,
    sort: str = "name",
    cursor: str = "",
    size: int = PAGE_SIZE,
    is_bare: bool = False,
) -> Page[Customer]:
    """Rows come with their owner, what was chosen from lists, and their e-mail addresses, the main one first.

    `is_bare`: with nothing but their ids.
    """
    filters = filters or CustomerFilters()
    parts = _branches(reader, Module.CUSTOMERS, filters)
    resting = Q() if filters.is_archived is None else Q(archived_at__isnull=not filters.is_archived)
    found = found_in_parts(Customer, filters.text, _customer_choices(filters), [part & resting for part in parts])
    listing = _customers(reader, filters, found, of_ids if is_bare else with_chosen_and_emails)
    return page_of(listing, sort=sort, cursor=cursor, size=size)


def leads_page(
    *,
    reader: User,
    filters: LeadFilters | None = None,
    sort: str = "name",
    cursor: str = "",
    size: int = PAGE_SIZE,
    is_bare: bool = False,
) -> Page[Lead]:
    """Rows come with their owner and their e-mail addresses, the main one first. `is_bare`: with nothing but their ids."""
    filters = filters or LeadFilters()
    choices = [*_of_columns(Lead, filters, ("source_id",)), *_of_tag(Lead, filters.tag_id)]
    found = found_in_parts(Lead, filters.text, choices, _branches(reader, Module.LEADS, filters))
    listing = _leads(reader, filters, found, of_ids if is_bare else with_owner_and_emails)
    return page_of(listing, sort=sort, cursor=cursor, size=size)


def contacts_page(
    *,
    reader: User,
    filters: ContactFilters | None = None,
    sort: str = "name",
    cursor: str = "",
    size: int = PAGE_SIZE,
    is_bare: bool = False,
) -> Page[Contact]:
    """Rows come with their e-mail addresses and, as `places`, the affiliations at customers and leads that the reader sees.

    `is_bare`: with nothing but their ids.
    """
    filters = filters or ContactFilters()
    found = found_in_parts(Contact, filters.text, _contact_choices(filters), [Q()])
    listing = _contacts(reader, filters, found, of_ids if is_bare else lambda rows: with_places_and_emails(rows, reader))
    return page_of(listing, sort=sort, cursor=cursor, size=size)


def projects_page(
    *,
    reader: User,
    filters: ProjectFilters | None = None,
    sort: str = "name",
    cursor: str = "",
    size: int = PAGE_SIZE,
    is_bare: bool = False,
) -> Page[Project]:
    """Rows come with their customer. `is_bare`: with nothing but their ids."""
    filters = filters or ProjectFilters()
    found = found_in_parts(Project, filters.text, _of_tag(Project, filters.tag_id), [Q()])
    listing = _projects(reader, filters, found, of_ids if is_bare else with_customer)
    return page_of(listing, sort=sort, cursor=cursor, size=size)


def all_kinds(
    *, reader: User, found: Sequence[Found] | None, action: Action = Action.VIEW, is_for_projects: bool = False
) -> tuple[Listing[Any], ...]:
    """What is `found` of customers, leads, contacts and projects, in this order, as lists; for customers.finding.

    On which the reader may do `action`, but for contacts, which are all those in sight; see CustomerFilters of `is_for_projects`.
    """
    if found is None:
        return ()
    customers = CustomerFilters(is_archived=None, action=action, is_for_projects=is_for_projects)
    return (
        _customers(reader, customers, found[:1], bare),
        _leads(reader, LeadFilters(action=action), found[1:2], bare),
        _contacts(reader, ContactFilters(), found[2:3], bare),
        _projects(reader, ProjectFilters(), found[3:], lambda rows: rows.select_related("customer"), action),
    )


def find_reachable(*, reader: User, text: str, limit: int = 8) -> list[Customer | Lead | Contact]:
    """The first contacts, customers and leads with an e-mail address that `text` finds, at most `limit` of each kind.

    Rows come with their e-mail addresses, the main one first; contacts with `places`, as on a page of contacts. At most eight
    queries.
    """
    found = found_by((Contact, Customer, Lead), text)
    if found is None:
        return []
    listings: tuple[Listing[Any], ...] = (
        _contacts(reader, ContactFilters(has_email=True), found[:1], lambda rows: with_places_and_emails(rows, reader)),
        _customers(reader, CustomerFilters(has_email=True), found[1:2], lambda rows: rows.prefetch_related("emails")),
        _leads(reader, LeadFilters(has_email=True), found[2:], lambda rows: rows.prefetch_related("emails")),
    )
    return [row for listing in listings for row in page_of(listing, sort="name", cursor="", size=limit).rows]


def _customers(reader: User, filters: CustomerFilters, found: Sequence[Found], shown: Shown) -> Listing[Customer]:
    module = Module.PROJECTS if filters.is_for_projects else Module.CUSTOMERS
    open_ones = with_projects_for if filters.is_for_projects else Customer.objects.visible_to
    rows = open_ones(reader, filters.action)
    if filters.is_archived is not None:
        rows = rows.filter(archived_at__isnull=not filters.is_archived)
    branches = _branches(reader, module, filters)
    few = _few_of_many(open_ones(reader, filters.action), reader, module, filters)
    window = None if filters.is_archived else open_ones(reader, filters.action)
    return _listing(rows, filters, found, shown=shown, branches=branches, few=few, window=window)


def _leads(reader: User, filters: LeadFilters, found: Sequence[Found], shown: Shown) -> Listing[Lead]:
    rows, branches = Lead.objects.visible_to(reader, filters.action), _branches(reader, Module.LEADS, filters)
    few = _few_of_many(rows, reader, Module.LEADS, filters)
    return _listing(rows, filters, found, shown=shown, branches=branches, few=few)


def _contacts(reader: User, filters: ContactFilters, found: Sequence[Found], shown: Shown) -> Listing[Contact]:
    rows = Contact.objects.visible_to(reader)
    wanted = {"customer_id": filters.customer_id, "lead_id": filters.lead_id}
    place = {field: record_id for field, record_id in wanted.items() if record_id is not None}
    few = None
    if place:
        few = Q(pk__in=_affiliations_seen_by(reader).filter(**place).values("contact_id"))
    elif found[0].few is None and sees_few_roots(reader):
        few = Q(pk__in=_affiliations_seen_by(reader).values("contact_id"))
    return _listing(rows, filters, found, shown=shown, few=few)


def _projects(
    reader: User, filters: ProjectFilters, found: Sequence[Found], shown: Shown, action: Action = Action.VIEW
) -> Listing[Project]:
    rows = Project.objects.visible_to(reader, action)
    if filters.is_closed is not None:
        rows = rows.filter(is_closed=filters.is_closed)
    few = None
    if filters.customer_id is not None:
        few = Q(customer_id=filters.customer_id)
    elif found[0].few is None and sees_few_roots(reader):
        few = Q(customer__in=Customer.objects.visible_to(reader))
    return _listing(rows, filters, found, shown=shown, few=few)


def _listing(
    rows: Any,
    filters: Any,
    found: Sequence[Found],
    *,
    shown: Shown,
    branches: tuple[Q, ...] = (Q(),),
    few: Q | None = None,
    window: Any = None,
) -> Listing[Any]:
    """Adds the filters that all lists know, and chooses the way to the rows. `found` is of each branch, or of all alike."""
    if filters.created_since is not None:
        rows = rows.filter(created_at__gte=filters.created_since)
        few = few or _few_since(rows.model, filters.created_since)
    if getattr(filters, "has_email", None) is not None:
        rows = rows.filter(_has_email(rows.model) if filters.has_email else ~_has_email(rows.model))
    return Listing(
        rows=rows,
        shown=shown,
        branches=tuple(
            _branch(branch, each, few)
            for branch, each in zip(branches, found if len(found) > 1 else [*found] * len(branches), strict=True)
            if not each.is_impossible
        ),
        window=rows if window is None else window,
        led_by="" if branches == (Q(),) else "owner_id",
    )


def _branch(condition: Q, found: Found, few: Q | None) -> Branch:
    """`few` leads to the rows sooner than anything that was found."""
    if few is not None:
        return Branch(condition, found.condition & (found.few or Q()), few=few)
    return Branch(condition, found.condition, found.few, found.unless_dense, found.led_by)


def _customer_choices(filters: CustomerFilters) -> list[Choice]:
    choices = _of_columns(Customer, filters, ("status_id", "industry_id", "source_id"))
    if filters.kind:
        choices.append(choice_of_column(Customer, "kind", filters.kind, kind=CharField()))
    if filters.category_id is not None:
        rows = CustomerCategory.objects.filter(category=filters.category_id)
        choices.append(choice_of_rows(rows, "customer_id", is_placed=True))
    if filters.tag_id is not None:
        choices.append(choice_of_rows(CustomerTag.objects.filter(tag=filters.tag_id), "customer_id", is_placed=True))
    for asked in filters.info:
        # Of one value the index goes on by archive and owner.
        keys = {"key": asked.least} if asked.least == asked.most else {"key__gte": asked.least, "key__lte": asked.most}
        values = CustomerInfo.objects.filter(field=asked.field_id, **keys)
        choices.append(choice_of_rows(values, "record_id", is_placed=True))
    return choices


def _contact_choices(filters: ContactFilters) -> list[Choice]:
    choices = _of_tag(Contact, filters.tag_id)
    if filters.category_id is not None:
        choices.append(choice_of_rows(Contact.categories.through.objects.filter(category=filters.category_id), "contact_id"))
    if filters.role_id is not None:
        choices.append(choice_of_rows(Affiliation.objects.filter(role=filters.role_id), "contact_id"))
    return choices


def _of_tag(model: Any, tag_id: int | None) -> list[Choice]:
    """The index of a tag in the table between leads to all that have it."""
    if tag_id is None:
        return []
    return [choice_of_rows(model.tags.through.objects.filter(tag=tag_id), f"{model.__name__.lower()}_id")]


def _of_columns(model: type[Model], filters: OwnedFilters, columns: tuple[str, ...]) -> list[Choice]:
    wanted = {column: getattr(filters, column) for column in columns}
    return [choice_of_column(model, column, value) for column, value in wanted.items() if value is not None]


def _branches(reader: User, module: Module, filters: OwnedFilters) -> tuple[Q, ...]:
    """Parts of the list with an index of their own: one by a filter of owners; by rights, of each of a few people and nobody."""
    if filters.has_no_owner:
        return (Q(owner=None),)
    if filters.owner_id is not None:
        return (Q(owner_id=filters.owner_id),)
    owners = owners_and_nobody(reader, module, filters.action)
    if owners and len(owners) <= MOST_BRANCHES:
        return tuple(Q(owner_id=owner_id) for owner_id in owners)
    return (Q(),)


def _few_of_many(rows: QuerySet[Any], reader: User, module: Module, filters: OwnedFilters) -> Q | None:
    """The way to the rows of a reader of too many people's records for branches, where these are few; else None."""
    owners = owners_and_nobody(reader, module, filters.action)
    if owners is None or len(owners) <= MOST_BRANCHES or filters.has_no_owner or filters.owner_id is not None:
        return None
    return Q(owner_id__in=owners[:-1]) | Q(owner=None) if counts_up_to(FEW, [rows])[0] <= FEW else None


def _few_since(model: Any, since: datetime) -> Q | None:
    newer = model.objects.unscoped("counted up to a cap, to choose a plan").filter(created_at__gte=since)
    return Q(created_at__gte=since) if counts_up_to(FEW, [newer])[0] <= FEW else None


def _has_email(model: Any) -> Q:
    return Q(Exists(EmailAddress.objects.filter(**{model.__name__.lower(): OuterRef("pk")})))


def _affiliations_seen_by(reader: User) -> QuerySet[Affiliation]:
    """For readers of few customers and leads: found from these, not asked one by one."""
    at_customers = Q(customer__in=Customer.objects.visible_to(reader))
    return Affiliation.objects.filter(at_customers | Q(lead__in=Lead.objects.visible_to(reader)))
