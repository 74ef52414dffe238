"""Filters of the lists, taken from their addresses: forms to set them, and chips that read as a sentence.

A value that makes no sense is no filter: an address can be typed by hand, and an old one must still open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.customers.info_fields import info_fields
from mooring.customers.lists import all_entries
from mooring.customers.models import (
    Category,
    ContactRole,
    CustomerKind,
    CustomerStatus,
    Industry,
    ListEntry,
    Source,
    Tag,
)
from mooring.customers.queries import ContactFilters, CustomerFilters, LeadFilters, ProjectFilters
from mooring.desk.forms.info import filter_fields, filter_words, info_filters
from mooring.ui.parts import Chip
from mooring.users.models import User

NOBODY: Final = "nobody"
_SINCE: Final = (("", _("Any time")), ("7", _("the last 7 days")), ("30", _("the last 30 days")), ("365", _("the last year")))
_LABELS: Final = {
    "status": _("Status"),
    "industry": _("Industry"),
    "category": _("Category"),
    "source": _("Source"),
    "role": _("Role"),
    "tag": _("Tag"),
}
_OF_CUSTOMERS: Final[dict[str, type[ListEntry]]] = {
    "status": CustomerStatus,
    "industry": Industry,
    "category": Category,
    "source": Source,
    "tag": Tag,
}
_EMAIL: Final = (("", _("With and without")), ("yes", _("a known address")), ("no", _("no address yet")))


class FilterForm(forms.Form):
    """`says`: field -> what stands before its value in the chip."""

    text = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    says: ClassVar[dict[str, Any]] = {"text": _("containing")}

    def asked(self) -> dict[str, Any]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", False)}

    def filters(self, now: datetime) -> Any:
        """What the query of the list takes."""
        raise NotImplementedError

    def chips(self, query: Mapping[str, str], path: str) -> list[Chip]:
        """One chip per filter; dropping one keeps the rest of `query`."""
        return [
            Chip(
                label=str(self.says[name]),
                value=self._in_words(name, value),
                off_url=f"{path}?{urlencode({key: kept for key, kept in query.items() if key != name})}",
            )
            for name, value in self.asked().items()
        ]

    def _in_words(self, name: str, value: Any) -> str:
        choices = {str(key): label for key, label in getattr(self.fields[name], "choices", ())}
        return str(choices.get(str(value), value))


class _SinceForm(FilterForm):
    since = forms.ChoiceField(label=_("Added in"), choices=_SINCE, required=False)
    says: ClassVar[dict[str, Any]] = {**FilterForm.says, "since": _("added in")}

    def _since(self, now: datetime) -> datetime | None:
        days = self.asked().get("since")
        return now - timedelta(days=int(days)) if days else None


class _ChoosingForm(_SinceForm):
    """With filters by entries of lists: field -> the list."""

    lists: ClassVar[dict[str, type[ListEntry]]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        entries = all_entries() if self.lists else {}
        self.entries = entries
        for name, kind in self.lists.items():
            choices = [("", _("Any")), *((str(entry.pk), entry.name) for entry in entries[kind])]
            self.fields[name] = forms.ChoiceField(label=_LABELS[name], choices=choices, required=False)
        self.order_fields(self.field_order)

    def _chosen(self) -> dict[str, int | None]:
        asked = self.asked()
        return {f"{name}_id": int(asked[name]) if name in asked else None for name in self.lists}


class _OwnedForm(_ChoosingForm):
    owner = forms.ChoiceField(label=_("Looked after by"), required=False)
    email = forms.ChoiceField(label=_("Email"), choices=_EMAIL, required=False)
    says: ClassVar[dict[str, Any]] = {**_SinceForm.says, "owner": _("looked after by"), "email": _("with")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = owner_choices()
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def _owned(self, now: datetime) -> dict[str, Any]:
        asked = self.asked()
        owner = asked.get("owner")
        return {
            "text": asked.get("text", ""),
            "owner_id": int(owner) if owner and owner != NOBODY else None,
            "has_no_owner": owner == NOBODY,
            "has_email": _yes_or_no(asked.get("email")),
            "created_since": self._since(now),
            **self._chosen(),
        }


class CustomerFilterForm(_OwnedForm):
    kind = forms.ChoiceField(label=_("Type"), choices=[("", _("Any")), *CustomerKind.choices], required=False)
    lists = _OF_CUSTOMERS
    says: ClassVar[dict[str, Any]] = {
        **_OwnedForm.says,
        "kind": _("of type"),
        "status": _("with status"),
        "industry": _("in the industry"),
        "category": _("in the category"),
        "source": _("from the source"),
        "tag": _("tagged"),
    }
    field_order = ("text", "kind", "status", "industry", "category", "tag", "source", "owner", "email", "since")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.info_fields = [field for field in info_fields() if field.retired_at is None]
        self.fields |= dict(filter_fields(self.info_fields))
        self.says = {**type(self).says, **filter_words(self.info_fields)}  # type: ignore[misc]  # of this form alone

    def filters(self, now: datetime) -> CustomerFilters:
        """What customers_page takes."""
        asked = self.asked()
        info = info_filters(asked, self.info_fields)
        return CustomerFilters(kind=asked.get("kind", ""), info=info, **self._owned(now))


class ArchiveFilterForm(CustomerFilterForm):
    def filters(self, now: datetime) -> CustomerFilters:
        """The same among customers in the archive."""
        return replace(super().filters(now), is_archived=True)


class LeadFilterForm(_OwnedForm):
    lists: ClassVar[dict[str, type[ListEntry]]] = {"source": Source, "tag": Tag}
    says: ClassVar[dict[str, Any]] = {**_OwnedForm.says, "source": _("from the source"), "tag": _("tagged")}

    def filters(self, now: datetime) -> LeadFilters:
        """What leads_page takes."""
        return LeadFilters(**self._owned(now))


class ContactFilterForm(_ChoosingForm):
    email = forms.ChoiceField(label=_("Email"), choices=_EMAIL, required=False)
    lists: ClassVar[dict[str, type[ListEntry]]] = {"role": ContactRole, "category": Category, "tag": Tag}
    says: ClassVar[dict[str, Any]] = {
        **_SinceForm.says,
        "email": _("with"),
        "role": _("in the role"),
        "category": _("in the category"),
        "tag": _("tagged"),
    }

    def filters(self, now: datetime) -> ContactFilters:
        """What contacts_page takes."""
        asked = self.asked()
        return ContactFilters(
            text=asked.get("text", ""),
            has_email=_yes_or_no(asked.get("email")),
            created_since=self._since(now),
            **self._chosen(),
        )


class ProjectFilterForm(_ChoosingForm):
    lists: ClassVar[dict[str, type[ListEntry]]] = {"tag": Tag}
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("Open and closed")), ("open", _("open")), ("closed", _("closed"))], required=False
    )
    says: ClassVar[dict[str, Any]] = {**_SinceForm.says, "state": _("that are"), "tag": _("tagged")}

    def filters(self, now: datetime) -> ProjectFilters:
        """What projects_page takes."""
        asked = self.asked()
        state = asked.get("state")
        return ProjectFilters(
            text=asked.get("text", ""),
            is_closed=None if not state else state == "closed",
            created_since=self._since(now),
            **self._chosen(),
        )


def owner_choices() -> list[tuple[str, Any]]:
    """Everybody who may own records, and nobody."""
    people = User.objects.filter(is_active=True).order_by("name", "id")
    return [("", _("Anybody")), (NOBODY, _("nobody yet")), *((str(person.pk), str(person)) for person in people)]


def _yes_or_no(word: str | None) -> bool | None:
    return None if not word else word == "yes"
