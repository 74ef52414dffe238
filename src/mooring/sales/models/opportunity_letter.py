"""That a letter belongs to a sales opportunity, and who said so. What follows in its conversation belongs there, too."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from mooring.letters.models import Letter
from mooring.sales.models.opportunity import Opportunity
from mooring.users.models import User


class OpportunityLetter(models.Model):
    """One that was removed stays as a tombstone: the conversation does not bring that letter back by itself."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="letters", db_index=False)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="+")
    position = models.BigIntegerField()
    """The letter's position, repeated so that the latest letter of an opportunity is one look into an index."""
    linked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    linked_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        ordering = ("-position", "id")
        constraints = (models.UniqueConstraint(fields=("opportunity", "letter"), name="a_letter_is_in_a_sale_once"),)
        indexes = (
            models.Index(fields=("opportunity", "-position"), condition=Q(removed_at=None), name="letters_of_an_opportunity"),
        )

    def __str__(self) -> str:
        return f"{self.opportunity} / {self.letter_id}"
