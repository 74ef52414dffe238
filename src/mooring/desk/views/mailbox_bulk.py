"""What is done with letters of one's own mailboxes beyond marking them: private or open, linked, their senders refused.

Like in views/mailbox_deeds.py `ids` are letters, and with `whole` their conversations are meant.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, letter_for, may_in, user_of
from mooring.desk.forms.letters import LinkForm
from mooring.desk.list_pages import own_path
from mooring.desk.strangers import refusing_accounts
from mooring.desk.ticking import ids_asked, means_whole, moment_of_stamp, stamp_of, undo_by_ids
from mooring.letters.linking import MOST_ASSIGNED, UnableToLink, assign, undo_assign
from mooring.letters.mailboxes import own_deliveries
from mooring.letters.private_marks import (
    UnableToMarkPrivate,
    make_conversation_private,
    make_open,
    make_private,
    make_sender_open,
    make_sender_private,
    undo_private,
)
from mooring.letters.unwanted import UnableToRefuseSender, refuse_sender, undo_refused
from mooring.letters.visibility import visible_letters
from mooring.ui.rendering import see_other, toast
from mooring.users.permissions import Action, Module


@require_POST
def make_letters_private(request: HttpRequest) -> HttpResponse:
    """Off the records of colleagues, one's own eyes apart."""
    now = timezone.now()
    mark = make_conversation_private if means_whole(request) else make_private
    count = mark(letter_ids=ids_asked(request), by=actor_of(request), now=now)
    said = ngettext("%(count)d letter is private now.", "%(count)d letters are private now.", count) % {"count": count}
    toast(request, said, undo_url=reverse("undo_private_letters", args=[stamp_of(now)]))
    return _back(request)


@require_POST
def undo_private_letters(request: HttpRequest, stamp: int) -> HttpResponse:
    """Take back what was made private at one moment, letters, conversations and senders."""
    count = undo_private(made_private_at=moment_of_stamp(stamp), by=actor_of(request), now=timezone.now())
    toast(request, _open_in_words(count))
    return _back(request)


@require_POST
def open_letters(request: HttpRequest) -> HttpResponse:
    """Private no longer: on the records again that they are linked to."""
    ids = make_open(
        letter_ids=ids_asked(request), by=actor_of(request), now=timezone.now(), with_conversations=means_whole(request)
    )
    toast(request, _open_in_words(len(ids)), undo_url=undo_by_ids("make_letters_private", ids))
    return _back(request)


@require_POST
def hide_letter_sender(request: HttpRequest, letter_id: int) -> HttpResponse:
    """Everything this sender writes to one's own mailboxes is private."""
    found, now = letter_for(request, letter_id), timezone.now()
    try:
        count = make_sender_private(address=found.from_address, by=actor_of(request), now=now)
    except UnableToMarkPrivate as error:
        toast(request, str(error), is_problem=True)
    else:
        said = ngettext(
            "Letters of %(address)s are private from now on; %(count)d older letter is too.",
            "Letters of %(address)s are private from now on; %(count)d older letters are too.",
            count,
        )
        undo = reverse("undo_private_letters", args=[stamp_of(now)])
        toast(request, said % {"address": found.from_address, "count": count}, undo_url=undo)
    return _back(request)


@require_POST
def show_letter_sender(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The sender is private no longer."""
    found = letter_for(request, letter_id)
    make_sender_open(address=found.from_address, by=actor_of(request), now=timezone.now())
    toast(request, _("Letters of %(address)s are private no longer.") % {"address": found.from_address})
    return _back(request)


@require_POST
def link_letters(request: HttpRequest) -> HttpResponse:
    """Link the ticked letters, or their conversations, to one record."""
    form, now = LinkForm(request.POST, reader=user_of(request)), timezone.now()
    ids = _letters_meant(request)
    if not ids or not form.is_valid():
        problem = _("Tick the emails first.") if not ids else " ".join(map(str, form.errors.get("record", [])))
        toast(request, problem, is_problem=True)
        return _back(request)
    record = form.cleaned_data["record"]
    try:
        count = assign(letter_ids=ids, to=record, by=actor_of(request), now=now)
    except UnableToLink as error:
        toast(request, str(error), is_problem=True)
        return _back(request)
    said = ngettext("%(count)d email was linked to %(record)s.", "%(count)d emails were linked to %(record)s.", count)
    undo = reverse("undo_linked_letters", args=[stamp_of(now)]) if count else ""
    toast(request, said % {"count": count, "record": record}, undo_url=undo)
    return _back(request)


@require_POST
def undo_linked_letters(request: HttpRequest, stamp: int) -> HttpResponse:
    """Take the links off that were made at one moment."""
    count = undo_assign(made_at=moment_of_stamp(stamp), by=actor_of(request), now=timezone.now())
    toast(request, ngettext("%(count)d link was taken back.", "%(count)d links were taken back.", count) % {"count": count})
    return _back(request)


@require_POST
@may_in(Module.ACCOUNTS, Action.CHANGE)
def refuse_senders(request: HttpRequest) -> HttpResponse:
    """Never keep letters of those who wrote the ticked ones."""
    user = user_of(request)
    letters = visible_letters(user).filter(pk__in=ids_asked(request)).exclude(from_address="")
    addresses = sorted(set(letters.values_list("from_address", flat=True)))
    pairs = [(address, account) for account in refusing_accounts(user) for address in addresses]
    by, now = actor_of(request), timezone.now()
    try:
        refused = [refuse_sender(address=address, account=account, by=by, now=now) for address, account in pairs]
    except UnableToRefuseSender as error:
        toast(request, str(error), is_problem=True)
        return _back(request)
    if refused:
        count = len({sender.key for sender in refused})
        said = ngettext(
            "New letters of %(count)d sender will not be kept.", "New letters of %(count)d senders will not be kept.", count
        )
        toast(request, said % {"count": count}, undo_url=reverse("undo_refused_senders", args=[stamp_of(now)]))
    return _back(request)


@require_POST
@may_in(Module.ACCOUNTS, Action.CHANGE)
def undo_refused_senders(request: HttpRequest, stamp: int) -> HttpResponse:
    """Keep letters again of those who were refused at one moment."""
    count = undo_refused(refused_at=moment_of_stamp(stamp), by=actor_of(request), now=timezone.now())
    said = ngettext("Letters of %(count)d sender are kept again.", "Letters of %(count)d senders are kept again.", count)
    toast(request, said % {"count": count})
    return _back(request)


def _letters_meant(request: HttpRequest) -> list[int]:
    ids = ids_asked(request)
    if not means_whole(request):
        return ids
    own = own_deliveries(reader=user_of(request), letter_ids=ids, with_conversations=True)
    return sorted({*ids, *own.values_list("letter_id", flat=True)})[: MOST_ASSIGNED + 1]


def _open_in_words(count: int) -> str:
    said = ngettext("%(count)d letter is private no longer.", "%(count)d letters are private no longer.", count)
    return said % {"count": count}


def _back(request: HttpRequest) -> HttpResponse:
    return see_other(request, own_path(request, reverse("email")))
