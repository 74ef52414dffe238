"""Home: the first steps for those who begin, what is to be done today, and where one was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.activities.queries import day_of
from mooring.customers.models import Customer, Lead
from mooring.desk.access import user_of
from mooring.desk.budget_panel import shown_budget
from mooring.desk.personal import zone_of
from mooring.desk.recent import recently_seen
from mooring.desk.since_last_visit import changes_since, remember_visit, visit_of
from mooring.letters.models import Link, MailAccount
from mooring.letters.unanswered import unanswered_letters
from mooring.ui.rendering import page, see_other
from mooring.users.permissions import Action, Module, may

_COOKIE = "first-steps"
_YEAR = 31_536_000
MOST_DUE = 8
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
    steps = _first_steps(request)
    is_folded = request.COOKIES.get(_COOKIE) == "folded" or all(step.is_done for step in steps)
    day = day_of(user, now=now, zone=zone_of(user))
    due = day.overdue + day.today
    values = {"steps": steps, "is_folded": is_folded, "recent": recently_seen(request)}
    values |= {"activities": due[:MOST_DUE], "has_more": len(due) > MOST_DUE, "now": now}
    values["sells"] = may(user, Module.SALES, Action.CHANGE)
    values["budget"] = shown_budget(user)
    values["unanswered"] = unanswered_letters(user, since=now - UNANSWERED_FOR, most=MOST_DUE)
    visit = visit_of(request, now=now)
    values |= {"changes": changes_since(user, visit.since), "since": visit.since}
    return remember_visit(request, page(request, "desk/home/home.html", values), visit)


@require_POST
def fold_first_steps(request: HttpRequest) -> HttpResponse:
    """Put the first steps aside, or take them up again."""
    response = see_other(request, reverse("home"))
    if request.POST.get("fold") == "yes":
        response.set_cookie(_COOKIE, "folded", max_age=_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(_COOKIE, samesite="Lax")
    return response


def _first_steps(request: HttpRequest) -> list[FirstStep]:
    user = user_of(request)
    if not may(user, Module.CUSTOMERS, Action.CHANGE):
        return []
    accounts = MailAccount.objects.visible_to(user).filter(removed_at=None)
    has_account = accounts.exists()
    has_record = Customer.objects.visible_to(user).exists() or Lead.objects.visible_to(user).exists()
    linked = Link.objects.filter(customer__in=Customer.objects.visible_to(user), removed_at=None)
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
            is_done=has_account and has_record and linked.exists(),
        ),
    ]
