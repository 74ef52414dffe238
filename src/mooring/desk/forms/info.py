"""Additional information in forms: a field of Django's for each of ours, and those by which lists are filtered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from mooring.customers.info_values import (
    LARGEST_NUMBER,
    PLACES,
    InfoFilter,
    NotAValue,
    beginning_with,
    between,
    equal_to,
    labels_of,
    name_of,
    read_value,
)
from mooring.customers.models import InfoField, InfoType

_YES_OR_NO: Final = (("", "–"), ("yes", _("Yes")), ("no", _("No")))
_CHOSEN: Final = (InfoType.CHOICE, InfoType.CHOICES)


class InfoValueField(forms.CharField):
    """Reads what is typed as the customers room does, so that a page and a file take the same."""

    def __init__(self, field: InfoField, **kwargs: Any) -> None:
        self.info_field = field
        super().__init__(required=field.is_required, label=field.name, help_text=field.help_text, **kwargs)

    def clean(self, value: Any) -> Any:
        """Raises ValidationError in the words of the customers room."""
        text = super().clean(value)
        try:
            return read_value(self.info_field, text)
        except NotAValue as error:
            raise forms.ValidationError(str(error)) from error


def record_field(field: InfoField, value: Any) -> forms.Field:
    """The field of a record's form, beginning with the value that is known."""
    made = _made(field, value)
    made.initial = {True: "yes", False: "no"}.get(value, value) if field.kind == InfoType.YES_NO else value
    if field.kind not in (InfoType.LONG_TEXT, InfoType.CHOICES):
        made.width = "half"  # type: ignore[attr-defined]  # read by ui.forms
    return made


def entered_info(cleaned: Mapping[str, Any], fields: Sequence[InfoField], known: Mapping[str, Any]) -> dict[str, Any]:
    """What a form says, over what is known."""
    info = dict(known)
    for field in fields:
        if name_of(field) in cleaned:
            info[str(field.pk)] = cleaned[name_of(field)]
    return {key: value for key, value in info.items() if value not in (None, "", [])}


def filter_fields(fields: Sequence[InfoField]) -> Iterator[tuple[str, forms.Field]]:
    """One for each field, of numbers and dates two: from and to. Long texts are not filtered by."""
    for field in fields:
        name = name_of(field)
        if field.kind == InfoType.TEXT:
            yield name, forms.CharField(label=field.name, required=False, max_length=80)
        elif field.kind == InfoType.YES_NO:
            yield name, forms.ChoiceField(label=field.name, required=False, choices=(("", _("Any")), *_YES_OR_NO[1:]))
        elif field.kind in _CHOSEN:
            choices = [("", _("Any")), *((str(key), label) for key, label in labels_of(field).items())]
            yield name, forms.ChoiceField(label=field.name, required=False, choices=choices)
        elif field.kind in (InfoType.NUMBER, InfoType.DATE):
            for end, label in (("from", _("%(field)s, from")), ("to", _("%(field)s, to"))):
                yield f"{name}_{end}", _bound(field, label % {"field": field.name})


def filter_words(fields: Sequence[InfoField]) -> dict[str, str]:
    """What stands before the value in the chip of each."""
    return {name: f"{made.label}:" for name, made in filter_fields(fields)}


def info_filters(asked: Mapping[str, Any], fields: Sequence[InfoField]) -> tuple[InfoFilter, ...]:
    """What customers_page takes."""
    found = []
    for field in fields:
        name = name_of(field)
        value = asked.get(name)
        if value:
            if field.kind == InfoType.TEXT:
                found.append(beginning_with(field, value))
            else:
                found.append(equal_to(field, value == "yes" if field.kind == InfoType.YES_NO else int(value)))
        ends = asked.get(f"{name}_from"), asked.get(f"{name}_to")
        if ends != (None, None):
            found.append(between(field, *ends))
    return tuple(found)


def _made(field: InfoField, value: Any) -> forms.Field:
    common: dict[str, Any] = {"label": field.name, "required": field.is_required, "help_text": field.help_text}
    if field.kind in _CHOSEN:
        has = value if isinstance(value, list) else [value]
        offered = [(each["key"], each["label"]) for each in field.choices if not each["is_retired"] or each["key"] in has]
        if field.kind == InfoType.CHOICES:
            return forms.TypedMultipleChoiceField(
                choices=offered, coerce=int, empty_value=[], widget=forms.CheckboxSelectMultiple, **common
            )
        return forms.TypedChoiceField(choices=[("", "–"), *offered], coerce=int, empty_value=None, **common)
    if field.kind == InfoType.YES_NO:
        return forms.TypedChoiceField(choices=_YES_OR_NO, coerce=lambda word: word == "yes", empty_value=None, **common)
    if field.kind == InfoType.LONG_TEXT:
        return InfoValueField(field, widget=forms.Textarea(attrs={"rows": 4}))
    attrs = {"autocomplete": "off"} | ({"inputmode": "decimal"} if field.kind == InfoType.NUMBER else {})
    if field.kind == InfoType.DATE:
        return InfoValueField(field, widget=forms.DateInput(attrs={"type": "date"}))
    return InfoValueField(field, widget=forms.TextInput(attrs=attrs))


def _bound(field: InfoField, label: str) -> forms.Field:
    """A value that makes no sense is no filter."""
    if field.kind == InfoType.DATE:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(label=label, required=False, widget=widget, input_formats=["%Y-%m-%d"])
    most = int(LARGEST_NUMBER) - 1
    return forms.DecimalField(label=label, required=False, min_value=-most, max_value=most, decimal_places=PLACES)
