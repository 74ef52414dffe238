"""The values of switches that an administrator has turned; a switch never turned has no row and its default."""

from __future__ import annotations

from django.db import models


class OptionValue(models.Model):
    """What an administrator chose for the option of this name."""

    name = models.CharField(max_length=80, primary_key=True)
    value = models.JSONField()
    changed_at = models.DateTimeField()
