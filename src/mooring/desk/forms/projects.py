"""The form of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.customers.models import Customer
from mooring.customers.record_data import ProjectData
from mooring.desk.forms.editor import Editor
from mooring.desk.forms.places import PlaceField
from mooring.desk.forms.rows import Kind
from mooring.desk.forms.tags import TagsField


class ProjectFields(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    customer = forms.Field(label=_("Customer"))
    tags = TagsField()
    note = forms.CharField(label=_("Note"), max_length=100_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    is_closed = forms.BooleanField(label=_("Closed"), required=False)


class ProjectEditor(Editor[ProjectData]):
    fields = ProjectFields

    def prepare(self, form: forms.Form) -> None:
        """Customers whose projects the reader may change, whoever may change the customers themselves."""
        form.fields["customer"] = PlaceField(reader=self.reader, models=(Customer,), label=_("Customer"), is_for_projects=True)

    def new(self, entered: Mapping[str, Any]) -> ProjectData:
        """The data of a new project."""
        return ProjectData(**entered)

    def rows_of(self, kind: Kind) -> Sequence[Mapping[str, Any]]:  # noqa: ARG002  # as Editor has it
        """A project has no rows."""
        return []
