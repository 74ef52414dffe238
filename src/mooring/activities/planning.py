"""Planning: adding, changing, finishing and removing activities, and telling people of what was given to them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.activities.mentioning import tell_mentioned
from mooring.activities.models import Activity, ActivityKind, Notice, NoticeKind
from mooring.customers.checking import line
from mooring.customers.models import Customer, Lead, Project
from mooring.letters.models import Letter
from mooring.sales.models import Opportunity
from mooring.users.journal import Actor, changes_between, record
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may

_PLANNED_IN: Final = (Module.CUSTOMERS, Module.LEADS, Module.PROJECTS, Module.SALES)
_WHY = "the page chose this activity within the reader's rights"


class UnableToPlan(Exception):
    """Nothing was written; `field` is where the text, fit for the user, belongs."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityData:
    """What a person enters. `about` is the one record that it belongs to, if any."""

    title: str
    owner: User
    kind: str = ActivityKind.TASK.value
    note: str = ""
    about: Customer | Lead | Project | Opportunity | None = None
    letter: Letter | None = None
    due_at: datetime | None = None
    is_whole_day: bool = True
    remind_at: datetime | None = None


def may_plan(user: User) -> bool:
    """Whether the user may plan anything: whoever may change records of any kind that activities are about."""
    return any(may(user, module, Action.CHANGE) for module in _PLANNED_IN)


def plan_activity(*, data: ActivityData, by: Actor, now: datetime) -> Activity:
    """Raises UnableToPlan."""
    data = _checked(data)
    with transaction.atomic():
        activity = Activity(**_columns(data), planned_by=by.user, created_at=now, changed_at=now)
        activity.save(force_insert=True)
        _tell_owner(activity, by=by, now=now)
        tell_mentioned(activity=activity, before="", by=by, now=now)
        _note(activity, "activity_noted" if activity.is_to_be_known else "activity_planned", by=by, now=now)
    return activity


def change_activity(*, activity: Activity, data: ActivityData, by: Actor, now: datetime) -> Activity:
    """Whoever it is given to is told. A new time of the reminder reminds anew. Raises UnableToPlan."""
    data = _checked(data)
    with transaction.atomic():
        stored = _locked(activity)
        before = _facts(data_of(stored))
        was_owned_by, reminded_of, noted = stored.owner_id, stored.remind_at, stored.note
        for name, value in _columns(data).items():
            setattr(stored, name, value)
        if data.remind_at != reminded_of:
            stored.reminded_at = None
        stored.changed_at = now
        stored.save()
        if stored.owner_id != was_owned_by:
            _tell_owner(stored, by=by, now=now)
        tell_mentioned(activity=stored, before=noted, by=by, now=now)
        _note(stored, "activity_changed", by=by, now=now, changes=changes_between(before, _facts(data)))
    return stored


def finish_activity(*, activity: Activity, by: Actor, now: datetime) -> Activity:
    """It is done. Doing it twice changes nothing."""
    return _marked(activity, "done_at", now, "activity_done", by=by, now=now)


def reopen_activity(*, activity: Activity, by: Actor, now: datetime) -> Activity:
    """It is to be done after all."""
    return _marked(activity, "done_at", None, "activity_reopened", by=by, now=now)


def remove_activity(*, activity: Activity, by: Actor, now: datetime) -> Activity:
    """Out of sight; bring_back undoes it."""
    return _marked(activity, "removed_at", now, "activity_removed", by=by, now=now)


def bring_back_activity(*, activity: Activity, by: Actor, now: datetime) -> Activity:
    """Undo remove_activity."""
    return _marked(activity, "removed_at", None, "activity_brought_back", by=by, now=now)


def data_of(activity: Activity) -> ActivityData:
    """An activity as it stands, in the shape in which it is entered."""
    kept = {field.name: getattr(activity, field.name) for field in fields(ActivityData) if field.name != "about"}
    return ActivityData(**kept, about=activity.about)


def _marked(activity: Activity, field: str, value: datetime | None, action: str, *, by: Actor, now: datetime) -> Activity:
    with transaction.atomic():
        stored = _locked(activity)
        if (getattr(stored, field) is None) is (value is None):
            return stored
        setattr(stored, field, value)
        stored.changed_at = now
        stored.save(update_fields=[field, "changed_at"])
        _note(stored, action, by=by, now=now)
    return stored


def _locked(activity: Activity) -> Activity:
    rows = Activity.objects.unscoped(_WHY).select_for_update(of=("self",))
    return rows.select_related("owner", "customer", "lead", "project", "opportunity", "letter").get(pk=activity.pk)


def _checked(data: ActivityData) -> ActivityData:
    title = line(data.title)
    if not title:
        raise UnableToPlan("title", _("Say in a few words what is to be done."))
    if len(title) > 300:
        raise UnableToPlan("title", _("Enter at most %(most)d characters.") % {"most": 300})
    if data.kind not in ActivityKind.values:
        raise UnableToPlan("kind", _("Choose task, call, meeting or note."))
    if not data.owner.is_active:
        raise UnableToPlan("owner", _("%(person)s cannot sign in any more; choose somebody else.") % {"person": data.owner})
    if data.remind_at is not None and data.due_at is not None and data.remind_at > data.due_at:
        raise UnableToPlan("remind", _("The reminder would come after the event."))
    note = data.note.replace("\x00", "").replace("\r\n", "\n").strip()
    values = {field.name: getattr(data, field.name) for field in fields(ActivityData)}
    return ActivityData(**{**values, "title": title, "note": note})


def _columns(data: ActivityData) -> dict[str, Any]:
    values = {field.name: getattr(data, field.name) for field in fields(ActivityData) if field.name != "about"}
    about = {"customer": Customer, "lead": Lead, "project": Project, "opportunity": Opportunity}
    return {**values, **{name: data.about if isinstance(data.about, model) else None for name, model in about.items()}}


def _tell_owner(activity: Activity, *, by: Actor, now: datetime) -> None:
    """Of what somebody else gave them."""
    if by.user is not None and by.user.pk != activity.owner_id:
        Notice.objects.create(user=activity.owner, kind=NoticeKind.GIVEN, activity=activity, at=now)


def _facts(data: ActivityData) -> dict[str, Any]:
    """What the journal says of it; times as text."""
    return {
        "title": data.title,
        "kind": data.kind,
        "owner": str(data.owner),
        "about": str(data.about) if data.about else "",
        "due_at": data.due_at.isoformat() if data.due_at else "",
        "note": data.note,
    }


def _note(activity: Activity, action: str, *, by: Actor, now: datetime, changes: dict[str, Any] | None = None) -> None:
    """On the timeline of the record that it is about, where there is one."""
    about = activity.about
    facts = {"activity": activity.title, **(changes or {})}
    if about is None:
        record(by=by, action=action, kind="activity", record_id=activity.pk, name=activity.title, changes=facts, now=now)
        return
    kind = type(about).__name__.lower()
    record(by=by, action=action, kind=kind, record_id=about.pk, name=str(about), changes=facts, now=now)
