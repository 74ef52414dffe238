"""That many customers were given the same choice at once, with what each had before, so that it can be undone."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.users.models import User


class BulkField(models.TextChoices):
    """What can be changed of many at once."""

    STATUS = "status", _("Status")
    INDUSTRY = "industry", _("Industry")
    SOURCE = "source", _("Source")
    CATEGORY_ADDED = "category_added", _("Add the category")
    CATEGORY_REMOVED = "category_removed", _("Take off the category")
    TAG_ADDED = "tag_added", _("Add the tag")
    TAG_REMOVED = "tag_removed", _("Take off the tag")


class BulkChange(models.Model):
    """`entry_id` is what was chosen, None where it was emptied; `before` maps the id of each customer to the id that it had."""

    field = models.CharField(max_length=20, choices=BulkField.choices)
    entry_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-changed_at", "-id")
