"""A customer: a company or a person we do business with."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.customers.json_rows import JsonRows
from mooring.customers.models.lists import Category, CustomerStatus, Industry, IndustryMove, Source
from mooring.customers.models.placed import CustomerCategory, CustomerTag
from mooring.customers.models.tag import Tag, TaggedQuerySet
from mooring.users.models import User
from mooring.users.permissions import Action, Module
from mooring.users.reach import owned_within


class CustomerKind(models.TextChoices):
    COMPANY = "company", _("Company")
    PERSON = "person", _("Person")


class CustomerQuerySet(TaggedQuerySet["Customer"]):
    def visible_to(self, user: User, action: Action = Action.VIEW) -> Self:
        """Customers on which the user may do `action`: all, those of people within reach and of nobody, or none."""
        return self.limited_to(owned_within(user, Module.CUSTOMERS, action))

    def with_info_fields(self) -> Self:
        """With all fields of the additional information as `info_field_rows`, in the same query; for a single customer."""
        fields = apps.get_model("customers", "InfoField")
        names = [field.name for field in fields._meta.concrete_fields]
        rows = JsonRows(fields._default_manager.all(), {name: name for name in names}, order="place")
        return self.annotate(info_field_rows=rows)

    def with_chosen(self) -> Self:
        """With owner, tags, and what was chosen from lists, the categories as `category_rows`, in the same query."""
        rows = category_rows(Customer.categories.through.objects.filter(customer=models.OuterRef("pk")))
        return self.with_tags().select_related("owner", "status", "industry", "source").annotate(category_rows=rows)


def category_rows(chosen: models.QuerySet[Any]) -> JsonRows:
    """The categories that the rows of a many-to-many table name, as JSON within the query of their records."""
    fields = [field.name for field in Category._meta.concrete_fields if field.name != "retired_at"]
    return JsonRows(chosen, {name: f"category__{name}" for name in fields}, order="category__place")


class Customer(models.Model):
    """Main and further e-mail addresses, domains, phones and postal addresses are rows of their own."""

    kind = models.CharField(_("Type"), max_length=10, choices=CustomerKind.choices, default=CustomerKind.COMPANY)
    name = models.CharField(_("Name"), max_length=300)
    name_key = models.CharField(max_length=300, editable=False)
    """The name for sorting: case and accents folded (customers.names)."""
    twin_key = models.CharField(max_length=300, default="", editable=False)
    """By which records of one name are found: customers.legal_forms."""
    number = models.CharField(_("Customer number"), max_length=40, blank=True)
    website = models.URLField(_("Website"), max_length=300, blank=True)
    note = models.TextField(_("Note"), blank=True)
    owner = models.ForeignKey(
        User, verbose_name=_("Owner"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    status = models.ForeignKey(
        CustomerStatus,
        verbose_name=_("Status"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
    )
    industry = models.ForeignKey(
        Industry,
        verbose_name=_("Industry"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
    )
    moved_in = models.ForeignKey(
        IndustryMove, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="customers", db_index=False
    )
    """The move that gave it its industry, until somebody chooses another."""
    source = models.ForeignKey(
        Source, verbose_name=_("Source"), null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    info = models.JSONField(default=dict, blank=True)
    """Additional information: id of the field as text -> value (customers.info_values)."""
    categories = models.ManyToManyField(
        Category, verbose_name=_("Categories"), through=CustomerCategory, related_name="+", blank=True
    )
    tags = models.ManyToManyField(Tag, verbose_name=_("Tags"), through=CustomerTag, related_name="+", blank=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    """Since when it rests in the archive; None while it is active. Its letters are still linked (customers.archiving)."""
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects: ClassVar[CustomerQuerySet] = CustomerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name_key", "id")
        constraints = (
            models.CheckConstraint(condition=~models.Q(name=""), name="a_customer_has_a_name"),
            models.UniqueConstraint(fields=("number",), condition=~models.Q(number=""), name="a_customer_number_is_used_once"),
        )
        indexes = (
            models.Index(fields=("name_key", "id"), name="customers_by_name"),
            models.Index(fields=("twin_key", "id"), name="customers_by_twin_key"),
            models.Index(fields=("owner", "name_key", "id"), name="customers_of_owner_by_name"),
            # Those of a choice that one owner has, active or in the archive, are counted in the index alone.
            models.Index(fields=("kind", "archived_at", "owner"), name="customers_of_a_kind"),
            models.Index(fields=("-created_at", "-id"), name="customers_newest_first"),
            models.Index(fields=("owner", "-created_at", "-id"), name="customers_of_owner_newest"),
            models.Index(fields=("-changed_at", "-id"), name="customers_changed_last"),
            models.Index(fields=("owner", "-changed_at", "-id"), name="customers_of_owner_changed"),
            models.Index(
                fields=("status", "archived_at", "owner"), condition=models.Q(status__isnull=False), name="customers_of_a_status"
            ),
            models.Index(
                fields=("industry", "archived_at", "owner"),
                condition=models.Q(industry__isnull=False),
                name="customers_of_an_industry",
            ),
            models.Index(
                fields=("source", "archived_at", "owner"), condition=models.Q(source__isnull=False), name="customers_of_a_source"
            ),
            models.Index(fields=("moved_in",), condition=models.Q(moved_in__isnull=False), name="customers_of_a_move"),
            models.Index(
                fields=("name_key", "id"), condition=models.Q(archived_at__isnull=False), name="archived_customers_by_name"
            ),
            models.Index(
                fields=("-created_at", "-id"), condition=models.Q(archived_at__isnull=False), name="archived_customers_newest"
            ),
            models.Index(
                fields=("-changed_at", "-id"), condition=models.Q(archived_at__isnull=False), name="archived_customers_changed"
            ),
        )

    def __str__(self) -> str:
        return self.name
