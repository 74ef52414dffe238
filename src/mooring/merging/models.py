"""That one record took in another, with every row that this moved, changed or removed; and pairs that are not duplicates.

Records are named by kind and id, without keys: the one that was taken in has no row any more.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from mooring.users.models import User


class MergeKind(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    LEAD = "lead", _("Lead")
    CONTACT = "contact", _("Contact")


class Merge(models.Model):
    kind = models.CharField(max_length=10, choices=MergeKind.choices)
    winner_id = models.BigIntegerField()
    winner_name = models.CharField(max_length=300)
    loser_id = models.BigIntegerField()
    loser_name = models.CharField(max_length=300)
    now_id = models.BigIntegerField()
    """Where all of it is by now: the winner, or whoever took that one in later."""
    batch = models.UUIDField(db_index=True)
    """Of those that one record took in together."""
    merged_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-merged_at", "-id")
        constraints = (
            models.CheckConstraint(condition=~Q(winner_id=F("loser_id")), name="a_record_is_not_merged_with_itself"),
            models.UniqueConstraint(fields=("kind", "loser_id"), condition=Q(undone_at=None), name="a_record_is_taken_in_once"),
        )
        indexes = (
            models.Index(fields=("kind", "now_id"), condition=Q(undone_at=None), name="merges_into_a_record"),
            models.Index(fields=("kind", "-merged_at", "-id"), name="merges_newest_first"),
        )

    def __str__(self) -> str:
        return f"{self.loser_name} → {self.winner_name}"


class MergeStep(models.Model):
    """Rows of one table that were given other values, or that were removed because the winner has the same.

    `before` and `after` hold the columns that changed, alike in all rows of `ids`; `removed` holds whole rows.
    """

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="steps", db_index=False)
    place = models.PositiveIntegerField()
    table = models.CharField(max_length=100)
    ids = models.JSONField(default=list)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    removed = models.JSONField(default=list)

    class Meta:
        ordering = ("merge", "place")
        constraints = (models.UniqueConstraint(fields=("merge", "place"), name="steps_of_a_merge_have_an_order"),)

    def __str__(self) -> str:
        return f"{self.table} {self.place}"


class Different(models.Model):
    """Somebody said that these two are not duplicates."""

    kind = models.CharField(max_length=10, choices=MergeKind.choices)
    low_id = models.BigIntegerField()
    high_id = models.BigIntegerField()
    said_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    said_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(low_id__lt=F("high_id")), name="a_pair_has_an_order"),
            models.UniqueConstraint(fields=("kind", "low_id", "high_id"), name="a_pair_is_different_once"),
        )
        indexes = (models.Index(fields=("kind", "-id"), name="different_pairs_last_first"),)

    def __str__(self) -> str:
        return f"{self.low_id} ≠ {self.high_id}"
