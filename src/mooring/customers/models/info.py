"""Additional information: what an administrator wants to be known about customers besides what every installation asks.

The values stand in the customer's own row as JSON (`Customer.info`); the rows here are an index of them, for filters.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from mooring.customers.models.customer import Customer
from mooring.customers.models.lists import OrderedEntry
from mooring.customers.models.placed import PlacedRow

KEY_LENGTH = 80


class InfoType(models.TextChoices):
    """What a field holds; never changed once it is there."""

    TEXT = "text", _("Text")
    LONG_TEXT = "long_text", _("Long text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    YES_NO = "yes_no", _("Yes or no")
    CHOICE = "choice", _("Choice")
    CHOICES = "choices", _("Several choices")


class InfoField(OrderedEntry):
    """A field of the additional information."""

    kind = models.CharField(_("Type"), max_length=10, choices=InfoType.choices)
    help_text = models.CharField(_("Help text"), max_length=300, blank=True)
    is_required = models.BooleanField(_("Must be filled in"), default=False)
    is_on_tab = models.BooleanField(_("On a separate tab"), default=False)
    choices = models.JSONField(default=list, blank=True)
    """[{"key": 1, "label": "Web", "is_retired": false}, ...]; values name the key, so that a choice can be renamed."""

    class Meta(OrderedEntry.Meta):
        constraints: ClassVar = (models.UniqueConstraint(Lower("name"), name="an_info_field_has_its_own_name"),)


class CustomerInfo(PlacedRow):
    """What the customer's value of a field is found by (customers.info_values.keys_of): one row, of several choices one each."""

    record = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="info_rows", db_index=False)
    field = models.ForeignKey(InfoField, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=KEY_LENGTH)

    class Meta:
        constraints: ClassVar = (
            models.UniqueConstraint(fields=("record", "field", "key"), name="a_value_finds_a_customer_once"),
        )
        indexes: ClassVar = (
            models.Index(fields=("field", "key", "archived_at", "owner", "record"), name="customers_of_a_value"),
        )
