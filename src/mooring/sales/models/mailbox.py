"""A sales mailbox: a numbered box that holds pipelines, and its place in the tree of boxes."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.reach import among_owners, owners_within
from mooring.users.scoping import ScopedQuerySet


class SalesMailboxQuerySet(ScopedQuerySet["SalesMailbox"]):
    def visible_to(self, user: User, action: Action = Action.VIEW, *, opened: Collection[int] = ()) -> Self:
        """Boxes on which the user may do `action`: all, those at or below a box of somebody within the user's reach, or none.

        `opened` are the ids of those that the user's session opened with a password.
        """
        return self.limited_to(boxes_within(user, action, opened=opened))


class SalesMailbox(models.Model):
    """Its owner, and whoever reaches the owner's records, sees it and every box below it.

    Others open it with its number and password (sales.opening).
    """

    number = models.PositiveIntegerField(_("Number"), unique=True)
    name = models.CharField(pgettext_lazy("sales mailbox", "Name"), max_length=100)
    password = models.CharField(_("Password"), max_length=128, blank=True, editable=False)
    """A hash as Django's own; empty where the box is opened by right alone."""
    region = models.CharField(_("Region"), max_length=100, blank=True)
    email = models.EmailField(_("Email address"), max_length=254, blank=True)
    purpose = models.CharField(_("Purpose"), max_length=200, blank=True)
    """What a box is for that is not the box of a person: tenders, a trade fair, what waits for a territory."""
    owner = models.ForeignKey(
        User, verbose_name=_("Owner"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_on = models.DateField(_("Created on"))
    parent = models.ForeignKey(
        "self", verbose_name=_("Parent"), null=True, blank=True, on_delete=models.PROTECT, related_name="children", db_index=False
    )

    wrong_count = models.PositiveSmallIntegerField(default=0, editable=False)
    """Wrong passwords in a row."""
    locked_at = models.DateTimeField(null=True, editable=False)
    """Since when no password opens it (sales.opening)."""

    objects: ClassVar[SalesMailboxQuerySet] = SalesMailboxQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("number", "id")
        constraints = (
            models.CheckConstraint(condition=~models.Q(name=""), name="a_sales_mailbox_has_a_name"),
            models.CheckConstraint(condition=models.Q(number__gt=0), name="a_sales_mailbox_has_a_number_from_1_up"),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="a_sales_mailbox_is_not_its_own_parent"),
        )
        indexes = (
            models.Index(fields=("parent", "number"), name="boxes_of_parent_by_number"),
            models.Index(fields=("owner", "number"), name="boxes_of_owner_by_number"),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Ancestry(models.Model):
    """That the box `above` stands `steps` above the box `below`. Every box stands 0 above itself, so that one join finds both.

    Written by sales.mailboxes alone; a question about a subtree of any depth is one look into an index.
    """

    above = models.ForeignKey(SalesMailbox, on_delete=models.CASCADE, related_name="lines_down", db_index=False)
    below = models.ForeignKey(SalesMailbox, on_delete=models.CASCADE, related_name="lines_up", db_index=False)
    steps = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("steps", "id")
        constraints = (models.UniqueConstraint(fields=("above", "below"), name="a_box_stands_above_another_once"),)
        indexes = (models.Index(fields=("below", "steps", "above"), name="boxes_above_a_box"),)

    def __str__(self) -> str:
        return f"{self.above_id} / {self.below_id}"


def boxes_within(user: User, action: Action, prefix: str = "", *, opened: Collection[int] = ()) -> models.Q:
    """The condition that a user's rights put on boxes; on records of a box with its `prefix`, as "pipeline__mailbox__".

    Within a scope are the boxes of the people whom it reaches, and every box below those. A box `opened` with its password is
    open to all that the user's role may do at all, but not those below it.
    """
    scope = scope_of(user, Module.SALES, action)
    if scope is Scope.ALL:
        return models.Q()
    if scope is Scope.NONE:
        return models.Q(pk__in=())
    lines = Ancestry.objects.filter(among_owners(owners_within(user, scope), "above__owner"))
    within = models.Q(**{f"{prefix}pk__in": lines.values("below_id")})
    return within | models.Q(**{f"{prefix}pk__in": list(opened)}) if opened else within
