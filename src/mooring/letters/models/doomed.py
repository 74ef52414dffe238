"""Originals whose letters were erased: their bytes are still to be overwritten."""

from __future__ import annotations

from django.db import models


class DoomedOriginal(models.Model):
    """Where bytes lie that nobody may find any more; the row goes once they are overwritten (letters.erasing)."""

    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    pack = models.CharField(max_length=40)
    offset = models.BigIntegerField()
    stored_size = models.BigIntegerField()
    doomed_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("id",)
