"""Letters of a team's mailbox: whose each is, whether an answer is waited for, and who is answering just now."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mooring.activities.noticing import give_letters
from mooring.activities.waiting import stop_waiting, watch_of
from mooring.desk.access import actor_of, letter_for, user_of
from mooring.desk.forms.mailbox import ticked
from mooring.desk.list_pages import own_path, page_around, path_of_ours
from mooring.letters.handling import (
    UnableToHandle,
    colleagues_answering,
    mark_waiting,
    members_of_team,
    states_of,
    team_account_of,
)
from mooring.ui.rendering import page, see_other, toast, wants_fragment
from mooring.users.models import User


@require_GET
def team_of_letter(request: HttpRequest, letter_id: int) -> HttpResponse:
    """The state of a letter with its buttons, and who is answering; asked anew every few seconds while the letter is open.

    Asked with what is `known` already it answers nothing (204) where that is still so.
    """
    letter, reader = letter_for(request, letter_id), user_of(request)
    account = team_account_of(letter, reader=reader)
    back = page_around(request) or path_of_ours(request.GET.get("next", "")) or reverse("letter", args=[letter.pk])
    values: dict[str, Any] = {"letter": letter, "account": account, "back": back}
    if account is not None:
        values["handled"] = states_of(account_ids=[account.pk], letter_ids=[letter.pk])[letter.pk]
        values["members"] = members_of_team(account.pk)
        values["answering"] = colleagues_answering(letter, reader=reader, now=timezone.now())
    values["watch"] = watch_of(letter)
    values["known"] = _fingerprint(values)
    if wants_fragment(request) and request.GET.get("known") == values["known"]:
        return HttpResponse(status=204)
    return page(request, "desk/letters/team.html", values, fragment="team")


def _fingerprint(values: dict[str, Any]) -> str:
    """Another one as soon as the part would look different."""
    handled, watch = values.get("handled"), values["watch"]
    seen = [
        repr(handled),
        [member.pk for member in values.get("members", ())],
        [str(person) for person in values.get("answering", ())],
        (watch.pk, watch.due_at.isoformat()) if watch else None,
    ]
    return sha256(repr(seen).encode()).hexdigest()[:16]


@require_POST
def assign_team_letters(request: HttpRequest) -> HttpResponse:
    """Give letters to a member of the team, or back to all."""
    try:
        to = _receiver(request)
        changed = give_letters(
            letter_ids=ticked(request.POST.getlist("ids")),
            to=to,
            by=actor_of(request),
            now=timezone.now(),
            with_conversations=request.POST.get("whole") == "1",
        )
    except UnableToHandle as error:
        toast(request, str(error), is_problem=True)
        return _back(request)
    if to is None:
        said = ngettext("%(count)d letter is everybody's again.", "%(count)d letters are everybody's again.", len(changed))
    else:
        said = ngettext("%(count)d letter is with %(person)s now.", "%(count)d letters are with %(person)s now.", len(changed))
    toast(request, said % {"count": len(changed), "person": to})
    return _back(request)


def _receiver(request: HttpRequest) -> User | None:
    """Whom the letters are given to; nobody in particular only where that was said."""
    asked = request.POST.get("to")
    if asked == "":
        return None
    person = User.objects.filter(pk__in=ticked([asked or ""]), is_active=True).first()
    if person is None:
        raise UnableToHandle(_("Choose who gets these letters."))
    return person


@require_POST
def wait_for_them(request: HttpRequest) -> HttpResponse:
    """An answer of the other side is waited for; sent with `over`, not any more."""
    is_waiting = "over" not in request.POST
    try:
        mark_waiting(
            letter_ids=ticked(request.POST.getlist("ids")), is_waiting=is_waiting, by=actor_of(request), now=timezone.now()
        )
    except UnableToHandle as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("Waiting for an answer.") if is_waiting else _("Not waiting any more."))
    return _back(request)


@require_POST
def stop_awaiting_answer(request: HttpRequest, letter_id: int) -> HttpResponse:
    """No reminder, should nobody answer."""
    letter = letter_for(request, letter_id)
    watch = watch_of(letter)
    if watch is None or watch.outgoing.author_id != user_of(request).pk:
        toast(request, _("No answer to this letter is awaited by you."), is_problem=True)
    else:
        stop_waiting(watch=watch, by=actor_of(request), now=timezone.now())
        toast(request, _("You will not be reminded of this letter."))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return see_other(request, own_path(request, reverse("email")))
