"""Repeatable rows in a form: e-mail addresses, domains, phones, postal addresses. Without a script, a button sends the form
back with one more empty row; a row left empty is dropped. What is allowed in a row is decided by the customers room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MOST_ROWS = 200


def _text(label: Any, length: int, **attrs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"aria-label": label, "placeholder": label, "autocomplete": "off", **attrs})
    return forms.CharField(label=label, max_length=length, required=False, widget=widget)


class EmailRow(forms.Form):
    address = _text(_("Email address"), 320, inputmode="email", spellcheck="false")


class DomainRow(forms.Form):
    domain = _text(_("Domain, as in example.com"), 253, inputmode="url", spellcheck="false")
    includes_subdomains = forms.BooleanField(label=_("Hosts below it too"), required=False)


class PhoneRow(forms.Form):
    number = _text(_("Phone"), 60, inputmode="tel")
    label = _text(_("What for, as in mobile"), 40)


class PostalAddressRow(forms.Form):
    label = _text(_("What for, as in invoices"), 40)
    street = _text(_("Street"), 300)
    postcode = _text(_("Postcode"), 20)
    city = _text(_("City"), 120)
    region = _text(_("Region"), 120)
    country = _text(_("Country"), 80)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of row: what it is called in the form and in the data, and the line above it."""

    name: str
    row: type[forms.Form]
    label: Any
    more: Any
    hint: Any = ""


EMAILS = Kind("emails", EmailRow, _("Email addresses"), _("Another email address"), _("The first one is the main address."))
DOMAINS = Kind(
    "domains",
    DomainRow,
    _("Domains"),
    _("Another domain"),
    _("Letters from any address at these domains belong to the customer."),
)
PHONES = Kind("phones", PhoneRow, _("Phones"), _("Another phone"))
POSTAL_ADDRESSES = Kind("addresses", PostalAddressRow, _("Addresses"), _("Another address"))


class Rows:
    """The rows of one kind within a form. Bound when `data` is given, else filled from `initial`."""

    def __init__(
        self,
        kind: Kind,
        *,
        data: Mapping[str, Any] | None = None,
        initial: Sequence[Mapping[str, Any]] = (),
        extra: int = 1,
        row_options: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind = kind
        self.problems: list[str] = []
        self.fixed: Sequence[str] = ()
        """Rows that stay as they are, in words."""
        options = dict(row_options or {})
        filled = list(initial) + [{}] * extra if data is None else [{}] * _sent(kind, data)
        self.forms = [
            kind.row(data, prefix=f"{kind.name}-{number}", initial=dict(values), **options)
            for number, values in enumerate(filled[:MOST_ROWS])
        ]

    @property
    def total(self) -> int:
        """How many rows the form shows."""
        return len(self.forms)

    @property
    def last_of_filled(self) -> forms.Form | None:
        """The row a person goes on with after asking for one more."""
        return self.forms[-1] if self.forms else None

    @property
    def has_problems(self) -> bool:
        """Whether anything is to be said at a row or above the rows."""
        return bool(self.problems) or any(row.errors for row in self.forms)

    def is_valid(self) -> bool:
        """Whether every row could be read."""
        judged = [row.is_valid() for row in self.forms]
        return all(judged)

    def values(self) -> list[dict[str, Any]]:
        """What was typed, without the rows left empty."""
        return [row.cleaned_data for row in self.forms if _says_something(row.cleaned_data)]

    def refuse(self, message: str) -> None:
        """Say at the rows why they cannot be saved."""
        self.problems.append(message)


def with_one_more(kind: Kind, data: Mapping[str, Any], *, more: bool, row_options: Mapping[str, Any] | None = None) -> Rows:
    """The rows as they were typed, unread, and one more if asked for."""
    typed = [as_typed(kind.row(prefix=f"{kind.name}-{n}", **dict(row_options or {})), data) for n in range(_sent(kind, data))]
    return Rows(kind, initial=typed, extra=1 if more else 0, row_options=row_options)


def as_typed(form: forms.Form, data: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the fields, without judging it."""
    return {name: field.widget.value_from_datadict(data, {}, form.add_prefix(name)) for name, field in form.fields.items()}


def _sent(kind: Kind, data: Mapping[str, Any]) -> int:
    """How many rows came; a number that makes no sense counts as the most that are read."""
    try:
        total = int(data.get(f"{kind.name}-total", 0))
    except (TypeError, ValueError):
        raise ValidationError(_("The form came incomplete.")) from None
    return max(0, min(total, MOST_ROWS))


def _says_something(values: Mapping[str, Any]) -> bool:
    return any(value not in ("", None, False) for value in values.values())
