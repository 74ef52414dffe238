"""Fields in which one chooses from the lists of Settings > CRM: what is offered, and what the record has already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from mooring.customers.lists import offered
from mooring.customers.models import Category, ListEntry


class EntryField(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes no types when it runs
    """One entry of a list, or none."""

    def __init__(self, kind: type[ListEntry], *, known: ListEntry | None = None, **kwargs: Any) -> None:
        super().__init__(offered(kind, besides=[known]), required=False, empty_label="–", **kwargs)


class CategoriesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # takes no types when it runs
    """All categories that can be added, ticked where the record has them. Cleans to a tuple in the order of the list."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, shown_on: str, known: Iterable[Category] = (), **kwargs: Any) -> None:
        """`shown_on` is the field of Category that says whether it is for this kind of record."""
        rows = offered(Category, besides=known).filter(**{shown_on: True}) | Category.objects.filter(
            pk__in=[category.pk for category in known]
        )
        super().__init__(rows.distinct(), required=False, **kwargs)

    def clean(self, value: Any) -> Any:
        """Raises ValidationError for one that is not offered."""
        return tuple(super().clean(value))
