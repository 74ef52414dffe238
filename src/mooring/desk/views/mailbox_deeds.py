"""What is done with letters of one's own mailboxes, one or many at once: read, unread, done, deleted, and back again.

Each takes the ids of letters as `ids`; with `whole` their conversations are meant. Letters of others are as good as absent.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, user_of
from mooring.desk.list_pages import own_path
from mooring.desk.ticking import ids_asked, means_whole, moment_of_stamp, stamp_of, undo_by_ids
from mooring.letters.bin import put_into_bin, take_from_bin, undo_bin
from mooring.letters.done_marks import mark_done, mark_to_do, undo_done
from mooring.letters.read_marks import mark_read, mark_unread
from mooring.ui.rendering import nothing, see_other, toast, wants_fragment


@require_POST
def mark_letters_read(request: HttpRequest) -> HttpResponse:
    """Also asked by an opened letter itself, which needs no toast."""
    changed = mark_read(letter_ids=ids_asked(request), reader=user_of(request), with_conversations=means_whole(request))
    if wants_fragment(request):
        return nothing(request)
    said = ngettext("%(count)d letter marked as read.", "%(count)d letters marked as read.", len(changed))
    toast(request, said % {"count": len(changed)}, undo_url=undo_by_ids("mark_letters_unread", changed))
    return _back(request)


@require_POST
def mark_letters_unread(request: HttpRequest) -> HttpResponse:
    """To be read again: these letters, not all of their conversations."""
    changed = mark_unread(letter_ids=ids_asked(request), reader=user_of(request))
    said = ngettext("%(count)d letter marked as unread.", "%(count)d letters marked as unread.", len(changed))
    toast(request, said % {"count": len(changed)}, undo_url=undo_by_ids("mark_letters_read", changed))
    return _back(request)


@require_POST
def finish_letters(request: HttpRequest) -> HttpResponse:
    """Done: out of the inbox."""
    now = timezone.now()
    count = mark_done(letter_ids=ids_asked(request), reader=user_of(request), now=now, with_conversations=means_whole(request))
    said = ngettext("%(count)d letter is done.", "%(count)d letters are done.", count)
    toast(request, said % {"count": count}, undo_url=reverse("undo_finished_letters", args=[stamp_of(now)]) if count else "")
    return _back(request)


@require_POST
def undo_finished_letters(request: HttpRequest, stamp: int) -> HttpResponse:
    """Take back what was done at one moment."""
    count = undo_done(marked_at=moment_of_stamp(stamp), reader=user_of(request))
    toast(request, ngettext("%(count)d letter is back.", "%(count)d letters are back.", count) % {"count": count})
    return _back(request)


@require_POST
def reopen_letters(request: HttpRequest) -> HttpResponse:
    """Into the inbox again."""
    count = mark_to_do(letter_ids=ids_asked(request), reader=user_of(request), with_conversations=means_whole(request))
    toast(request, ngettext("%(count)d letter is back.", "%(count)d letters are back.", count) % {"count": count})
    return _back(request)


@require_POST
def bin_letters(request: HttpRequest) -> HttpResponse:
    """Delete: into the bin for thirty days."""
    now = timezone.now()
    count = put_into_bin(letter_ids=ids_asked(request), by=actor_of(request), now=now, with_conversations=means_whole(request))
    said = ngettext("%(count)d letter was deleted.", "%(count)d letters were deleted.", count)
    toast(request, said % {"count": count}, undo_url=reverse("undo_binned_letters", args=[stamp_of(now)]) if count else "")
    return _back(request)


@require_POST
def undo_binned_letters(request: HttpRequest, stamp: int) -> HttpResponse:
    """Take back what was deleted at one moment."""
    count = undo_bin(binned_at=moment_of_stamp(stamp), by=actor_of(request), now=timezone.now())
    toast(request, ngettext("%(count)d letter is back.", "%(count)d letters are back.", count) % {"count": count})
    return _back(request)


@require_POST
def restore_letters(request: HttpRequest) -> HttpResponse:
    """Out of the bin, to where they were."""
    count = take_from_bin(letter_ids=ids_asked(request), by=actor_of(request), now=timezone.now())
    if not count:
        toast(request, _("Nothing of this is in the bin."), is_problem=True)
    else:
        toast(request, ngettext("%(count)d letter is back.", "%(count)d letters are back.", count) % {"count": count})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return see_other(request, own_path(request, reverse("email")))
