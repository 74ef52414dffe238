"""A project: work for a customer, under which letters are gathered."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.customers.models.customer import Customer
from mooring.customers.models.tag import Tag, TaggedQuerySet
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.scoping import has_any


class ProjectQuerySet(TaggedQuerySet["Project"]):
    def visible_to(self, user: User, action: Action = Action.VIEW) -> Self:
        """Projects of customers that the user may see, where the user may do `action` on projects."""
        scope = scope_of(user, Module.PROJECTS, action)
        if scope is Scope.NONE:
            return self.limited_to(models.Q(pk__in=()))
        return self.limited_to(has_any(Customer.objects.visible_to(user).filter(pk=models.OuterRef("customer_id"))))


class Project(models.Model):
    name = models.CharField(_("Name"), max_length=300)
    name_key = models.CharField(max_length=300, editable=False)
    customer = models.ForeignKey(
        Customer, verbose_name=_("Customer"), on_delete=models.CASCADE, related_name="projects", db_index=False
    )
    note = models.TextField(_("Note"), blank=True)
    is_closed = models.BooleanField(_("Closed"), default=False)
    tags = models.ManyToManyField(Tag, verbose_name=_("Tags"), related_name="+", blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("name_key", "id")
        constraints = (models.CheckConstraint(condition=~models.Q(name=""), name="a_project_has_a_name"),)
        indexes = (
            models.Index(fields=("name_key", "id"), name="projects_by_name"),
            models.Index(fields=("customer", "name_key", "id"), name="projects_of_customer_by_name"),
            models.Index(fields=("-created_at", "-id"), name="projects_newest_first"),
            models.Index(fields=("-changed_at", "-id"), name="projects_changed_last"),
        )

    def __str__(self) -> str:
        return self.name
