"""What the pages of one sales mailbox share: where it stands, who sees it, what may be done with it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from mooring.desk.access import user_of
from mooring.desk.opened_boxes import opened
from mooring.sales.models import SalesMailbox
from mooring.sales.resetting import resets_to_undo
from mooring.sales.tree import boxes_above, boxes_just_below
from mooring.ui.parts import Tab
from mooring.ui.rendering import page
from mooring.users.permissions import Action


def box_page(request: HttpRequest, box: SalesMailbox, template: str, more: dict[str, Any] | None = None) -> HttpResponse:
    """A part of the card."""
    return page(request, template, {**around_box(request, box), **(more or {})})


def around_box(request: HttpRequest, box: SalesMailbox) -> dict[str, Any]:
    """At most five queries. By right one sees what is above and below; with a password the box alone."""
    rights = _rights(request, box)
    return {
        "box": box,
        "above": boxes_above(box) if rights else [],
        "below": boxes_just_below(box) if rights else [],
        "may_see": Action.VIEW in rights,
        "may_change": Action.CHANGE in rights,
        "may_reset": Action.RESET in rights,
        "is_opened": box.pk in opened(request),
        "tabs": tabs_of_box(request, box),
    }


def reset_to_undo(request: HttpRequest, box: SalesMailbox) -> dict[str, Any]:
    """The latest reset of the box that the user may undo, and how many other boxes come back with it."""
    resets = resets_to_undo(user_of(request), now=timezone.now())
    reset = resets.filter(mailbox=box).first()
    return {} if reset is None else {"reset": reset, "others": resets.filter(batch=reset.batch).count() - 1}


def tabs_of_box(request: HttpRequest, box: SalesMailbox) -> list[Tab]:
    """Links to the parts of the card."""
    parts = ((_("Pipelines"), reverse("box", args=[box.pk])), (_("History"), reverse("box_history", args=[box.pk])))
    return [Tab(label=label, url=url, is_current=url == request.path) for label, url in parts]


def regions_of(request: HttpRequest) -> list[str]:
    """Regions in use in the boxes that the user sees, to be offered while one is typed."""
    boxes = SalesMailbox.objects.visible_to(user_of(request)).exclude(region="")
    return list(boxes.order_by("region").values_list("region", flat=True).distinct())


def _rights(request: HttpRequest, box: SalesMailbox) -> set[Action]:
    """What the user may do with the box by right."""
    return {
        action
        for action in (Action.VIEW, Action.CHANGE, Action.RESET)
        if SalesMailbox.objects.visible_to(user_of(request), action).filter(pk=box.pk).exists()
    }
