"""What a member of a team has read of its mailbox."""

from __future__ import annotations

from django.db import models

from mooring.letters.models.letter import Letter
from mooring.users.models import User


class ReadMark(models.Model):
    """A reader of a team's account has read a letter, or wants to read it again. Without a mark the delivery says it for all.

    Personal accounts need none: their deliveries are read by one person.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="+")
    is_read = models.BooleanField()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("user", "letter"), name="a_reader_marks_a_letter_once"),)
        indexes = (models.Index(fields=("user",), condition=models.Q(is_read=False), name="letters_to_be_read_again"),)

    def __str__(self) -> str:
        return f"{self.user_id} / {self.letter_id}"
