"""The words under which a record is found, whichever room it is of: each kind that is searched has a table, `words`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Model


def word_model_of(model: type[Model]) -> Any:
    """Where the words of these records stand: rows of `record` and `word`."""
    return model._meta.get_field("words").related_model


def keep_words(record: Model, words: Collection[str]) -> None:
    """Make the record found by these words and no others; rows that stay are left alone. Within the deed of another."""
    model = word_model_of(type(record))
    stored = set(model.objects.filter(record=record).values_list("word", flat=True))
    gone = stored.difference(words)
    if gone:
        model.objects.filter(record=record, word__in=gone).delete()
    model.objects.bulk_create(model(record=record, word=word) for word in words if word not in stored)
