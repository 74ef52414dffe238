"""Passwords that an account does not remember, while some process keeps the key to them in memory."""

from __future__ import annotations

from django.db import models

from mooring.letters.models.account import MailAccount


class HeldPassword(models.Model):
    """Sealed with a key that is in memory alone (letters.held_passwords): worth nothing once the machine was started anew."""

    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="+")
    field = models.CharField(max_length=40)
    """The field of the account in which it would stand if it were remembered."""
    sealed = models.BinaryField(editable=False)
    held_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("account", "field"), name="a_password_is_held_once"),)

    def __str__(self) -> str:
        return f"{self.account} / {self.field}"
