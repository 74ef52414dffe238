"""Reports: the list of them, one page and one file for each, and the opportunities behind their figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mooring.desk.access import box_for, may_in, user_of
from mooring.desk.forms.reports import ReportAskedForm, begin_of, company_calendar
from mooring.desk.report_words import charts_in_json, lines_of_file, shown_rows
from mooring.desk.sales_words import amounts_in_words, money
from mooring.desk.table_files import file_links, table_answer
from mooring.desk.timeline import id_in
from mooring.reports.asked import Asked
from mooring.reports.catalogue import CATALOGUE, Entry, entry_named
from mooring.sales.budgets import groups_from, sales_people_seen_by, won_by, won_within
from mooring.sales.forecast import By, Extent, opportunities_behind
from mooring.ui.parts import KeysetPage
from mooring.ui.rendering import page
from mooring.users.groups import group_lines
from mooring.users.membership_dates import TimeInGroup, times_in_groups
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may

MOST_LISTED = 500
MOST_BEHIND = 100
"""Opportunities behind a figure, the largest ones."""
MOST_AT_ONCE = 100
"""Lines of a page of a report that has pages."""


@require_GET
@may_in(Module.REPORTS)
def reports(request: HttpRequest) -> HttpResponse:
    """All that the reader may open."""
    entries = [entry for entry in CATALOGUE if may(user_of(request), entry.module, Action.VIEW)]
    return page(request, "desk/reports/all.html", {"entries": entries})


@require_GET
@may_in(Module.REPORTS)
def report(request: HttpRequest, name: str) -> HttpResponse:
    """The page."""
    entry, form, asked = _asked(request, name)
    made = entry.make(replace(asked, after=request.GET.get("after", ""), most=MOST_AT_ONCE))
    rows = shown_rows(made, made.rows[:MOST_LISTED])
    context = {
        "entry": entry,
        "form": form,
        "columns": made.columns,
        "rows": rows,
        "page": KeysetPage(rows, made.next or None, None),
        "hidden_count": max(len(made.rows) - MOST_LISTED, 0),
        "totals": shown_rows(made, made.totals),
        "charts": charts_in_json(made),
        "remarks": made.remarks,
        "files": file_links(request, Module.REPORTS, "report_csv", name),
    }
    return page(request, "desk/reports/report.html", context)


@require_GET
@may_in(Module.REPORTS, Action.EXPORT)
def report_csv(request: HttpRequest, name: str) -> HttpResponseBase:
    """The file."""
    entry, _form, asked = _asked(request, name)
    header, *lines = lines_of_file(entry.make(asked))
    return table_answer(request, name=entry.name, header=header, rows=lines)


@require_GET
@may_in(Module.SALES)
def forecast_opportunities(request: HttpRequest) -> HttpResponse:
    """Those that a line of the forecast added up."""
    box_id = id_in(request.GET.get("box", ""))
    by = request.GET.get("by", "")
    if by not in By.values:
        raise Http404
    fiscal, _home = company_calendar()
    extent = Extent(user_of(request), box_for(request, box_id) if box_id else None)
    rows = opportunities_behind(extent, by, request.GET.get("key", ""), fiscal=fiscal)
    return _listed(request, rows, _("Opportunities in the forecast"))


@require_GET
@may_in(Module.SALES)
def won_opportunities(request: HttpRequest) -> HttpResponse:
    """What a sales person won in a period; with a group, while in it or in one below it."""
    seen = sales_people_seen_by(user_of(request), or_once=True)
    person = seen.filter(pk=id_in(request.GET.get("person", "")) or 0).first()
    try:
        since, until = (date.fromisoformat(request.GET.get(name, "")) for name in ("since", "until"))
    except ValueError:
        raise Http404 from None
    if person is None:
        raise Http404
    rows = won_by([person], reader=user_of(request), since=begin_of(since), until=begin_of(until + timedelta(days=1)))
    group_id = id_in(request.GET.get("group", ""))
    if group_id is not None:
        rows = won_within(rows, _times_below(person, group_id))
    return _listed(request, rows.order_by("-amount", "pk"), _("Won by %(name)s") % {"name": person})


def _times_below(person: User, group_id: int) -> list[TimeInGroup]:
    groups = [line.group for line in group_lines()]
    group = next((each for each in groups if each.pk == group_id), None)
    if group is None:
        raise Http404
    inside = groups_from(group, groups)
    return [time for time in times_in_groups([person]) if time.group_id in inside]


def _asked(request: HttpRequest, name: str) -> tuple[Entry, ReportAskedForm, Asked]:
    entry = entry_named(name)
    if entry is None:
        raise Http404
    if not may(user_of(request), entry.module, Action.VIEW):
        raise PermissionDenied
    fiscal, home = company_calendar()
    form = ReportAskedForm(request.GET, entry=entry, reader=user_of(request), today=timezone.localdate(), fiscal=fiscal)
    return entry, form, form.asked(request, fiscal=fiscal, home=home)


def _listed(request: HttpRequest, rows: Any, title: str) -> HttpResponse:
    """The largest ones, with what they add up to."""
    # Their ids first: whole rows of a large month are not to be put in order.
    ids = list(rows.values_list("pk", flat=True)[: MOST_BEHIND + 1])
    related = rows.order_by().select_related("pipeline__mailbox", "stage", "customer", "lead", "owner")
    known = {row.pk: row for row in related.filter(pk__in=ids)}
    found = [known[pk] for pk in ids]
    sums: dict[str, Any] = {}
    for each in found[:MOST_BEHIND]:
        sums[each.currency] = sums.get(each.currency, 0) + each.amount
    context = {
        "title": title,
        "rows": [{"opportunity": each, "worth": money(each.amount, each.currency)} for each in found[:MOST_BEHIND]],
        "has_more": len(found) > MOST_BEHIND,
        "most": MOST_BEHIND,
        "amounts": amounts_in_words(dict(sorted(sums.items()))),
    }
    return page(request, "desk/reports/opportunities.html", context)
