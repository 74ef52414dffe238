"""What is entered about letters: the record one belongs to, and the filters of the report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from mooring.customers.models import Customer, Lead, Project
from mooring.desk.forms.places import PlaceField
from mooring.letters.models import Rule
from mooring.letters.report import ReportFilters
from mooring.users.models import User

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2999
"""Further days have no neighbour, or no midnight in another time zone, that a date can say."""


def sensible_day(day: date) -> None:
    """Raises ValidationError for a year in which nobody writes letters."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValidationError(forms.DateField.default_error_messages["invalid"], code="invalid")


class LinkForm(forms.Form):
    """To which record. Suggestions appear while one types."""

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["record"] = PlaceField(reader=reader, models=(Customer, Lead, Project), label=_("Customer, lead or project"))
        self.fields["record"].widget.attrs["placeholder"] = _("Customer, lead or project")


class ReportForm(forms.Form):
    """The filters of the report of synced emails; each can be left empty."""

    text = forms.CharField(label=_("Contains"), max_length=200, required=False)
    since = forms.DateField(
        label=_("From"), required=False, validators=[sensible_day], widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, validators=[sensible_day], widget=forms.DateInput(attrs={"type": "date"})
    )
    account = forms.TypedChoiceField(label=_("Account"), required=False, coerce=int, empty_value=None)
    linked = forms.ChoiceField(
        label=_("Linked"), required=False, choices=[("", _("Either")), ("yes", _("Linked")), ("no", _("Not linked"))]
    )
    rule = forms.ChoiceField(label=_("Rule"), required=False, choices=[("", _("Any rule")), *Rule.choices])

    def __init__(self, *args: Any, accounts: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = [("", _("All accounts")), *accounts]  # type: ignore[attr-defined]  # a ChoiceField
        for name in self.fields:
            self.fields[name].width = "third"  # type: ignore[attr-defined]  # read by ui/form/field.html

    def chosen_in_words(self) -> list[tuple[str, str, str]]:
        """The filters that are set: name, the words before the value, the value as people read it."""
        self.is_valid()
        chosen = getattr(self, "cleaned_data", {})
        shown: dict[str, tuple[Any, Callable[[Any], str]]] = {
            "text": (_("that contain"), str),
            "since": (_("since"), date_format),
            "until": (_("until"), date_format),
            "account": (_("of"), self._label_of("account")),
            "linked": (_("that are"), self._label_of("linked")),
            "rule": (_("linked because of"), self._label_of("rule")),
        }
        set_ones = [name for name in shown if chosen.get(name) not in (None, "")]
        return [(name, str(shown[name][0]), shown[name][1](chosen[name])) for name in set_ones]

    def _label_of(self, name: str) -> Callable[[Any], str]:
        choices: dict[str, Any] = {str(value): label for value, label in self.fields[name].choices}  # type: ignore[attr-defined]
        return lambda value: str(choices.get(str(value), value))

    def filters(self) -> ReportFilters:
        """What was chosen; fields that make no sense are left out, and say so beside themselves."""
        self.is_valid()
        chosen = getattr(self, "cleaned_data", {})
        until = chosen.get("until")
        return ReportFilters(
            since=_midnight(chosen.get("since")),
            before=_midnight(until + timedelta(days=1)) if until else None,
            account_id=chosen.get("account"),
            is_linked={"yes": True, "no": False}.get(chosen.get("linked", "")),
            rule=chosen.get("rule", ""),
            text=chosen.get("text", ""),
        )


def _midnight(day: Any) -> datetime | None:
    """The first moment of a day where the reader lives."""
    zone = timezone.get_current_timezone()
    return datetime.combine(day, time(), tzinfo=zone if isinstance(zone, ZoneInfo) else UTC) if day else None
