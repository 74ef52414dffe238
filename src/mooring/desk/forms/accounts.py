"""A mail account as a person enters it: address first, servers found, the rest folded. Passwords are never shown again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING
from dataclasses import fields as fields_of
from typing import Any, Final

from django import forms
from django.forms.boundfield import BoundField
from django.utils.html import linebreaks
from django.utils.translation import gettext_lazy as _

from mooring.desk.forms.account_fields import (
    BY_PASSWORD,
    BY_TOKEN,
    ArchiveFields,
    DeliveryFields,
    IncomingFields,
    LogonFields,
    OutgoingFields,
    SignatureFields,
    UserFields,
    password_field,
)
from mooring.letters.account_data import USUAL_PORTS, WITH_HOST, AccountData, problems_of
from mooring.letters.accounts import TeamRight
from mooring.letters.models import Login, MailAccount, OutgoingLoginOf, OutgoingProtocol, Protocol
from mooring.letters.models.account import OVER_HTTP
from mooring.mail.html_text import html_to_text
from mooring.mail.types import Secret
from mooring.users.groups import GroupLine

_PAIRS: Final = (
    *("your_name", "address", "organization", "reply_address", "login_by", "password", "user_name", "is_scanned", "is_main"),
    *("syncs_customers", "syncs_leads", "marks_incoming_private", "marks_outgoing_private", "first_scan_days", "is_spa"),
    *("is_spa_old", "outgoing_is_spa", "outgoing_is_spa_old", "outgoing_user_name", "outgoing_password"),
    *("outgoing_protocol", "outgoing_host", "protocol", "host", "encryption", "port", "outgoing_encryption", "outgoing_port"),
    *("removes_after", "removes_after_days"),
)
"""Fields of which two stand on a line."""
_UNCORRECTED: Final = ("host", "outgoing_host", "url", "path", "user_name", "outgoing_user_name", "organization", "reply_address")
_EXPECTED: Final = (
    *("host", "url", "path", "port", "password", "outgoing_protocol", "outgoing_host", "outgoing_port", "outgoing_user_name"),
    *("outgoing_password", "removes_after_days"),
)
"""Fields that only some choices ask for, and then mean."""
_ASKED_AS: Final = {"login": "login_by", "outgoing_login": "outgoing_is_spa"}
"""Settings whose fields have other names."""
_TOKEN_ONLY: Final = (Protocol.GRAPH, Protocol.GMAIL)
_RIGHTS: Final = [("", _("Does not see it")), ("read", _("Reads")), ("write", _("Reads and writes"))]


class AccountForm(SignatureFields, ArchiveFields, DeliveryFields, OutgoingFields, LogonFields, IncomingFields, UserFields):
    """Every setting that `letters.account_data.AccountData` has."""

    def __init__(
        self,
        *args: Any,
        protocols: Sequence[str],
        offers_files: bool = False,
        is_new: bool = False,
        groups: Sequence[GroupLine] = (),
        rights: Sequence[TeamRight] = (),
        **kwargs: Any,
    ) -> None:
        """`protocols` can be received by; `offers_files`: may choose a folder on the server that runs Mooring, which only
        administrators may; `groups` may be given a team account, and `rights` are what they have."""
        super().__init__(*args, **kwargs)
        self._stored: str = self.initial.get("signature", "")
        self.initial["signature"] = html_to_text(self._stored)
        self._offer_protocols(protocols, offers_files=offers_files)
        self._is_new = is_new
        self._groups = {f"group_{line.group.pk}": line for line in groups}
        given = {right.group.pk: "write" if right.may_write else "read" for right in rights}
        for name, line in self._groups.items():
            self.fields[name] = forms.ChoiceField(
                label=line.path_hint, choices=_RIGHTS, required=False, initial=given.get(line.group.pk, "")
            )
        for name in _UNCORRECTED:
            if name in self.fields:
                self.fields[name].widget.attrs["spellcheck"] = "false"
        for name in (*_EXPECTED, *self._groups):
            if name in self.fields:
                self.fields[name].is_expected = True  # type: ignore[attr-defined]  # read by ui/form/field.html
        for name in (*_PAIRS, *self._groups):
            self.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui/form/field.html

    def _offer_protocols(self, protocols: Sequence[str], *, offers_files: bool) -> None:
        """Without the right to choose a folder of the server: what is stored stays, nothing else can be sent."""
        stored = self.initial.get("protocol")
        offered = [each for each in protocols if each != Protocol.FILES or offers_files or stored == each]
        field: Any = self.fields["protocol"]
        field.choices = [(value, label) for value, label in Protocol.choices if value in offered]
        if not offers_files:
            if stored == Protocol.FILES:
                field.disabled = self.fields["path"].disabled = True
            else:
                del self.fields["path"]

    @property
    def team_fields(self) -> list[BoundField]:
        """One for each group, in the order of the tree."""
        return [self[name] for name in self._groups]

    def clean(self) -> dict[str, Any]:
        """The usual ports where none were entered; a server over HTTP sends itself unless another server is named."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        protocol = cleaned.get("protocol", "")
        if protocol in OVER_HTTP and not cleaned.get("outgoing_host") and cleaned.get("outgoing_protocol"):
            cleaned["outgoing_protocol"] = OutgoingProtocol.SAME.value
        if protocol in _TOKEN_ONLY:
            cleaned["login_by"] = BY_TOKEN
        self._fill_port("port", str(protocol), cleaned.get("encryption"))
        self._fill_port("outgoing_port", "smtp", cleaned.get("outgoing_encryption"))
        if cleaned.get("removes_after") and not cleaned.get("removes_after_days") and "removes_after_days" not in self.errors:
            self.add_error("removes_after_days", _("Please enter after how many days."))
        self._demand_passwords(cleaned)
        for name, text in problems_of(self.data_entered()):
            field = _ASKED_AS.get(name, name)
            if field in self.fields and field not in self.errors:
                self.add_error(field, text)
        return self.cleaned_data

    def _fill_port(self, name: str, protocol: str, encryption: Any) -> None:
        if name not in self.errors and (self.cleaned_data.get("uses_default_ports") or not self.cleaned_data.get(name)):
            self.cleaned_data[name] = USUAL_PORTS.get((protocol, str(encryption)), 443)

    def _demand_passwords(self, cleaned: dict[str, Any]) -> None:
        """Those that nothing is stored for. That a stored one may still be used is a matter of the deed."""
        if not self._is_new:
            return
        if cleaned.get("login_by") == BY_PASSWORD and cleaned.get("protocol") != Protocol.FILES and not cleaned.get("password"):
            self.add_error("password", _("Please enter the password."))
        if self._has_own_login(cleaned) and not cleaned.get("outgoing_password"):
            self.add_error("outgoing_password", _("Please enter the password."))

    @staticmethod
    def _has_own_login(cleaned: dict[str, Any]) -> bool:
        is_smtp = cleaned.get("outgoing_protocol") == OutgoingProtocol.SMTP
        return bool(is_smtp and cleaned.get("outgoing_needs_login") and cleaned.get("outgoing_login_of") == OutgoingLoginOf.OWN)

    def data_entered(self) -> AccountData:
        """The settings, once valid; what was not understood is as it was before."""
        known: dict[str, Any] = {each.name: "" if each.default is MISSING else each.default for each in fields_of(AccountData)}
        known |= dict(self.initial)
        cleaned = initial_of(AccountData(**{each.name: known[each.name] for each in fields_of(AccountData)})) | self.cleaned_data
        days = cleaned["first_scan_days"]
        needs_login = cleaned["outgoing_needs_login"]
        derived: dict[str, Any] = {
            "login": _login_of(cleaned, ""),
            "outgoing_login": _login_of(cleaned, "outgoing_"),
            "outgoing_login_of": cleaned["outgoing_login_of"] if needs_login else OutgoingLoginOf.NOBODY.value,
            "first_scan_days": None if days == "all" else int(days),
            "removes_after_days": cleaned["removes_after_days"] if cleaned["removes_after"] else None,
            "signature": self._signature_entered(),
        }
        entered = {each.name: cleaned[each.name] for each in fields_of(AccountData)}
        return AccountData(**{**entered, **derived, **_not_applying(str(cleaned["protocol"]))})

    def _signature_entered(self) -> str:
        """As it was kept, formatting included, unless its text was changed."""
        typed = self.cleaned_data.get("signature", "").strip()
        if typed == html_to_text(self._stored).strip():
            return self._stored
        return str(linebreaks(typed, autoescape=True)) if typed else ""

    def password_entered(self, name: str = "password") -> Secret | None:
        """What was typed; None when the field was left empty."""
        typed = self.cleaned_data[name]
        return Secret(typed) if typed else None

    def team_entered(self) -> list[TeamRight]:
        """The groups that were given a right."""
        chosen = {name: self.cleaned_data[name] for name in self._groups}
        return [TeamRight(self._groups[name].group, right == "write") for name, right in chosen.items() if right]


