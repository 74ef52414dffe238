"""The form of a contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.customers.models import ContactRole, Customer, Lead
from mooring.customers.record_data import AffiliationData, ContactData
from mooring.desk.forms.chosen import CategoriesField, EntryField
from mooring.desk.forms.customers import ReachableEditor
from mooring.desk.forms.places import PlaceField
from mooring.desk.forms.rows import EMAILS, PHONES, POSTAL_ADDRESSES, Kind
from mooring.desk.forms.tags import TagsField
from mooring.users.models import User
from mooring.users.permissions import Action, Module
from mooring.users.reach import is_owned_within

_LIVE = {"autocomplete": "off", "spellcheck": "false"}


class ContactFields(forms.Form):
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=300, widget=forms.TextInput(attrs=_LIVE))
    tags = TagsField()
    note = forms.CharField(label=_("Note"), max_length=100_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    categories = forms.Field(label=_("Categories"), required=False)


class AffiliationRow(forms.Form):
    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"] = PlaceField(reader=reader, label=_("Customer or lead"), required=False)
        self.fields["role"] = EntryField(ContactRole, label=_("Role"))
        self.fields["job_title"] = forms.CharField(
            label=_("Job title"), max_length=120, required=False, widget=forms.TextInput(attrs=_LIVE)
        )
        for field in self.fields.values():
            field.widget.attrs.update({"aria-label": field.label, "placeholder": field.label})


AFFILIATIONS = Kind(
    "affiliations",
    AffiliationRow,
    _("Where they work"),
    _("Another customer or lead"),
    _("A customer or lead that is known here. Letters of the contact are shown on its card."),
)


class ContactEditor(ReachableEditor[ContactData]):
    fields = ContactFields
    row_kinds = (AFFILIATIONS, EMAILS, PHONES, POSTAL_ADDRESSES)

    def __init__(self, *args: Any, first_place: Customer | Lead | None = None, **kwargs: Any) -> None:
        self.first_place = first_place
        super().__init__(*args, **kwargs)

    def new(self, entered: Mapping[str, Any]) -> ContactData:
        """The data of a new contact."""
        return ContactData(**entered)

    def prepare(self, form: forms.Form) -> None:
        """Offer the categories that are shown on contacts."""
        known = self.known.categories if self.known else ()
        form.fields["categories"] = CategoriesField(shown_on="is_of_contacts", known=known, label=_("Categories"))

    def row_options(self, kind: Kind) -> Mapping[str, Any]:
        """Places are looked up with the reader's rights."""
        return {"reader": self.reader} if kind is AFFILIATIONS else {}

    def rows_of(self, kind: Kind) -> Sequence[Mapping[str, Any]]:
        """Only places that the reader may change."""
        if kind is not AFFILIATIONS:
            return super().rows_of(kind)
        if self.known is None:
            return [{"place": self.first_place}] if self.first_place else []
        kept = self._kept
        shown = [row for row in self.known.affiliations if row not in kept]
        return [{"place": row.customer or row.lead, "role": row.role, "job_title": row.job_title} for row in shown]

    def read_rows(self, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
        """What the reader typed, and the places that they may not change as they were."""
        if kind is not AFFILIATIONS:
            return super().read_rows(kind, rows)
        return (*(_affiliation(row) for row in rows), *self._kept)

    def fixed_rows(self, kind: Kind) -> Sequence[str]:
        """The places that the reader sees, but may not change."""
        if kind is not AFFILIATIONS:
            return ()
        seen = [row for row in self._kept if row in self._within(Action.VIEW)]
        return [", ".join(str(part) for part in (row.customer or row.lead, row.role, row.job_title) if part) for row in seen]

    @cached_property
    def _kept(self) -> list[AffiliationData]:
        """Affiliations with records that the reader may not change."""
        changeable = self._within(Action.CHANGE)
        return [row for row in (self.known.affiliations if self.known else ()) if row not in changeable]

    def _within(self, action: Action) -> list[AffiliationData]:
        """Affiliations with records on which the reader may do `action`; a lead that became a customer is none any more."""
        known = self.known.affiliations if self.known else ()
        modules = {"customer": Module.CUSTOMERS, "lead": Module.LEADS}
        return [
            row
            for row in known
            for name, module in modules.items()
            if (place := getattr(row, name)) and getattr(place, "converted_at", None) is None
            if is_owned_within(place.owner_id, self.reader, module, action)
        ]


def _affiliation(row: Mapping[str, Any]) -> AffiliationData:
    place = row["place"]
    return AffiliationData(
        customer=place if isinstance(place, Customer) else None,
        lead=place if isinstance(place, Lead) else None,
        job_title=row["job_title"],
        role=row["role"],
    )
