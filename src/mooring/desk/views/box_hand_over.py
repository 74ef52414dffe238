"""Handing a sales mailbox over to somebody else: what is chosen, what it will mean, and doing it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from mooring.desk.access import actor_of, box_for, may_in
from mooring.desk.box_pages import around_box
from mooring.desk.forms.box_hand_over import HandOverForm
from mooring.desk.forms.staff import refuse
from mooring.desk.sales_words import amounts_in_words, money
from mooring.sales.handing_over import Preview, hand_over, open_opportunities, preview_of
from mooring.sales.mailboxes import UnableToChangeMailbox
from mooring.sales.opportunity_data import UnableToSell
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module

MOST_SINGLE = 100
"""Opportunities of which each can have a fate of its own: the largest."""


@may_in(Module.SALES)
def hand_over_box(request: HttpRequest, box_id: int) -> HttpResponse:
    """First what it will mean, then the deed: two buttons of one form."""
    box = box_for(request, box_id, Action.CHANGE)
    opportunities = list(open_opportunities(box)[:MOST_SINGLE])
    form = HandOverForm(request.POST or None, box=box, opportunities=opportunities)
    preview = None
    if request.method == "POST" and form.is_valid():
        plan = form.plan()
        if request.POST.get("step") != "do":
            preview = preview_of(box=box, plan=plan, by=actor_of(request))
        else:
            try:
                hand_over(box=box, plan=plan, by=actor_of(request), now=timezone.now())
            except (UnableToChangeMailbox, UnableToSell) as error:
                refuse(form, error.problems)
            else:
                toast(request, _("%(box)s was handed over to %(name)s.") % {"box": box, "name": plan.to})
                return see_other(request, reverse("boxes"))
    context = {**around_box(request, box), "form": form, "rows": _rows(form), "seen": _in_words(preview)}
    return page(request, "desk/boxes/hand_over.html", context, status=422 if form.errors else 200)


def _rows(form: HandOverForm) -> list[dict[str, Any]]:
    return [{"opportunity": each, "worth": money(each.amount, each.currency), "field": field} for each, field in form.rows()]


def _in_words(preview: Preview | None) -> dict[str, Any] | None:
    if preview is None:
        return None
    return {"preview": preview, "amounts": amounts_in_words(preview.amounts), "fates": dict(preview.fates)}
