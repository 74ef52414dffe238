"""Versions of a pipeline: saved to a sales mailbox, listed, looked at, compared, and brought back."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, may_in, opened_box_for, pipeline_for, user_of, version_for
from mooring.desk.board_pages import around_pipeline
from mooring.desk.forms.staff import refuse
from mooring.desk.forms.versions import SaveForm
from mooring.desk.opened_boxes import opened
from mooring.desk.sales_words import money
from mooring.desk.timeline import id_in
from mooring.desk.version_pages import MOST, change_group, change_groups, shown_waterfalls, version_lines, versions_seen
from mooring.sales.comparing import changes_between, waterfalls
from mooring.sales.models import Pipeline, PipelineVersion, SalesMailbox
from mooring.sales.opening import UnableToOpen, open_mailbox
from mooring.sales.restoring import UnableToRestore, begin_from, return_to
from mooring.sales.short_content import PipelineInShort, short_of, short_of_version
from mooring.sales.versions import content_of_version, latest_of_each, save_version
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module


@require_GET
@may_in(Module.SALES)
def versions(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """All of one pipeline, in whichever box they lie, and two of them to be compared."""
    found = pipeline_for(request, pipeline_id)
    rows = list(versions_seen(request, uid=found.uid).order_by("-number")[:MOST])
    return page(request, "desk/pipelines/versions.html", {**around_pipeline(request, found), "lines": version_lines(rows)})


@require_GET
@may_in(Module.SALES)
def box_versions(request: HttpRequest, box_id: int) -> HttpResponse:
    """What lies in one box: newest or oldest first, or the latest version of each pipeline."""
    box = opened_box_for(request, box_id)
    which = request.GET.get("which", "latest")
    order = ("saved_at", "pk") if which == "oldest" else ("-saved_at", "-pk")
    rows = list(versions_seen(request, mailbox=box).order_by(*order)[:MOST])
    if which == "latest":
        rows = latest_of_each(rows)
    return page(request, "desk/pipelines/box_versions.html", {"box": box, "lines": version_lines(rows), "which": which})


@may_in(Module.SALES, Action.CHANGE)
def save(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """Save pipeline to mailbox: by number, with its password where one has no right at it."""
    found = pipeline_for(request, pipeline_id, Action.CHANGE)
    form = SaveForm(request.POST or None, initial={"number": found.mailbox.number})
    if request.method == "POST" and form.is_valid():
        try:
            box = _box_named(request, form.cleaned_data["number"], form.cleaned_data["password"])
        except UnableToOpen as error:
            refuse(form, {"password": str(error)})
        else:
            note = form.cleaned_data["note"]
            saved = save_version(pipeline=found, mailbox=box, note=note, by=actor_of(request), now=timezone.now())
            said = _("Version %(number)d was saved to the sales mailbox %(box)s.")
            toast(request, said % {"number": saved.number, "box": box})
            return see_other(request, reverse("pipeline_versions", args=[found.pk]))
    values = {**around_pipeline(request, found), "form": form}
    return page(request, "desk/pipelines/save.html", values, status=422 if form.errors else 200)


@require_GET
@may_in(Module.SALES)
def compare(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """What happened between two versions; an empty end is the pipeline as it stands."""
    found = pipeline_for(request, pipeline_id)
    rows = list(versions_seen(request, uid=found.uid).order_by("-number")[:MOST])
    before, after = (_chosen(rows, request.GET.get(name, "")) for name in ("from", "to"))
    before = before or (rows[0] if rows and "from" not in request.GET else None)
    old, new = _content(before, found), _content(after, found)
    changes, kind = changes_between(old, new), request.GET.get("kind", "")
    start = id_in(request.GET.get("start", "")) or 0
    values = {
        **around_pipeline(request, found),
        "versions": rows,
        "before": before,
        "after": after,
        "kind": kind,
        "groups": change_group(changes, kind=kind, start=start) if kind else change_groups(changes),
        "charts": [] if kind else shown_waterfalls(waterfalls(old, new)),
    }
    return page(request, "desk/pipelines/compare.html", values)


@require_GET
@may_in(Module.SALES)
def version(request: HttpRequest, version_id: int) -> HttpResponse:
    """What the pipeline held, to be read."""
    found = version_for(request, version_id)
    content = content_of_version(found)
    stages = {stage.uid: stage for stage in content.stages}
    rows = [(each, stages[each.stage], money(each.amount, each.currency)) for each in content.opportunities[:1_000]]
    live = _live(request, found)
    box_changes = SalesMailbox.objects.visible_to(user_of(request), Action.CHANGE, opened=opened(request))
    values: dict[str, Any] = {
        "version": found,
        "line": version_lines([found])[0],
        "rows": rows,
        "live": live,
        "may_return": live is not None,
        "may_begin": box_changes.filter(pk=found.mailbox_id).exists(),
    }
    return page(request, "desk/pipelines/version.html", values)


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def go_back(request: HttpRequest, version_id: int) -> HttpResponse:
    """Bring the pipeline back to what it was; it is saved as it stands before."""
    found = version_for(request, version_id)
    live = _live(request, found)
    if live is None:
        toast(request, _("This pipeline is not in use where you may change it."), is_problem=True)
        return see_other(request, reverse("pipeline_version", args=[found.pk]))
    try:
        return_to(pipeline=live, content=content_of_version(found), by=actor_of(request), now=timezone.now())
    except UnableToRestore as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("pipeline_version", args=[found.pk]))
    said = _("“%(name)s” is as it was in version %(number)d. How it stood until now is a version of its own.")
    toast(request, said % {"name": live, "number": found.number})
    return see_other(request, reverse("pipeline", args=[live.pk]))


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def begin(request: HttpRequest, version_id: int) -> HttpResponse:
    """Open the version in its box as a pipeline to work with."""
    found = version_for(request, version_id, Action.CHANGE)
    try:
        made = begin_from(content=content_of_version(found), mailbox=found.mailbox, by=actor_of(request), now=timezone.now())
    except UnableToRestore as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("pipeline_version", args=[found.pk]))
    toast(request, _("“%(name)s” is open in the sales mailbox %(box)s.") % {"name": made, "box": found.mailbox})
    return see_other(request, reverse("pipeline", args=[made.pk]))


def _box_named(request: HttpRequest, number: int, password: str) -> SalesMailbox:
    """The box by right, or with its password. Raises UnableToOpen."""
    rows = SalesMailbox.objects.visible_to(user_of(request), Action.CHANGE, opened=opened(request))
    box = rows.filter(number=number).first()
    return box or open_mailbox(number=number, password=password or uuid4().hex, by=actor_of(request), now=timezone.now())


def _chosen(rows: list[PipelineVersion], text: str) -> PipelineVersion | None:
    wanted = id_in(text)
    return next((each for each in rows if each.pk == wanted), None)


def _content(chosen: PipelineVersion | None, pipeline: Pipeline) -> PipelineInShort:
    return short_of(pipeline) if chosen is None else short_of_version(chosen)


def _live(request: HttpRequest, found: PipelineVersion) -> Pipeline | None:
    """The pipeline in use that this is a version of, if the user may change it."""
    rows = Pipeline.objects.visible_to(user_of(request), Action.CHANGE, opened=opened(request))
    live: Pipeline | None = rows.filter(uid=found.uid).first()
    return live
