"""Tags: words that anybody puts on records; administrators rename, merge and retire them."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Lower

from mooring.customers.json_rows import JsonRows
from mooring.customers.models.lists import ListEntry
from mooring.users.scoping import Record, ScopedQuerySet


class Tag(ListEntry):
    """A word on any number of records. It is in the list as soon as somebody first types it."""

    class Meta(ListEntry.Meta):
        constraints: ClassVar = (models.UniqueConstraint(Lower("name"), name="a_tag_has_its_own_name"),)


class TaggedQuerySet(ScopedQuerySet[Record]):
    def with_tags(self) -> Self:
        """With the tags of each record as `tag_rows`, by name, in the same query."""
        model: Any = self.model
        rows = model.tags.through.objects.filter(**{model.__name__.lower(): models.OuterRef("pk")})
        return self.annotate(tag_rows=JsonRows(rows, {"name": "tag__name", "colour": "tag__colour"}, order="tag__name"))
