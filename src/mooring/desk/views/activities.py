"""Tasks, calls, meetings and notes: my day, planning one, done and undone; and the notices behind the bell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.activities.mentioning import mentioned_in, unseeing
from mooring.activities.models import Activity
from mooring.activities.noticing import mark_read
from mooring.activities.planning import (
    UnableToPlan,
    bring_back_activity,
    change_activity,
    finish_activity,
    may_plan,
    plan_activity,
    remove_activity,
    reopen_activity,
)
from mooring.activities.queries import day_of, notices_of, unread_count
from mooring.customers.models import Customer, Lead, Project
from mooring.desk.access import activity_for, actor_of, letter_for, user_of
from mooring.desk.day_groups import groups_of
from mooring.desk.forms.activities import ActivityForm, initial_of
from mooring.desk.jobs_under_way import has_jobs, jobs_of
from mooring.desk.list_pages import own_path, path_of_ours
from mooring.desk.notice_lines import lines_behind_bell, where_it_stands
from mooring.desk.personal import zone_of
from mooring.desk.table_files import file_links
from mooring.desk.timeline import id_in
from mooring.letters.visibility import visible_links
from mooring.sales.models import Opportunity
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module

NOTICES = 50
_RECORDS: dict[str, Any] = {"customer": Customer, "lead": Lead, "project": Project, "opportunity": Opportunity}


def my_day(request: HttpRequest) -> HttpResponse:
    """What the user has to do, by when it is due."""
    user = user_of(request)
    day = day_of(user, now=timezone.now(), zone=zone_of(user))
    may_add = may_plan(user)
    groups = groups_of(day)
    values = {
        "groups": groups,
        "day": day,
        "may_add": may_add,
        "now": timezone.now(),
        "files": file_links(request, Module.CUSTOMERS, "export_my_day") if groups else None,
    }
    return page(request, "desk/activities/day.html", values)


def new_activity(request: HttpRequest) -> HttpResponse:
    """The empty form, about the record or letter that the address names; sent, back to where it came from."""
    if not may_plan(user_of(request)):
        raise PermissionDenied
    letter = letter_for(request, letter_id) if (letter_id := id_in(request.GET.get("letter", ""))) else None
    start = {"owner": user_of(request), "kind": request.GET.get("kind", "task"), "about": _about(request, letter)}
    if letter is not None:
        start["title"] = letter.subject[:300]
    form = ActivityForm(request.POST or None, reader=user_of(request), initial=start)
    form.letter = letter
    if request.method == "POST" and form.is_valid():
        try:
            activity = plan_activity(data=form.data_entered(), by=actor_of(request), now=timezone.now())
        except UnableToPlan as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            said = _("“%(title)s” was noted.") if activity.is_to_be_known else _("“%(title)s” is planned.")
            toast(request, said % {"title": activity})
            _say_who_was_not_told(request, activity)
            # What is only to be known is in no day.
            shown_on = where_it_stands(activity) if activity.is_to_be_known else reverse("my_day")
            return see_other(request, own_path(request, shown_on))
    return _form_page(request, form, title=_("Plan something"))


def edit_activity(request: HttpRequest, activity_id: int) -> HttpResponse:
    """The form of one that exists."""
    activity = activity_for(request, activity_id, Action.CHANGE)
    form = ActivityForm(request.POST or None, reader=user_of(request), known=activity, initial=initial_of(activity))
    if request.method == "POST" and form.is_valid():
        try:
            changed = change_activity(activity=activity, data=form.data_entered(), by=actor_of(request), now=timezone.now())
        except UnableToPlan as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            toast(request, _("“%(title)s” was saved.") % {"title": form.cleaned_data["title"]})
            _say_who_was_not_told(request, changed)
            return see_other(request, own_path(request, reverse("my_day")))
    return _form_page(request, form, title=str(activity), activity=activity)


@require_POST
def finish(request: HttpRequest, activity_id: int) -> HttpResponse:
    """It is done."""
    return _marked(request, activity_id, finish_activity, _("“%(title)s” is done."), undo="reopen_activity")


@require_POST
def reopen(request: HttpRequest, activity_id: int) -> HttpResponse:
    """It is to be done after all."""
    return _marked(request, activity_id, reopen_activity, _("“%(title)s” is open again."))


@require_POST
def remove(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Away with it; the way back is in the toast."""
    return _marked(request, activity_id, remove_activity, _("“%(title)s” was removed."), undo="bring_back_activity")


