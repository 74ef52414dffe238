"""An import as a person asks for it: the file first, then how its columns are meant and what becomes of known records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.customers.info_values import name_of
from mooring.transfer.chosen import Chosen
from mooring.transfer.models import Import, ImportKind
from mooring.users.models import User

LABELS: Final = {
    "name": pgettext_lazy("person or firm", "Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "company_name": _("Company"),
    "number": pgettext_lazy("customer", "Number"),
    "email": _("Email address"),
    "more_emails": _("Further email addresses"),
    "phone": _("Phone"),
    "mobile_phone": _("Mobile phone"),
    "home_phone": _("Home phone"),
    "website": _("Website"),
    "note": _("Note"),
    "street": _("Street"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "region": _("Region"),
    "country": _("Country"),
    "kind": _("Company or person"),
    "domains": _("Domains"),
    "owner": _("Owner (email address of a colleague)"),
    "job_title": _("Job title"),
    "parent_id": _("Number of the customer or lead"),
    "parent_kind": _("Customer or lead"),
    "status": _("Status"),
    "industry": _("Industry"),
    "source": _("Source"),
    "categories": _("Categories"),
    "tags": _("Tags"),
    "role": _("Contact role"),
}
"""What a column of a file can be."""


def labels_for(job: Import) -> dict[str, Any]:
    """What a column of this file can be, additional information by the names of its fields."""
    chosen = Chosen.of_installation(job.kind)  # type: ignore[arg-type]  # a Kind
    named = LABELS | {name_of(field): field.name for field in chosen.info}
    return {name: named[name] for name in chosen.fields}


class FileForm(forms.Form):
    """Which file, and of what."""

    kind = forms.ChoiceField(label=_("What is imported"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, Excel (XLSX) or address cards (vCard). Nothing is changed before you have seen what would happen."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx,.vcf"}),
    )

    def __init__(self, *args: Any, kinds: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(value, label) for value, label in ImportKind.choices if value in kinds]
        self.fields["kind"].choices = offered  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["kind"].initial = kinds[0] if kinds else None


class ColumnsForm(forms.Form):
    """One choice for each column of the file, and how known records are met."""

    on_duplicate = forms.ChoiceField(
        label=_("Records that exist already"),
        choices=[("skip", _("Leave them as they are")), ("update", _("Update them")), ("create", _("Create them once more"))],
        help_text=_("A record is known by its number, by an email address, or, without either, by its name."),
        widget=forms.RadioSelect,
    )
    on_bad_value = forms.ChoiceField(
        label=_("A value that is no good"),
        choices=[("leave_out", _("Leave the field empty and tell it")), ("refuse", _("Leave the whole row out"))],
        help_text=_("Such as an email address that is not complete, or a status that is not in the list. It is told either way."),
        widget=forms.RadioSelect,
    )
    owner = forms.ModelChoiceField(
        label=_("Owner of new records for which the file names nobody"),
        queryset=User.objects.filter(is_active=True).order_by("name", "id"),
        required=False,
        empty_label=_("Nobody"),
    )

    def __init__(self, sent: Any, *, job: Import) -> None:
        super().__init__(sent, initial={each: getattr(job, each) for each in ("on_duplicate", "on_bad_value", "owner")})
        choices = [("", _("Not imported")), *labels_for(job).items()]
        if job.kind == "contacts":
            del self.fields["owner"]
        self.columns = [f"column_{place}" for place in range(len(job.header))]
        for place, name in enumerate(self.columns):
            label = job.header[place] or _("Column %(number)d") % {"number": place + 1}
            field = forms.ChoiceField(label=label, choices=choices, required=False, initial=job.fields[place])
            self.fields[name] = field

    @property
    def column_fields(self) -> list[Any]:
        """The choices in the order of the columns."""
        return [self[name] for name in self.columns]

    def fields_chosen(self) -> list[str]:
        """For each column the field that it is."""
        return [self.cleaned_data[name] for name in self.columns]
