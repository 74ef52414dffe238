"""The lists that an administrator keeps: sources, categories, industries, contact roles, customer statuses.

An entry is never deleted while anything names it: it is retired, which leaves it where it stands and offers it no longer.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from mooring.users.models import User


class Colour(models.TextChoices):
    """What a label is drawn in; both themes have a readable shade of each."""

    GREY = "grey", _("Grey")
    BLUE = "blue", _("Blue")
    GREEN = "green", _("Green")
    YELLOW = "yellow", _("Yellow")
    ORANGE = "orange", _("Orange")
    RED = "red", _("Red")
    PURPLE = "purple", _("Purple")


class OrderedEntry(models.Model):
    """One entry of what administrators put in order and retire. `place` is its place, from 0."""

    name = models.CharField(_("Name"), max_length=120)
    place = models.PositiveIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Since when it is not offered any more; what has it keeps it."""

    class Meta:
        abstract = True
        ordering = ("place", "name", "id")

    def __str__(self) -> str:
        return self.name


class ListEntry(OrderedEntry):
    """One entry of a list from which one chooses."""

    colour = models.CharField(_("Colour"), max_length=8, choices=Colour.choices, default=Colour.GREY)

    class Meta(OrderedEntry.Meta):
        abstract = True


class Source(ListEntry):
    """Where a customer, a lead or a sales opportunity came from."""

    class Meta(ListEntry.Meta):
        constraints: ClassVar = (models.UniqueConstraint(Lower("name"), name="a_source_has_its_own_name"),)


class Category(ListEntry):
    """A customer or contact has any number of them; shown on companies, on contacts, or on both."""

    is_of_customers = models.BooleanField(_("Shown on companies"), default=True)
    is_of_contacts = models.BooleanField(_("Shown on contacts"), default=True)

    class Meta(ListEntry.Meta):
        constraints: ClassVar = (
            models.UniqueConstraint(Lower("name"), name="a_category_has_its_own_name"),
            models.CheckConstraint(
                condition=models.Q(is_of_customers=True) | models.Q(is_of_contacts=True), name="a_category_is_shown_somewhere"
            ),
        )


class Industry(ListEntry):
    """What a customer works in."""

    class Meta(ListEntry.Meta):
        constraints: ClassVar = (models.UniqueConstraint(Lower("name"), name="an_industry_has_its_own_name"),)


class ContactRole(ListEntry):
    """What a contact is at a customer or lead: General Manager, Consultant."""

    class Meta(ListEntry.Meta):
        constraints: ClassVar = (models.UniqueConstraint(Lower("name"), name="a_contact_role_has_its_own_name"),)


class CustomerStatus(ListEntry):
    """Active, Bankrupt, Merged. Whether a customer rests in the archive is another matter."""

    class Meta(ListEntry.Meta):
        constraints: ClassVar = (models.UniqueConstraint(Lower("name"), name="a_customer_status_has_its_own_name"),)


class IndustryMove(models.Model):
    """That all customers of one industry were given another one; undone in one go for those that nobody gave a third one.

    Those among them that an earlier move had brought there are a part of it, which remembers that move: whichever of the two is
    undone first, undoing both brings them back to where they were before both. A part is no entry of the list of moves.
    """

    old = models.ForeignKey(Industry, on_delete=models.CASCADE, related_name="+")
    new = models.ForeignKey(Industry, on_delete=models.CASCADE, related_name="+")
    moved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    moved_at = models.DateTimeField(db_index=True)
    customer_count = models.PositiveIntegerField(default=0)
    undone_at = models.DateTimeField(null=True)
    part_of = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="parts")
    previous = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="followers")
    """The move, or its part, that had brought the customers of this part to `old`."""

    class Meta:
        ordering = ("-moved_at", "-id")
        constraints = (
            models.CheckConstraint(condition=~models.Q(old=models.F("new")), name="customers_move_to_another_industry"),
        )
