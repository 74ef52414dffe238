"""A person's word that letters are private: those of a sender, or of a conversation, those still to come as well."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from mooring.letters.models.account import MailAccount
from mooring.letters.models.thread import Thread
from mooring.users.models import User


class PrivateMark(models.Model):
    """In one account, what this sender writes, or what belongs to this conversation, is nobody else's business."""

    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=320, blank=True)
    """The sender's address as it is compared; empty where a conversation is meant."""
    thread = models.ForeignKey(Thread, null=True, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(key="", thread__isnull=False) | (~Q(key="") & Q(thread=None)),
                name="a_sender_or_a_conversation_is_private",
            ),
            models.UniqueConstraint(fields=("account", "key"), condition=~Q(key=""), name="a_sender_is_private_once"),
            models.UniqueConstraint(
                fields=("account", "thread"), condition=Q(thread__isnull=False), name="a_conversation_is_private_once"
            ),
        )

    def __str__(self) -> str:
        return self.key or f"conversation {self.thread_id}"
