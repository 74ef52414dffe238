"""What later letters said about a sent one: that it came back, is late, arrived, or was answered by a machine."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.letters.models.letter import Letter
from mooring.letters.models.outgoing import OutgoingLetter, OutgoingRecipient


class ReportKind(models.TextChoices):
    """The kinds of mail.reports.ReportKind."""

    FAILED = "failed", _("Came back")
    DELAYED = "delayed", _("Delayed")
    DELIVERED = "delivered", _("Delivered")
    AUTO_REPLY = "auto_reply", _("Automatic reply")
    OPENED = "opened", _("Opened")
    COMPLAINT = "complaint", _("Complaint")


class OutgoingReport(models.Model):
    """One report about one recipient of a sent letter, or about the letter as a whole."""

    outgoing = models.ForeignKey(OutgoingLetter, on_delete=models.CASCADE, related_name="reports")
    recipient = models.ForeignKey(OutgoingRecipient, null=True, on_delete=models.CASCADE, related_name="reports")
    """None where the report names nobody whom the letter was for, such as where it was forwarded to."""
    letter = models.ForeignKey(Letter, null=True, on_delete=models.SET_NULL, related_name="+")
    """The letter that reports."""
    kind = models.CharField(max_length=10, choices=ReportKind.choices)
    address = models.CharField(max_length=320, blank=True)
    status = models.CharField(max_length=16, blank=True)
    """The enhanced status code (RFC 3463), such as "5.1.1"."""
    said = models.CharField(max_length=500, blank=True)
    """The reporting server's own words, or the subject of an automatic reply."""
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("outgoing", "letter", "address"), name="a_letter_reports_once_about_a_recipient"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.address}"
