"""A mail account as a person enters it: address first, servers found, the rest folded. The password is never shown again."""

from __future__ import annotations

from dataclasses import Field
from dataclasses import fields as fields_of
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.letters.accounts import AccountData
from mooring.letters.models import Encryption, MailAccount, Protocol
from mooring.mail.types import Secret

DEFAULT_PORTS = {Encryption.TLS: 993, Encryption.STARTTLS: 143, Encryption.NONE: 143}
_WIDTHS = {
    "third": ("protocol", "encryption", "port"),
    "half": (
        *("your_name", "address", "password", "user_name", "is_scanned", "is_main", "syncs_customers", "syncs_leads"),
        *("marks_incoming_private", "marks_outgoing_private", "first_scan_days", "organization", "reply_address"),
    ),
}
_RECEIVING = [(each.value, each.label) for each in (Protocol.IMAP, Protocol.FILES)]
REACHES_BACK = [("30", _("30 days")), ("365", _("1 year")), ("all", _("Everything"))]


class AccountForm(forms.Form):
    """Every setting that `letters.accounts.AccountData` has, in the order of the page."""

    your_name = forms.CharField(
        label=_("Your name"), max_length=200, help_text=_("Recipients see it beside the address of your letters.")
    )
    address = forms.EmailField(label=_("Email address"), max_length=320)
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("It is kept encrypted and never shown again."),
    )
    user_name = forms.CharField(
        label=_("User name"), max_length=320, required=False, help_text=_("Only if it differs from the email address.")
    )
    protocol = forms.ChoiceField(label=_("Server type"), choices=_RECEIVING, initial=Protocol.IMAP)
    host = forms.CharField(label=_("Incoming server"), max_length=253, required=False)
    encryption = forms.ChoiceField(label=_("Encryption"), choices=Encryption.choices, initial=Encryption.TLS)
    port = forms.IntegerField(
        label=_("Port"), required=False, min_value=1, max_value=65_535, help_text=_("Empty: the usual one.")
    )
    path = forms.CharField(
        label=_("Folder of mail files"),
        max_length=1000,
        required=False,
        help_text=_("On the server that runs Mooring: an mbox file, a Maildir, or a folder of .eml files."),
    )
    is_scanned = forms.BooleanField(
        label=_("Email scan active"), required=False, initial=True, help_text=_("The mailbox is read regularly.")
    )
    syncs_customers = forms.BooleanField(
        label=_("Sync clients"), required=False, initial=True, help_text=_("Letters of customers are archived on their cards.")
    )
    syncs_leads = forms.BooleanField(
        label=_("Sync leads"), required=False, initial=True, help_text=_("Letters of leads are archived on their cards.")
    )
    is_main = forms.BooleanField(
        label=_("Main"),
        required=False,
        help_text=_("Every letter is kept and shown in the module Email; those linked to nobody only to the owner."),
    )
    first_scan_days = forms.ChoiceField(
        label=_("The first scan reaches back"),
        choices=REACHES_BACK,
        initial="365",
        help_text=_("It can be widened later."),
    )
    marks_incoming_private = forms.BooleanField(
        label=_("Mark incoming emails as private"), required=False, help_text=_("They do not appear on records.")
    )
    marks_outgoing_private = forms.BooleanField(
        label=_("Mark outgoing emails as private"), required=False, help_text=_("They do not appear on records.")
    )
    organization = forms.CharField(label=_("Organization"), max_length=200, required=False)
    reply_address = forms.EmailField(
        label=_("Reply address"),
        max_length=320,
        required=False,
        help_text=_("Left empty, replies go to the default account."),
    )
    timeout_seconds = forms.IntegerField(label=_("Server timeout in seconds"), min_value=5, max_value=600, initial=60)
    plain_login_allowed = forms.BooleanField(
        label=_("Log in even though the connection is not encrypted"),
        required=False,
        help_text=_("Anybody on the way can read the password. Only for servers on your own network."),
    )

    def __init__(self, *args: Any, offers_files: bool = False, is_new: bool = False, **kwargs: Any) -> None:
        """`offers_files`: may choose a folder on the server that runs Mooring, which only administrators may."""
        super().__init__(*args, **kwargs)
        is_files = self["protocol"].value() == Protocol.FILES
        if not offers_files:
            self._keep_from_files(is_files=self.initial.get("protocol") == Protocol.FILES)
        self.fields["host"].required = not is_files
        self.fields["password"].required = is_new and not is_files
        for name in ("host", "user_name", "organization", "reply_address"):
            self.fields[name].widget.attrs["spellcheck"] = "false"
        for width, names in _WIDTHS.items():
            for name in names:
                self.fields[name].width = width  # type: ignore[attr-defined]  # read by ui/form/field.html

    @classmethod
    def of(cls, account: MailAccount, sent: Any = None, *, offers_files: bool) -> AccountForm:
        """Filled with what is stored, or with what was sent to change it; the password stays empty."""
        form = cls(sent, initial=_initial(AccountData.of(account)), offers_files=offers_files)
        form.fields["password"].help_text = _("Leave it empty to keep the stored one.")
        return form

    @classmethod
    def filled(cls, data: AccountData, *, offers_files: bool) -> AccountForm:
        """Filled with what is known so far, nothing of it checked."""
        return cls(initial=_initial(data), offers_files=offers_files, is_new=True)

    def _keep_from_files(self, *, is_files: bool) -> None:
        """Without the right to choose a folder of the server: what is stored stays, nothing else can be sent."""
        if is_files:
            self.fields["protocol"].disabled = self.fields["path"].disabled = True
            return
        del self.fields["path"]
        self.fields["protocol"].choices = _RECEIVING[:1]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """The usual port where none was entered."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("port") and "port" not in self.errors:
            cleaned["port"] = DEFAULT_PORTS[Encryption(cleaned.get("encryption") or Encryption.TLS)]
        return cleaned

    def data_entered(self) -> AccountData:
        """The settings, once valid."""
        entered = {field.name: self._value_of(field) for field in fields_of(AccountData)}
        days = entered["first_scan_days"]
        return AccountData(**{**entered, "first_scan_days": None if days == "all" else int(days)})

    def _value_of(self, field: Field[Any]) -> Any:
        if field.name in self.fields:
            return self.cleaned_data[field.name]
        return self.initial.get(field.name, field.default)

    def password_entered(self) -> Secret | None:
        """What was typed; None when the field was left empty."""
        typed = self.cleaned_data["password"]
        return Secret(typed) if typed else None


class AddressForm(forms.Form):
    """The first step: enough to find the servers."""

    your_name = forms.CharField(label=_("Your name"), max_length=200)
    address = forms.EmailField(label=_("Email address"), max_length=320)


class ReadAgainForm(forms.Form):
    """From which day on an account is read again."""

    since = forms.DateField(label=_("Read again letters received since"), widget=forms.DateInput(attrs={"type": "date"}))


def _initial(data: AccountData) -> dict[str, Any]:
    initial = {field.name: getattr(data, field.name) for field in fields_of(AccountData)}
    initial["first_scan_days"] = "all" if data.first_scan_days is None else str(data.first_scan_days)
    return initial
