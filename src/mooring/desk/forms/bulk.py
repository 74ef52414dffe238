"""What many records shall have: one form for the value of one thing, whatever its shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.customers.bulk_editing import OF_KIND, Wish
from mooring.customers.bulk_values import COLUMNS, LABELS
from mooring.customers.info_values import name_of, read_value
from mooring.customers.models import BulkField, BulkKind, Category, InfoField
from mooring.desk.forms.filters import NOBODY, owner_choices
from mooring.desk.forms.info import record_field

_SHOWN_ON: Final = {BulkKind.CUSTOMER: "is_of_customers", BulkKind.CONTACT: "is_of_contacts"}


def offered_fields(kind: str, info_fields: Sequence[InfoField]) -> list[tuple[str, Any]]:
    """What can be changed of many records of a kind: the word for it in a form, and its label. No query."""
    plain = [(field.value, field.label) for field in OF_KIND[kind] if field is not BulkField.INFO]
    if BulkField.INFO not in OF_KIND[kind]:
        return plain
    return plain + [(name_of(field), field.name) for field in info_fields if field.retired_at is None]


class BulkValueForm(forms.Form):
    """One value, or none at all where that is said expressly: nobody empties a thousand records by a slip."""

    is_emptied = forms.BooleanField(label=_("Take away what they have"), required=False)

    def __init__(self, sent: Any, *, kind: BulkKind, field: BulkField, info_field: InfoField | None) -> None:
        super().__init__(sent)
        self.kind, self.bulk_field, self.info_field = kind, field, info_field
        self.fields["value"] = _value_field(kind, field, info_field)
        self.fields["value"].required = False
        self.fields["value"].is_expected = True  # type: ignore[attr-defined]  # read by ui.forms
        self.order_fields(["value", "is_emptied"])
        if field in LABELS or field is BulkField.OWNER or (info_field is not None and info_field.is_required):
            del self.fields["is_emptied"]

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError where nothing was said, or both."""
        cleaned = super().clean() or {}
        is_emptied, is_named = cleaned.get("is_emptied"), cleaned.get("value") not in (None, "", [])
        if not self.errors and not is_emptied and not is_named:
            self.add_error("value", _("Choose what they shall have."))
        if is_emptied and is_named:
            self.add_error("is_emptied", _("Choose what they shall have or take away what they have, not both."))
        return cleaned

    def wish(self) -> Wish:
        """What was entered; only after is_valid()."""
        value = None if self.cleaned_data.get("is_emptied") else self.cleaned_data["value"]
        if self.info_field is not None:
            value = read_value(self.info_field, value)
        elif value is not None:
            value = None if value == NOBODY else int(value)
        return Wish(self.bulk_field, value, self.info_field, self.kind)


def _value_field(kind: BulkKind, field: BulkField, info_field: InfoField | None) -> forms.Field:
    if info_field is not None:
        return record_field(info_field, None)
    if field is BulkField.OWNER:
        return forms.ChoiceField(label=field.label, choices=[("", "–"), *owner_choices()[1:]])
    entries = (COLUMNS.get(field) or LABELS[field])._default_manager.filter(retired_at=None)
    if entries.model is Category and field is BulkField.CATEGORY_ADDED:
        entries = entries.filter(**{_SHOWN_ON[kind]: True})
    return forms.ChoiceField(label=field.label, choices=[("", "–"), *((str(entry.pk), str(entry)) for entry in entries)])
