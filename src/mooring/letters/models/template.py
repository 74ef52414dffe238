"""A template: a text that somebody writes often, with places for what differs each time."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.users.models import User


class LetterTemplate(models.Model):
    """Of one user, who may share it with all. Its placeholders are data (letters.placeholders), never code."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(pgettext_lazy("template", "Name"), max_length=80)
    is_shared = models.BooleanField(_("Shared with all colleagues"), default=False)
    subject = models.CharField(_("Subject"), max_length=300, blank=True)
    body_html = models.TextField(_("Text"), blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    """Removed ones are kept for a while, so that removing can be undone."""

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(name=""), name="a_template_has_a_name"),
            models.UniqueConstraint(
                fields=("owner", "name"), condition=Q(removed_at=None), name="a_user_has_a_template_of_a_name_once"
            ),
        )
        indexes = (models.Index(fields=("is_shared", "name"), name="shared_templates_by_name"),)

    def __str__(self) -> str:
        return self.name
