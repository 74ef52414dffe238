"""Pipelines as files: the documented JSON, which comes back without loss, and a workbook for people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mooring.desk.access import actor_of, may_in, opened_box_for, pipeline_for, user_of, version_for
from mooring.desk.forms.versions import UploadForm
from mooring.desk.opened_boxes import opened
from mooring.desk.pipeline_files import cells_of, header_of_workbook
from mooring.desk.workbooks import workbook_answer
from mooring.sales.models import BoxReset, Cause, Pipeline
from mooring.sales.pipeline_content import PipelineContent, as_json
from mooring.sales.reading_content import content_of
from mooring.sales.resetting import reset_that_took, resets_to_undo
from mooring.sales.restoring import UnableToRestore, begin_from, return_to
from mooring.sales.versions import content_of_version
from mooring.ui.downloads import as_download
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module


@require_GET
@may_in(Module.SALES, Action.EXPORT)
def download(request: HttpRequest, pipeline_id: int) -> HttpResponse:
    """The pipeline as it stands."""
    found = pipeline_for(request, pipeline_id, Action.EXPORT)
    return _file(content_of(found), found.name)


@require_GET
@may_in(Module.SALES, Action.EXPORT)
def download_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """A version, as it was saved."""
    found = version_for(request, version_id, Action.EXPORT)
    return _file(content_of_version(found), f"{found.name} {found.number}")


@require_GET
@may_in(Module.SALES, Action.EXPORT)
def workbook(request: HttpRequest, pipeline_id: int) -> HttpResponseBase:
    """The opportunities as a table."""
    found = pipeline_for(request, pipeline_id, Action.EXPORT)
    return workbook_answer(name="pipeline", header=header_of_workbook(), rows=cells_of(content_of(found)))


@may_in(Module.SALES, Action.CHANGE)
def upload(request: HttpRequest, box_id: int) -> HttpResponse:
    """From a file into a sales mailbox. One that the user works with already is brought to what the file holds."""
    box = opened_box_for(request, box_id, Action.CHANGE)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        by, now = actor_of(request), timezone.now()
        live = None if form.cleaned_data["as_new"] else _live(request, form.content)
        taken_out = None if form.cleaned_data["as_new"] else reset_that_took(form.content, now=now)
        if taken_out is not None:
            context = {"form": form, "box": box, "taken_out": taken_out, "may_undo": _may_undo(request, taken_out)}
            return page(request, "desk/pipelines/upload.html", context, status=422)
        try:
            if live is not None:
                made = return_to(pipeline=live, content=form.content, by=by, now=now, cause=Cause.UPLOAD)
            else:
                made = begin_from(content=form.content, mailbox=box, by=by, now=now)
        except UnableToRestore as error:
            form.add_error("file", str(error))
        else:
            said = _("“%(name)s” is as in the file. How it stood before is a version of its own.")
            toast(request, said % {"name": made} if live else _("The pipeline “%(name)s” was added.") % {"name": made})
            return see_other(request, reverse("pipeline", args=[made.pk]))
    return page(request, "desk/pipelines/upload.html", {"form": form, "box": box}, status=422 if form.errors else 200)


def _may_undo(request: HttpRequest, reset: BoxReset) -> bool:
    return resets_to_undo(user_of(request), now=timezone.now()).filter(pk=reset.pk).exists()


def _file(content: PipelineContent, name: str) -> HttpResponse:
    answer = HttpResponse(as_json(content, indent=1), content_type="application/json")
    return as_download(answer, f"{name}.json")


def _live(request: HttpRequest, content: PipelineContent) -> Pipeline | None:
    rows = Pipeline.objects.visible_to(user_of(request), Action.CHANGE, opened=opened(request))
    live: Pipeline | None = rows.filter(uid=content.uid).first()
    return live
