"""Tags as they are typed: between commas, offered while one types."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from mooring.customers.record_data import TagData
from mooring.customers.tagging import typed


class TagsField(forms.CharField):
    """Cleans to the tags that were typed."""

    def __init__(self) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "data-tags": reverse_lazy("offered_tags")})
        help_text = _("Words of your own, between commas.")
        super().__init__(label=_("Tags"), required=False, max_length=3000, widget=widget, help_text=help_text)

    def prepare_value(self, value: Any) -> Any:
        """Known tags as text."""
        return ", ".join(str(tag) for tag in value) if isinstance(value, (tuple, list)) else value

    def clean(self, value: Any) -> Any:
        """A tuple of TagData."""
        tags: tuple[TagData, ...] = typed(super().clean(value))
        return tags
