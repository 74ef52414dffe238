"""A version of a pipeline: what it held when it was saved, whole, in the sales mailbox in which it was saved."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mooring.sales.models.mailbox import SalesMailbox, boxes_within
from mooring.sales.models.reset import BoxReset
from mooring.users.models import User
from mooring.users.permissions import Action
from mooring.users.scoping import ScopedQuerySet


class Cause(models.TextChoices):
    """Why a version was saved."""

    BY_HAND = "by_hand", _("Saved by hand")
    WEEKLY = "weekly", _("Saved weekly")
    RESET = "reset", _("Before a reset")
    HAND_OVER = "hand_over", _("Before a hand-over")
    UPLOAD = "upload", _("Before an upload")
    RETURN = "return", _("Before going back to an earlier version")


class VersionQuerySet(ScopedQuerySet["PipelineVersion"]):
    def visible_to(self, user: User, action: Action = Action.VIEW, *, opened: Collection[int] = ()) -> Self:
        """Versions in sales mailboxes on which the user may do `action`, or that their session opened."""
        return self.limited_to(Q(reset_by=None) & boxes_within(user, action, "mailbox__", opened=opened))


class PipelineVersion(models.Model):
    """`content` is the documented JSON (sales.pipeline_content), compressed with zlib; sums are kept beside it for lists."""

    uid = models.UUIDField(editable=False)
    """That of the pipeline."""
    number = models.PositiveIntegerField()
    """From 1, over all versions of the pipeline."""
    mailbox = models.ForeignKey(SalesMailbox, on_delete=models.CASCADE, related_name="versions", db_index=False)
    name = models.CharField(max_length=200)
    note = models.CharField(_("Note"), max_length=300, blank=True)
    cause = models.CharField(max_length=10, choices=Cause.choices, default=Cause.BY_HAND)
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    content = models.BinaryField()
    digest = models.CharField(max_length=64)
    """SHA-256 of the content: a version equal to the one before it is not saved weekly."""
    held_until = models.DateTimeField()
    """Up to when the pipeline is known to have stood so."""
    open_count = models.PositiveIntegerField(default=0)
    sums = models.JSONField(default=dict)
    """Currency -> [open amount, weighted amount] as texts."""
    reset_by = models.ForeignKey(BoxReset, null=True, on_delete=models.CASCADE, related_name="versions")
    """The reset that took it out of its box; seen nowhere until that is undone."""

    objects: ClassVar[VersionQuerySet] = VersionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-saved_at", "-id")
        constraints = (models.UniqueConstraint(fields=("uid", "number"), name="a_version_has_a_number_of_its_own"),)
        indexes = (models.Index(fields=("mailbox", "uid", "-number"), name="versions_in_a_box"),)

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
