"""A message to the company, which arrives there as a letter."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from mooring.activities.noticing import tell_of_message
from mooring.letters.attaching import most_bytes
from mooring.letters.bodies import originals, parsed_of
from mooring.letters.models import Letter
from mooring.letters.portal_messages import Message, UnableToDeliver, receive_message
from mooring.mail.names import safe_name
from mooring.mail.writing import WrittenFile
from mooring.portal.access import actor_of, for_portal_users, letter_for, portal_user_of
from mooring.portal.forms import MessageForm
from mooring.portal.limits import may_try
from mooring.portal.pages import portal_page
from mooring.ui.rendering import see_other, toast


@for_portal_users
def write(request: HttpRequest) -> HttpResponse:
    """The form; sent, the letter as it stands in the portal. `answers` names a letter of the portal."""
    answered = _answered(request)
    begun = {"subject": _answer_subject(answered)} if answered is not None else {}
    form = MessageForm(request.POST or None, request.FILES or None, initial=begun)
    if request.method == "POST" and form.is_valid():
        letter = _deliver(request, form, answered)
        if letter is not None:
            toast(request, _("Your message has arrived."))
            return see_other(request, reverse("portal_letter", args=[letter.pk]))
    context = {"form": form, "answered": answered}
    return portal_page(request, "write.html", context, status=422 if form.errors else 200)


def _deliver(request: HttpRequest, form: MessageForm, answered: Letter | None) -> Letter | None:
    portal_user, now = portal_user_of(request), timezone.now()
    file = form.cleaned_data["file"]
    if file is not None and file.size > most_bytes():
        text = _("The file is larger than the %(most)d MB that are allowed.")
        form.add_error("file", text % {"most": most_bytes() // 1_000_000})
        return None
    if not may_try(request, "message", key=portal_user.email):
        form.add_error(None, _("You have written many messages within an hour. Please wait a little."))
        return None
    message = Message(
        subject=form.cleaned_data["subject"], text=form.cleaned_data["text"], files=_written(file), answers=answered
    )
    try:
        with transaction.atomic():
            letter = receive_message(
                portal_user=portal_user,
                message=message,
                originals=originals(),
                parse=parsed_of,
                by=actor_of(request),
                now=now,
            )
            tell_of_message(letter=letter, customer=portal_user.customer, now=now)
    except UnableToDeliver as error:
        form.add_error(None, str(error))
        return None
    return letter


def _written(file: Any) -> tuple[WrittenFile, ...]:
    if file is None:
        return ()
    name = safe_name(file.name or "", content_type="application/octet-stream", part="1")
    return (WrittenFile(name, "application/octet-stream", file.read()),)


def _answered(request: HttpRequest) -> Letter | None:
    wanted = request.POST.get("answers") or request.GET.get("answers", "")
    return letter_for(request, int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 18 else None


def _answer_subject(letter: Letter) -> str:
    subject = letter.subject.strip()
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"
