"""What everybody may change about themselves."""

from __future__ import annotations

import zoneinfo

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.users.models import Language, Theme, User


def time_zones() -> list[tuple[str, str]]:
    """Places to choose from, as Europe/Warsaw, without the old and technical names; UTC first."""
    places = sorted(
        name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/"))
    )
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in places if not name.startswith(("SystemV/", "US/")))]


class ProfileForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=200)
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    time_zone = forms.ChoiceField(label=_("Time zone"))
    theme = forms.ChoiceField(label=_("Colours"), choices=Theme.choices, widget=forms.RadioSelect)

    def __init__(self, *args: object, known: User, **kwargs: object) -> None:
        initial = {"name": known.name, "language": known.language, "time_zone": known.time_zone, "theme": known.theme}
        super().__init__(*args, initial=initial, **kwargs)  # type: ignore[arg-type, misc]  # handed on as they came
        zones = time_zones()
        if known.time_zone not in dict(zones):
            zones.insert(0, (known.time_zone, known.time_zone))
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["language"].width = self.fields["time_zone"].width = "half"  # type: ignore[attr-defined]
