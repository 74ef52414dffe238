"""Pipelines: all that the user sees, one as a board and as a list, adding and changing one with its stages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, may_in, opened_box_for, pipeline_for, user_of
from mooring.desk.board_pages import around_pipeline, cards_of, filters_of, shown_columns, sums_in_words
from mooring.desk.forms.pipelines import PipelineForm, StageLines, stages_entered
from mooring.desk.forms.staff import refuse
from mooring.desk.menu import SALES, tabs_for
from mooring.desk.opened_boxes import opened
from mooring.desk.pipeline_lines import pipeline_lines
from mooring.desk.table_files import file_links
from mooring.sales.board import SORTS, board_of, cards_behind, next_to_close, sales_list, totals_of
from mooring.sales.models import Pipeline, Stage
from mooring.sales.pipelines import (
    add_pipeline,
    bring_back_pipeline,
    change_pipeline,
    change_stages,
    keep_stage_template,
    remove_pipeline,
    stages_of_template,
)
from mooring.sales.stages import UnableToKeepPipeline, stage_data_of
from mooring.ui.parts import KeysetPage
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module

MOST_AT_HOME = 6


@require_GET
@may_in(Module.SALES)
def pipelines(request: HttpRequest) -> HttpResponse:
    """All that the user sees, by sales mailbox."""
    rows = Pipeline.objects.visible_to(user_of(request), opened=opened(request))
    values = {"lines": pipeline_lines(rows), "tabs": tabs_for(request, SALES)}
    return page(request, "desk/pipelines/all.html", values)


@require_GET
@may_in(Module.SALES)
def my_pipelines(request: HttpRequest) -> HttpResponse:
    """Those in the user's own boxes, and what of the user's closes next; a part of Home."""
    user = user_of(request)
    rows = Pipeline.objects.visible_to(user).filter(mailbox__owner=user)
    values = {"lines": pipeline_lines(rows, most=MOST_AT_HOME), "sales": cards_of(next_to_close(user, most=MOST_AT_HOME))}
    return page(request, "desk/pipelines/mine.html", values, fragment="part")


@may_in(Module.SALES, Action.CHANGE)
def new_pipeline(request: HttpRequest, box_id: int) -> HttpResponse:
    """In a sales mailbox."""
    box = opened_box_for(request, box_id, Action.CHANGE)
    form = PipelineForm(request.POST or None, is_new=True)
    if request.method == "POST" and form.is_valid():
        template = form.cleaned_data["template"]
        stages = stages_of_template(template) if template else ()
        try:
            made = add_pipeline(mailbox=box, data=form.data_entered(), stages=stages, by=actor_of(request), now=timezone.now())
        except UnableToKeepPipeline as error:
            refuse(form, error.problems)
        else:
            toast(request, _("The pipeline “%(name)s” was added.") % {"name": made})
            return see_other(request, reverse("pipeline", args=[made.pk]))
    return page(request, "desk/pipelines/new.html", {"form": form, "box": box}, status=422 if form.errors else 200)


@require_GET
@may_in(Module.SALES)
def pipeline(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """The board."""
    found = pipeline_for(request, pipeline_id)
    form, filters = filters_of(request, found)
    columns = shown_columns(request, found, board_of(found, filters), filters.silent_since)
    values = {**around_pipeline(request, found), "columns": columns, "filters": form, "is_filtered": bool(form.asked())}
    return page(request, "desk/pipelines/board.html", values, fragment="board")


@require_GET
@may_in(Module.SALES)
def pipeline_stage(request: HttpRequest, pipeline_id: int, stage_id: int) -> HttpResponse:
    """The next cards of one column."""
    found = pipeline_for(request, pipeline_id)
    stage = found.stages.filter(pk=stage_id).first() or Stage(pk=0, pipeline=found)
    _form, filters = filters_of(request, found)
    cards = cards_behind(stage, request.GET.get("place", ""), filters)
    (column,) = shown_columns(request, found, [cards], filters.silent_since)
    values = {**around_pipeline(request, found), "column": column}
    return page(request, "desk/pipelines/stage.html", values, fragment="cards")


@require_GET
@may_in(Module.SALES)
def pipeline_list(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """The same as a list."""
    found = pipeline_for(request, pipeline_id)
    form, filters = filters_of(request, found)
    sort = request.GET.get("sort", "")
    sort = sort if sort in SORTS else "close"
    place = request.GET.get("after") or request.GET.get("before") or ""
    rows = sales_list(found, filters, sort=sort, place=place)
    values: dict[str, Any] = {
        **around_pipeline(request, found),
        "page": KeysetPage(cards_of(rows.rows, filters.silent_since), rows.next or None, rows.previous or None),
        "sums": sums_in_words(totals_of(found, filters)),
        "filters": form,
        "is_filtered": bool(form.asked()),
        "sort": sort,
        "files": file_links(request, Module.SALES, "export_opportunities", found.pk),
    }
    return page(request, "desk/pipelines/list.html", values, fragment="list")


@may_in(Module.SALES, Action.CHANGE)
def edit_pipeline(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """Name, note, currency."""
    found = pipeline_for(request, pipeline_id, Action.CHANGE)
    start = {"name": found.name, "currency": found.currency, "note": found.note}
    form = PipelineForm(request.POST or None, is_new=False, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            change_pipeline(pipeline=found, data=form.data_entered(), by=actor_of(request), now=timezone.now())
        except UnableToKeepPipeline as error:
            refuse(form, error.problems)
        else:
            toast(request, _("“%(name)s” was saved.") % {"name": form.cleaned_data["name"]})
            return see_other(request, reverse("pipeline", args=[found.pk]))
    values = {**around_pipeline(request, found), "form": form}
    return page(request, "desk/pipelines/edit.html", values, status=422 if form.errors else 200)


@may_in(Module.SALES, Action.CHANGE)
def pipeline_stages(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """The table of stages; sent with the name of a template, they are kept under it as well."""
    found = pipeline_for(request, pipeline_id, Action.CHANGE)
    rows = [{**_as_line(stage), "place": number} for number, stage in enumerate(stage_data_of(found), 1)]
    lines = StageLines(request.POST or None, initial=rows, prefix="stages")
    problem = ""
    if request.method == "POST" and lines.is_valid():
        try:
            _keep_stages(request, found, stages_entered(lines))
        except UnableToKeepPipeline as error:
            problem = str(error)
        else:
            toast(request, _("The stages were saved."))
            return see_other(request, reverse("pipeline", args=[found.pk]))
    is_refused = bool(problem or lines.total_error_count())
    values = {**around_pipeline(request, found), "lines": lines, "problem": problem}
    return page(request, "desk/pipelines/stages.html", values, status=422 if is_refused else 200)


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def drop_pipeline(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """Out of sight; the way back is in the toast."""
    found = pipeline_for(request, pipeline_id, Action.CHANGE)
    remove_pipeline(pipeline=found, by=actor_of(request), now=timezone.now())
    undo = reverse("bring_back_pipeline", args=[found.pk])
    toast(request, _("“%(name)s” was removed.") % {"name": found}, undo_url=undo)
    return see_other(request, reverse("pipelines"))


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def put_back_pipeline(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """Undo the removal."""
    found = pipeline_for(request, pipeline_id, Action.CHANGE, is_removed=True)
    try:
        bring_back_pipeline(pipeline=found, by=actor_of(request), now=timezone.now())
    except UnableToKeepPipeline as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("pipelines"))
    toast(request, _("“%(name)s” is back.") % {"name": found})
    return see_other(request, reverse("pipeline", args=[found.pk]))


def _keep_stages(request: HttpRequest, found: Pipeline, stages: Any) -> None:
    by, now = actor_of(request), timezone.now()
    change_stages(pipeline=found, stages=stages, by=by, now=now)
    if name := request.POST.get("template", "").strip():
        keep_stage_template(name=name, pipeline=found, by=by, now=now)


def _as_line(stage: Any) -> dict[str, Any]:
    return {name: getattr(stage, name) for name in ("uid", "title", "probability", "outcome", "asks_reason")}
