"""The form of a customer, and the filters of the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from mooring.customers.info_fields import info_fields
from mooring.customers.info_values import name_of
from mooring.customers.models import CustomerKind, CustomerStatus, Industry, InfoField, Source
from mooring.customers.record_data import CustomerData, DomainData, LeadData, PhoneData, PostalAddressData
from mooring.desk.forms.chosen import CategoriesField, EntryField
from mooring.desk.forms.editor import Data, Editor, owner_field
from mooring.desk.forms.info import entered_info, record_field
from mooring.desk.forms.rows import DOMAINS, EMAILS, PHONES, POSTAL_ADDRESSES, Kind
from mooring.desk.forms.tags import TagsField

_LIVE = {"autocomplete": "off", "spellcheck": "false"}


class CustomerFields(forms.Form):
    kind = forms.ChoiceField(label=_("Type"), choices=CustomerKind.choices, widget=forms.RadioSelect, initial="company")
    name = forms.CharField(label=_("Name"), max_length=300, widget=forms.TextInput(attrs=_LIVE))
    number = forms.CharField(label=_("Customer number"), max_length=40, required=False)
    owner = forms.Field(label=_("Looked after by"), required=False)
    status = forms.Field(label=_("Status"), required=False)
    industry = forms.Field(label=_("Industry"), required=False)
    source = forms.Field(label=_("Source"), required=False)
    website = forms.CharField(
        label=_("Website"), max_length=300, required=False, widget=forms.TextInput(attrs={"inputmode": "url", **_LIVE})
    )
    tags = TagsField()
    note = forms.CharField(label=_("Note"), max_length=100_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    categories = forms.Field(label=_("Categories"), required=False)


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


Owned = TypeVar("Owned", CustomerData, LeadData)


class OwnedEditor(ReachableEditor[Owned]):
    """A record that belongs to a member of staff: a new one to whoever adds it."""

    def prepare(self, form: forms.Form) -> None:
        """Offer colleagues as owners."""
        form.fields["owner"] = owner_field(self.known.owner if self.known else None, label=str(_("Looked after by")))
        form.fields["source"] = EntryField(Source, known=self.known.source if self.known else None, label=_("Source"))
        for name in ("number", "owner"):
            form.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui.forms


class CustomerEditor(OwnedEditor[CustomerData]):
    fields = CustomerFields
    row_kinds = (EMAILS, DOMAINS, PHONES, POSTAL_ADDRESSES)

    def prepare(self, form: forms.Form) -> None:
        """Offer what the lists hold."""
        super().prepare(form)
        known = self.known
        form.fields["status"] = EntryField(CustomerStatus, known=known.status if known else None, label=_("Status"))
        form.fields["industry"] = EntryField(Industry, known=known.industry if known else None, label=_("Industry"))
        for name in ("status", "industry", "source"):
            form.fields[name].width = "third"  # type: ignore[attr-defined]  # read by ui.forms
        form.fields["categories"] = CategoriesField(
            shown_on="is_of_customers", known=known.categories if known else (), label=_("Categories")
        )
        info = known.info if known else {}
        for field in self.info_fields:
            form.fields[name_of(field)] = record_field(field, info.get(str(field.pk)))

    @cached_property
    def info_fields(self) -> list[InfoField]:
        """Those that are asked for."""
        return [field for field in info_fields() if field.retired_at is None]

    def entered(self) -> dict[str, Any]:
        """Additional information over what is known of it."""
        values = super().entered()
        info = entered_info(values, self.info_fields, self.known.info if self.known else {})
        return {name: value for name, value in values.items() if not name.startswith("info_")} | {"info": info}

    def new(self, entered: Mapping[str, Any]) -> CustomerData:
        """The data of a new customer."""
        return CustomerData(**entered)
