"""Sales mailboxes: their tree, one box, adding, changing and moving one, and opening one by number and password."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, box_for, may_in, opened_box_for, user_of
from mooring.desk.box_pages import around_box, box_page, regions_of, reset_to_undo
from mooring.desk.forms.boxes import BoxForm, NameAndPasswordForm, OpenForm
from mooring.desk.forms.staff import refuse
from mooring.desk.journal_words import moment_on_card
from mooring.desk.menu import SALES, tabs_for
from mooring.desk.opened_boxes import forget, opened, remember
from mooring.desk.pipeline_lines import pipeline_lines
from mooring.desk.table_files import file_links
from mooring.desk.timeline import id_in
from mooring.sales.mailboxes import (
    UnableToChangeMailbox,
    add_mailbox,
    change_mailbox,
    data_of,
    default_name,
    move_mailbox,
    next_number,
)
from mooring.sales.models import Pipeline, SalesMailbox
from mooring.sales.opening import UnableToOpen, open_mailbox, unlock_mailbox
from mooring.sales.tree import box_lines
from mooring.ui.rendering import page, see_other, toast
from mooring.users.journal import entries_about
from mooring.users.permissions import Action, Module

LINES = 50
"""Of what happened to a box."""


@require_GET
@may_in(Module.SALES)
def boxes(request: HttpRequest) -> HttpResponse:
    """The tree."""
    root = reverse("box", args=[0]).removesuffix("0/")
    lines = [(line, f"{root}{line.box.pk}/") for line in box_lines(user_of(request), opened=opened(request))]
    context = {
        "lines": lines,
        "opened": opened(request),
        "tabs": tabs_for(request, SALES),
        "files": file_links(request, Module.SALES, "export_boxes") if lines else None,
    }
    return page(request, "desk/boxes/tree.html", context)


@may_in(Module.SALES, Action.CHANGE)
def new_box(request: HttpRequest) -> HttpResponse:
    """A new box, at the top or below the one that `?under=` names; it gets the next free number."""
    number = next_number()
    lines = box_lines(user_of(request), Action.CHANGE)
    start = {"number": number, "name": default_name(number), "parent": request.GET.get("under", "")}
    form = BoxForm(request.POST or None, initial={**start, "created_on": timezone.localdate()}, lines=lines)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_mailbox(data=form.as_data(), by=actor_of(request), now=timezone.now())
        except UnableToChangeMailbox as error:
            refuse(form, error.problems)
        else:
            toast(request, _("The sales mailbox %(name)s was added.") % {"name": made})
            return see_other(request, reverse("box", args=[made.pk]))
    context = {"form": form, "regions": regions_of(request)}
    return page(request, "desk/boxes/new.html", context, status=422 if form.errors else 200)


@require_GET
@may_in(Module.SALES)
def box(request: HttpRequest, box_id: int) -> HttpResponse:
    """The card."""
    found = opened_box_for(request, box_id)
    rows = Pipeline.objects.visible_to(user_of(request), opened=opened(request)).filter(mailbox=found)
    return box_page(request, found, "desk/boxes/card.html", {"lines": pipeline_lines(rows), **reset_to_undo(request, found)})


@require_GET
@may_in(Module.SALES)
def box_history(request: HttpRequest, box_id: int) -> HttpResponse:
    """The card with what happened to the box."""
    found = opened_box_for(request, box_id)
    entries = entries_about(kind="sales_mailbox", record_id=found.pk, limit=LINES)
    return box_page(request, found, "desk/boxes/history.html", {"moments": [moment_on_card(entry) for entry in entries]})


@may_in(Module.SALES)
def change_box(request: HttpRequest, box_id: int) -> HttpResponse:
    """All that stands on it."""
    found = box_for(request, box_id, Action.CHANGE)
    lines = box_lines(user_of(request), Action.CHANGE)
    form = BoxForm(request.POST, lines=lines, box=found) if request.method == "POST" else BoxForm.of(found, lines=lines)
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_mailbox(box=found, data=form.as_data(), by=actor_of(request), now=timezone.now())
        except UnableToChangeMailbox as error:
            refuse(form, error.problems)
        else:
            toast(request, _("The sales mailbox %(name)s was saved.") % {"name": changed})
            return see_other(request, reverse("box", args=[found.pk]))
    context = {**around_box(request, found), "form": form, "regions": regions_of(request)}
    return page(request, "desk/boxes/change.html", context, status=422 if form.errors else 200)


@may_in(Module.SALES)
def rename_box(request: HttpRequest, box_id: int) -> HttpResponse:
    """Name and password alone, when somebody else calls in the territory; the pipelines stay."""
    found = box_for(request, box_id, Action.CHANGE)
    form = NameAndPasswordForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        entered = form.cleaned_data
        data = data_of(found, name=entered["name"], password=entered["password"] or None)
        try:
            changed = change_mailbox(box=found, data=data, by=actor_of(request), now=timezone.now())
        except UnableToChangeMailbox as error:
            refuse(form, error.problems)
        else:
            toast(request, _("The sales mailbox %(name)s was saved. Its pipelines stayed.") % {"name": changed})
            return see_other(request, reverse("box", args=[found.pk]))
    context = {**around_box(request, found), "form": form}
    return page(request, "desk/boxes/rename.html", context, status=422 if form.errors else 200)


@require_POST
@may_in(Module.SALES)
def place_box(request: HttpRequest, box_id: int) -> HttpResponse:
    """Below another box, or at the top; as the tree asks after a drag or a key, and as Undo asks."""
    found = box_for(request, box_id, Action.CHANGE)
    before = found.parent_id
    try:
        moved = move_mailbox(box=found, parent=_parent_asked(request, found), by=actor_of(request), now=timezone.now())
    except UnableToChangeMailbox as error:
        toast(request, str(error), is_problem=True)
    else:
        undo = f"{reverse('place_box', args=[found.pk])}?parent={before or ''}"
        if moved.parent is None:
            said = _("%(name)s stands at the top.") % {"name": moved}
        else:
            said = _("%(name)s stands below %(parent)s.") % {"name": moved, "parent": moved.parent}
        toast(request, said, undo_url=undo)
    return see_other(request, f"{reverse('boxes')}#box-{found.pk}")


@require_POST
@may_in(Module.SALES)
def unlock_box(request: HttpRequest, box_id: int) -> HttpResponse:
    """After too many wrong passwords."""
    found = box_for(request, box_id, Action.CHANGE)
    unlock_mailbox(box=found, by=actor_of(request), now=timezone.now())
    toast(request, _("The sales mailbox can be opened with its password again."))
    return see_other(request, reverse("box", args=[found.pk]))


@may_in(Module.SALES)
def open_box(request: HttpRequest) -> HttpResponse:
    """By number and password, for some hours of this session."""
    form = OpenForm(request.POST or None, initial={"number": id_in(request.GET.get("number", ""))})
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            found = open_mailbox(**form.cleaned_data, by=actor_of(request), now=now)
        except UnableToOpen as error:
            refuse(form, {"": str(error)})
        else:
            remember(request, found, now=now)
            toast(request, _("%(name)s is open for you for the next hours.") % {"name": found})
            return see_other(request, reverse("box", args=[found.pk]))
    context = {"form": form, "tabs": tabs_for(request, SALES)}
    return page(request, "desk/boxes/open.html", context, status=422 if form.errors else 200)


@require_POST
@may_in(Module.SALES)
def close_box(request: HttpRequest, box_id: int) -> HttpResponse:
    """Before its hours are over."""
    found = opened_box_for(request, box_id)
    forget(request, found)
    toast(request, _("%(name)s is closed.") % {"name": found})
    return see_other(request, reverse("boxes"))


def _parent_asked(request: HttpRequest, found: SalesMailbox) -> SalesMailbox | None:
    """The box named in the form, or by an Undo in the address; what the user sees, or where the box stands already."""
    asked: Any = id_in(request.POST.get("parent", request.GET.get("parent", "")))
    if asked is None or asked == found.parent_id:
        return found.parent if asked else None
    return box_for(request, asked)
