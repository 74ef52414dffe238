"""What is shown in the portal: letters, one by one, and files on customers."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.customers.models import Customer
from mooring.letters.models.letter import Letter
from mooring.users.models import User
from mooring.users.permissions import Action
from mooring.users.scoping import ScopedQuerySet


class SharedLetter(models.Model):
    """That portal users of this customer see the letter, as long as it is linked to the customer and not private."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="shared_with", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    position = models.BigIntegerField()
    """The letter's position, repeated so that the shared letters of a customer are one walk through an index."""
    shared_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    """Nobody for what a portal user wrote."""
    shared_at = models.DateTimeField()

    class Meta:
        ordering = ("-position",)
        constraints = (models.UniqueConstraint(fields=("letter", "customer"), name="a_letter_is_shared_with_a_customer_once"),)
        indexes = (models.Index(fields=("customer", "-position"), name="shared_letters_of_a_customer"),)


class RecordFileQuerySet(ScopedQuerySet["RecordFile"]):
    def visible_to(self, user: User, action: Action = Action.VIEW) -> Self:
        """Files on customers on which the user may do `action`."""
        return self.limited_to(Q(customer__in=Customer.objects.visible_to(user, action)))

    def shared_with(self, customer: Customer) -> Self:
        """Those that portal users of this customer see."""
        return self.limited_to(Q(customer=customer, is_shared=True, removed_at=None))


class RecordFile(models.Model):
    """A file on a customer. Its bytes lie in letters.record_files under this SHA-256."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(pgettext_lazy("file", "Name"), max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField(_("Size"))
    sha256 = models.CharField(max_length=64, db_index=True)
    is_shared = models.BooleanField(_("Visible in the portal"), default=False)
    added_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    """Taken off; can be brought back for thirty days."""

    objects: ClassVar[RecordFileQuerySet] = RecordFileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("customer", "-id"), name="files_of_a_customer"),)

    def __str__(self) -> str:
        return self.name
