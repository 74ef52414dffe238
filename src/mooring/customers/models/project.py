"""A project: work for a customer, under which letters are gathered."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.customers.models.customer import Customer, CustomerQuerySet
from mooring.customers.models.tag import Tag, TaggedQuerySet
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may
from mooring.users.reach import owned_within
from mooring.users.scoping import has_any


class ProjectQuerySet(TaggedQuerySet["Project"]):
    def visible_to(self, user: User, action: Action = Action.VIEW) -> Self:
        """Projects of customers that the user may see, and whose projects are within the user's reach for `action`."""
        if not may(user, Module.PROJECTS, action):
            return self.limited_to(models.Q(pk__in=()))
        return self.limited_to(has_any(with_projects_for(user, action).filter(pk=models.OuterRef("customer_id"))))


def with_projects_for(user: User, action: Action = Action.VIEW) -> CustomerQuerySet:
    """Customers that the user may see, on whose projects the user may do `action`: a project has the owner of its customer."""
    return Customer.objects.visible_to(user).filter(owned_within(user, Module.PROJECTS, action))


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
