"""The rate of a currency as an administrator enters it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.sales.money import CURRENCIES


class RateForm(forms.Form):
    currency = forms.ChoiceField(label=_("Currency"), choices=[(code, code) for code in CURRENCIES])
    on = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    worth = forms.DecimalField(
        label=_("Worth in the home currency"), max_digits=19, decimal_places=10, required=False, localize=True
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        for field in self.fields.values():
            field.width = "third"  # type: ignore[attr-defined]  # read by ui/form/field.html
