"""An entry of a list of Settings > CRM as an administrator enters it; customers.lists decides what is allowed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.customers.lists import EntryData
from mooring.customers.models import Category, Colour, Industry, ListEntry

COMPANIES, CONTACTS, BOTH = "companies", "contacts", "both"
DISPLAYS = ((COMPANIES, _("Companies")), (CONTACTS, _("Contacts")), (BOTH, _("Both companies and contacts")))


class EntryForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("entry", "Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    colour = forms.ChoiceField(label=_("Colour"), choices=Colour.choices, initial=Colour.GREY)

    @classmethod
    def of(cls, kind: type[ListEntry], sent: Any = None, entry: ListEntry | None = None) -> EntryForm:
        """Filled with what is known."""
        known = {} if entry is None else {"name": entry.name, "colour": entry.colour}
        if isinstance(entry, Category):
            known["display"] = _display_of(entry)
        form = (CategoryForm if kind is Category else cls)(sent, initial=known)
        if kind is Industry:
            form.fields["name"].label = _("Industry name")
        return form

    def entry_data(self) -> EntryData:
        """What was entered; only after is_valid()."""
        return EntryData(name=self.cleaned_data["name"], colour=self.cleaned_data["colour"])


class CategoryForm(EntryForm):
    display = forms.ChoiceField(label=_("Display on"), choices=DISPLAYS, initial=BOTH, widget=forms.RadioSelect)

    def entry_data(self) -> EntryData:
        """With where it is shown."""
        display = self.cleaned_data["display"]
        return EntryData(
            name=self.cleaned_data["name"],
            colour=self.cleaned_data["colour"],
            is_of_customers=display != CONTACTS,
            is_of_contacts=display != COMPANIES,
        )


class MoveForm(forms.Form):
    """To which industry the customers of another one are moved."""

    def __init__(self, *args: Any, industry: Industry, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Industry.objects.filter(retired_at=None).exclude(pk=industry.pk)
        self.fields["new"] = forms.ModelChoiceField(
            others, label=_("Select industry"), empty_label="", error_messages={"required": _("Select an industry.")}
        )


def _display_of(category: Category) -> str:
    if category.is_of_customers and category.is_of_contacts:
        return BOTH
    return COMPANIES if category.is_of_customers else CONTACTS
