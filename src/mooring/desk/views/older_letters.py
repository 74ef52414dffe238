"""Older letters that an address or domain added lately would link: shown with their number, linked on a click, undone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, offer_for
from mooring.sync.backfill import UnableToAnswer, accept, dismiss, undo
from mooring.sync.models import BackfillOffer
from mooring.ui.rendering import see_other, toast


@require_POST
def link_older_letters(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Yes, link them."""
    offer = offer_for(request, offer_id)
    try:
        accept(offer=offer, by=actor_of(request), now=timezone.now())
    except UnableToAnswer as error:
        toast(request, str(error), is_problem=True)
    else:
        said = _("The older letters of %(address)s are linked. Those only on the server are fetched with the next visit.")
        toast(request, said % {"address": offer.address}, undo_url=reverse("unlink_older_letters", args=[offer.pk]))
    return _back(request, offer)


@require_POST
def unlink_older_letters(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Take the links back that the offer made."""
    offer = offer_for(request, offer_id)
    try:
        count = undo(offer=offer, by=actor_of(request), now=timezone.now())
    except UnableToAnswer as error:
        toast(request, str(error), is_problem=True)
    else:
        said = ngettext("%(count)d link was taken back.", "%(count)d links were taken back.", count)
        toast(request, said % {"count": count})
    return _back(request, offer)


@require_POST
def leave_older_letters(request: HttpRequest, offer_id: int) -> HttpResponse:
    """Not now."""
    offer = offer_for(request, offer_id)
    try:
        dismiss(offer=offer, now=timezone.now())
    except UnableToAnswer as error:
        toast(request, str(error), is_problem=True)
    return _back(request, offer)


def _back(request: HttpRequest, offer: BackfillOffer) -> HttpResponse:
    if offer.customer_id is not None:
        return see_other(request, reverse("customer_emails", args=[offer.customer_id]))
    return see_other(request, reverse("lead_emails", args=[offer.lead_id]))
