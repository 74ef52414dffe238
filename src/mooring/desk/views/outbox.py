"""Email > Outbox: what waits, what failed and why, what was sent; and what a person may do about each."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, may_in, outgoing_for, upkept_account_for, user_of
from mooring.desk.beginnings import materials
from mooring.desk.menu import EMAIL, tabs_for
from mooring.desk.outgoing_lines import attempts_of, lines_for_upkeep, possible_deeds_on, shown_outgoing
from mooring.letters.models import OutgoingState
from mooring.letters.outbox import (
    UnableToDispatch,
    clear_errors,
    failed_letters,
    queue,
    reset_sending,
    stuck_letters,
    take_back,
)
from mooring.letters.outbox_queries import outbox_of
from mooring.letters.outgoing_reports import reports_of_outgoing
from mooring.sync import sending_health
from mooring.ui.parts import Tab
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module

MOST_SHOWN: Final = 200


@require_GET
@may_in(Module.ACCOUNTS, Action.CHANGE)
def outbox(request: HttpRequest) -> HttpResponse:
    """What has not arrived yet, or what was sent."""
    shows_sent = request.GET.get("show") == "sent"
    letters = outbox_of(user_of(request))
    letters = letters.filter(state=OutgoingState.SENT) if shows_sent else letters.exclude(state=OutgoingState.SENT)
    rows = [shown_outgoing(letter) for letter in letters[:MOST_SHOWN]]
    here = reverse("outbox")
    views = [
        Tab(label=_("In the outbox"), url=here, is_current=not shows_sent),
        Tab(label=_("Sent from here"), url=f"{here}?show=sent", is_current=shows_sent),
    ]
    context = {"rows": rows, "views": views, "shows_sent": shows_sent, "tabs": tabs_for(request, EMAIL)}
    return page(request, "desk/outbox/outbox.html", context)


@require_GET
def outgoing(request: HttpRequest, outgoing_id: int) -> HttpResponse:
    """One letter: where it stands, why, what each recipient's server said, and what was found out."""
    letter = outgoing_for(request, outgoing_id)
    context = {
        "shown": shown_outgoing(letter),
        "attempts": attempts_of(letter),
        "reports": reports_of_outgoing(letter),
        "deeds": possible_deeds_on(letter, user_of(request), now=timezone.now()),
        "tabs": tabs_for(request, EMAIL),
    }
    return page(request, "desk/outbox/letter.html", context)


@require_POST
def send_now(request: HttpRequest, outgoing_id: int) -> HttpResponse:
    """Do not wait any longer: for the time it was to be sent at, or for the next try."""
    letter = outgoing_for(request, outgoing_id)
    by, now = actor_of(request), timezone.now()
    try:
        if letter.state == OutgoingState.READY:
            draft = take_back(letter=letter, by=by, now=now)
            queue(draft=draft, materials=materials(), by=by, now=now)
        else:
            clear_errors(account=letter.account, letter=letter, resend=True, by=by, now=now)
    except UnableToDispatch as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("The email is being sent."))
    return see_other(request, reverse("outgoing", args=[letter.pk]))


@require_POST
def clear_letter(request: HttpRequest, outgoing_id: int) -> HttpResponse:
    """Clear email error status: the letter becomes a draft that can be changed; what went wrong stays in its history."""
    letter = outgoing_for(request, outgoing_id)
    try:
        clear_errors(account=letter.account, letter=letter, by=actor_of(request), now=timezone.now())
    except UnableToDispatch as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("outgoing", args=[letter.pk]))
    letter.refresh_from_db()
    if letter.state == OutgoingState.DRAFT and letter.author_id == user_of(request).pk:
        return see_other(request, reverse("draft", args=[letter.pk]))
    toast(request, _("The error was cleared."))
    return see_other(request, reverse("outbox"))


@require_POST
def reset_letter(request: HttpRequest, outgoing_id: int) -> HttpResponse:
    """Reset email sending status of one letter; where it may arrive twice, only after a tick says so."""
    letter = outgoing_for(request, outgoing_id)
    accepts = request.POST.get("accepts_double") == "yes"
    try:
        reset_sending(account=letter.account, letter=letter, accepts_double=accepts, by=actor_of(request), now=timezone.now())
    except UnableToDispatch as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("The letter is ready to be sent again."))
    return see_other(request, reverse("outgoing", args=[letter.pk]))


@require_GET
def account_sending(request: HttpRequest, account_id: int) -> HttpResponse:
    """The letters of an account that hang or failed, with age, last phase and evidence, and the two buttons for all of them.

    Whoever may change the account's settings without reading its letters sees neither subjects nor recipients.
    """
    account, user = upkept_account_for(request, account_id), user_of(request)
    context = {
        "account": account,
        "resting": sending_health.sending_trouble_of(account),
        "stuck": lines_for_upkeep(stuck_letters(account=account, now=timezone.now()), reader=user, at_most=MOST_SHOWN),
        "failed": lines_for_upkeep(failed_letters(account=account), reader=user, at_most=MOST_SHOWN),
        "tabs": tabs_for(request, EMAIL),
    }
    return page(request, "desk/outbox/account.html", context)


@require_POST
def reset_account_sending(request: HttpRequest, account_id: int) -> HttpResponse:
    """Reset email sending status: what hangs in Sending is ready to be sent again."""
    account = upkept_account_for(request, account_id)
    accepts = request.POST.get("accepts_double") == "yes"
    try:
        done = reset_sending(account=account, accepts_double=accepts, by=actor_of(request), now=timezone.now())
    except UnableToDispatch as error:
        toast(request, str(error), is_problem=True)
    else:
        said = ngettext(
            "%(count)d email is ready to be sent again.", "%(count)d emails are ready to be sent again.", done.ready_count
        )
        toast(request, said % {"count": done.ready_count})
    return see_other(request, reverse("account_sending", args=[account.pk]))


@require_POST
def clear_account_errors(request: HttpRequest, account_id: int) -> HttpResponse:
    """Clear email error status of an account: letters become drafts or are sent again; it sends and scans anew."""
    account = upkept_account_for(request, account_id)
    resend = request.POST.get("resend") == "yes"
    try:
        count = sending_health.clear_account_errors(account=account, resend=resend, by=actor_of(request), now=timezone.now())
    except UnableToDispatch as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, ngettext("%(count)d error was cleared.", "%(count)d errors were cleared.", count) % {"count": count})
    return see_other(request, reverse("account_sending", args=[account.pk]))
