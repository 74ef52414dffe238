"""Who of a team deals with a letter in the team's account, and whether an answer of the other side is waited for."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.letters.models.account import MailAccount
from mooring.letters.models.letter import Letter
from mooring.users.models import User


class TeamState(models.TextChoices):
    """How far a team is with a letter. Done is what its places say (Delivery.done_at), so that it is done for all at once."""

    NEW = "new", pgettext_lazy("email of a team", "New")
    ASSIGNED = "assigned", _("Assigned")
    WAITING = "waiting", _("Waiting for them")
    DONE = "done", _("Done")


class Handling(models.Model):
    """What a team agreed on for one letter. A letter without a row is as its conversation was left last, or new."""

    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="handlings", db_index=False)
    assignee = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    is_waiting = models.BooleanField(default=False)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("letter", "account"), name="a_team_handles_a_letter_in_one_way"),)
        indexes = (
            models.Index(
                fields=("account", "assignee"), condition=Q(assignee__isnull=False), name="letters_assigned_to_somebody"
            ),
        )
