"""An opportunity: a possible sale to a customer or lead, where it stands, and how it got there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import ClassVar, Self

from django.db import models
from django.db.models import OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.customers.models import Contact, ContactRole, Customer, Lead, Source, Tag
from mooring.customers.models.tag import TaggedQuerySet
from mooring.sales.models.exact import ExactField
from mooring.sales.models.mailbox import boxes_within
from mooring.sales.models.pipeline import Outcome, Pipeline, Stage
from mooring.sales.models.sales_lists import OpportunityKind, Rejection
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.reach import among_owners, owners_within
from mooring.users.scoping import has_any


class OpportunityQuerySet(TaggedQuerySet["Opportunity"]):
    def visible_to(self, user: User, action: Action = Action.VIEW, *, opened: Collection[int] = ()) -> Self:
        """Those in boxes within reach or `opened`, and of people within reach; to look at, also of customers in sight."""
        scope = scope_of(user, Module.SALES, action)
        in_use = Q(removed_at=None, pipeline__reset_by=None, pipeline__removed_at=None)
        if scope in (Scope.NONE, Scope.ALL):
            return self.limited_to(in_use if scope else Q(pk__in=()))
        within = boxes_within(user, action, "pipeline__mailbox__", opened=opened)
        within |= among_owners(owners_within(user, scope))
        if action is Action.VIEW:
            within |= has_any(Customer.objects.visible_to(user).filter(pk=OuterRef("customer_id")))
            within |= has_any(Lead.objects.visible_to(user).filter(pk=OuterRef("lead_id")))
        return self.limited_to(in_use & within)


class Opportunity(models.Model):
    """Amount and weighted amount follow from the rest and are written with it, so that the database adds them up.

    `place` orders the cards of one stage; between two neighbours there is room for others.
    """

    uid = models.UUIDField(unique=True, editable=False)
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="opportunities", db_index=False)
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="opportunities")
    place = models.BigIntegerField(default=0)
    title = models.CharField(_("What"), max_length=300)
    customer = models.ForeignKey(Customer, verbose_name=_("Customer"), null=True, on_delete=models.CASCADE, related_name="+")
    lead = models.ForeignKey(Lead, verbose_name=_("Lead"), null=True, on_delete=models.CASCADE, related_name="+")

    price = ExactField(_("Price"), default=Decimal(0))
    quantity = ExactField(_("Quantity"), default=Decimal(1))
    discount = ExactField(_("Discount"), default=Decimal(0))
    """An amount, taken off price times quantity."""
    currency = models.CharField(_("Currency"), max_length=3)
    amount = ExactField(_("Amount"), default=Decimal(0))
    probability = models.PositiveSmallIntegerField(_("Probability"), null=True, blank=True)
    """In per cent; empty where that of the stage holds."""
    weighted = ExactField(_("Weighted amount"), default=Decimal(0))

    close_on = models.DateField(_("Close date"), null=True, blank=True)
    source = models.ForeignKey(
        Source, verbose_name=_("Source"), null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.ForeignKey(
        OpportunityKind, verbose_name=_("Type"), null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rejection = models.ForeignKey(
        Rejection, verbose_name=_("Rejection reason"), null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    rejection_note = models.CharField(_("More about the rejection"), max_length=1_000, blank=True)
    owner = models.ForeignKey(User, verbose_name=_("Owner"), null=True, on_delete=models.SET_NULL, related_name="+")
    tags = models.ManyToManyField(Tag, verbose_name=_("Tags"), related_name="+", blank=True)
    next_step = models.CharField(_("Next step"), max_length=300, blank=True)
    next_step_on = models.DateField(_("Next step on"), null=True, blank=True)
    products = models.TextField(_("Products"), blank=True)
    note = models.TextField(_("Note"), blank=True)

    stage_since = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    """Since when it is won or lost."""
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects: ClassVar[OpportunityQuerySet] = OpportunityQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("place", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(title=""), name="an_opportunity_has_a_title"),
            models.CheckConstraint(
                condition=Q(customer__isnull=False, lead=None) | Q(customer=None, lead__isnull=False),
                name="an_opportunity_is_with_a_customer_or_a_lead",
            ),
            models.CheckConstraint(
                condition=Q(probability=None) | Q(probability__lte=100), name="an_own_probability_is_100_at_most"
            ),
        )
        indexes = (
            models.Index(fields=("pipeline", "stage", "place", "id"), name="cards_of_a_stage"),
            models.Index(fields=("pipeline", "closed_at"), name="closed_opportunities"),
            # Holds all that a roll-up adds up, so that it reads no row.
            models.Index(
                fields=("pipeline", "currency", "close_on", "owner", "stage", "amount", "weighted"),
                condition=Q(closed_at=None, removed_at=None),
                name="open_opportunities",
            ),
            # Hold all that is asked of them: SQLite looks even for what their condition says already.
            models.Index(
                fields=("owner", "closed_at", "pipeline", "stage", "currency", "amount", "removed_at"),
                condition=Q(closed_at__isnull=False, removed_at=None),
                name="closed_sales_of_a_person",
            ),
            models.Index(
                fields=("close_on", "pipeline", "amount", "closed_at", "removed_at"),
                condition=Q(closed_at=None, removed_at=None),
                name="open_sales_by_close_date",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def chance(self) -> int:
        """The probability that counts; reads the stage."""
        return self.stage.probability if self.probability is None else self.probability

    @property
    def with_whom(self) -> Customer | Lead:
        """The customer or the lead."""
        found = self.customer or self.lead
        assert found is not None
        return found

    def is_overdue(self, today: date) -> bool:
        """Whether it should have been closed by now; reads the stage."""
        return self.stage.outcome == Outcome.OPEN and self.close_on is not None and self.close_on < today


class OpportunityContact(models.Model):
    """A contact who takes part in the sale, and as what."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="contacts")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(ContactRole, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("opportunity", "contact"), name="a_contact_is_in_a_sale_once"),)

    def __str__(self) -> str:
        return str(self.contact)


class ChecklistLine(models.Model):
    """Something to be seen to before an opportunity is won."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="checklist")
    text = models.CharField(pgettext_lazy("checklist", "What"), max_length=300)
    is_done = models.BooleanField(default=False)
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("place", "id")
        constraints = (models.CheckConstraint(condition=~Q(text=""), name="a_line_of_a_checklist_says_something"),)

    def __str__(self) -> str:
        return self.text


class StageMove(models.Model):
    """That an opportunity went from one stage to another; undone as long as nothing moved it since."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="moves", db_index=False)
    from_stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="+", db_index=False)
    to_stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="+", db_index=False)
    moved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    moved_at = models.DateTimeField()
    before = models.JSONField(default=dict)
    """Place, times, probability and rejection as they were."""
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-moved_at", "-id")
        indexes = (models.Index(fields=("opportunity", "-moved_at"), name="moves_of_an_opportunity"),)

    def __str__(self) -> str:
        return f"{self.from_stage} → {self.to_stage}"
