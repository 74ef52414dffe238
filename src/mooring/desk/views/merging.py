"""Duplicates: finding them over the whole base, merging them side by side, undoing it, and saying that they are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.customers.duplicates import possible_duplicates
from mooring.customers.facts import data_of
from mooring.desk.access import actor_of, demand, user_of
from mooring.desk.kinds import KINDS, RecordKind
from mooring.desk.list_pages import own_path, ticked_ids
from mooring.desk.lists import CONTACTS, CUSTOMERS, LEADS
from mooring.desk.merge_access import losable_for, losables_for, merge_for, records_to_tell_apart
from mooring.desk.merge_pages import choices_of, is_undoable, lines_of
from mooring.desk.timeline import id_in
from mooring.merging.differences import UnableToTellApart, take_back_difference, tell_apart
from mooring.merging.finding import find_groups, reasons_of
from mooring.merging.merging import MOST_AT_ONCE, UnableToMerge, merge_records
from mooring.merging.models import Merge, MergeKind
from mooring.merging.queries import latest_merges, told_apart
from mooring.merging.tables import RECORD_MODELS
from mooring.merging.undoing import UnableToUndoMerge, undo_merge
from mooring.ui.parts import Tab
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action

_LISTS = {MergeKind.CUSTOMER: CUSTOMERS, MergeKind.LEAD: LEADS, MergeKind.CONTACT: CONTACTS}
_FOUND = 8
"""Records offered to be merged with."""


def duplicates(request: HttpRequest, kind: MergeKind) -> HttpResponse:
    """Groups of records that may be one, by one reason, from a place on; and what was merged lately."""
    which = _demanded(request, kind)
    reasons = reasons_of(kind)
    reason = next((each for each in reasons if each.value == request.GET.get("reason")), reasons[0])
    after = id_in(request.GET.get("after", ""))
    found = find_groups(kind=kind, reason=reason, reader=user_of(request), after=after)
    here = reverse(f"{kind.value}_duplicates")
    merges = latest_merges(kind, user_of(request), now=timezone.now()) if after is None else []
    values = {
        "kind": which,
        "found": found,
        "next_url": f"{here}?{urlencode({'reason': reason.value, 'after': found.after})}" if found.after else "",
        "is_first": after is None,
        "tabs": [Tab(label=str(each.label), url=f"{here}?reason={each.value}", is_current=each is reason) for each in reasons],
        "merges": [(merge, is_undoable(merge)) for merge in merges],
        **_places(kind),
    }
    return page(request, "desk/merging/duplicates.html", values, fragment="groups")


@require_POST
def choose(request: HttpRequest, kind: MergeKind) -> HttpResponse:
    """From ticked rows to the page where they stand side by side."""
    which = _demanded(request, kind)
    ids = list(dict.fromkeys(ticked_ids(request)))
    if not 2 <= len(ids) <= MOST_AT_ONCE:
        toast(request, _("Tick two to five records that shall become one."), is_problem=True)
        return see_other(request, own_path(request, reverse(which.list_name)))
    return see_other(request, _compare_url(kind, ids))


def merge(request: HttpRequest, kind: MergeKind) -> HttpResponse:
    """Two to five records side by side; sent, they are one."""
    which = _demanded(request, kind)
    records = _asked(request, kind)
    status, problem = 200, ""
    if request.method == "POST":
        how: dict[str, Any] = {"choices": choices_of(request, records), "by": actor_of(request), "now": timezone.now()}
        try:
            stays = _staying(request, records)
            made = merge_records(winner=stays, losers=[each for each in records if each.pk != stays.pk], **how)
        except UnableToMerge as error:
            status, problem = 422, str(error)
        else:
            return _to_winner(request, which, made)
    values = {"kind": which, "records": records, "lines": lines_of(request, records), "problem": problem, **_places(kind)}
    return page(request, "desk/merging/merge.html", values, status=status)


def _staying(request: HttpRequest, records: Sequence[Any]) -> Any:
    """The record that takes in the others; none is taken by chance."""
    stays = next((each for each in records if str(each.pk) == request.POST.get("stays")), None)
    if stays is None:
        raise UnableToMerge(_("Choose the record that stays."))
    return stays


def merge_with(request: HttpRequest, kind: MergeKind, record_id: int) -> HttpResponse:
    """With which other record: what may be the same, or what one looks for."""
    which = _demanded(request, kind)
    record = losable_for(request, kind, record_id)
    text = request.GET.get("q", "").strip()
    reader = user_of(request)
    if text:
        rows = (
            _LISTS[kind]
            .page(reader=reader, filters=_LISTS[kind].form({"text": text}).filters(timezone.now()), size=_FOUND + 1)
            .rows
        )
    else:
        data: Any = data_of(record)
        twins = possible_duplicates(data=data, reader=reader, exclude_id=record.pk, kinds=[RECORD_MODELS[kind]])
        rows = [twin.record for twin in twins if twin.record is not None]
    others = [row for row in rows if row.pk != record.pk][:_FOUND]
    offers = [(row, _compare_url(kind, [record.pk, row.pk])) for row in others]
    return page(request, "desk/merging/with.html", {"kind": which, "record": record, "offers": offers, "text": text})


@require_POST
def undo(request: HttpRequest, merge_id: int) -> HttpResponse:
    """The record that was taken in is back."""
    merged = merge_for(request, merge_id)
    which = KINDS[RECORD_MODELS[merged.kind]]
    try:
        undone = undo_merge(merge=merged, by=actor_of(request), now=timezone.now())
    except UnableToUndoMerge as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse(which.name, args=[merged.winner_id]))
    said = _("%(name)s is back with all that it had.") % {"name": undone.record}
    if undone.left:
        said = _("%(name)s is back. Not put back, because it changed since: %(left)s.") % {
            "name": undone.record,
            "left": undone.left,
        }
    toast(request, said)
    return see_other(request, which.url(undone.record))


def different(request: HttpRequest, kind: MergeKind) -> HttpResponse:
    """Which are not duplicates, who said so and when; sent, these are not, or, taken back, may be after all."""
    which = _demanded(request, kind)
    if request.method != "POST":
        pairs, older = told_apart(kind, user_of(request), before=id_in(request.GET.get("before", "")))
        return page(request, "desk/merging/different.html", {"kind": which, "pairs": pairs, "older": older, **_places(kind)})
    ids = ticked_ids(request) or [number for number in map(id_in, request.GET.getlist("ids")) if number is not None]
    records = records_to_tell_apart(request, kind, ids)
    how: dict[str, Any] = {"records": records, "by": actor_of(request), "now": timezone.now()}
    back = reverse(f"{kind.value}_duplicates")
    if request.GET.get("back") == "yes" and records:
        take_back_difference(**how)
        toast(request, _("They may be duplicates after all, and are found as such again."))
        return see_other(request, own_path(request, back))
    try:
        tell_apart(**how)
    except UnableToTellApart as error:
        toast(request, str(error), is_problem=True)
    else:
        query = urlencode({"back": "yes", "ids": [record.pk for record in records]}, doseq=True)
        undo_url = f"{reverse(f'{kind.value}s_are_different')}?{query}"
        toast(request, _("They are not shown as duplicates any more."), undo_url=undo_url)
    return see_other(request, own_path(request, back))


def _demanded(request: HttpRequest, kind: MergeKind) -> RecordKind:
    which = KINDS[RECORD_MODELS[kind]]
    demand(request, which.module, Action.DELETE)
    return which


def _places(kind: MergeKind) -> dict[str, str]:
    """The addresses of a kind."""
    return {
        "duplicates_url": reverse(f"{kind.value}_duplicates"),
        "different_url": reverse(f"{kind.value}s_are_different"),
        "choose_url": reverse(f"choose_{kind.value}s_to_merge"),
    }


def _asked(request: HttpRequest, kind: MergeKind) -> Sequence[Any]:
    """The records that the address names, in its order; each of them may be taken in."""
    ids = list(dict.fromkeys(number for number in map(id_in, request.GET.getlist("ids")) if number is not None))
    if not 2 <= len(ids) <= MOST_AT_ONCE:
        raise Http404
    return losables_for(request, kind, ids)


def _compare_url(kind: MergeKind, ids: Sequence[int]) -> str:
    return f"{reverse(f'merge_{kind.value}s')}?{urlencode({'ids': ids}, doseq=True)}"


def _to_winner(request: HttpRequest, which: RecordKind, made: Sequence[Merge]) -> HttpResponse:
    said = ngettext("%(winner)s took in %(losers)s.", "%(winner)s took in these: %(losers)s.", len(made))
    names = {"winner": made[0].winner_name, "losers": ", ".join(merge.loser_name for merge in made)}
    undo_url = reverse("undo_merge", args=[made[0].pk]) if len(made) == 1 else ""
    toast(request, said % names, undo_url=undo_url)
    return see_other(request, reverse(which.name, args=[made[0].winner_id]))
