"""What was open in a pipeline when a version of it was saved, added up beforehand: forecasts of past days add these up in turn.

It is kept beside the versions and outlives one that is destroyed with a sales mailbox to which it was saved: what the pipeline
held goes, what its own sales mailbox answered for stays told.
"""

from __future__ import annotations

from django.db import models

from mooring.sales.models.exact import ExactField


class PastState(models.Model):
    """That a pipeline stood so at a time: its version of this number. Goes with the last of its pipeline and its version."""

    uid = models.UUIDField(editable=False)
    """That of the pipeline."""
    number = models.PositiveIntegerField()
    """That of the version."""
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ("uid", "-number")
        constraints = (models.UniqueConstraint(fields=("uid", "number"), name="a_past_state_is_of_one_version"),)

    def __str__(self) -> str:
        return f"{self.uid} {self.number}"


class PastSum(models.Model):
    """What was open then, of one kind (SumKind, without BELOW), value and currency."""

    state = models.ForeignKey(PastState, on_delete=models.CASCADE, related_name="sums", db_index=False)
    kind = models.CharField(max_length=6)
    value = models.CharField(max_length=254, blank=True)
    """As in OpenSum; a person by the address that the version names."""
    currency = models.CharField(max_length=3)
    count = models.PositiveIntegerField()
    amount = ExactField()
    weighted = ExactField()

    class Meta:
        ordering = ("state", "kind", "value", "currency", "id")
        indexes = (models.Index(fields=("state", "kind"), name="past_sums_of_a_kind"),)

    def __str__(self) -> str:
        return f"{self.state_id} {self.kind} {self.value} {self.currency}"
