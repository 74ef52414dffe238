"""Naming a customer, lead or project in a form: by its name, or with the code that the suggestions offer ("Acme – C12").

Only records that the reader may change are found; one that is hidden is as unknown as one that does not exist. What is about a
record already may stay so (`present`), whoever may change that record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.customers.models import Customer, Lead, Project
from mooring.customers.models.project import with_projects_for
from mooring.customers.names import name_key
from mooring.users.models import User
from mooring.users.permissions import Action

Place = Customer | Lead | Project

_CODE: Final = re.compile(r"\s[–-]\s([CLP])(\d{1,15})$")
_LETTERS: Final[dict[type[Place], str]] = {Customer: "C", Lead: "L", Project: "P"}
_MOST: Final = 5
_SUGGESTIONS: Final = {
    "hx-get": reverse_lazy("places"),
    "hx-trigger": "input changed delay:150ms",
    "hx-target": "#places",
    "hx-swap": "innerHTML",
    "hx-sync": "this:replace",
    "hx-include": "this",
}
"""Fills the page's <datalist id="places"> while one types."""
_BESIDE: Final = ("kinds", "for")
"""What a field says of itself beside what was typed."""


def kinds_asked(request: HttpRequest) -> tuple[type[Place], ...]:
    """Of which kinds the field takes records that asks for suggestions."""
    return tuple(model for model, letter in _LETTERS.items() if letter in request.GET.get("kinds", ""))


def text_typed(request: HttpRequest) -> str:
    """What stands in that field, whatever its name is."""
    return str(next((value for name, value in request.GET.items() if name not in _BESIDE), "")).strip()


def place_in_words(place: Place) -> str:
    """The name with the code that makes it unmistakable."""
    return f"{place.name} – {_LETTERS[type(place)]}{place.pk}"


class PlaceField(forms.CharField):
    """Cleans to the record, or to None where left empty."""

    default_error_messages = {"required": gettext_lazy("Choose one."), "unknown": gettext_lazy("Nothing of this name is known.")}

    def __init__(
        self,
        *,
        reader: User,
        models: tuple[type[Place], ...] = (Customer, Lead),
        present: Place | None = None,
        is_for_projects: bool = False,
        **kwargs: Any,
    ) -> None:
        """`is_for_projects`: customers whose projects the reader may change, instead of those that they may change."""
        self.reader = reader
        self.models = models
        self.present = present
        self.is_for_projects = is_for_projects
        asked = {"kinds": "".join(_LETTERS[model] for model in models), **({"for": "projects"} if is_for_projects else {})}
        attrs = {"autocomplete": "off", "spellcheck": "false", "list": "places", "hx-vals": json.dumps(asked), **_SUGGESTIONS}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(max_length=340, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """A record is shown by its name and code."""
        return place_in_words(value) if isinstance(value, (Customer, Lead, Project)) else value

    def clean(self, value: Any) -> Any:
        """Raises ValidationError when nothing or more than one record is meant."""
        text = super().clean(value)
        if not text:
            return None
        if self.present is not None and text == place_in_words(self.present):
            return self.present
        found = list(self._meant(text))
        if len(found) == 1:
            return found[0]
        if not found:
            raise self._unknown(text)
        names = ", ".join(place_in_words(place) for place in found)
        raise ValidationError(_("Several have this name: %(names)s. Write one of them with its code.") % {"names": names})

    def _unknown(self, text: str) -> ValidationError:
        """Whoever gets no suggestions while typing is offered the records whose names begin so."""
        alike = ", ".join(place_in_words(place) for place in self._beginning_with(text)[:_MOST])
        if not alike:
            return ValidationError(self.error_messages["unknown"], code="unknown")
        said = _("Nothing has exactly this name. Write one of these with its code: %(names)s.")
        return ValidationError(said % {"names": alike}, code="unknown")

    def _beginning_with(self, text: str) -> list[Place]:
        key = name_key(text)
        if not key or _CODE.search(text):
            return []
        rows = (self._open(model) for model in self.models)
        return [
            place for records in rows for place in records.filter(name_key__startswith=key).order_by("name_key", "pk")[:_MOST]
        ]

    def _meant(self, text: str) -> Iterable[Place]:
        code = _CODE.search(text)
        for model in self.models:
            records = self._open(model)
            if code is None:
                yield from records.filter(name_key=name_key(text))[:_MOST]
            elif code[1] == _LETTERS[model]:
                yield from records.filter(pk=int(code[2]))

    def _open(self, model: type[Place]) -> Any:
        """Those of a kind that may be chosen."""
        if self.is_for_projects and model is Customer:
            return with_projects_for(self.reader, Action.CHANGE)
        return model.objects.visible_to(self.reader, Action.CHANGE)
