"""Resetting sales mailboxes: choosing them, the caution before it, doing it, and undoing it within thirty days."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, demand, may_in, resets_for, user_of
from mooring.desk.forms.box_resets import ResetForm
from mooring.desk.forms.staff import refuse
from mooring.desk.menu import SALES, tabs_for
from mooring.desk.pipeline_files import zip_of
from mooring.desk.sales_words import amounts_in_words
from mooring.desk.timeline import id_in
from mooring.sales.models import Pipeline, SalesMailbox
from mooring.sales.resetting import Loss, UnableToReset, losses_of, reset_mailboxes, resets_to_undo, undo_resets
from mooring.sales.tree import box_lines
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module, may

MOST_SHOWN = 100
"""Boxes that the caution names one by one."""


@may_in(Module.SALES, Action.RESET)
def reset_boxes(request: HttpRequest) -> HttpResponse:
    """Without boxes in the address their list, to choose from; with them the caution; sent, it is done."""
    chosen = _chosen(request)
    if not chosen:
        lines = box_lines(user_of(request), Action.RESET)
        context = {"lines": lines, "batches": _batches(request), "tabs": tabs_for(request, SALES)}
        return page(request, "desk/boxes/resets.html", context)
    form = ResetForm(request.POST or None, boxes=chosen)
    if request.method == "POST" and form.is_valid():
        try:
            batch = reset_mailboxes(
                boxes=chosen, destroy_now=form.cleaned_data["destroy_now"], by=actor_of(request), now=timezone.now()
            )
        except UnableToReset as error:
            refuse(form, {"": str(error)})
        else:
            _tell(request, chosen, "" if form.cleaned_data["destroy_now"] else reverse("undo_reset", args=[batch]))
            return see_other(request, reverse("reset_boxes"))
    losses = losses_of(chosen)
    context = {"form": form, "chosen": chosen, "tabs": tabs_for(request, SALES), **_in_words(losses)}
    context["may_export"] = may(user_of(request), Module.SALES, Action.EXPORT)
    return page(request, "desk/boxes/reset.html", context, status=422 if form.errors else 200)


@require_POST
@may_in(Module.SALES, Action.RESET)
def download_boxes(request: HttpRequest) -> HttpResponseBase:
    """All pipelines of the boxes chosen as one ZIP file, before they are reset."""
    demand(request, Module.SALES, Action.EXPORT)
    chosen = _chosen(request)
    if not chosen:
        return see_other(request, reverse("reset_boxes"))
    pipelines = Pipeline.objects.visible_to(user_of(request), Action.EXPORT).order_by("name", "pk")
    answer = StreamingHttpResponse(zip_of(chosen, pipelines, now=timezone.localtime()), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="pipelines-{timezone.localdate().isoformat()}.zip"'
    return answer


@require_POST
@may_in(Module.SALES, Action.RESET)
def undo_reset(request: HttpRequest, batch: Any) -> HttpResponse:
    """All boxes that were reset together come back as they were."""
    try:
        boxes = undo_resets(resets=resets_for(request, batch), by=actor_of(request), now=timezone.now())
    except UnableToReset as error:
        toast(request, str(error), is_problem=True)
    else:
        said = ngettext(
            "%(count)d sales mailbox is as it was before.", "%(count)d sales mailboxes are as they were before.", len(boxes)
        )
        toast(request, said % {"count": len(boxes)})
    return see_other(request, reverse("boxes"))


def _chosen(request: HttpRequest) -> list[SalesMailbox]:
    """The boxes named in the address or sent, or all; those that the user may reset, by number."""
    boxes = SalesMailbox.objects.visible_to(user_of(request), Action.RESET).select_related("owner").order_by("number")
    named = request.POST if request.method == "POST" else request.GET
    if named.get("all"):
        return list(boxes)
    ids = [number for number in map(id_in, named.getlist("box")) if number is not None]
    return list(boxes.filter(pk__in=ids)) if ids else []


def _tell(request: HttpRequest, boxes: Sequence[SalesMailbox], undo_url: str) -> None:
    said = ngettext("%(count)d sales mailbox was reset.", "%(count)d sales mailboxes were reset.", len(boxes)) % {
        "count": len(boxes)
    }
    toast(request, said, undo_url=undo_url)


def _in_words(losses: Sequence[Loss]) -> dict[str, Any]:
    """What would be lost, box by box and in all."""
    total: dict[str, Decimal] = {}
    for loss in losses:
        for currency, amount in loss.amounts.items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    return {
        "losses": [(loss, amounts_in_words(loss.amounts)) for loss in losses[:MOST_SHOWN]],
        "more_count": max(len(losses) - MOST_SHOWN, 0),
        "pipeline_count": sum(loss.pipeline_count for loss in losses),
        "opportunity_count": sum(loss.opportunity_count for loss in losses),
        "version_count": sum(loss.version_count for loss in losses),
        "amounts": amounts_in_words(dict(sorted(total.items()))),
    }


def _batches(request: HttpRequest) -> list[dict[str, Any]]:
    """Resets that can be undone, those done together as one, the latest first."""
    batches: dict[Any, dict[str, Any]] = {}
    for reset in resets_to_undo(user_of(request), now=timezone.now())[:200]:
        batch = batches.setdefault(
            reset.batch, {"pk": reset.batch, "at": reset.at, "until": reset.until, "user": reset.user, "names": []}
        )
        batch["names"].append(f"{reset.mailbox.number} {reset.before.get('name', '')}")
    return list(batches.values())