def initial_of(data: AccountData) -> dict[str, Any]:
    """The settings as the form's fields have them."""
    initial = {field.name: getattr(data, field.name) for field in fields_of(AccountData)}
    usual = (USUAL_PORTS.get((data.protocol, data.encryption), data.port), USUAL_PORTS["smtp", data.outgoing_encryption])
    needs_login = data.outgoing_login_of != OutgoingLoginOf.NOBODY
    return initial | {
        "login_by": BY_TOKEN if data.login == Login.TOKEN else BY_PASSWORD,
        "is_spa": data.login in (Login.SPA, Login.SPA_OLD),
        "is_spa_old": data.login == Login.SPA_OLD,
        "outgoing_needs_login": needs_login,
        "outgoing_login_of": data.outgoing_login_of if needs_login else OutgoingLoginOf.SAME.value,
        "outgoing_is_spa": data.outgoing_login in (Login.SPA, Login.SPA_OLD),
        "outgoing_is_spa_old": data.outgoing_login == Login.SPA_OLD,
        "uses_default_ports": (data.port, data.outgoing_port) == usual,
        "removes_after": data.removes_after_days is not None,
        "removes_after_days": data.removes_after_days or 14,
        "first_scan_days": "all" if data.first_scan_days is None else str(data.first_scan_days),
    }


