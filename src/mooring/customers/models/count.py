"""How many customers have what administrators' lists offer, counted once an hour where there are too many to count for each
reader (customers.counts)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from mooring.users.models import User


class CustomerCount(models.Model):
    """Of the active customers of one owner. The lines of one counting share its moment; earlier ones are of no use."""

    by = models.CharField(max_length=10)
    """Of which list: customers.counts.FIELDS."""
    entry_id = models.BigIntegerField(null=True)
    """None for those that have nothing of that list."""
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    count = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = (models.Index(fields=("by", "counted_at"), name="counts_of_a_list"),)
