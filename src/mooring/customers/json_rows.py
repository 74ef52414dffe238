"""Rows that belong to a record, read as JSON within the record's own query: one query less for each kind of row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import JSONField, QuerySet, Subquery
from django.db.models.functions import JSONObject


class JsonRows(Subquery):
    """A list of objects, {} of `fields` (key -> path) each, sorted by `order` and then by key; empty where there is no row.

    `rows` name the record by OuterRef.
    """

    output_field = JSONField()

    def __init__(self, rows: QuerySet[Any], fields: Mapping[str, str], *, order: str) -> None:
        listed = rows.order_by(order, *fields.values()).annotate(one=JSONObject(**fields)).values("one")
        super().__init__(listed)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        """Each row is text there, and has to be read as JSON before it is put into the list."""
        template = "(SELECT json_group_array(json(listed.one)) FROM (%(subquery)s) AS listed)"
        return self.as_sql(compiler, connection, template=template, **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        template = "(SELECT coalesce(jsonb_agg(listed.one), '[]') FROM (%(subquery)s) AS listed)"
        return self.as_sql(compiler, connection, template=template, **extra)
