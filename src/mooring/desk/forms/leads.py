"""The form of a lead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.customers.record_data import LeadData
from mooring.desk.forms.customers import OwnedEditor
from mooring.desk.forms.rows import EMAILS, PHONES, POSTAL_ADDRESSES
from mooring.desk.forms.tags import TagsField

_LIVE = {"autocomplete": "off", "spellcheck": "false"}


class LeadFields(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=300, widget=forms.TextInput(attrs=_LIVE))
    company_name = forms.CharField(label=_("Company"), max_length=300, required=False)
    number = forms.CharField(label=_("Lead number"), max_length=40, required=False)
    owner = forms.Field(label=_("Looked after by"), required=False)
    source = forms.Field(label=_("Source"), required=False)
    website = forms.CharField(
        label=_("Website"), max_length=300, required=False, widget=forms.TextInput(attrs={"inputmode": "url", **_LIVE})
    )
    tags = TagsField()
    note = forms.CharField(label=_("Note"), max_length=100_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class LeadEditor(OwnedEditor[LeadData]):
    fields = LeadFields
    row_kinds = (EMAILS, PHONES, POSTAL_ADDRESSES)

    def new(self, entered: Mapping[str, Any]) -> LeadData:
        """The data of a new lead."""
        return LeadData(**entered)
