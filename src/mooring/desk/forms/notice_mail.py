"""How often somebody wants letters about their notices."""

from __future__ import annotations

from datetime import time

from django import forms
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from mooring.activities.models import NoticeMailing, Rhythm


class NoticeMailForm(forms.Form):
    rhythm = forms.ChoiceField(label=_("Email about notices"), choices=Rhythm.choices, widget=forms.RadioSelect)
    hour = forms.TypedChoiceField(label=_("Hour of the daily email"), coerce=int, help_text=_("In your time zone."))

    def __init__(self, *args: object, known: NoticeMailing | None, **kwargs: object) -> None:
        start = {"rhythm": known.rhythm if known else Rhythm.OFF.value, "hour": known.hour if known else 8}
        super().__init__(*args, initial=start, **kwargs)  # type: ignore[arg-type, misc]  # handed on as they came
        hours = [(hour, time_format(time(hour), "TIME_FORMAT")) for hour in range(24)]
        self.fields["hour"].choices = hours  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["hour"].width = "half"  # type: ignore[attr-defined]  # read by ui/form/field.html
