"""Rows of what customers have that know whose customer it is and since when it rests in the archive: so the customers of one
owner that have something are counted, and found, in one index.

The database keeps both columns (migration 0018), whoever writes the customer or the row; code that writes them saves it work.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from mooring.customers.models.lists import Category
from mooring.customers.models.tag import Tag
from mooring.users.models import User


class PlacedRow(models.Model):
    """A row with a copy of two columns of its customer, under the same names."""

    owner = models.ForeignKey(
        User,
        null=True,
        blank=True,
        editable=False,
        # Follows the customer's own key, which no longer names a user who is gone.
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


class CustomerCategory(PlacedRow):
    """That a customer is of a category."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_index=False)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        db_table = "customers_customer_categories"
        constraints: ClassVar = (
            models.UniqueConstraint(fields=("customer", "category"), name="a_customer_is_of_a_category_once"),
        )
        indexes: ClassVar = (
            models.Index(fields=("category", "archived_at", "owner", "customer"), name="customers_of_a_category"),
        )


class CustomerTag(PlacedRow):
    """That a customer has a tag."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_index=False)
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        db_table = "customers_customer_tags"
        constraints: ClassVar = (models.UniqueConstraint(fields=("customer", "tag"), name="a_customer_has_a_tag_once"),)
        indexes: ClassVar = (models.Index(fields=("tag", "archived_at", "owner", "customer"), name="customers_of_a_tag"),)
