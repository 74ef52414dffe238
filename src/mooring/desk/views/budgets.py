"""Sales budgets: a fiscal year of sales people month by month, typed, spread from a total, or copied from the year before."""

from __future__ import annotations

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format, sanitize_separators
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mooring.desk.access import actor_of, may_in, user_of
from mooring.desk.forms.reports import company_calendar
from mooring.desk.menu import SALES, tabs_for
from mooring.desk.sales_words import money
from mooring.desk.timeline import id_in
from mooring.sales.budgets import (
    UnableToBudget,
    budgets_of,
    groups_from,
    grown,
    keep_budgets,
    sales_people_seen_by,
    spread,
)
from mooring.sales.money import NOTHING, places_of
from mooring.sales.periods import Fiscal
from mooring.ui.rendering import page, see_other, toast
from mooring.users.groups import group_lines
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of

MOST = 200
"""People on the page."""
Months = dict[tuple[int, int], Decimal]


@may_in(Module.SALES)
def budgets(request: HttpRequest) -> HttpResponse:
    """The year that `?year=` names, of all, of a group and those below it, or of those whose names hold `?words=`."""
    fiscal, home = company_calendar()
    year = _year_asked(request, fiscal)
    people = _people_asked(request)
    if request.method == "POST":
        return _kept(request, people, year, fiscal, home)
    return page(request, "desk/budgets/year.html", _context(request, people, year, fiscal, home))


def _context(request: HttpRequest, people: list[User], year: int, fiscal: Fiscal, home: str) -> dict[str, Any]:
    """The page; after a refusal it holds what was typed."""
    known = budgets_of(people, year=year, fiscal=fiscal)
    months = fiscal.months_of(year)
    return {
        "year": year,
        "year_in_words": fiscal.year_in_words(year),
        "years": [(each, fiscal.year_in_words(each)) for each in range(year - 2, year + 4)],
        "months": [_month(*month) for month in months],
        "rows": [_row(user, known[user.pk], months, home, request.POST) for user in people],
        "percent": request.POST.get("percent", "0"),
        "total": money(sum((amount for row in known.values() for amount in row.values()), NOTHING), home),
        "home": home,
        "groups": group_lines(),
        "group": id_in(request.GET.get("group", "")),
        "words": request.GET.get("words", ""),
        "may_change": _may_change(request),
        "tabs": tabs_for(request, SALES),
    }


def _kept(request: HttpRequest, people: list[User], year: int, fiscal: Fiscal, home: str) -> HttpResponse:
    """What the pressed button says, done for those ticked, or for all that are shown."""
    if not _may_change(request):
        raise PermissionDenied
    ticked = set(request.POST.getlist("ids"))
    chosen = [user for user in people if str(user.pk) in ticked] or people
    try:
        wanted = _wanted(request, people, chosen, year, fiscal, home)
        count = keep_budgets(budgets=wanted, by=actor_of(request), now=timezone.now())
    except UnableToBudget as error:
        context = _context(request, people, year, fiscal, home)
        return page(request, "desk/budgets/year.html", {**context, "problem": str(error)}, status=422)
    said = ngettext("%(count)d month was changed.", "%(count)d months were changed.", count)
    toast(request, said % {"count": count})
    return see_other(request, f"{reverse('budgets')}?{request.GET.urlencode()}")


def _wanted(
    request: HttpRequest, people: list[User], chosen: list[User], year: int, fiscal: Fiscal, home: str
) -> dict[int, Months]:
    months = fiscal.months_of(year)
    match request.POST.get("do"):
        case "spread":
            totals = {user.pk: request.POST.get(f"total-{user.pk}", "").strip() for user in chosen}
            return {
                pk: dict(zip(months, spread(_amount(total, home), home), strict=True)) for pk, total in totals.items() if total
            }
        case "copy":
            percent = _number(request.POST.get("percent", "0") or "0")
            if not -100 <= percent <= 1_000:
                raise UnableToBudget(_("Between −100 and 1,000 per cent."))
            last = budgets_of(chosen, year=year - 1, fiscal=fiscal)
            return {pk: grown(amounts, percent, home) for pk, amounts in last.items()}
        case _:
            return {user.pk: _typed(request, user, months, home) for user in people}


def _typed(request: HttpRequest, user: User, months: list[tuple[int, int]], home: str) -> Months:
    """The months that were on the form; an emptied one is nothing."""
    found: Months = {}
    for year, month in months:
        text = request.POST.get(f"m-{user.pk}-{year}-{month}")
        if text is not None:
            found[year, month] = _amount(text, home) if text.strip() else NOTHING
    return found


def _amount(text: str, home: str) -> Decimal:
    amount = _number(text)
    if amount != round(amount, places_of(home)):
        raise UnableToBudget(_("“%(text)s” has too many decimal places.") % {"text": text})
    return amount


def _number(text: str) -> Decimal:
    plain = text.replace(" ", "").replace("\N{NO-BREAK SPACE}", "").replace("\N{NARROW NO-BREAK SPACE}", "")
    try:
        number = Decimal(str(sanitize_separators(plain)))
    except InvalidOperation:
        raise UnableToBudget(_("“%(text)s” is no amount.") % {"text": text}) from None
    if not number.is_finite():
        raise UnableToBudget(_("“%(text)s” is no amount.") % {"text": text})
    return number


def _row(user: User, known: Months, months: list[tuple[int, int]], home: str, typed: QueryDict) -> dict[str, Any]:
    cells = [_cell(user, month, known.get(month), home, typed) for month in months]
    total = f"total-{user.pk}"
    return {
        "user": user,
        "cells": cells,
        "total": money(sum(known.values(), NOTHING), home),
        "new_total": {"name": total, "value": typed.get(total, "")},
        "is_ticked": str(user.pk) in typed.getlist("ids"),
    }


def _cell(user: User, month: tuple[int, int], amount: Decimal | None, home: str, typed: QueryDict) -> dict[str, str]:
    name = f"m-{user.pk}-{month[0]}-{month[1]}"
    kept = "" if amount is None else number_format(amount, places_of(home), force_grouping=False)
    words = _month(*month)
    return {"name": name, "month": words, "label": f"{user} {words}", "value": typed.get(name, kept)}


def _month(year: int, month: int) -> str:
    return date_format(date(year, month, 1), "M Y")


def _people_asked(request: HttpRequest) -> list[User]:
    people = sales_people_seen_by(user_of(request))
    lines = group_lines()
    group = next((line.group for line in lines if line.group.pk == id_in(request.GET.get("group", ""))), None)
    if group is not None:
        people = people.filter(memberships__group__in=groups_from(group, [line.group for line in lines]))
    for word in request.GET.get("words", "").split()[:5]:
        people = people.filter(name__icontains=word)
    return list(people[:MOST])


def _year_asked(request: HttpRequest, fiscal: Fiscal) -> int:
    asked = id_in(request.GET.get("year", ""))
    return asked if asked and 2000 <= asked <= 2200 else fiscal.year_of(timezone.localdate())


def _may_change(request: HttpRequest) -> bool:
    """Sales managers and administrators set budgets; others look at their own."""
    return scope_of(user_of(request), Module.SALES, Action.CHANGE) is Scope.ALL
