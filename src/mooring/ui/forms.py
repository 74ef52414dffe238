"""How Django's forms are drawn: label, help and error belonging together, with the looks of the page.

Set FORM_RENDERER = "mooring.ui.forms.FormRenderer"; every form then follows. Nothing here knows what a form is about.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import DjangoTemplates
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

_PLAIN = (forms.CheckboxInput, forms.RadioSelect, forms.CheckboxSelectMultiple, forms.HiddenInput)


class Field(BoundField):
    """A field on its page: its widget carries the class that fits it."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        """Django's attributes (required, aria-describedby, aria-invalid) and our class."""
        widget = widget or self.field.widget
        built = super().build_widget_attrs(attrs, widget)
        ours = class_of(widget)
        if ours:
            given = (str(classes) for classes in (widget.attrs.get("class"), built.get("class")) if classes)
            built["class"] = " ".join([ours, *given])
        return built

    @property
    def is_tick(self) -> bool:
        """A single check box, whose label stands beside it."""
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def is_optional(self) -> bool:
        """Said beside the label; not of fields that only some choices ask for (`field.is_expected` in the form)."""
        return not self.field.required and not getattr(self.field, "is_expected", False)

    @property
    def width(self) -> str:
        """half, third or empty: how much of a line the field takes; set `field.width` in the form."""
        return str(getattr(self.field, "width", ""))


class LongSelect(forms.Select):
    """Looks and works as Django's, for thousands of choices without groups: written at once, not by a template for each."""

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:  # noqa: ARG002 - the signature is Django's
        """All that Django's says: name, attributes, one option chosen."""
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, mark_safe(" selected") if str(key) == chosen else "", text) for key, text in self.choices),
        )
        built = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        return format_html("<select{}>{}</select>", built, options)


class FormRenderer(DjangoTemplates):
    """Forms by our templates; widgets by Django's own, which say all that assistive technology needs."""

    form_template_name = "ui/form/form.html"
    field_template_name = "ui/form/field.html"
    bound_field_class = Field


def class_of(widget: forms.Widget) -> str:
    """The class that gives a widget its look."""
    if isinstance(widget, forms.CheckboxInput):
        return "tick"
    if isinstance(widget, _PLAIN):
        return ""
    return "form-select" if isinstance(widget, forms.Select) and not _is_tall(widget) else "form-control"


def _is_tall(widget: forms.Select) -> bool:
    return isinstance(widget, forms.SelectMultiple) or "size" in widget.attrs
