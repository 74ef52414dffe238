"""The tab Portal of a customer's card: who may sign in to the portal, invited, locked, unlocked, removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.customers.models import Customer
from mooring.customers.portal_access import UnableToGiveAccess, drop_code, lock, portal_users_of, remove, unlock
from mooring.desk.access import actor_of, customer_for, may_change, portal_user_for, user_of
from mooring.desk.customer_cards import around
from mooring.desk.forms.portal import InvitationForm
from mooring.desk.portal_invitations import send_invitation
from mooring.desk.record_pages import card
from mooring.letters.drafting import UnableToSaveDraft
from mooring.letters.outbox import UnableToQueue
from mooring.ui.rendering import see_other, toast
from mooring.users.permissions import Action

MOST_SHOWN = 200


def customer_portal(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The card with its portal users and, for whoever may change it, the invitation."""
    return _tab(request, customer_for(request, customer_id))


@require_POST
def invite_portal_user(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Give a contact a login, and queue the letter with the link."""
    customer = customer_for(request, customer_id, Action.CHANGE)
    form = InvitationForm(request.POST, customer=customer, reader=user_of(request))
    if form.is_valid():
        try:
            portal_user = send_invitation(
                contact=form.cleaned_data["contact"],
                customer=customer,
                email=form.address(),
                language=form.cleaned_data["language"],
                account=form.cleaned_data["account"],
                by=actor_of(request),
                now=timezone.now(),
            )
        except (UnableToGiveAccess, UnableToSaveDraft, UnableToQueue) as error:
            form.add_error(None, str(error))
        else:
            toast(request, _("The invitation to %(address)s is on its way.") % {"address": portal_user})
            return see_other(request, reverse("customer_portal", args=[customer.pk]))
    return _tab(request, customer, form)


@require_POST
def lock_portal_user(request: HttpRequest, customer_id: int, portal_user_id: int) -> HttpResponse:
    """Out at once, and not in again until unlocked."""
    undo = reverse("unlock_portal_user", args=[customer_id, portal_user_id])
    return _done(request, customer_id, portal_user_id, lock, _("%(address)s can no longer sign in."), undo_url=undo)


@require_POST
def unlock_portal_user(request: HttpRequest, customer_id: int, portal_user_id: int) -> HttpResponse:
    """In again."""
    return _done(request, customer_id, portal_user_id, unlock, _("%(address)s was unlocked."))


@require_POST
def remove_portal_user(request: HttpRequest, customer_id: int, portal_user_id: int) -> HttpResponse:
    """No login any more; what was written stays."""
    return _done(request, customer_id, portal_user_id, remove, _("The login of %(address)s was removed."))


@require_POST
def drop_portal_code(request: HttpRequest, customer_id: int, portal_user_id: int) -> HttpResponse:
    """For somebody who lost the device with the codes."""
    return _done(request, customer_id, portal_user_id, drop_code, _("%(address)s signs in with the password alone again."))


def _done(
    request: HttpRequest, customer_id: int, portal_user_id: int, deed: Callable[..., None], said: str, *, undo_url: str = ""
) -> HttpResponse:
    portal_user = portal_user_for(request, customer_id, portal_user_id)
    try:
        deed(portal_user=portal_user, by=actor_of(request), now=timezone.now())
    except UnableToGiveAccess as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, said % {"address": portal_user}, undo_url=undo_url)
    return see_other(request, reverse("customer_portal", args=[customer_id]))


def _tab(request: HttpRequest, record: Customer, form: InvitationForm | None = None) -> HttpResponse:
    values: dict[str, Any] = {"tab": "portal", "portal_users": portal_users_of(record)[:MOST_SHOWN]}
    if may_change(request, record) and record.archived_at is None:
        values["invitation"] = form or InvitationForm(customer=record, reader=user_of(request))
    answer = card(request, record, {**around(request, record), **values})
    answer.status_code = 422 if form is not None and form.errors else answer.status_code
    return answer
