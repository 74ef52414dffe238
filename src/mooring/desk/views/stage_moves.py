"""Opportunities on their way: moved to another stage or another place, with the reason where one is asked, and back again."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, may_in, opportunity_for, user_of
from mooring.desk.board_pages import around_pipeline, filters_of, shown_columns
from mooring.desk.forms.opportunities import MoveForm
from mooring.desk.forms.staff import refuse
from mooring.desk.list_pages import own_path
from mooring.desk.timeline import id_in
from mooring.sales.board import heads_of
from mooring.sales.models import Opportunity, StageMove
from mooring.sales.opportunities import move_opportunity, undo_move
from mooring.sales.opportunity_data import UnableToSell
from mooring.ui.rendering import page, see_other, toast, wants_fragment
from mooring.users.permissions import Action, Module


@may_in(Module.SALES, Action.CHANGE)
def move_sale(request: HttpRequest, opportunity_id: int) -> HttpResponse:
    """Into the stage that is named, before the card that is named; asks why where the stage wants to know and nobody said it.

    The board asks with a fragment and gets the heads of its columns.
    """
    sale = opportunity_for(request, opportunity_id, Action.CHANGE)
    sent = request.POST if request.method == "POST" else None
    form = MoveForm(sent, pipeline=sale.pipeline, initial={"stage": request.GET.get("stage", "")})
    if sent is not None and form.is_valid():
        try:
            move = _moved(request, sale, form.cleaned_data)
        except UnableToSell as error:
            if wants_fragment(request) and "rejection" in error.problems:
                stage = form.cleaned_data["stage"].pk
                return see_other(request, f"{reverse('move_sale', args=[sale.pk])}?stage={stage}&next={_board_of(sale)}")
            refuse(form, error.problems)
        else:
            return _after(request, sale, move)
    back = own_path(request, request.GET.get("next", "") or reverse("opportunity", args=[sale.pk]))
    values = {"form": form, "record": sale, "back": back}
    return page(request, "desk/opportunities/move.html", values, status=422 if form.errors else 200)


@require_POST
@may_in(Module.SALES, Action.CHANGE)
def undo_sale_move(request: HttpRequest, opportunity_id: int, move_id: int) -> HttpResponse:
    """Back to the stage and place it came from."""
    sale = opportunity_for(request, opportunity_id, Action.CHANGE)
    move = StageMove.objects.filter(pk=move_id, opportunity=sale).select_related("opportunity").first()
    if move is None:
        raise Http404
    try:
        back = undo_move(move=move, by=actor_of(request), now=timezone.now())
    except UnableToSell as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("“%(title)s” is back in “%(stage)s”.") % {"title": back, "stage": back.stage})
    return see_other(request, own_path(request, _board_of(sale)))


def _moved(request: HttpRequest, sale: Opportunity, entered: dict[str, Any]) -> StageMove | None:
    before = None
    if before_id := id_in(request.POST.get("before", "")):
        before = Opportunity.objects.visible_to(user_of(request)).filter(pk=before_id, pipeline=sale.pipeline_id).first()
    return move_opportunity(
        opportunity=sale,
        to=entered["stage"],
        before=before,
        rejection=entered["rejection"],
        rejection_note=entered["rejection_note"],
        by=actor_of(request),
        now=timezone.now(),
    )


def _after(request: HttpRequest, sale: Opportunity, move: StageMove | None) -> HttpResponse:
    if move is not None:
        undo = reverse("undo_sale_move", args=[sale.pk, move.pk])
        said = _("“%(title)s” is in “%(stage)s” now.") % {"title": sale, "stage": move.to_stage}
        toast(request, said, undo_url=undo)
    if not wants_fragment(request):
        return see_other(request, own_path(request, reverse("opportunity", args=[sale.pk])))
    _form, filters = filters_of(request, sale.pipeline)
    columns = shown_columns(request, sale.pipeline, heads_of(sale.pipeline, filters))
    values = {**around_pipeline(request, sale.pipeline), "columns": columns}
    return page(request, "desk/pipelines/board.html", values, fragment="heads")


def _board_of(sale: Opportunity) -> str:
    return reverse("pipeline", args=[sale.pipeline_id])
