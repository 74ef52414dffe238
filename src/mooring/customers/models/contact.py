"""A contact: a person at one or several customers, or at a lead (a lead contact)."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.customers.models.customer import Customer, category_rows
from mooring.customers.models.lead import Lead
from mooring.customers.models.lists import Category, ContactRole
from mooring.customers.models.tag import Tag, TaggedQuerySet
from mooring.users.models import User
from mooring.users.permissions import Action
from mooring.users.scoping import has_any


class ContactQuerySet(TaggedQuerySet["Contact"]):
    def visible_to(self, user: User, action: Action = Action.VIEW) -> Self:
        """Contacts at a customer or lead on which the user may do `action`."""
        places = Affiliation.objects.visible_to(user, action).filter(contact=OuterRef("pk"))
        return self.limited_to(has_any(places))

    def with_chosen(self) -> Self:
        """With the tags, and the categories as `category_rows`, in the same query."""
        rows = category_rows(Contact.categories.through.objects.filter(contact=OuterRef("pk")))
        return self.with_tags().annotate(category_rows=rows)


class AffiliationQuerySet(models.QuerySet["Affiliation"]):
    def visible_to(self, user: User, action: Action = Action.VIEW) -> Self:
        """Those at a customer or lead on which the user may do `action`, each asked by itself."""
        customers = Customer.objects.visible_to(user, action).filter(pk=OuterRef("customer_id"))
        leads = Lead.objects.visible_to(user, action).filter(pk=OuterRef("lead_id"))
        return self.filter(has_any(customers) | has_any(leads))


class Contact(models.Model):
    """A contact without any affiliation cannot be reached by anybody, so the last affiliation takes it along."""

    name = models.CharField(pgettext_lazy("person", "Name"), max_length=300)
    name_key = models.CharField(max_length=300, editable=False)
    twin_key = models.CharField(max_length=300, default="", editable=False)
    """By which records of one name are found: customers.legal_forms."""
    note = models.TextField(_("Note"), blank=True)
    categories = models.ManyToManyField(Category, verbose_name=_("Categories"), related_name="+", blank=True)
    tags = models.ManyToManyField(Tag, verbose_name=_("Tags"), related_name="+", blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects: ClassVar[ContactQuerySet] = ContactQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name_key", "id")
        constraints = (models.CheckConstraint(condition=~Q(name=""), name="a_contact_has_a_name"),)
        indexes = (
            models.Index(fields=("name_key", "id"), name="contacts_by_name"),
            models.Index(fields=("twin_key", "id"), name="contacts_by_twin_key"),
            models.Index(fields=("-created_at", "-id"), name="contacts_newest_first"),
            models.Index(fields=("-changed_at", "-id"), name="contacts_changed_last"),
        )

    def __str__(self) -> str:
        return self.name


class Affiliation(models.Model):
    """That a contact is at a customer or at a lead, and as what."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="affiliations")
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.CASCADE, related_name="affiliations")
    lead = models.ForeignKey(Lead, null=True, blank=True, on_delete=models.CASCADE, related_name="affiliations")
    job_title = models.CharField(_("Job title"), max_length=120, blank=True)
    role = models.ForeignKey(
        ContactRole,
        verbose_name=_("Role"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
    )
    created_at = models.DateTimeField()

    objects: ClassVar[AffiliationQuerySet] = AffiliationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(customer__isnull=False, lead=None) | Q(customer=None, lead__isnull=False),
                name="an_affiliation_is_with_a_customer_or_a_lead",
            ),
            models.UniqueConstraint(fields=("contact", "customer"), name="a_contact_is_once_at_a_customer"),
            models.UniqueConstraint(fields=("contact", "lead"), name="a_contact_is_once_at_a_lead"),
        )
        indexes = (models.Index(fields=("role",), condition=Q(role__isnull=False), name="affiliations_in_a_role"),)
