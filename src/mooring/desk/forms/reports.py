"""What a reader chooses for a report: only what that report asks for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from mooring.desk.access import user_of
from mooring.options.values import read_all
from mooring.reports.activity import people_counted
from mooring.reports.asked import BOX, BY, COMPARED, GROUP, PERIOD, PERSON, Asked
from mooring.reports.catalogue import Entry
from mooring.sales.models import SalesMailbox
from mooring.sales.options import FISCAL_YEAR_START, HOME_CURRENCY
from mooring.sales.periods import Fiscal
from mooring.sales.tree import box_paths
from mooring.ui.forms import LongSelect
from mooring.users.groups import group_lines
from mooring.users.models import User

_DAY = {"type": "date"}


class ReportAskedForm(forms.Form):
    """Sent by GET; what makes no sense is told at its field, and the defaults are shown."""

    box = forms.ChoiceField(label=_("Sales mailbox"), required=False, widget=LongSelect)
    by = forms.ChoiceField(label=_("By"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    group = forms.ChoiceField(label=_("Group"), required=False)
    person = forms.ChoiceField(label=_("Person"), required=False, widget=LongSelect)
    compared = forms.DateField(label=_("Compared with"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))

    def __init__(self, data: Any, *, entry: Entry, reader: User, today: date, fiscal: Fiscal) -> None:
        """Without a period asked for, the fiscal year up to today."""
        self._start = {"since": fiscal.begin_of(fiscal.year_of(today)).isoformat(), "until": today.isoformat()}
        if entry.by:
            self._start["by"] = entry.by[0][0]
        super().__init__({**self._start, **{name: value for name, value in data.items() if value}})
        asks = {BY: ("by",), PERIOD: ("since", "until"), **{name: (name,) for name in (BOX, GROUP, COMPARED, PERSON)}}
        wanted = {field for ask in entry.asks for field in asks[ask]}
        for name in set(self.fields) - wanted:
            del self.fields[name]
        self._reader = reader
        boxes = box_paths(reader) if "box" in wanted else []
        self._groups = {str(line.group.pk): line for line in group_lines()} if "group" in wanted else {}
        groups = [(pk, line.path_hint) for pk, line in self._groups.items()]
        self._people = {str(person.pk): person for person in people_counted(reader)} if "person" in wanted else {}
        people = [(pk, str(person)) for pk, person in self._people.items()]
        nothings = (("box", boxes, _("all that I see")), ("group", groups, _("all")), ("person", people, _("all")))
        for name, lines, nothing in nothings:
            if name in wanted:
                self.fields[name].choices = [("", nothing), *lines]  # type: ignore[attr-defined]  # a ChoiceField
        if "by" in wanted:
            self.fields["by"].label = entry.by_label or self.fields["by"].label
            self.fields["by"].choices = entry.by  # type: ignore[attr-defined]  # a ChoiceField

    def asked(self, request: HttpRequest, *, fiscal: Fiscal, home: str) -> Asked:
        """What was entered, with defaults where it was no good."""
        entered = self.cleaned_data if self.is_valid() else {}
        since = entered.get("since") or date.fromisoformat(self._start["since"])
        until = max(entered.get("until") or date.fromisoformat(self._start["until"]), since)
        compared = entered.get("compared")
        group = self._groups.get(entered.get("group", ""))
        box_id = entered.get("box", "")
        box = SalesMailbox.objects.visible_to(self._reader).filter(pk=int(box_id)).first() if box_id else None
        return Asked(
            reader=user_of(request),
            now=timezone.now(),
            since=since,
            until=until,
            begins_at=begin_of(since),
            ends_at=begin_of(until + timedelta(days=1)),
            fiscal=fiscal,
            home=home,
            box=box,
            by=entered.get("by", ""),
            compared_on=compared,
            compared_at=begin_of(compared + timedelta(days=1)) if compared else None,
            group=group.group if group else None,
            person=self._people.get(entered.get("person", "")),
        )


def begin_of(day: date) -> datetime:
    """When a day begins for the reader."""
    return timezone.make_aware(datetime.combine(day, time()))


def company_calendar() -> tuple[Fiscal, str]:
    """(fiscal year, home currency) as administrators chose. One query."""
    values = read_all()
    return Fiscal(int(values.of(FISCAL_YEAR_START))), values.of(HOME_CURRENCY)
