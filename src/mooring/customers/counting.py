"""Counting rows up to a cap, several counts in one query: enough to choose a plan, and never more than the cap reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet


def counts_up_to(cap: int, rows: Sequence[QuerySet[Any]]) -> list[int]:
    """How many rows each queryset has, `cap` + 1 standing for more than `cap`. One query."""
    return counts_up_to_each([(cap, queryset) for queryset in rows])


def counts_up_to_each(rows: Sequence[tuple[int, QuerySet[Any]]]) -> list[int]:
    """The same, each queryset with a cap of its own."""
    parts: list[str] = []
    values: list[Any] = []
    for cap, queryset in rows:
        try:
            sql, params = queryset.order_by().values("pk")[: cap + 1].query.sql_with_params()
        except EmptyResultSet:
            sql, params = "SELECT 1 WHERE 1 = 0", ()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608  # made of querysets alone
        values += params
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", values)
        return list(cursor.fetchone())
