"""A field of the additional information as an administrator enters it; customers.info_fields decides what is allowed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.customers.info_fields import ChoiceData, InfoFieldData
from mooring.customers.models import InfoField, InfoType

CARD, TAB = "card", "tab"


class InfoFieldForm(forms.Form):
    """Of a field that is there, its choices stand one by one, to be renamed or offered no more."""

    name = forms.CharField(
        label=pgettext_lazy("entry", "Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    kind = forms.ChoiceField(label=_("Type"), choices=InfoType.choices)
    help_text = forms.CharField(label=_("Help text"), required=False, max_length=300)
    shown = forms.ChoiceField(
        label=_("Show it"),
        choices=((CARD, _("in the card")), (TAB, _("on a separate tab"))),
        initial=CARD,
        widget=forms.RadioSelect,
    )
    is_required = forms.BooleanField(label=_("Must be filled in"), required=False)

    def __init__(self, sent: Any = None, *, field: InfoField | None = None) -> None:
        known = {} if field is None else _known(field)
        super().__init__(sent, initial=known)
        self.field = field
        if field is not None:
            self.fields["kind"].disabled = True
        for choice in field.choices if field else ():
            self.fields[f"choice_{choice['key']}"] = forms.CharField(
                label=_("Choice"), max_length=120, initial=choice["label"], required=False
            )
            self.fields[f"offered_{choice['key']}"] = forms.BooleanField(
                label=_("Offered"), required=False, initial=not choice["is_retired"]
            )
            for name in ("choice", "offered"):
                self.fields[f"{name}_{choice['key']}"].width = "half"  # type: ignore[attr-defined]  # read by ui.forms
        if field is None or field.choices:
            self.fields["choices"] = forms.CharField(
                label=_("More choices") if field else _("Choices"),
                required=False,
                max_length=30_000,
                help_text=_("One on each line.") if field else _("One on each line; of a choice or of several choices alone."),
                widget=forms.Textarea(attrs={"rows": 4}),
            )

    def field_data(self) -> InfoFieldData:
        """What was entered; only after is_valid()."""
        entered = self.cleaned_data
        return InfoFieldData(
            name=entered["name"],
            kind=entered["kind"],
            help_text=entered["help_text"],
            is_required=entered["is_required"],
            is_on_tab=entered["shown"] == TAB,
            choices=(*self._known_choices(), *(ChoiceData(label=text) for text in entered.get("choices", "").splitlines())),
        )

    def _known_choices(self) -> list[ChoiceData]:
        """A name that was emptied stays, and is offered no more."""
        entered = self.cleaned_data
        return [
            ChoiceData(
                label=entered[f"choice_{choice['key']}"] or choice["label"],
                key=choice["key"],
                is_retired=not entered[f"offered_{choice['key']}"] or not entered[f"choice_{choice['key']}"],
            )
            for choice in (self.field.choices if self.field else ())
        ]


def _known(field: InfoField) -> dict[str, Any]:
    return {
        "name": field.name,
        "kind": field.kind,
        "help_text": field.help_text,
        "shown": TAB if field.is_on_tab else CARD,
        "is_required": field.is_required,
    }
