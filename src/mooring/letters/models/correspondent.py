"""To whom letters of an account went: what completes an address that stands on no card."""

from __future__ import annotations

from django.db import models

from mooring.letters.models.account import MailAccount


class Correspondent(models.Model):
    """An address that letters of the account were sent to, with the name it had last."""

    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=320)
    """The form for comparing: mail.addresses.match_key."""
    name = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=320)
    words = models.CharField(max_length=800)
    """Name and address folded (customers.names), a blank before each word, so that the beginning of a word is a text within."""
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("-written_at", "id")
        constraints = (models.UniqueConstraint(fields=("account", "key"), name="an_account_has_a_correspondent_once"),)
        indexes = (models.Index(fields=("account", "-written_at", "id"), name="correspondents_written_last"),)

    def __str__(self) -> str:
        return self.address


class CorrespondentMark(models.Model):
    """Up to which delivery the letters sent from an account have been looked at (letters.correspondents)."""

    account = models.OneToOneField(MailAccount, primary_key=True, on_delete=models.CASCADE, related_name="+")
    delivery_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.delivery_id)