@require_POST
def bring_back(request: HttpRequest, activity_id: int) -> HttpResponse:
    """Undo the removal."""
    return _marked(request, activity_id, bring_back_activity, _("“%(title)s” is back."))


def notices(request: HttpRequest) -> HttpResponse:
    """Behind the bell, newest first. Sent, all of them are read."""
    user = user_of(request)
    if request.method == "POST":
        mark_read(user=user, now=timezone.now())
        return see_other(request, reverse("notices"))
    if request.GET.get("part") == "jobs":
        return page(request, "desk/activities/notices.html", {"jobs": jobs_of(user, timezone.now())}, fragment="jobs")
    found = notices_of(user, before_id=id_in(request.GET.get("before", "")), limit=NOTICES + 1)
    values = {
        "notices": lines_behind_bell(found[:NOTICES], user),
        "has_new": bool(unread_count(user)),
        "jobs": jobs_of(user, timezone.now()),
        "older": found[NOTICES - 1].pk if len(found) > NOTICES else None,
    }
    return page(request, "desk/activities/notices.html", values)


@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with the number of new notices, which the frame of every page asks for once it stands."""
    user = user_of(request)
    values = {
        "count": unread_count(user),
        "is_working": has_jobs(user),
        "notices_url": reverse("notices"),
        "bell_url": reverse("bell"),
    }
    return page(request, "ui/_bell.html", values)


def _marked(request: HttpRequest, activity_id: int, deed: Callable[..., Activity], said: str, *, undo: str = "") -> HttpResponse:
    activity = activity_for(request, activity_id, Action.CHANGE, with_removed=deed is bring_back_activity)
    deed(activity=activity, by=actor_of(request), now=timezone.now())
    toast(request, said % {"title": activity}, undo_url=reverse(undo, args=[activity.pk]) if undo else "")
    return see_other(request, own_path(request, reverse("my_day")))


def _about(request: HttpRequest, letter: Any) -> Customer | Lead | Project | Opportunity | None:
    """The record that the address names, or the only one that the letter is linked to; as far as the user may change it."""
    wanted = {name: id_in(request.GET.get(name, "")) for name in _RECORDS}
    if letter is not None and not any(wanted.values()):
        links = list(visible_links(user_of(request)).filter(letter=letter)[:2])
        if len(links) == 1:
            wanted = {name: getattr(links[0], f"{name}_id", None) for name in _RECORDS}
    for name, record_id in wanted.items():
        if record_id:
            found: Customer | Lead | Project | Opportunity | None
            found = _RECORDS[name].objects.visible_to(user_of(request), Action.CHANGE).filter(pk=record_id).first()
            return found
    return None


def _say_who_was_not_told(request: HttpRequest, activity: Activity) -> None:
    """Of those whom the note mentions."""
    for person in unseeing(activity, mentioned_in(activity.note)):
        toast(request, _("%(person)s may not see this and was not told.") % {"person": person}, is_problem=True)


def _form_page(request: HttpRequest, form: ActivityForm, *, title: str, activity: Activity | None = None) -> HttpResponse:
    back = own_path(request, "") or path_of_ours(request.GET.get("next", ""))
    values = {"form": form, "title": title, "next": back, "back": back or reverse("my_day"), "activity": activity}
    return page(request, "desk/activities/form.html", values, status=422 if form.errors else 200)
