"""A pipeline: a named set of opportunities in one sales mailbox, and the stages through which they go."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.sales.models.mailbox import SalesMailbox, boxes_within
from mooring.sales.models.reset import BoxReset
from mooring.users.models import User
from mooring.users.permissions import Action
from mooring.users.scoping import ScopedQuerySet

IN_USE = Q(reset_by=None, removed_at=None)
"""Neither taken out of its box by a reset nor removed."""


class Outcome(models.TextChoices):
    """What it means for an opportunity to stand in a stage."""

    OPEN = "open", pgettext_lazy("opportunity", "Open")
    WON = "won", pgettext_lazy("opportunity", "Won")
    LOST = "lost", pgettext_lazy("opportunity", "Lost")


class PipelineQuerySet(ScopedQuerySet["Pipeline"]):
    def visible_to(self, user: User, action: Action = Action.VIEW, *, opened: Collection[int] = ()) -> Self:
        """Pipelines in use in sales mailboxes on which the user may do `action`, or that their session opened."""
        return self.limited_to(IN_USE & boxes_within(user, action, "mailbox__", opened=opened))


class Pipeline(models.Model):
    """`uid` stays the same through versions, files and moves to another box."""

    uid = models.UUIDField(unique=True, editable=False)
    mailbox = models.ForeignKey(SalesMailbox, verbose_name=_("Sales mailbox"), on_delete=models.PROTECT, related_name="pipelines")
    name = models.CharField(pgettext_lazy("pipeline", "Name"), max_length=200)
    note = models.TextField(_("Note"), blank=True)
    currency = models.CharField(_("Currency"), max_length=3, default="EUR")
    """What new opportunities begin with; each has its own."""
    reset_by = models.ForeignKey(BoxReset, null=True, on_delete=models.CASCADE, related_name="pipelines")
    """The reset that took it out of its box; seen nowhere until that is undone."""
    removed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects: ClassVar[PipelineQuerySet] = PipelineQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(name=""), name="a_pipeline_has_a_name"),
            models.UniqueConstraint(
                Lower("name"), "mailbox", condition=IN_USE, name="a_pipeline_has_a_name_of_its_own_in_its_box"
            ),
        )

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """A step of the sales process. `place` is its place in the pipeline, from 0."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="stages", db_index=False)
    uid = models.UUIDField(editable=False)
    title = models.CharField(pgettext_lazy("stage", "Title"), max_length=100)
    probability = models.PositiveSmallIntegerField(_("Probability"), default=0)
    """In per cent."""
    outcome = models.CharField(_("Outcome"), max_length=4, choices=Outcome.choices, default=Outcome.OPEN)
    asks_reason = models.BooleanField(_("Asks for the rejection reason"), default=False)
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("place", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(title=""), name="a_stage_has_a_title"),
            models.CheckConstraint(condition=Q(probability__lte=100), name="a_probability_is_100_at_most"),
            models.UniqueConstraint(fields=("pipeline", "uid"), name="a_stage_is_in_a_pipeline_once"),
        )
        indexes = (models.Index(fields=("pipeline", "place"), name="stages_of_a_pipeline"),)

    def __str__(self) -> str:
        return self.title


class StageTemplate(models.Model):
    """Stages to begin a pipeline with: [{"title", "probability", "outcome", "asks_reason"}] in their order."""

    name = models.CharField(pgettext_lazy("stages", "Name"), max_length=100)
    stages = models.JSONField(default=list)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(Lower("name"), name="a_template_of_stages_has_a_name_of_its_own"),)

    def __str__(self) -> str:
        return self.name
