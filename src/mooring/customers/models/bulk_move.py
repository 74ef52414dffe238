"""Many customers moved to the archive, or back, in one go: a job whose rows are what is left to do."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.customers.models.customer import Customer
from mooring.users.models import User


class BulkMoveKind(models.TextChoices):
    ARCHIVE = "archive", _("Moving customers to the archive")
    RESTORE = "restore", _("Restoring customers from the archive")


class BulkMove(models.Model):
    """The worker carries it on, a portion at a time, until nothing is left or somebody stops it; what is moved stays moved."""

    kind = models.CharField(max_length=10, choices=BulkMoveKind.choices)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    address = models.CharField(max_length=45, blank=True)
    """The network address from which it was asked for, for the journal."""
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    is_stopped = models.BooleanField(default=False)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    """How many were dealt with, those among them that had been moved meanwhile already."""

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=("id",), condition=models.Q(ended_at=None), name="bulk_moves_under_way"),)

    def __str__(self) -> str:
        return str(self.get_kind_display())


class BulkMoveItem(models.Model):
    """A customer that is still to be moved."""

    move = models.ForeignKey(BulkMove, on_delete=models.CASCADE, related_name="items")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ("id",)
