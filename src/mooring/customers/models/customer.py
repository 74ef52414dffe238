"""A customer: a company or a person we do business with."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.scoping import ScopedQuerySet


class CustomerKind(models.TextChoices):
    COMPANY = "company", _("Company")
    PERSON = "person", _("Person")


class CustomerQuerySet(ScopedQuerySet["Customer"]):
    def visible_to(self, user: User, action: Action = Action.VIEW) -> Self:
        """Customers on which the user may do `action`: all, one's own and those of nobody, or none."""
        return self.limited_to(owned_within(user, Module.CUSTOMERS, action))


def owned_within(user: User, module: Module, action: Action) -> models.Q:
    """The condition on `owner` that a user's scope puts on records of a module."""
    scope = scope_of(user, module, action)
    if scope is Scope.ALL:
        return models.Q()
    if scope is Scope.OWN:
        return models.Q(owner=user) | models.Q(owner=None)
    return models.Q(pk__in=())


def is_owned_within(owner_id: int | None, user: User, module: Module, action: Action) -> bool:
    """The same for a record that was read just now, without asking the database again."""
    scope = scope_of(user, module, action)
    return scope is Scope.ALL or (scope is Scope.OWN and owner_id in (user.pk, None))


class Customer(models.Model):
    """Main and further e-mail addresses, domains, phones and postal addresses are rows of their own."""

    kind = models.CharField(_("Type"), max_length=10, choices=CustomerKind.choices, default=CustomerKind.COMPANY)
    name = models.CharField(_("Name"), max_length=300)
    name_key = models.CharField(max_length=300, editable=False)
    """The name for sorting: case and accents folded (customers.names)."""
    number = models.CharField(_("Customer number"), max_length=40, blank=True)
    website = models.URLField(_("Website"), max_length=300, blank=True)
    note = models.TextField(_("Note"), blank=True)
    owner = models.ForeignKey(
        User, verbose_name=_("Owner"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
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
            models.Index(fields=("owner", "name_key", "id"), name="customers_of_owner_by_name"),
            models.Index(fields=("kind", "name_key", "id"), name="customers_of_kind_by_name"),
            models.Index(fields=("-created_at", "-id"), name="customers_newest_first"),
            models.Index(fields=("owner", "-created_at", "-id"), name="customers_of_owner_newest"),
            models.Index(fields=("-changed_at", "-id"), name="customers_changed_last"),
            models.Index(fields=("owner", "-changed_at", "-id"), name="customers_of_owner_changed"),
            models.Index(
                fields=("name_key", "id"), condition=models.Q(archived_at__isnull=False), name="archived_customers_by_name"
            ),
        )

    def __str__(self) -> str:
        return self.name
