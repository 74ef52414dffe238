"""Leads: cards with their tabs, and adding and changing them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from mooring.customers.models import Contact, Lead
from mooring.desk.access import lead_for, may_in, user_of
from mooring.desk.from_letters import first_rows, start_of
from mooring.desk.kinds import LEAD as KIND
from mooring.desk.list_pages import file_of, list_page
from mooring.desk.lists import LEADS
from mooring.desk.record_letters import letters_tab
from mooring.desk.record_pages import card, edit_fact, edit_record, hints, new_record, tabs_of
from mooring.desk.record_sales import sales_tab
from mooring.desk.record_tasks import tasks_tab
from mooring.users.permissions import Action, Module

PARTS = (
    ("lead_emails", _("Emails")),
    ("lead_opportunities", _("Opportunities")),
    ("lead_tasks", _("Tasks")),
    ("lead_contacts", _("Contacts")),
)
BESIDE = 6
"""Contacts named beside the card."""


@may_in(Module.LEADS)
def leads(request: HttpRequest) -> HttpResponse:
    """The list."""
    return list_page(request, LEADS)


@may_in(Module.LEADS, Action.EXPORT)
def export_leads(request: HttpRequest) -> HttpResponseBase:
    """The list as a file: the ticked rows (POST) or all (GET)."""
    return file_of(request, LEADS)


@may_in(Module.LEADS, Action.CHANGE)
def new_lead(request: HttpRequest) -> HttpResponse:
    """Belongs to whoever adds it until somebody else is chosen."""
    user = user_of(request)
    editor = KIND.editor(request, reader=user, start=start_of(request, owner=user), first_rows=first_rows(request))
    return new_record(request, KIND, editor)


def edit_lead(request: HttpRequest, lead_id: int) -> HttpResponse:
    """All of it on one form."""
    return edit_record(request, KIND, lead_for(request, lead_id, Action.CHANGE))


def edit_lead_fact(request: HttpRequest, lead_id: int, fact: str) -> HttpResponse:
    """One fact in place."""
    record = lead_for(request, lead_id, Action.CHANGE)
    return edit_fact(request, KIND, record, fact, _around(request, record))


@require_POST
@may_in(Module.LEADS, Action.CHANGE)
def hints_for_lead(request: HttpRequest) -> HttpResponse:
    """Those that the one being typed may be."""
    return hints(request, KIND)


def lead(request: HttpRequest, lead_id: int) -> HttpResponse:
    """The card with what happened."""
    record = lead_for(request, lead_id)
    return card(request, record, _around(request, record))


def lead_emails(request: HttpRequest, lead_id: int) -> HttpResponse:
    """The card with its letters."""
    record = lead_for(request, lead_id)
    return card(request, record, {**_around(request, record), **letters_tab(request, record)})


def lead_contacts(request: HttpRequest, lead_id: int) -> HttpResponse:
    """The card with its lead contacts."""
    record = lead_for(request, lead_id)
    contacts = record.affiliations.select_related("contact", "role").prefetch_related("contact__emails", "contact__phones")
    rows = contacts.order_by("contact__name_key", "id")[:200]
    return card(request, record, {**_around(request, record), "tab": "contacts", "rows": rows})


def lead_opportunities(request: HttpRequest, lead_id: int) -> HttpResponse:
    """The card with what may be sold."""
    record = lead_for(request, lead_id)
    return card(request, record, {**_around(request, record), **sales_tab(request, record)})


def lead_tasks(request: HttpRequest, lead_id: int) -> HttpResponse:
    """The card with what is planned."""
    record = lead_for(request, lead_id)
    return card(request, record, {**_around(request, record), **tasks_tab(request, record)})


def _around(request: HttpRequest, record: Lead) -> dict[str, Any]:
    """Tabs, and the short list beside the card."""
    contacts = Contact.objects.visible_to(user_of(request)).filter(affiliations__lead=record).order_by("name_key", "id")
    return {"tabs": tabs_of(request, KIND, record, PARTS), "contacts": contacts[:BESIDE]}
