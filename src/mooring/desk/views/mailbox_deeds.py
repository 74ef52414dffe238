"""What is done with letters of one's own mailboxes, one or many at once: read, unread, done, deleted, and back again.

Each takes the ids of letters as `ids`; with `whole` their conversations are meant. Letters of others are as good as absent.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, user_of
from mooring.desk.forms.mailbox import ticked
from mooring.desk.list_pages import own_path
from mooring.letters.bin import put_into_bin, take_from_bin, undo_bin
from mooring.letters.done_marks import mark_done, mark_to_do, undo_done
from mooring.letters.read_marks import mark_read, mark_unread
from mooring.ui.rendering import nothing, see_other, toast, wants_fragment

MOST_UNDONE_BY_ID = 200
"""So many ids fit into the address of an Undo button."""


@require_POST
def mark_letters_read(request: HttpRequest) -> HttpResponse:
    """Also asked by an opened letter itself, which needs no toast."""
    changed = mark_read(letter_ids=_ids(request), reader=user_of(request), with_conversations=_whole(request))
    if wants_fragment(request):
        return nothing(request)
    said = ngettext("%(count)d letter marked as read.", "%(count)d letters marked as read.", len(changed))
    toast(request, said % {"count": len(changed)}, undo_url=_undo_by_ids("mark_letters_unread", changed))
    return _back(request)


@require_POST
def mark_letters_unread(request: HttpRequest) -> HttpResponse:
    """To be read again: these letters, not all of their conversations."""
    changed = mark_unread(letter_ids=_ids(request), reader=user_of(request))
    said = ngettext("%(count)d letter marked as unread.", "%(count)d letters marked as unread.", len(changed))
    toast(request, said % {"count": len(changed)})
    return _back(request)


@require_POST
def finish_letters(request: HttpRequest) -> HttpResponse:
    """Done: out of the inbox."""
    now = timezone.now()
    count = mark_done(letter_ids=_ids(request), reader=user_of(request), now=now, with_conversations=_whole(request))
    said = ngettext("%(count)d letter is done.", "%(count)d letters are done.", count)
    toast(request, said % {"count": count}, undo_url=reverse("undo_finished_letters", args=[_stamp(now)]) if count else "")
    return _back(request)


@require_POST
def undo_finished_letters(request: HttpRequest, stamp: int) -> HttpResponse:
    """Take back what was done at one moment."""
    count = undo_done(marked_at=_moment(stamp), reader=user_of(request))
    toast(request, ngettext("%(count)d letter is back.", "%(count)d letters are back.", count) % {"count": count})
    return _back(request)


@require_POST
def reopen_letters(request: HttpRequest) -> HttpResponse:
    """Into the inbox again."""
    count = mark_to_do(letter_ids=_ids(request), reader=user_of(request), with_conversations=_whole(request))
    toast(request, ngettext("%(count)d letter is back.", "%(count)d letters are back.", count) % {"count": count})
    return _back(request)


@require_POST
def bin_letters(request: HttpRequest) -> HttpResponse:
    """Delete: into the bin for thirty days."""
    now = timezone.now()
    count = put_into_bin(letter_ids=_ids(request), by=actor_of(request), now=now, with_conversations=_whole(request))
    said = ngettext("%(count)d letter was deleted.", "%(count)d letters were deleted.", count)
    toast(request, said % {"count": count}, undo_url=reverse("undo_binned_letters", args=[_stamp(now)]) if count else "")
    return _back(request)


@require_POST
def undo_binned_letters(request: HttpRequest, stamp: int) -> HttpResponse:
    """Take back what was deleted at one moment."""
    count = undo_bin(binned_at=_moment(stamp), by=actor_of(request), now=timezone.now())
    toast(request, ngettext("%(count)d letter is back.", "%(count)d letters are back.", count) % {"count": count})
    return _back(request)


@require_POST
def restore_letters(request: HttpRequest) -> HttpResponse:
    """Out of the bin, to where they were."""
    count = take_from_bin(letter_ids=_ids(request), by=actor_of(request), now=timezone.now())
    if not count:
        toast(request, _("Nothing of this is in the bin."), is_problem=True)
    else:
        toast(request, ngettext("%(count)d letter is back.", "%(count)d letters are back.", count) % {"count": count})
    return _back(request)


def _ids(request: HttpRequest) -> list[int]:
    """As ticked, or as an Undo button names them."""
    return ticked([*request.POST.getlist("ids"), *request.GET.get("ids", "").split(",")])


def _whole(request: HttpRequest) -> bool:
    return request.POST.get("whole") == "1"


def _undo_by_ids(name: str, ids: list[int]) -> str:
    return f"{reverse(name)}?ids={','.join(map(str, ids))}" if 0 < len(ids) <= MOST_UNDONE_BY_ID else ""


def _stamp(moment: datetime) -> int:
    """A moment to the microsecond, as addresses name it."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _moment(stamp: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=min(stamp, 10**16))


def _back(request: HttpRequest) -> HttpResponse:
    return see_other(request, own_path(request, reverse("email")))
