"""Conversations: letters that answer each other by Message-ID."""

from __future__ import annotations

from django.db import models


class Thread(models.Model):
    """A conversation. Merged threads leave no trace: their letters and references move to the older one."""

    created_at = models.DateTimeField()


class ThreadReference(models.Model):
    """A Message-ID that belongs to a thread, whether its letter is here or only mentioned.

    Letters arrive newest first: an answer registers the ids it refers to, so that its parent finds the thread later.
    """

    message_id = models.CharField(max_length=400, unique=True)
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="references")
