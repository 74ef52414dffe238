"""What is entered about a task, call, meeting or note."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.db.models import Q
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.activities.models import Activity, ActivityKind
from mooring.activities.planning import ActivityData, data_of
from mooring.customers.models import Customer, Lead, Project
from mooring.desk.forms.letters import sensible_day
from mooring.desk.forms.places import PlaceField
from mooring.letters.models import Letter
from mooring.letters.visibility import visible_letters
from mooring.sales.models import Opportunity
from mooring.users.models import User

_END_OF_DAY: Final = time(23, 59, 59)
_REMINDERS: Final = (
    ("", gettext_lazy("No reminder")),
    ("0", gettext_lazy("At that time")),
    ("10", gettext_lazy("10 minutes before")),
    ("60", gettext_lazy("1 hour before")),
    ("1440", gettext_lazy("1 day before")),
)
_MORNING: Final = time(9)
"""When one is reminded of what is due on a whole day."""
_HALF: Final = ("about", "owner", "day", "hour", "remind")


class ActivityForm(forms.Form):
    """`reader` is who plans; a whole day is one without a time."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ActivityKind.choices, widget=forms.RadioSelect, initial="task")
    title = forms.CharField(
        label=gettext_lazy("What"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True})
    )
    owner = forms.Field(label=gettext_lazy("Who"))
    day = forms.DateField(
        label=gettext_lazy("Day"), required=False, validators=[sensible_day], widget=forms.DateInput(attrs={"type": "date"})
    )
    hour = forms.TimeField(
        label=gettext_lazy("Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("Empty: any time on that day."),
    )
    remind = forms.ChoiceField(label=gettext_lazy("Reminder"), choices=_REMINDERS, required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=100_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "data-mentions": reverse_lazy("mentionable")}),
        help_text=gettext_lazy("With an @ before their name you tell colleagues of it: @Bob Smith."),
    )
    field_order = ("kind", "title", "about", "owner", "day", "hour", "remind", "note")

    def __init__(self, *args: Any, reader: User, known: Activity | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reader = reader
        people = User.objects.filter(Q(is_active=True) | Q(pk=known.owner_id if known else None)).order_by("name", "id")
        self.fields["owner"] = forms.ModelChoiceField(people, label=_("Who"), empty_label=None)
        self.letter: Letter | None = known.letter if known else None
        about = self.initial.get("about")
        is_hidden = known is not None and about is not None and not _is_in_sight(about, reader)
        self.opportunity: Opportunity | None = about if isinstance(about, Opportunity) and not is_hidden else None
        self.kept = about if is_hidden or self.opportunity else None
        if self.kept is None:
            self.fields["about"] = _about_field(reader, known and about)
        self.order_fields(self.field_order)
        for name in _HALF:
            if name in self.fields:
                self.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui/form/field.html

    def letter_in_sight(self) -> Letter | None:
        """The letter that it is about, where the reader may see it; it stays so where they may not."""
        return visible_letters(self._reader).filter(pk=self.letter.pk).first() if self.letter else None

    def clean(self) -> dict[str, Any]:
        """A time or a reminder needs a day."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("day") and "day" not in self.errors and (cleaned.get("hour") or cleaned.get("remind")):
            self.add_error("day", _("Choose the day, too."))
        return cleaned

    def data_entered(self) -> ActivityData:
        """Once valid."""
        entered = self.cleaned_data
        due_at, begins_at = self._times()
        remind = entered.get("remind")
        return ActivityData(
            kind=entered["kind"],
            title=entered["title"],
            owner=entered["owner"],
            about=self.kept or entered.get("about"),
            letter=self.letter,
            note=entered["note"],
            due_at=due_at,
            is_whole_day=entered.get("hour") is None,
            remind_at=begins_at - timedelta(minutes=int(remind)) if remind and begins_at else None,
        )

    def _times(self) -> tuple[datetime | None, datetime | None]:
        """When it is due, and the time that a reminder counts from, in the reader's time zone."""
        day, hour = self.cleaned_data.get("day"), self.cleaned_data.get("hour")
        if day is None:
            return None, None
        zone = timezone.get_current_timezone()
        due_at = datetime.combine(day, hour or _END_OF_DAY, tzinfo=zone)
        return due_at, datetime.combine(day, hour or _MORNING, tzinfo=zone)


def _about_field(reader: User, present: Any) -> PlaceField:
    kinds = (Customer, Lead, Project)
    return PlaceField(reader=reader, models=kinds, label=_("Customer, lead or project"), required=False, present=present)


def _is_in_sight(about: Any, reader: User) -> bool:
    """One's own activity may be about a record that is out of one's sight by now; it stays so, unnamed."""
    seen: bool = type(about).objects.visible_to(reader).filter(pk=about.pk).exists()
    return seen


def initial_of(activity: Activity) -> dict[str, Any]:
    """What the form of a stored activity starts with."""
    data = data_of(activity)
    initial: dict[str, Any] = {name: getattr(data, name) for name in ("kind", "title", "owner", "note", "about")}
    if data.due_at is None:
        return initial
    local = timezone.localtime(data.due_at)
    initial |= {"day": local.date(), "hour": None if data.is_whole_day else local.time()}
    if data.remind_at is not None:
        counted_from = datetime.combine(local.date(), _MORNING if data.is_whole_day else local.time(), tzinfo=local.tzinfo)
        initial["remind"] = str(int((counted_from - data.remind_at).total_seconds() // 60))
    return initial
