"""Projects: cards, and adding and changing them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from mooring.customers.models import Project
from mooring.desk.access import may_in, project_for, user_of
from mooring.desk.crm_access import customer_with_projects_for
from mooring.desk.kinds import PROJECT as KIND
from mooring.desk.list_pages import file_of, list_page
from mooring.desk.lists import PROJECTS
from mooring.desk.record_letters import letters_tab
from mooring.desk.record_pages import card, edit_fact, edit_record, new_record, tabs_of
from mooring.desk.record_tasks import tasks_tab
from mooring.desk.timeline import id_in
from mooring.users.permissions import Action, Module

PARTS = (("project_emails", _("Emails")), ("project_tasks", _("Tasks")))


@may_in(Module.PROJECTS)
def projects(request: HttpRequest) -> HttpResponse:
    """The list."""
    return list_page(request, PROJECTS)


@may_in(Module.PROJECTS, Action.EXPORT)
def export_projects(request: HttpRequest) -> HttpResponseBase:
    """The list as a file: the ticked rows (POST) or all (GET)."""
    return file_of(request, PROJECTS)


@may_in(Module.PROJECTS, Action.CHANGE)
def new_project(request: HttpRequest) -> HttpResponse:
    """From a customer's card, for that customer."""
    start: dict[str, Any] = {"name": request.GET.get("name", "")[:300]}
    customer_id = id_in(request.GET.get("customer", ""))
    if customer_id is not None:
        start["customer"] = customer_with_projects_for(request, customer_id)
    return new_record(request, KIND, KIND.editor(request, reader=user_of(request), start=start))


def edit_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """All of it on one form."""
    return edit_record(request, KIND, project_for(request, project_id, Action.CHANGE))


def edit_project_fact(request: HttpRequest, project_id: int, fact: str) -> HttpResponse:
    """One fact in place."""
    record = project_for(request, project_id, Action.CHANGE)
    return edit_fact(request, KIND, record, fact, _around(request, record))


def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The card with what happened."""
    record = project_for(request, project_id)
    return card(request, record, _around(request, record))


def project_emails(request: HttpRequest, project_id: int) -> HttpResponse:
    """The card with its letters."""
    record = project_for(request, project_id)
    return card(request, record, {**_around(request, record), **letters_tab(request, record)})


def project_tasks(request: HttpRequest, project_id: int) -> HttpResponse:
    """The card with what is planned."""
    record = project_for(request, project_id)
    return card(request, record, {**_around(request, record), **tasks_tab(request, record)})


def _around(request: HttpRequest, record: Project) -> dict[str, Any]:
    return {"tabs": tabs_of(request, KIND, record, PARTS)}
