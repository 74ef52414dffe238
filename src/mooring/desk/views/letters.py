"""One letter: its page with the conversation and its links; linking by hand; refusing its sender."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, customer_for, letter_for, link_for, may_in, user_of
from mooring.desk.forms.letters import LinkForm
from mooring.desk.letter_pages import beside_context, inside_of, letter_context
from mooring.desk.list_pages import own_path
from mooring.desk.strangers import refusing_accounts
from mooring.desk.ticking import stamp_of
from mooring.letters.linking import UnableToLink, add_link, remove_link, restore_link
from mooring.letters.models import Letter
from mooring.letters.sharing import UnableToShare, share_letter, unshare_letter
from mooring.letters.unwanted import UnableToRefuseSender, refuse_sender
from mooring.letters.visibility import may_read
from mooring.ui.rendering import page, see_other, toast, wants_fragment
from mooring.users.permissions import Action, Module


@require_GET
def letter(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The letter, the conversation around it, and the records it belongs to."""
    found = letter_for(request, letter_id)
    return page(request, "desk/letters/letter.html", letter_context(request, found), fragment="reading")


@require_GET
def unfolded_letter(request: HttpRequest, letter_id: int) -> HttpResponse:
    """What stands below the line of one letter of a conversation, fetched when it is unfolded."""
    found = letter_for(request, letter_id)
    each = inside_of(found, with_remote_images=request.GET.get("pictures") == "remote")
    return page(request, "desk/letters/unfolded.html", {"each": each, "letter": found}, fragment="inside")


@require_GET
def beside_letter(request: HttpRequest, letter_id: int) -> HttpResponse:
    """What can be made of a letter, and where it lies: fetched after the letter itself is on the screen."""
    found = letter_for(request, letter_id)
    return page(request, "desk/letters/beside.html", beside_context(request, found), fragment="beside")


def add_letter_link(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Link the letter by hand to the customer, lead or project that is chosen: a dialog of lists, part of the letter's page."""
    found = letter_for(request, letter_id)
    if request.method != "POST":
        return _dialog(request, found, LinkForm(reader=user_of(request), auto_id="link_%s"), request.GET.get("next", ""))
    back = request.POST.get("next", "")
    form = LinkForm(request.POST, reader=user_of(request), auto_id="link_%s")
    try:
        if form.is_valid():
            add_link(letter=found, to=form.cleaned_data["record"], by=actor_of(request), now=timezone.now())
    except UnableToLink as error:
        form.add_error("record", str(error))
    if form.errors:
        return _dialog(request, found, form, back) if back else _reading(request, found, {"link_form": form}, status=422)
    toast(request, _("Linked to %(record)s.") % {"record": form.cleaned_data["record"]})
    return see_other(request, own_path(request, reverse("synced_emails"))) if back else _reading(request, found)


@require_POST
def remove_letter_link(request: HttpRequest, link_id: int) -> HttpResponse:
    """Take the letter off a record; no rule links the two again."""
    link = link_for(request, link_id)
    try:
        remove_link(link=link, by=actor_of(request), now=timezone.now())
    except UnableToLink as error:
        toast(request, str(error), is_problem=True)
    else:
        undo = reverse("restore_letter_link", args=[link.pk])
        toast(request, _("The link was removed and will not be made again by itself."), undo_url=undo)
    return _after_link(request, link.letter)


@require_POST
def restore_letter_link(request: HttpRequest, link_id: int) -> HttpResponse:
    """Undo the removal of a link."""
    link = link_for(request, link_id)
    try:
        restore_link(link=link, by=actor_of(request), now=timezone.now())
    except UnableToLink as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("The link is back."))
    return _after_link(request, link.letter)


@require_POST
def show_letter_in_portal(request: HttpRequest, letter_id: int, customer_id: int) -> HttpResponse:
    """Let the portal users of a customer see the letter, or no longer."""
    found, customer = letter_for(request, letter_id), customer_for(request, customer_id, Action.CHANGE)
    try:
        if request.POST.get("shown") == "yes":
            share_letter(letter=found, customer=customer, by=actor_of(request), now=timezone.now())
            toast(request, _("Portal users of %(customer)s see this email now.") % {"customer": customer})
        else:
            unshare_letter(letter=found, customer=customer, by=actor_of(request), now=timezone.now())
            toast(request, _("Portal users of %(customer)s no longer see this email.") % {"customer": customer})
    except UnableToShare as error:
        toast(request, str(error), is_problem=True)
    return _after_link(request, found)


@require_POST
@may_in(Module.ACCOUNTS, Action.CHANGE)
def refuse_letter_sender(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Never keep letters of this sender: an administrator for everybody, others for their own mailboxes."""
    found = letter_for(request, letter_id)
    by, now = actor_of(request), timezone.now()
    try:
        senders = [
            refuse_sender(address=found.from_address, account=account, by=by, now=now)
            for account in refusing_accounts(user_of(request))
        ]
    except UnableToRefuseSender as error:
        toast(request, str(error), is_problem=True)
        return _after_link(request, found)
    if not senders:
        toast(request, _("You have no mailbox that could refuse this sender."), is_problem=True)
        return _after_link(request, found)
    said = _("New letters of %(address)s will not be kept. Those kept already stay as they are.")
    undo = reverse("undo_refused_senders", args=[stamp_of(now)])
    toast(request, said % {"address": found.from_address}, undo_url=undo)
    return _after_link(request, found)


def _dialog(request: HttpRequest, found: Letter, form: LinkForm, back: str) -> HttpResponse:
    context = {"letter": found, "link_form": form, "back": back}
    return page(request, "desk/letters/link.html", context, fragment="dialog", status=422 if form.errors else 200)


def _after_link(request: HttpRequest, found: Letter) -> HttpResponse:
    """The letter again; taking off its last link may have hidden it from the reader."""
    if may_read(user_of(request), found):
        return _reading(request, found)
    return see_other(request, reverse("synced_emails"))


def _reading(request: HttpRequest, found: Letter, context: dict[str, Any] | None = None, *, status: int = 200) -> HttpResponse:
    if status == 200 and not wants_fragment(request):
        return see_other(request, reverse("letter", args=[found.pk]))
    values = {**letter_context(request, found), **(context or {})}
    return page(request, "desk/letters/letter.html", values, fragment="reading", status=status)
