"""That a lead became a customer: what was made and what went along, so that it can be taken back."""

from __future__ import annotations

from django.db import models

from mooring.customers.models import Contact, Customer, Lead
from mooring.users.models import User


class LeadConversion(models.Model):
    """`moved` is {"emails": [ids], "links": [ids], ...}: the rows that were the lead's and are the customer's now."""

    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="+")
    """The person whom the lead was, where it was a person at a company."""
    made_customer = models.BooleanField()
    moved = models.JSONField(default=dict)
    converted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    converted_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-converted_at", "-id")

    def __str__(self) -> str:
        return f"{self.lead} → {self.customer}"
