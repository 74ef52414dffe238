"""A form of switches, drawn from the options themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from mooring.options.option import Option, UnusableValue
from mooring.options.values import Values, in_words


class OptionField(forms.CharField):
    """The text of one option; its errors are the option's own words."""

    def __init__(self, option: Option[Any]) -> None:
        self.option = option
        super().__init__(
            label=option.label,
            help_text=option.help,
            required=option.kind == "int",
            widget=_widget_of(option),
            max_length=2_000_000,
        )

    def clean(self, value: Any) -> Any:
        """Raises ValidationError."""
        text = ("true" if value else "false") if self.option.kind == "bool" else str(value or "")
        try:
            return self.option.parse(text)
        except UnusableValue as error:
            raise ValidationError(in_words(error), code="unusable") from error


class SettingsForm(forms.Form):
    """One field per option; a field's name is the option's with its dot as an underscore."""

    def __init__(self, *args: Any, options: Iterable[Option[Any]], values: Values, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for option in options:
            field = OptionField(option)
            now = values.of(option)
            field.initial = now if option.kind == "bool" else option.text_of(now)
            self.fields[option.name.replace(".", "_")] = field

    def chosen(self) -> list[tuple[Option[Any], Any]]:
        """The options with what was entered, once valid."""
        fields = self.fields.items()
        return [(field.option, self.cleaned_data[name]) for name, field in fields if isinstance(field, OptionField)]


def _widget_of(option: Option[Any]) -> forms.Widget:
    if option.kind == "bool":
        return forms.CheckboxInput()
    if option.kind == "int":
        return forms.NumberInput(attrs={"min": option.least, "max": option.most})
    if option.kind == "choice":
        return forms.Select(choices=option.choices)
    return forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})
