"""“Why can this person see this?”: the answer in one sentence, for every kind of record of this room."""

from __future__ import annotations

from django.utils.translation import gettext as _

from mooring.customers.models import Affiliation, Contact, Customer, Lead, Project
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.reach import group_shared_with, is_owned_within, reach_of


def why_seen(*, record: Customer | Lead | Contact | Project, reader: User) -> str:
    """Empty when the reader cannot see the record. Agrees with `visible_to`; at most four queries."""
    if isinstance(record, Customer):
        return _why_owned(record, reader, Module.CUSTOMERS)
    if isinstance(record, Lead):
        return _why_owned(record, reader, Module.LEADS)
    if isinstance(record, Project):
        return _why_project(record, reader)
    return _why_contact(record, reader)


def _why_owned(record: Customer | Lead, reader: User, module: Module) -> str:
    scope = scope_of(reader, module, Action.VIEW)
    names = {"person": str(reader), "record": record.name, "role": reader.get_role_display()}
    if scope is Scope.ALL:
        return _("%(person)s sees every record as “%(role)s”.") % names
    if scope is Scope.NONE:
        return ""
    if record.owner_id is None:
        return _("Nobody owns “%(record)s”, so %(person)s sees it as “%(role)s”.") % names
    if record.owner_id == reader.pk:
        return _("%(person)s owns “%(record)s”.") % names
    return _of_group(record, reader, scope)


def _of_group(record: Customer | Lead, reader: User, scope: Scope) -> str:
    """That the owner is in a group of the reader's, or in one below it."""
    if record.owner is None or not (group := group_shared_with(record.owner.pk, reader, scope)):
        return ""
    names = {"person": str(reader), "record": record.name, "owner": str(record.owner), "group": group}
    if record.owner.pk in reach_of(reader).group:
        return _("%(owner)s, who owns “%(record)s”, works in the group “%(group)s”, as %(person)s does.") % names
    return _("%(owner)s, who owns “%(record)s”, works in a group below “%(group)s”, in which %(person)s works.") % names


def _why_project(project: Project, reader: User) -> str:
    if not is_owned_within(project.customer.owner_id, reader, Module.PROJECTS, Action.VIEW):
        return ""
    why = _why_owned(project.customer, reader, Module.CUSTOMERS)
    names = {"customer": project.customer.name, "why": why}
    return _("The project is for the customer “%(customer)s”. %(why)s") % names if why else ""


def _why_contact(contact: Contact, reader: User) -> str:
    """By the first place, in the order in which they were added, that the reader sees."""
    for place in Affiliation.objects.filter(contact=contact).select_related("customer", "lead").order_by("id"):
        if place.customer is not None:
            why = _why_owned(place.customer, reader, Module.CUSTOMERS)
        else:
            why = _why_owned(place.lead, reader, Module.LEADS) if place.lead else ""
        if why:
            names = {"contact": contact.name, "place": str(place.customer or place.lead), "why": why}
            return _("%(contact)s is a contact at “%(place)s”. %(why)s") % names
    return ""
