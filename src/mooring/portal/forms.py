"""What is entered at the doors of the portal, and about oneself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

_NEW = _("At least ten characters. A few unrelated words are easy to keep and hard to guess.")


def _password(label: Any, *, is_new: bool) -> forms.CharField:
    attrs = {"autocomplete": "new-password" if is_new else "current-password"}
    return forms.CharField(label=label, strip=False, max_length=200, widget=forms.PasswordInput(attrs=attrs))


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=_("Email address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = _password(_("Password"), is_new=False)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("The six digits that the app on your device shows now."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}),
    )


class ForgottenForm(forms.Form):
    email = forms.EmailField(
        label=_("Email address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )


class NewPasswordForm(forms.Form):
    password1 = _password(_("New password"), is_new=True)
    password2 = _password(_("New password again"), is_new=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = str(_NEW)

    def clean(self) -> dict[str, Any]:
        """Typed twice the same."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("password1") != values.get("password2"):
            self.add_error("password2", _now("The two passwords are not the same."))
        return values


class ChangePasswordForm(NewPasswordForm):
    old = _password(_("Current password"), is_new=False)
    field_order = ("old", "password1", "password2")


class MeForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=300)
    phone = forms.CharField(
        label=_("Phone"), max_length=60, required=False, widget=forms.TextInput(attrs={"autocomplete": "tel"})
    )


class MessageForm(forms.Form):
    subject = forms.CharField(label=_("Subject"), max_length=300)
    text = forms.CharField(label=_("Message"), max_length=100_000, widget=forms.Textarea(attrs={"rows": 10}))
    file = forms.FileField(label=_("Attachment"), required=False)
