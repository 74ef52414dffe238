"""Home: the first steps for those who begin, what is to be done today, and where one was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.activities.queries import due_today
from mooring.customers.models import Customer, Lead
from mooring.desk.access import user_of
from mooring.desk.budget_panel import shown_budget
from mooring.desk.personal import zone_of
from mooring.desk.recent import recently_seen
from mooring.desk.since_last_visit import changes_since, remember_visit, visit_of
from mooring.letters.models import Link, MailAccount
from mooring.letters.unanswered import unanswered_letters
from mooring.ui.rendering import page, see_other
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may
from mooring.users.scoping import has_any

_COOKIE = "first-steps"
_YEAR = 31_536_000
MOST_DUE = 8
_LINKS_LOOKED_THROUGH = 10_000
UNANSWERED_FOR = timedelta(days=30)
"""What is older is not shown as unanswered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStep:
    """Something to do on the way to letters on cards; `url` is empty where it happens by itself."""

    title: str
    text: str
    url: str
    action: str
    is_done: bool


def home(request: HttpRequest) -> HttpResponse:
    """What is to be done today, and where one was. Nothing here is counted, so it costs the same however much there is."""
    now, user = timezone.now(), user_of(request)
    kept = request.COOKIES.get(_COOKIE)
    was_folded, was_opened = kept == _kept(user, is_folded=True), kept == _kept(user, is_folded=False)
    steps = _first_steps(user, is_asked=not was_folded)
    is_folded = was_folded or (not was_opened and all(step.is_done for step in steps))
    due = due_today(user, now=now, zone=zone_of(user), most=MOST_DUE + 1)
    values = {"steps": steps, "is_folded": is_folded, "recent": recently_seen(request)}
    values |= {"activities": due[:MOST_DUE], "has_more": len(due) > MOST_DUE, "now": now}
    values["sells"] = may(user, Module.SALES, Action.CHANGE)
    values["budget"] = shown_budget(user)
    values["unanswered"] = unanswered_letters(user, since=now - UNANSWERED_FOR, most=MOST_DUE)
    visit = visit_of(request, now=now)
    values |= {"changes": changes_since(user, visit.since), "since": visit.since}
    response = remember_visit(request, page(request, "desk/home/home.html", values), visit)
    if steps and is_folded and not was_folded:
        _keep(response, user, is_folded=True)
    return response


@require_POST
def fold_first_steps(request: HttpRequest) -> HttpResponse:
    """Put the first steps aside, or take them up again."""
    response = see_other(request, reverse("home"))
    _keep(response, user_of(request), is_folded=request.POST.get("fold") == "yes")
    return response


def _keep(response: HttpResponse, user: User, *, is_folded: bool) -> None:
    response.set_cookie(_COOKIE, _kept(user, is_folded=is_folded), max_age=_YEAR, samesite="Lax", httponly=True)


def _kept(user: User, *, is_folded: bool) -> str:
    """Of this user alone: others may sign in with the same browser."""
    return f"{user.pk}:{'folded' if is_folded else 'open'}"


def _first_steps(user: User, *, is_asked: bool) -> list[FirstStep]:
    """Whether they are done is asked with one query, and only while they are shown."""
    if not may(user, Module.CUSTOMERS, Action.CHANGE):
        return []
    has_account, has_record, is_linked = _what_there_is(user) if is_asked else (False, False, False)
    return [
        FirstStep(
            title=_("Add your mailbox"),
            text=_("Mooring reads it every few minutes. Nothing there is changed, moved or marked as read."),
            url=reverse("profile_email"),
            action=_("Add a mailbox"),
            is_done=has_account,
        ),
        FirstStep(
            title=_("Add your customers"),
            text=_("With the addresses they write from. Letters find the cards by these addresses."),
            url=reverse("new_customer"),
            action=_("Add a customer"),
            is_done=has_record,
        ),
        FirstStep(
            title=_("See letters on the cards"),
            text=_("They appear by themselves as soon as the mailbox has been read."),
            url=reverse("customers"),
            action=_("Look at the customers"),
            is_done=has_account and has_record and is_linked,
        ),
    ]


def _what_there_is(user: User) -> tuple[bool, bool, bool]:
    """A mail account, a customer or lead, and a letter linked to a customer: among the latest links alone, for there may be
    millions of others' letters. One query.
    """
    customers, leads = Customer.objects.visible_to(user), Lead.objects.visible_to(user)
    newest = Subquery(Link.objects.order_by("-pk").values("pk")[:1])
    linked = Link.objects.filter(has_any(customers.filter(pk=OuterRef("customer_id"))), removed_at=None)
    found = User.objects.filter(pk=user.pk).values_list(
        Exists(MailAccount.objects.visible_to(user).filter(removed_at=None)),
        Exists(customers),
        Exists(leads),
        Exists(linked.filter(pk__gt=newest - _LINKS_LOOKED_THROUGH)),
    )
    has_account, has_customer, has_lead, is_linked = found.get()
    return has_account, has_customer or has_lead, is_linked
