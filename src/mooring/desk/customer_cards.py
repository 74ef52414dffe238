"""What stands around every tab of a customer's card."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mooring.customers.info_fields import info_fields_beside
from mooring.customers.models import Contact, Customer, Project
from mooring.desk.access import user_of
from mooring.desk.info_shown import info_facts
from mooring.desk.kinds import CUSTOMER as KIND
from mooring.desk.protection import protection_of
from mooring.desk.record_pages import tabs_of
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may
from mooring.users.reach import is_owned_within

PARTS: Final = (
    ("customer_emails", _("Emails")),
    ("customer_opportunities", _("Opportunities")),
    ("customer_tasks", _("Tasks")),
    ("customer_contacts", _("Contacts")),
    ("customer_projects", _("Projects")),
    ("customer_files", _("Files")),
    ("customer_portal", _("Portal")),
)
BESIDE: Final = 6
"""Contacts and projects named beside the card."""


def around(request: HttpRequest, record: Customer) -> dict[str, Any]:
    """Tabs, and the short lists beside the card."""
    user = user_of(request)
    contacts = Contact.objects.visible_to(user).filter(affiliations__customer=record).order_by("name_key", "id")
    projects = Project.objects.visible_to(user).filter(customer=record, is_closed=False).order_by("name_key", "id")
    return {
        "tabs": tabs_of(request, KIND, record, (*PARTS, *_info_part(record))),
        "contacts": contacts[:BESIDE],
        "projects": projects[:BESIDE],
        "conversion": _conversion_of(record, user),
        **protection_of(request, record),
        "may_add_projects": is_owned_within(record.owner_id, user, Module.PROJECTS, Action.CHANGE),
        "may_archive": is_owned_within(record.owner_id, user, Module.CUSTOMERS, Action.DELETE),
    }


def _conversion_of(record: Customer, user: User) -> dict[str, Any] | None:
    """The last lead that became this customer and can be a lead again, for those who may do so; read with the customer."""
    may_undo = may(user, Module.LEADS, Action.CHANGE) and is_owned_within(record.owner_id, user, Module.CUSTOMERS, Action.CHANGE)
    conversion: dict[str, Any] | None = getattr(record, "conversion", None)
    return conversion if may_undo else None


def _info_part(record: Customer) -> tuple[tuple[str, Any], ...]:
    """The tab of additional information, where something stands on it."""
    rows = info_facts(record.info, info_fields_beside(record), on_tab=True)
    return (("customer_info", _("Additional information")),) if rows else ()
