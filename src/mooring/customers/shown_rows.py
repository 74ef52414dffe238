"""What pages of customers, leads, contacts and projects show of each row, added to the rows of one page."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet

from mooring.customers.models import Affiliation, Contact, Customer, Lead, Project
from mooring.users.models import User


def bare(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Nothing but the rows themselves."""
    return rows


def of_ids(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Nothing but their ids."""
    return rows.only("pk")


def with_owner_and_emails(rows: Any) -> QuerySet[Lead]:
    """Leads as their list shows them."""
    shown: QuerySet[Lead] = rows.with_tags().select_related("owner", "source").prefetch_related("emails")
    return shown


def with_customer(rows: Any) -> QuerySet[Project]:
    """Projects as their list shows them."""
    shown: QuerySet[Project] = rows.with_tags().select_related("customer")
    return shown


def with_chosen_and_emails(rows: Any) -> QuerySet[Customer]:
    """Customers as their list shows them."""
    chosen: QuerySet[Customer] = rows.with_chosen().prefetch_related("emails")
    return chosen


def with_places_and_emails(rows: Any, reader: User) -> QuerySet[Contact]:
    """Contacts as their list shows them: `places` are those that the reader sees."""
    places = Affiliation.objects.visible_to(reader).select_related("customer", "lead", "role")
    shown: QuerySet[Contact] = rows.with_chosen().prefetch_related(
        "emails", Prefetch("affiliations", queryset=places, to_attr="places")
    )
    return shown
