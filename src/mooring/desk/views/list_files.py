"""Lists that are not of records as files: my day, sales mailboxes, the opportunities of a pipeline, the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from mooring.activities.models import Activity
from mooring.activities.queries import day_of
from mooring.customers.tagging import tags_of
from mooring.desk.access import may_in, pipeline_for, user_of
from mooring.desk.board_pages import filters_of
from mooring.desk.day_groups import groups_of
from mooring.desk.journal_asked import JournalAsked, journal_asked
from mooring.desk.journal_words import moment_of
from mooring.desk.opened_boxes import opened
from mooring.desk.personal import zone_of
from mooring.desk.table_files import table_answer
from mooring.sales.board import SORTS, all_sales
from mooring.sales.money import rounded
from mooring.sales.tree import box_lines
from mooring.users.journal import entries_of_everything
from mooring.users.permissions import Action, Module

_AT_ONCE = 500


@require_GET
@may_in(Module.CUSTOMERS, Action.EXPORT)
def my_day(request: HttpRequest) -> HttpResponseBase:
    """What the user has to do, as the page groups it."""
    user = user_of(request)
    zone = zone_of(user)
    day = day_of(user, now=timezone.now(), zone=zone)
    header = [_("When"), _("What"), _("Type"), _("Due"), _("Done"), _("About"), _("Note")]
    rows = ([title, *_activity(each, zone)] for title, activities in groups_of(day) for each in activities)
    return table_answer(request, name="my-day", header=header, rows=rows)


@require_GET
@may_in(Module.SALES, Action.EXPORT)
def boxes(request: HttpRequest) -> HttpResponseBase:
    """The tree, from the top down: each box names the one that it stands in."""
    header = [_("Number"), pgettext("sales mailbox", "Name"), _("Stands in"), _("Purpose"), _("Owner"), _("Region"), _("Locked")]
    lines = box_lines(user_of(request), Action.EXPORT, opened=opened(request))
    numbers = {line.box.pk: line.box.number for line in lines}
    rows = (
        [
            line.box.number,
            line.box.name,
            numbers.get(line.box.parent_id, "") if line.box.parent_id else "",
            line.box.purpose,
            line.box.owner or "",
            line.box.region,
            _("yes") if line.box.locked_at else _("no"),
        ]
        for line in lines
    )
    return table_answer(request, name="sales-mailboxes", header=header, rows=rows)


@require_GET
@may_in(Module.SALES, Action.EXPORT)
def opportunities(request: HttpRequest, pipeline_id: int) -> HttpResponseBase:
    """The list of a pipeline, filtered and sorted as its address says."""
    found = pipeline_for(request, pipeline_id, Action.EXPORT)
    _form, filters = filters_of(request, found)
    sort, zone = request.GET.get("sort", ""), timezone.get_current_timezone()
    header = [
        _("What"),
        _("With"),
        _("Stage"),
        _("Amount"),
        _("Weighted"),
        _("Currency"),
        _("Close date"),
        _("Tags"),
        _("Looked after by"),
        _("Changed"),
    ]
    rows = (
        [
            sale.title,
            sale.with_whom.name,
            sale.stage.title,
            f"{rounded(sale.amount, sale.currency):f}",
            f"{rounded(sale.weighted, sale.currency):f}",
            sale.currency,
            sale.close_on or "",
            ", ".join(tag.name for tag in tags_of(sale)),
            sale.owner or "",
            _moment(sale.changed_at, zone),
        ]
        for sale in all_sales(found, filters, sort=sort if sort in SORTS else "close")
    )
    return table_answer(request, name="opportunities", header=header, rows=rows)


@require_GET
@may_in(Module.SETUP, Action.EXPORT)
def journal(request: HttpRequest) -> HttpResponseBase:
    """All lines, newest first; of one person or one kind of record if asked."""
    header = [_("When"), _("Who"), _("What"), _("Details")]
    return table_answer(
        request, name="journal", header=header, rows=_lines(journal_asked(request), timezone.get_current_timezone())
    )


def _lines(asked: JournalAsked, zone: tzinfo) -> Iterator[list[str]]:
    """Portion by portion, so that a long journal needs no more memory than a short one."""
    before_id = None
    while True:
        entries = entries_of_everything(user=asked.user, kind=asked.kind, before_id=before_id, limit=_AT_ONCE)
        for moment in map(moment_of, entries):
            yield [_moment(moment.at, zone), moment.by, moment.title, moment.detail]
        if len(entries) < _AT_ONCE:
            return
        before_id = entries[-1].pk


def _activity(activity: Activity, zone: tzinfo) -> list[object]:
    due_at, done_at = activity.due_at, activity.done_at
    due = "" if due_at is None else _moment(due_at, zone)
    if due_at is not None and activity.is_whole_day:
        due = due_at.astimezone(zone).date().isoformat()
    about = activity.about_shown or ""
    return [str(activity), activity.get_kind_display(), due, _moment(done_at, zone) if done_at else "", about, activity.note]


def _moment(at: datetime, zone: tzinfo) -> str:
    """In the reader's time zone, which has to be asked for before the file is streamed."""
    return at.astimezone(zone).isoformat(sep=" ", timespec="minutes")
