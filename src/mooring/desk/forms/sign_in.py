"""The forms of signing in, in our words; what they do is django-allauth's."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.users.staff import user_with_address

_NEW = _("At least ten characters. A few unrelated words are easy to keep and hard to guess.")


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth carries no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)
        self.fields["login"].label = _("Email address")
        self.fields["login"].widget.attrs.update({"autocomplete": "username", "autofocus": True})
        self.fields["password"].label = _("Password")
        self.fields["password"].help_text = ""


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # allauth carries no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)
        _name_new_passwords(self)
        self.fields["oldpassword"].label = _("Current password")
        self.fields["oldpassword"].help_text = ""


class AskForPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # allauth carries no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)
        self.fields["email"].label = _("Email address")
        self.fields["email"].widget.attrs["autofocus"] = True

    def clean_email(self) -> str:
        """Whoever signs in with this address now gets the letter, at the address as it is kept."""
        typed: str = self.cleaned_data["email"]
        user = user_with_address(typed)
        self.users = [user] if user is not None and user.is_active else []
        return user.email if user is not None and user.is_active else typed


class NewPasswordForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # allauth carries no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholders(self)
        _name_new_passwords(self)


def _without_placeholders(form: forms.Form) -> None:
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


def _name_new_passwords(form: forms.Form) -> None:
    form.fields["password1"].label = _("New password")
    form.fields["password1"].help_text = _NEW
    form.fields["password2"].label = _("New password again")
