"""A sign-in provider as an administrator registers it: what Google or Microsoft shows, or every address of another one."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.letters.models import ProviderKind, SignInProvider
from mooring.letters.registering import ProviderData
from mooring.mail.sign_in_providers import ALL_TENANTS
from mooring.mail.types import Secret

_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    ProviderKind.GOOGLE: ("client_id", "client_secret"),
    ProviderKind.MICROSOFT: ("client_id", "client_secret", "tenant", "offers_device_code"),
    ProviderKind.OTHER: (
        *("title", "client_id", "client_secret", "authorize_url", "token_url", "scopes", "mail_hosts", "userinfo_url"),
        *("revoke_url", "extra_parameters", "device_url", "offers_device_code"),
    ),
}


class ProviderForm(forms.Form):
    title = forms.CharField(label=pgettext_lazy("thing", "Name"), max_length=60)
    client_id = forms.CharField(label=_("Client ID"), max_length=300)
    client_secret = forms.CharField(
        label=_("Client secret"),
        required=False,
        strip=True,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("It is kept encrypted and never shown again."),
    )
    tenant = forms.CharField(
        label=_("Tenant"),
        max_length=100,
        required=False,
        initial=ALL_TENANTS,
        help_text=_("“common” lets everybody sign in; the ID or domain of your organisation only its members."),
    )
    authorize_url = forms.CharField(label=_("Authorization address"), max_length=500)
    token_url = forms.CharField(label=_("Token address"), max_length=500)
    scopes = forms.CharField(
        label=_("Scopes"),
        max_length=1000,
        help_text=_("With blanks between, those that make it say who signed in (openid email) and last longer included."),
    )
    mail_hosts = forms.CharField(
        label=_("Mail servers"),
        max_length=1000,
        help_text=_("With blanks between. The sign-in is shown to these servers only; “.example.com” means all below it."),
    )
    userinfo_url = forms.CharField(
        label=_("User information address"),
        max_length=500,
        required=False,
        help_text=_("Tells who signed in, where the provider sends no ID token."),
    )
    revoke_url = forms.CharField(label=_("Revocation address"), max_length=500, required=False)
    extra_parameters = forms.CharField(
        label=_("Further parameters"),
        max_length=500,
        required=False,
        help_text=_("Added to the authorization address, such as access_type=offline&prompt=consent."),
    )
    device_url = forms.CharField(label=_("Device code address"), max_length=500, required=False)
    offers_device_code = forms.BooleanField(
        label=_("Sign in with a code"),
        required=False,
        help_text=_("For installations that the provider cannot send people back to. They enter a code at the provider instead."),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kind = kind
        self.fields = {name: self.fields[name] for name in _FIELDS[kind]}
        for field in self.fields.values():
            field.widget.attrs.setdefault("spellcheck", "false")

    @classmethod
    def of(cls, provider: SignInProvider, sent: Any = None) -> ProviderForm:
        """Filled with what is stored; the secret stays empty."""
        form = cls(sent, kind=provider.kind, initial={name: getattr(provider, name, "") for name in _FIELDS[provider.kind]})
        form.fields["client_secret"].help_text = _("Leave it empty to keep the stored one.")
        return form

    def data_entered(self) -> ProviderData:
        """What was typed, once valid."""
        entered = {name: value for name, value in self.cleaned_data.items() if name != "client_secret"}
        return ProviderData(kind=self._kind, **entered)

    def secret_entered(self) -> Secret | None:
        """The secret; None when the field was left empty."""
        typed = self.cleaned_data["client_secret"]
        return Secret(typed) if typed else None
