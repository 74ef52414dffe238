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

from mooring.customers.models import CustomerKind
from mooring.customers.queries import ContactFilters, CustomerFilters, LeadFilters, ProjectFilters
from mooring.ui.parts import Chip
from mooring.users.models import User

NOBODY: Final = "nobody"
_SINCE: Final = (("", _("Any time")), ("7", _("the last 7 days")), ("30", _("the last 30 days")), ("365", _("the last year")))
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


class _OwnedForm(_SinceForm):
    owner = forms.ChoiceField(label=_("Looked after by"), required=False)
    email = forms.ChoiceField(label=_("Email"), choices=_EMAIL, required=False)
    says: ClassVar[dict[str, Any]] = {**_SinceForm.says, "owner": _("looked after by"), "email": _("with")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = owner_choices()  # type: ignore[attr-defined]  # a ChoiceField

    def _owned(self, now: datetime) -> dict[str, Any]:
        asked = self.asked()
        owner = asked.get("owner")
        return {
            "text": asked.get("text", ""),
            "owner_id": int(owner) if owner and owner != NOBODY else None,
            "has_no_owner": owner == NOBODY,
            "has_email": _yes_or_no(asked.get("email")),
            "created_since": self._since(now),
        }


class CustomerFilterForm(_OwnedForm):
    kind = forms.ChoiceField(label=_("Type"), choices=[("", _("Any")), *CustomerKind.choices], required=False)
    says: ClassVar[dict[str, Any]] = {**_OwnedForm.says, "kind": _("of type")}
    field_order = ("text", "kind", "owner", "email", "since")

    def filters(self, now: datetime) -> CustomerFilters:
        """What customers_page takes."""
        return CustomerFilters(kind=self.asked().get("kind", ""), **self._owned(now))


class ArchiveFilterForm(CustomerFilterForm):
    def filters(self, now: datetime) -> CustomerFilters:
        """The same among customers in the archive."""
        return replace(super().filters(now), is_archived=True)


class LeadFilterForm(_OwnedForm):
    def filters(self, now: datetime) -> LeadFilters:
        """What leads_page takes."""
        return LeadFilters(**self._owned(now))


class ContactFilterForm(_SinceForm):
    email = forms.ChoiceField(label=_("Email"), choices=_EMAIL, required=False)
    says: ClassVar[dict[str, Any]] = {**_SinceForm.says, "email": _("with")}

    def filters(self, now: datetime) -> ContactFilters:
        """What contacts_page takes."""
        asked = self.asked()
        return ContactFilters(
            text=asked.get("text", ""), has_email=_yes_or_no(asked.get("email")), created_since=self._since(now)
        )


class ProjectFilterForm(_SinceForm):
    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("Open and closed")), ("open", _("open")), ("closed", _("closed"))], required=False
    )
    says: ClassVar[dict[str, Any]] = {**_SinceForm.says, "state": _("that are")}

    def filters(self, now: datetime) -> ProjectFilters:
        """What projects_page takes."""
        asked = self.asked()
        state = asked.get("state")
        return ProjectFilters(
            text=asked.get("text", ""), is_closed=None if not state else state == "closed", created_since=self._since(now)
        )


def owner_choices() -> list[tuple[str, Any]]:
    """Everybody who may own records, and nobody."""
    people = User.objects.filter(is_active=True).order_by("name", "id")
    return [("", _("Anybody")), (NOBODY, _("nobody yet")), *((str(person.pk), str(person)) for person in people)]


def _yes_or_no(word: str | None) -> bool | None:
    return None if not word else word == "yes"
