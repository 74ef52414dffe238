"""The settings of a mail account in groups, in the order of the page: one form for what belongs together.

forms.accounts.AccountForm is all of them. Which fields apply to which choices is a matter of the templates (`data-when`).
"""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.letters.account_data import LONGEST_KEPT_DAYS
from mooring.letters.models import Encryption, OutgoingProtocol, Protocol

REACHES_BACK: Final = [("30", _("30 days")), ("365", _("1 year")), ("all", _("Everything"))]
BY_PASSWORD: Final = "password"  # noqa: S105 - a word, not a secret
BY_TOKEN: Final = "token"  # noqa: S105 - a word, not a secret
_ANYBODY_READS: Final = _("Anybody on the way can read the password. Only for servers on your own network.")
_SENDS_BY: Final = "outgoing_protocol imap:smtp pop3:smtp files:smtp jmap:same graph:same gmail:same"
"""What choosing a server type chooses along with it (ui/assets/js/folding.js)."""


def password_field(label: Any, help_text: Any) -> forms.CharField:
    """A field whose value no page ever shows again."""
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, required=False, strip=False, max_length=1000, widget=widget, help_text=help_text)


def port_field(label: Any) -> forms.IntegerField:
    """Empty where the usual port is used."""
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=65_535)


def tick(label: Any, help_text: Any = "", *, is_ticked: bool = False) -> forms.BooleanField:
    """A check box that may stay empty."""
    return forms.BooleanField(label=label, required=False, initial=is_ticked, help_text=help_text)


class UserFields(forms.Form):
    """User information."""

    your_name = forms.CharField(
        label=_("Your name"), max_length=200, help_text=_("Recipients see it beside the address of your letters.")
    )
    address = forms.EmailField(label=_("Email address"), max_length=320)
    organization = forms.CharField(label=_("Organization"), max_length=200, required=False)
    reply_address = forms.EmailField(
        label=_("Reply address"),
        max_length=320,
        required=False,
        help_text=_("Answers go there. Left empty, they go to the default account."),
    )


class IncomingFields(forms.Form):
    """The server that letters are received from."""

    protocol = forms.ChoiceField(
        label=_("Server type"),
        choices=Protocol.choices,
        initial=Protocol.IMAP,
        widget=forms.Select(attrs={"data-chooses": _SENDS_BY}),
    )
    host = forms.CharField(label=_("Incoming server"), max_length=253, required=False)
    encryption = forms.ChoiceField(label=_("Encryption"), choices=Encryption.choices, initial=Encryption.TLS)
    port = port_field(_("Port"))
    plain_login_allowed = tick(_("Log in even though the connection is not encrypted"), _ANYBODY_READS)
    url = forms.CharField(
        label=_("Address of the interface"),
        max_length=500,
        required=False,
        help_text=_("Such as https://mail.example.com/.well-known/jmap; your provider tells it."),
    )
    path = forms.CharField(
        label=_("Folder of mail files"),
        max_length=1000,
        required=False,
        help_text=_("On the server that runs Mooring: an mbox file, a Maildir, or a folder of .eml files."),
    )
    timeout_seconds = forms.IntegerField(
        label=_("Server timeout in seconds"),
        min_value=5,
        max_value=600,
        initial=60,
        help_text=_("A server that says nothing for so long is given up, and tried again later."),
    )
    uses_default_ports = tick(
        _("Use default ports"), _("Those that belong to server type and encryption, for both directions."), is_ticked=True
    )


class LogonFields(forms.Form):
    """How one logs on to the incoming server."""

    login_by = forms.ChoiceField(
        label=_("Log on with"),
        choices=[(BY_PASSWORD, _("Password")), (BY_TOKEN, _("Sign-in with the provider (OAuth 2)"))],
        initial=BY_PASSWORD,
    )
    password = password_field(_("Password"), _("It is kept encrypted and never shown again."))
    user_name = forms.CharField(
        label=_("User name"), max_length=320, required=False, help_text=_("Only if it differs from the email address.")
    )
    remembers_password = tick(
        _("Remember password"),
        _("Unticked, it is asked for when needed and kept in memory only, until this machine is started anew."),
        is_ticked=True,
    )
    is_spa = tick(_("Log on using secure password authentication (SPA)"), _("For servers that ask for NTLM."))
    is_spa_old = tick(
        _("Log on by NTLM version 1"), _("For very old servers only: who listens can work out the password. SPA must be ticked.")
    )


class OutgoingFields(forms.Form):
    """How letters leave the account."""

    outgoing_protocol = forms.ChoiceField(
        label=_("Letters are sent by"), choices=OutgoingProtocol.choices, required=False, initial=OutgoingProtocol.SMTP
    )
    outgoing_host = forms.CharField(label=_("Outgoing server"), max_length=253, required=False)
    outgoing_encryption = forms.ChoiceField(
        label=_("Encryption of the outgoing server"), choices=Encryption.choices, initial=Encryption.TLS
    )
    outgoing_port = port_field(_("Port of the outgoing server"))
    outgoing_plain_login_allowed = tick(
        _("Log in to the outgoing server even though the connection is not encrypted"), _ANYBODY_READS
    )
    outgoing_needs_login = tick(_("My outgoing server requires authentication"), is_ticked=True)
    outgoing_login_of = forms.ChoiceField(
        label=_("Authentication at the outgoing server"),
        choices=[("same", _("Same settings as my incoming server")), ("own", _("Log on using"))],
        initial="same",
        widget=forms.RadioSelect,
    )
    outgoing_user_name = forms.CharField(label=_("User name at the outgoing server"), max_length=320, required=False)
    outgoing_password = password_field(_("Password at the outgoing server"), "")
    outgoing_is_spa = tick(_("Log on to the outgoing server using secure password authentication (SPA)"))
    outgoing_is_spa_old = tick(_("Log on to the outgoing server by NTLM version 1"), _("For very old servers only."))


class DeliveryFields(forms.Form):
    """What becomes of letters on the server."""

    leaves_copy = tick(
        _("Leave a copy of messages on the server"),
        _("Unticked, a letter is removed from the server once it is safely archived."),
        is_ticked=True,
    )
    removes_after = tick(
        _("Remove from server after some days"), _("Counted from the day on which Mooring first saw the letter.")
    )
    removes_after_days = forms.IntegerField(label=_("Days"), required=False, min_value=1, max_value=LONGEST_KEPT_DAYS, initial=14)
    removes_when_deleted = tick(
        _("Remove from server when deleted"), _("Letters that you delete in Mooring are deleted on the server, too.")
    )


class ArchiveFields(forms.Form):
    """What is archived, and who sees it."""

    is_scanned = tick(_("Email scan active"), _("The mailbox is read regularly."), is_ticked=True)
    is_main = tick(_("Main"), _("Every letter is kept and shown in the module Email; those linked to nobody only to you."))
    syncs_customers = tick(_("Sync clients"), _("Letters of customers are archived on their cards."), is_ticked=True)
    syncs_leads = tick(_("Sync leads"), _("Letters of leads are archived on their cards."), is_ticked=True)
    marks_incoming_private = tick(_("Mark incoming emails as private"), _("They do not appear on records."))
    marks_outgoing_private = tick(_("Mark outgoing emails as private"), _("They do not appear on records."))
    first_scan_days = forms.ChoiceField(
        label=_("The first scan reaches back"), choices=REACHES_BACK, initial="365", help_text=_("It can be widened later.")
    )


class SignatureFields(forms.Form):
    """What stands below one's letters."""

    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Put below the letters that you write from this account."),
    )
