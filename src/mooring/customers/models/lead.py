"""A lead: somebody who is not a customer yet."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.customers.models.lists import Source
from mooring.customers.models.tag import Tag, TaggedQuerySet
from mooring.users.models import User
from mooring.users.permissions import Action, Module
from mooring.users.reach import owned_within


class LeadQuerySet(TaggedQuerySet["Lead"]):
    def visible_to(self, user: User, action: Action = Action.VIEW) -> Self:
        """Leads on which the user may do `action`; not those that became customers."""
        return self.limited_to(models.Q(converted_at=None) & owned_within(user, Module.LEADS, action))


class Lead(models.Model):
    """The name is the person's or the firm's; lead contacts are affiliated contacts."""

    name = models.CharField(_("Name"), max_length=300)
    name_key = models.CharField(max_length=300, editable=False)
    twin_key = models.CharField(max_length=300, default="", editable=False)
    """By which records of one name are found: customers.legal_forms."""
    number = models.CharField(_("Lead number"), max_length=40, blank=True)
    """What other programs call this lead; imports find it again by that."""
    company_name = models.CharField(_("Company"), max_length=300, blank=True)
    website = models.URLField(_("Website"), max_length=300, blank=True)
    note = models.TextField(_("Note"), blank=True)
    owner = models.ForeignKey(
        User, verbose_name=_("Owner"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    source = models.ForeignKey(
        Source, verbose_name=_("Source"), null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    tags = models.ManyToManyField(Tag, verbose_name=_("Tags"), related_name="+", blank=True)
    converted_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Since when it is a customer (activities.converting); the row stays so that this can be taken back."""
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects: ClassVar[LeadQuerySet] = LeadQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name_key", "id")
        constraints = (
            models.CheckConstraint(condition=~models.Q(name=""), name="a_lead_has_a_name"),
            models.UniqueConstraint(fields=("number",), condition=~models.Q(number=""), name="a_lead_number_is_used_once"),
        )
        indexes = (
            models.Index(fields=("name_key", "id"), name="leads_by_name"),
            models.Index(fields=("twin_key", "id"), name="leads_by_twin_key"),
            models.Index(fields=("owner", "name_key", "id"), name="leads_of_owner_by_name"),
            models.Index(fields=("-created_at", "-id"), name="leads_newest_first"),
            models.Index(fields=("owner", "-created_at", "-id"), name="leads_of_owner_newest"),
            models.Index(fields=("-changed_at", "-id"), name="leads_changed_last"),
            models.Index(fields=("owner", "-changed_at", "-id"), name="leads_of_owner_changed"),
            models.Index(fields=("source", "owner"), condition=models.Q(source__isnull=False), name="leads_of_a_source"),
        )

    def __str__(self) -> str:
        return self.name
