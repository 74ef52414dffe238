"""Contacts: cards, and adding and changing them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from mooring.customers.models import Affiliation, Contact, Customer, Lead
from mooring.desk.access import contact_for, customer_for, lead_for, may_in, user_of
from mooring.desk.categories import add_typed_category
from mooring.desk.forms.contacts import ContactEditor
from mooring.desk.from_letters import first_rows, start_of
from mooring.desk.kinds import CONTACT as KIND
from mooring.desk.list_pages import file_of, list_page
from mooring.desk.lists import CONTACTS
from mooring.desk.protection import protection_of
from mooring.desk.record_letters import letters_tab
from mooring.desk.record_pages import card, edit_fact, edit_record, hints, new_record, tabs_of
from mooring.desk.timeline import id_in
from mooring.users.permissions import Action, Module

PARTS = (("contact_emails", _("Emails")),)


@may_in(Module.CUSTOMERS)
def contacts(request: HttpRequest) -> HttpResponse:
    """The list."""
    return list_page(request, CONTACTS)


@may_in(Module.CUSTOMERS, Action.EXPORT)
def export_contacts(request: HttpRequest) -> HttpResponseBase:
    """The list as a file: the ticked rows (POST) or all (GET)."""
    return file_of(request, CONTACTS)


@may_in(Module.CUSTOMERS, Action.CHANGE)
def new_contact(request: HttpRequest) -> HttpResponse:
    """From a card, at that customer or lead."""
    editor = ContactEditor(
        request,
        reader=user_of(request),
        start=start_of(request),
        first_place=_place(request),
        first_rows=first_rows(request),
    )
    return new_record(request, KIND, editor)


def edit_contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    """All of it on one form."""
    return edit_record(request, KIND, contact_for(request, contact_id, Action.CHANGE))


def edit_contact_fact(request: HttpRequest, contact_id: int, fact: str) -> HttpResponse:
    """One fact in place."""
    record = contact_for(request, contact_id, Action.CHANGE)
    if fact == "categories":
        add_typed_category(request)
    return edit_fact(request, KIND, record, fact, _around(request, record))


@require_POST
@may_in(Module.CUSTOMERS, Action.CHANGE)
def hints_for_contact(request: HttpRequest) -> HttpResponse:
    """Those that the one being typed may be."""
    return hints(request, KIND)


def contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The card with what happened."""
    record = contact_for(request, contact_id)
    return card(request, record, _around(request, record))


def contact_emails(request: HttpRequest, contact_id: int) -> HttpResponse:
    """The card with the letters that one of their addresses stands in."""
    record = contact_for(request, contact_id)
    return card(request, record, {**_around(request, record), **letters_tab(request, record)})


def _around(request: HttpRequest, record: Contact) -> dict[str, Any]:
    """Where they work, as far as the reader may see those places."""
    user = user_of(request)
    places = Affiliation.objects.visible_to(user).filter(contact=record).select_related("customer", "lead", "role")
    return {"tabs": tabs_of(request, KIND, record, PARTS), "places": list(places), **protection_of(request, record)}


def _place(request: HttpRequest) -> Customer | Lead | None:
    """The customer or lead from whose card one came."""
    customer_id, lead_id = (id_in(request.GET.get(name, "")) for name in ("customer", "lead"))
    if customer_id is not None:
        return customer_for(request, customer_id, Action.CHANGE)
    return lead_for(request, lead_id, Action.CHANGE) if lead_id is not None else None