def _not_applying(protocol: str) -> dict[str, Any]:
    """Settings that mean nothing to this server type, as if they had never been entered."""
    nothing: dict[str, Any] = {}
    if protocol not in WITH_HOST:
        nothing["host"] = ""
    if protocol not in OVER_HTTP:
        nothing["url"] = ""
    if protocol != Protocol.FILES:
        return nothing | {"path": ""}
    kept = {"leaves_copy": True, "removes_after_days": None, "removes_when_deleted": False}
    return nothing | kept | {"login": Login.PASSWORD.value, "remembers_password": True}


def _login_of(cleaned: dict[str, Any], prefix: str) -> str:
    if not prefix and cleaned["login_by"] == BY_TOKEN:
        return Login.TOKEN.value
    if not cleaned[f"{prefix}is_spa"] or (not prefix and cleaned["protocol"] not in WITH_HOST):
        return Login.PASSWORD.value
    return Login.SPA_OLD.value if cleaned[f"{prefix}is_spa_old"] else Login.SPA.value


class AddressForm(forms.Form):
    """The first step: enough to find the servers, and whose mailbox it is."""

    your_name = forms.CharField(label=_("Your name"), max_length=200)
    address = forms.EmailField(label=_("Email address"), max_length=320)
    kind = forms.ChoiceField(
        label=_("Whose mailbox is it?"),
        choices=[("personal", _("Personal")), ("team", _("Of a team"))],
        required=False,
        initial="personal",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, offers_team: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not offers_team:
            del self.fields["kind"]


class PasswordAgainForm(forms.Form):
    """The passwords of an account that does not remember them."""

    password = password_field(_("Password"), "")
    outgoing_password = password_field(_("Password at the outgoing server"), "")

    def __init__(self, *args: Any, account: MailAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_own = account.outgoing_protocol == OutgoingProtocol.SMTP and account.outgoing_login_of == OutgoingLoginOf.OWN
        self.fields["password"].required = True
        if is_own:
            self.fields["outgoing_password"].required = True
        else:
            del self.fields["outgoing_password"]


class ReadAgainForm(forms.Form):
    """From which day on an account is read again."""

    since = forms.DateField(label=_("Read again letters received since"), widget=forms.DateInput(attrs={"type": "date"}))
