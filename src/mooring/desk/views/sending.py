"""A draft is sent: saved, thought over, queued; and taken back while there is time."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, draft_for, outgoing_for, user_of
from mooring.desk.beginnings import materials
from mooring.desk.writing_pages import after_leaving, draft_page, saved_or_answer
from mooring.letters.attaching import drop_unused_pictures
from mooring.letters.cautions import cautions_about
from mooring.letters.models import OutgoingLetter
from mooring.letters.outbox import UnableToQueue, UnableToTakeBack, queue, take_back
from mooring.ui.rendering import see_other, toast


@require_POST
def send_draft(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Save, ask what seems odd, queue. For ten seconds a toast takes it back."""
    found = draft_for(request, draft_id)
    saved = saved_or_answer(request, found)
    if isinstance(saved, HttpResponse):
        return saved
    cautions = cautions_about(saved) if request.POST.get("is_sure") != "yes" and saved.recipients.exists() else []
    if cautions:
        return draft_page(request, saved, cautions=cautions)
    now = timezone.now()
    drop_unused_pictures(draft=saved, by=actor_of(request), now=now)
    try:
        queued = queue(draft=saved, materials=materials(), by=actor_of(request), now=now, send_at=saved.send_at)
    except UnableToQueue as error:
        return draft_page(request, saved, problem=str(error))
    toast(request, _said(queued), undo_url=reverse("take_back", args=[queued.pk]))
    return after_leaving(request, reverse("email"))


@require_POST
def take_letter_back(request: HttpRequest, outgoing_id: int) -> HttpResponse:
    """A draft again, if nothing of it has left yet."""
    letter = outgoing_for(request, outgoing_id)
    try:
        taken = take_back(letter=letter, by=actor_of(request), now=timezone.now())
    except UnableToTakeBack as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("outgoing", args=[letter.pk]))
    if taken.author_id != user_of(request).pk:
        toast(request, _("The letter is a draft of %(person)s again.") % {"person": taken.author or _("nobody")})
        return see_other(request, reverse("outbox"))
    return see_other(request, reverse("draft", args=[taken.pk]))


def _said(queued: OutgoingLetter) -> str:
    if queued.send_at is None:
        return _("The email is being sent.")
    at = date_format(timezone.localtime(queued.send_at), "SHORT_DATETIME_FORMAT")
    return _("The email will be sent on %(time)s.") % {"time": at}
