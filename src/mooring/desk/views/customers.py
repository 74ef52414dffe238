"""Customers: cards with their tabs, and adding and changing them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST

from mooring.customers.info_fields import info_fields_beside
from mooring.customers.models import Project
from mooring.desk.access import customer_for, may_in, user_of
from mooring.desk.categories import add_typed_category
from mooring.desk.customer_cards import BESIDE, around
from mooring.desk.from_letters import first_rows, start_of
from mooring.desk.info_shown import info_facts
from mooring.desk.kinds import CUSTOMER as KIND
from mooring.desk.list_pages import file_of, list_page
from mooring.desk.lists import CUSTOMERS
from mooring.desk.record_letters import letters_tab
from mooring.desk.record_pages import card, edit_fact, edit_record, hints, new_record
from mooring.desk.record_sales import sales_tab
from mooring.desk.record_tasks import tasks_tab
from mooring.users.permissions import Action, Module


@may_in(Module.CUSTOMERS)
def customers(request: HttpRequest) -> HttpResponse:
    """The list."""
    return list_page(request, CUSTOMERS)


@may_in(Module.CUSTOMERS, Action.EXPORT)
def export_customers(request: HttpRequest) -> HttpResponseBase:
    """The list as a file: the ticked rows (POST) or all (GET)."""
    return file_of(request, CUSTOMERS)


@may_in(Module.CUSTOMERS, Action.CHANGE)
def new_customer(request: HttpRequest) -> HttpResponse:
    """Belongs to whoever adds it until somebody else is chosen."""
    user = user_of(request)
    editor = KIND.editor(request, reader=user, start=start_of(request, owner=user), first_rows=first_rows(request))
    return new_record(request, KIND, editor)


def edit_customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """All of it on one form."""
    return edit_record(request, KIND, customer_for(request, customer_id, Action.CHANGE))


def edit_customer_fact(request: HttpRequest, customer_id: int, fact: str) -> HttpResponse:
    """One fact in place."""
    record = customer_for(request, customer_id, Action.CHANGE)
    if fact == "categories":
        add_typed_category(request)
    return edit_fact(request, KIND, record, fact, around(request, record))


@require_POST
@may_in(Module.CUSTOMERS, Action.CHANGE)
def hints_for_customer(request: HttpRequest) -> HttpResponse:
    """Those that the one being typed may be."""
    return hints(request, KIND)


def customer(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The card with what happened."""
    record = customer_for(request, customer_id)
    return card(request, record, around(request, record))


def customer_emails(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The card with its letters."""
    record = customer_for(request, customer_id)
    return card(request, record, {**around(request, record), **letters_tab(request, record)})


def customer_contacts(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The card with the people who work there."""
    record = customer_for(request, customer_id)
    contacts = record.affiliations.select_related("contact", "role").prefetch_related("contact__emails", "contact__phones")
    rows = list(contacts.order_by("contact__name_key", "id")[:200])
    beside = [row.contact for row in rows[:BESIDE]]
    return card(request, record, {**around(request, record), "tab": "contacts", "rows": rows, "contacts": beside})


def customer_projects(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The card with its projects."""
    record = customer_for(request, customer_id)
    rows = Project.objects.visible_to(user_of(request)).filter(customer=record).order_by("is_closed", "name_key", "id")[:200]
    return card(request, record, {**around(request, record), "tab": "projects", "rows": rows})


def customer_opportunities(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The card with what may be sold."""
    record = customer_for(request, customer_id)
    return card(request, record, {**around(request, record), **sales_tab(request, record)})


def customer_info(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The card with the additional information that has a tab of its own."""
    record = customer_for(request, customer_id)
    rows = info_facts(record.info, info_fields_beside(record), on_tab=True)
    return card(request, record, {**around(request, record), "tab": "info", "rows": rows})


def customer_tasks(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The card with what is planned."""
    record = customer_for(request, customer_id)
    return card(request, record, {**around(request, record), **tasks_tab(request, record)})
