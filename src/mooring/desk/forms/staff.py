"""Members of staff as an administrator adds and changes them; users.staff decides what is allowed."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.users.models import Language, Role, User

NEW_PASSWORD_HINT = _("At least ten characters. Give it to the person in private; they can change it in their profile.")


class StaffForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=200)
    email = forms.CharField(
        label=_("Email address"), max_length=254, help_text=_("Signs in with this address."), widget=forms.EmailInput
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.SALES_PERSON)

    @classmethod
    def of(cls, user: User) -> StaffForm:
        """Filled with what is known."""
        return cls(initial={"name": user.name, "email": user.email, "role": user.role})


class NewStaffForm(StaffForm):
    password = forms.CharField(
        label=_("First password"),
        help_text=NEW_PASSWORD_HINT,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    time_zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *args: object, zones: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came
        self.fields["time_zone"].choices = zones  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["language"].width = self.fields["time_zone"].width = "half"  # type: ignore[attr-defined]


class PasswordForm(forms.Form):
    """A new password by an administrator. Shown while typed: it has to be told to somebody."""

    password = forms.CharField(
        label=_("New password"),
        help_text=NEW_PASSWORD_HINT,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


def refuse(form: forms.Form, problems: Mapping[str, str]) -> None:
    """Put what a deed said at its fields, the rest at the head of the form."""
    for field, text in problems.items():
        form.add_error(field if field in form.fields else None, text)
