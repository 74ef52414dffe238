"""The four kinds of record that have cards: how pages name, reach, enter and save each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.customers import editing
from mooring.customers.models import Contact, Customer, Lead, Project
from mooring.desk.forms.contacts import ContactEditor
from mooring.desk.forms.customers import CustomerEditor
from mooring.desk.forms.editor import Editor
from mooring.desk.forms.leads import LeadEditor
from mooring.desk.forms.projects import ProjectEditor
from mooring.ui.parts import Found
from mooring.users.permissions import Module

Record = Customer | Lead | Contact | Project


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKind:
    """`name` is its word in the journal and the start of the names of its addresses: customer, edit_customer, new_customer."""

    name: str
    list_name: str
    plural: Any
    model: Any
    module: Module
    icon: str
    editor: type[Editor[Any]]
    create: Callable[..., Any]
    change: Callable[..., Any]
    new_title: Any
    edit_title: Any
    name_label: Any

    @property
    def edit_name(self) -> str:
        """The name of the address where the whole record is changed."""
        return f"edit_{self.name}"

    @property
    def fact_name(self) -> str:
        """The name of the address where one fact is changed."""
        return f"edit_{self.name}_fact"

    def url(self, record: models.Model) -> str:
        """The record's card."""
        return reverse(self.name, args=[record.pk])


CUSTOMER: Final = RecordKind(
    name="customer",
    list_name="customers",
    plural=_("Customers"),
    model=Customer,
    module=Module.CUSTOMERS,
    icon="building",
    editor=CustomerEditor,
    create=editing.create_customer,
    change=editing.change_customer,
    new_title=_("New customer"),
    edit_title=_("Change customer"),
    name_label=_("Name"),
)
LEAD: Final = RecordKind(
    name="lead",
    list_name="leads",
    plural=_("Leads"),
    model=Lead,
    module=Module.LEADS,
    icon="target-arrow",
    editor=LeadEditor,
    create=editing.create_lead,
    change=editing.change_lead,
    new_title=_("New lead"),
    edit_title=_("Change lead"),
    name_label=_("Name"),
)
CONTACT: Final = RecordKind(
    name="contact",
    list_name="contacts",
    plural=_("Contacts"),
    model=Contact,
    module=Module.CUSTOMERS,
    icon="address-book",
    editor=ContactEditor,
    create=editing.create_contact,
    change=editing.change_contact,
    new_title=_("New contact"),
    edit_title=_("Change contact"),
    name_label=pgettext_lazy("person", "Name"),
)
PROJECT: Final = RecordKind(
    name="project",
    list_name="projects",
    plural=_("Projects"),
    model=Project,
    module=Module.PROJECTS,
    icon="folders",
    editor=ProjectEditor,
    create=editing.create_project,
    change=editing.change_project,
    new_title=_("New project"),
    edit_title=_("Change project"),
    name_label=_("Name"),
)
KINDS: Final = {kind.model: kind for kind in (CUSTOMER, LEAD, CONTACT, PROJECT)}


def kind_for(record: Record) -> RecordKind:
    """The kind of a record."""
    return KINDS[type(record)]


def found(record: Record, detail: str = "") -> Found:
    """A record as a line of the palette or of Home."""
    kind = kind_for(record)
    return Found(label=record.name, url=kind.url(record), icon=kind.icon, detail=detail)
