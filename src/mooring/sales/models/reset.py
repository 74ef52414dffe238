"""That a sales mailbox was reset: what it was before, and until when that can come back."""

from __future__ import annotations

from django.db import models

from mooring.sales.models.mailbox import SalesMailbox
from mooring.users.models import User


class BoxReset(models.Model):
    """One box reset once. Pipelines that it took out of the box name it in `reset_by`, and are seen nowhere until it is undone.

    Boxes that were reset together share a `batch`.
    """

    batch = models.UUIDField(db_index=True)
    mailbox = models.ForeignKey(SalesMailbox, on_delete=models.CASCADE, related_name="resets")
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    """Until when it can be undone; what it took away is destroyed then."""
    before = models.JSONField(default=dict)
    """Name, password's hash, region, creation date and parent as they were; emptied when it is destroyed."""
    undone_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (
            models.Index(
                fields=("until",), condition=models.Q(undone_at=None, destroyed_at=None), name="resets_that_can_be_undone"
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(undone_at=None) | models.Q(destroyed_at=None), name="a_reset_is_undone_or_destroyed"
            ),
        )

    def __str__(self) -> str:
        return f"{self.mailbox_id} {self.at:%Y-%m-%d}"
