"""An invitation to the portal as staff enter it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.customers.models import Contact, Customer
from mooring.letters.models import MailAccount
from mooring.letters.visibility import accounts_written_by
from mooring.users.models import Language, User


class InvitationForm(forms.Form):
    """Only contacts of the customer are offered, and only mailboxes that the user writes from."""

    contact = forms.ModelChoiceField(Contact.objects.none(), label=_("Contact"))
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        required=False,
        help_text=_("With which the contact signs in. Empty: the first address of the contact."),
    )
    account = forms.ModelChoiceField(MailAccount.objects.none(), label=_("Send the invitation from"))
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)

    def __init__(self, data: Any = None, *, customer: Customer, reader: User) -> None:
        super().__init__(data, initial={"language": reader.language})
        contacts = Contact.objects.visible_to(reader).filter(affiliations__customer=customer)
        accounts = accounts_written_by(reader).exclude(outgoing_protocol="").order_by("is_team", "id")
        for name, rows in (("contact", contacts), ("account", accounts)):
            field = self.fields[name]
            field.queryset = rows  # type: ignore[attr-defined]  # a ModelChoiceField
            field.empty_label = None  # type: ignore[attr-defined]
        for shown in self.fields.values():
            shown.width = "half"  # type: ignore[attr-defined]

    def address(self) -> str:
        """The address that was entered, else the contact's first one; empty where there is neither."""
        contact: Contact = self.cleaned_data["contact"]
        first = contact.emails.first()
        return str(self.cleaned_data["email"] or (first.address if first else ""))
