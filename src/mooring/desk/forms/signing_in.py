"""What is typed to take, to change or to require the second step of signing in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.desk.options import SECOND_STEP_ROLES
from mooring.users.models import Role


def _password(label: Any) -> forms.CharField:
    attrs = {"autocomplete": "current-password"}
    return forms.CharField(label=label, strip=False, max_length=1000, widget=forms.PasswordInput(attrs=attrs))


def _code(label: Any, help_text: Any, *, is_first: bool = False) -> forms.CharField:
    attrs: dict[str, Any] = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
    if is_first:
        attrs["autofocus"] = True
    return forms.CharField(label=label, max_length=20, help_text=help_text, widget=forms.TextInput(attrs=attrs))


class SecondStepForm(forms.Form):
    """At the door."""

    code = _code(_("Code"), _("The six digits that the app on your device shows now, or a recovery code."), is_first=True)


class AppForm(forms.Form):
    """Switches an app on."""

    code = _code(_("Code"), _("The six digits that the app on your device shows now."), is_first=True)
    password = _password(_("Current password"))


class ConfirmForm(forms.Form):
    """Who is at the keyboard."""

    password = _password(_("Current password"))


class ConfirmAnyForm(forms.Form):
    """The same, for whom has forgotten one of the two."""

    confirmation = _password(_("Current password, or a code"))


class RequiredForm(forms.Form):
    """Of which roles a second step is required."""

    roles = forms.MultipleChoiceField(
        label=SECOND_STEP_ROLES.label,
        help_text=SECOND_STEP_ROLES.help,
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].is_expected = True  # type: ignore[attr-defined]  # read by ui.forms
