"""What is open below a box, added up beforehand: lines that give the sums of a forecast when they are added up themselves.

Triggers of the database write them with every change of what it is about: docs/decisions/0032-kept-sums.md.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from mooring.sales.models.exact import ExactField
from mooring.sales.models.mailbox import SalesMailbox


class SumKind(StrEnum):
    """What the value of a line is."""

    OWN = "own"
    """No value: what lies in the box itself. Together with BELOW it is all that a box answers for."""
    BELOW = "below"
    """No value: what lies in the boxes below it."""
    MONTH = "month"
    """That of the close date, as 2026-03; empty without a date."""
    PERSON = "person"
    """The id of the owner; empty without one."""
    STAGE = "stage"
    """The place of the stage in its pipeline in five digits, a space and its title."""


class OpenSum(models.Model):
    """An addend to the sums of one key: box, kind, value and currency. A key has as many lines as it had changes since the last
    time that lines were put together (sales.kept_sums), so that people who change different opportunities never wait for a row.
    """

    box = models.ForeignKey(SalesMailbox, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    """The box at or above the pipeline. No constraint: checking it would wait for whoever moves the tree."""
    kind = models.CharField(max_length=6)
    value = models.CharField(max_length=120, blank=True)
    currency = models.CharField(max_length=3)
    count = models.BigIntegerField()
    amount = ExactField()
    weighted = ExactField()

    class Meta:
        ordering = ("box", "kind", "value", "currency", "id")
        indexes = (
            # Holds all that is added up, so that no row is read.
            models.Index(fields=("box", "kind", "value", "currency", "count", "amount", "weighted"), name="open_sums_of_a_box"),
        )

    def __str__(self) -> str:
        return f"{self.box_id} {self.kind} {self.value} {self.currency}"
