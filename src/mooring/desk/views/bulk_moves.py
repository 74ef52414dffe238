"""A job that moves many customers to the archive or back: how far it is, and the button that stops it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.customers.bulk_moves import stop_move
from mooring.customers.models import BulkMove, BulkMoveKind
from mooring.desk.access import bulk_move_for
from mooring.ui.parts import Progress
from mooring.ui.rendering import page, see_other, toast, wants_fragment


@require_GET
def bulk_move(request: HttpRequest, move_id: int) -> HttpResponse:
    """The line of progress, which asks for itself while the job runs."""
    move = bulk_move_for(request, move_id)
    after = "archive" if move.kind == BulkMoveKind.ARCHIVE else "customers"
    context = {"move": move, "job": _progress(move), "after_url": reverse(after)}
    return page(request, "desk/archive/move.html", context, fragment="line")


@require_POST
def stop_bulk_move(request: HttpRequest, move_id: int) -> HttpResponse:
    """No more are moved; those that were stay where they are now."""
    move = bulk_move_for(request, move_id)
    stop_move(move=move, now=timezone.now())
    if wants_fragment(request):
        return _line(request, move)
    toast(request, _("Stopped. What was moved by then stays moved."))
    return see_other(request, reverse("bulk_move", args=[move.pk]))


def _line(request: HttpRequest, move: BulkMove) -> HttpResponse:
    """The line as it stands after the stop."""
    move.refresh_from_db()
    return page(request, "desk/archive/move.html", {"move": move, "job": _progress(move)}, fragment="line")


def _progress(move: BulkMove) -> Progress:
    is_running = move.ended_at is None
    label = str(move) if is_running else _("Stopped") if move.is_stopped else _("Finished")
    return Progress(
        label=label,
        done=move.done,
        total=move.total,
        url=reverse("bulk_move", args=[move.pk]),
        stop_url=reverse("stop_bulk_move", args=[move.pk]),
        is_running=is_running,
    )
