"""Imports: a file brought, its columns chosen, tried out, let in, stopped, undone; the rows that were left out as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, demand_imports, import_for, user_of
from mooring.desk.csv_export import csv_answer
from mooring.desk.forms.imports import ColumnsForm, FileForm, labels_for
from mooring.transfer.jobs import UnableToImport, begin_import, choose, imports_of, preview, start, stop
from mooring.transfer.models import IN_WORK, Import, ImportFile, ImportState
from mooring.transfer.undoing import undo_import
from mooring.ui.parts import Progress
from mooring.ui.rendering import page, see_other, toast

MOST_SHOWN: Final = 100
MOST_PROBLEMS: Final = 20
_OVER: Final = (ImportState.DONE, ImportState.UNDONE)


@require_GET
def imports(request: HttpRequest) -> HttpResponse:
    """What was imported, the latest first."""
    demand_imports(request)
    return page(request, "desk/imports/list.html", {"imports": imports_of(user_of(request))[:MOST_SHOWN]})


def new_import(request: HttpRequest) -> HttpResponse:
    """The file and what is in it."""
    kinds = demand_imports(request)
    initial = {"kind": request.GET.get("kind")} if request.GET.get("kind") in kinds else None
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = FileForm(*sent, kinds=kinds, initial=initial)
    if request.method == "POST" and form.is_valid():
        kind, brought = form.cleaned_data["kind"], form.cleaned_data["file"]
        try:
            job = begin_import(kind=kind, name=brought.name, file=brought.file, by=user_of(request), now=timezone.now())
        except UnableToImport as error:
            form.add_error("file", str(error))
        else:
            return see_other(request, reverse("import", args=[job.pk]))
    return page(request, "desk/imports/new.html", {"form": form}, status=422 if form.errors else 200)


def import_(request: HttpRequest, import_id: int) -> HttpResponse:
    """One import: how it is meant and what would happen, how far it is, or what it did. Sent, tried out or begun."""
    job = import_for(request, import_id)
    form = ColumnsForm(request.POST if request.method == "POST" else None, job=job)
    if request.method == "POST" and form.is_valid():
        try:
            chosen: dict[str, Any] = {name: form.cleaned_data.get(name) for name in ("on_duplicate", "on_bad_value", "owner")}
            job = choose(job=job, fields=form.fields_chosen(), by=user_of(request), **chosen)
            start(job=job, is_dry_run="begin" not in request.POST, by=actor_of(request), now=timezone.now())
        except UnableToImport as error:
            form.add_error(None, str(error))
        else:
            return see_other(request, reverse("import", args=[job.pk]))
    return page(request, "desk/imports/import.html", _context(job, form), status=422 if form.errors else 200)


@require_GET
def import_progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """How far it is; once it is over, the whole page is asked for."""
    job = import_for(request, import_id)
    answer = page(request, "desk/imports/_progress.html", {"job": job, "going": going(job)})
    if job.state not in IN_WORK:
        answer.headers["HX-Redirect"] = reverse("import", args=[job.pk])
    return answer


@require_POST
def go_on_importing(request: HttpRequest, import_id: int) -> HttpResponse:
    """Where it was stopped or broke off."""
    return _done(request, import_id, lambda job: start(job=job, is_dry_run=False, by=actor_of(request), now=timezone.now()))


@require_POST
def stop_import(request: HttpRequest, import_id: int) -> HttpResponse:
    """After the rows under way."""
    return _done(request, import_id, lambda job: stop(job=job, by=user_of(request)), _("The import stops after these rows."))


@require_POST
def take_import_back(request: HttpRequest, import_id: int) -> HttpResponse:
    """What it made goes again, what it changed stands as before."""
    return _done(
        request,
        import_id,
        lambda job: undo_import(job=job, by=actor_of(request), now=timezone.now()),
        _("The import was undone."),
    )


@require_GET
def import_problems(request: HttpRequest, import_id: int) -> StreamingHttpResponse:
    """The rows and values that were left out, with the reasons."""
    job = import_for(request, import_id)
    row, value = _("Row"), _("Value")
    rows = ([each.line, value if each.value else row, each.column, each.value, each.text] for each in job.problems.iterator())
    header = [_("Line"), _("Left out"), _("Column"), _("Value"), _("Reason")]
    return csv_answer(name=f"import-{job.pk}-left-out", header=header, rows=rows)


def going(job: Import) -> Progress:
    """The line that shows how far it is."""
    label = _("Trying out, nothing is changed") if job.is_dry_run else _("Importing")
    return Progress(label=label, done=job.rows_done, total=job.row_total or None, is_running=job.state in IN_WORK)


def _done(request: HttpRequest, import_id: int, deed: Callable[[Import], Any], said: str = "") -> HttpResponse:
    job = import_for(request, import_id)
    try:
        deed(job)
    except UnableToImport as error:
        toast(request, str(error), is_problem=True)
    else:
        if said:
            toast(request, said)
    return see_other(request, reverse("import", args=[job.pk]))


def _context(job: Import, form: ColumnsForm) -> dict[str, Any]:
    is_open = job.state not in (*IN_WORK, *_OVER) and not job.rows_done_for_good
    shown = preview(job) if is_open else None
    has_file = ImportFile.objects.filter(of=job).exists()
    labels = labels_for(job)
    return {
        "job": job,
        "form": form if is_open else None,
        "columns": list(zip(form.column_fields, _samples(shown.rows, len(job.header)), strict=True)) if shown else [],
        "meant": [(name, labels[field]) for name, field in zip(job.header, job.fields, strict=False) if field in labels],
        "going": going(job),
        "is_going": job.state in IN_WORK,
        "was_tried": job.state == ImportState.TRIED,
        "problems": job.problems.all()[:MOST_PROBLEMS],
        "may_go_on": has_file and job.rows_done_for_good and job.state in (ImportState.STOPPED, ImportState.FAILED),
        "may_undo": bool(job.rows_done_for_good) and job.state in (ImportState.DONE, ImportState.STOPPED, ImportState.FAILED),
    }


def _samples(rows: list[Any], count: int) -> list[list[str]]:
    """For each column the first cells that hold something."""
    return [[row[place][:60] for row in rows if place < len(row) and row[place].strip()][:3] for place in range(count)]
