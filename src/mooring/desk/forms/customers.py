"""The form of a customer, and the filters of the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.customers.models import CustomerKind
from mooring.customers.record_data import CustomerData, DomainData, LeadData, PhoneData, PostalAddressData
from mooring.desk.forms.editor import Data, Editor, owner_field
from mooring.desk.forms.rows import DOMAINS, EMAILS, PHONES, POSTAL_ADDRESSES, Kind

_LIVE = {"autocomplete": "off", "spellcheck": "false"}


class CustomerFields(forms.Form):
    kind = forms.ChoiceField(label=_("Type"), choices=CustomerKind.choices, widget=forms.RadioSelect, initial="company")
    name = forms.CharField(label=_("Name"), max_length=300, widget=forms.TextInput(attrs=_LIVE))
    number = forms.CharField(label=_("Customer number"), max_length=40, required=False)
    owner = forms.Field(label=_("Owner"), required=False)
    website = forms.CharField(
        label=_("Website"), max_length=300, required=False, widget=forms.TextInput(attrs={"inputmode": "url", **_LIVE})
    )
    note = forms.CharField(label=_("Note"), max_length=100_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class ReachableEditor(Editor[Data]):
    """What customers, leads and contacts have in common: e-mail addresses, phones, postal addresses."""

    def rows_of(self, kind: Kind) -> Sequence[Mapping[str, Any]]:
        """The rows that the record has already."""
        values = getattr(self.known, kind.name, ())
        return [{"address": value} if kind is EMAILS else asdict(value) for value in values]

    def read_rows(self, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
        """Rows of the form as values of the data."""
        if kind is EMAILS:
            return tuple(row["address"] for row in rows)
        shape = {"domains": DomainData, "phones": PhoneData, "addresses": PostalAddressData}[kind.name]
        return tuple(shape(**row) for row in rows)


class OwnedEditor(ReachableEditor[Data]):
    """A record that belongs to a member of staff: a new one to whoever adds it."""

    def prepare(self, form: forms.Form) -> None:
        """Offer colleagues as owners."""
        known = self.known.owner if isinstance(self.known, (CustomerData, LeadData)) else None
        form.fields["owner"] = owner_field(known)
        for name in ("number", "owner"):
            form.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui.forms


class CustomerEditor(OwnedEditor[CustomerData]):
    fields = CustomerFields
    row_kinds = (EMAILS, DOMAINS, PHONES, POSTAL_ADDRESSES)

    def new(self, entered: Mapping[str, Any]) -> CustomerData:
        """The data of a new customer."""
        return CustomerData(**entered)
