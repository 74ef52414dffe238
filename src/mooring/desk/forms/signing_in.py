"""What is typed to take, to change or to require the second step of signing in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.desk.options import SECOND_STEP_ROLES
from mooring.desk.passkeys import LONGEST_ANSWER
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

    def __init__(self, *args: Any, has_app: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_app:
            self.fields["code"].label = _("Recovery code")
            self.fields["code"].help_text = _("One of the ten that were shown when the second step was set up.")
            self.fields["code"].widget.attrs.pop("autofocus")


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


class NewPasskeyForm(forms.Form):
    """The password goes with the question already; what the device answered is put in by the script."""

    name = forms.CharField(
        label=pgettext_lazy("passkey", "Name"), max_length=60, help_text=_("By which you know the device, such as “Phone”.")
    )
    password = _password(_("Current password"))
    credential = forms.CharField(max_length=LONGEST_ANSWER, widget=forms.HiddenInput)


class PasskeyForm(forms.Form):
    """What it is called."""

    name = forms.CharField(label=pgettext_lazy("passkey", "Name"), max_length=60)


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
