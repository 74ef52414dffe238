"""What a currency is worth of the home currency, from a day on; and what a sales person is meant to sell in a month."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.sales.models.exact import ExactField
from mooring.users.models import User


class ExchangeRate(models.Model):
    """One unit of `currency` is worth `worth` of the home currency from the day `on` until a later rate says otherwise."""

    currency = models.CharField(_("Currency"), max_length=3)
    on = models.DateField(_("From"))
    worth = models.DecimalField(_("Worth"), max_digits=20, decimal_places=10)

    class Meta:
        ordering = ("currency", "-on", "id")
        constraints = (
            models.UniqueConstraint(fields=("currency", "on"), name="a_currency_has_one_rate_from_a_day"),
            models.CheckConstraint(condition=models.Q(worth__gt=0), name="a_rate_is_more_than_nothing"),
        )

    def __str__(self) -> str:
        return f"{self.currency} {self.on} {self.worth}"


class Budget(models.Model):
    """What a sales person is meant to sell in a month, in the home currency of that time."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    year = models.PositiveSmallIntegerField(_("Year"))
    month = models.PositiveSmallIntegerField(_("Month"))
    amount = ExactField(_("Amount"))

    class Meta:
        ordering = ("user", "year", "month")
        constraints = (
            models.UniqueConstraint(fields=("user", "year", "month"), name="a_person_has_one_budget_a_month"),
            models.CheckConstraint(condition=models.Q(month__gte=1, month__lte=12), name="a_budget_is_for_a_month"),
        )
        indexes = (models.Index(fields=("year", "user", "month"), name="budgets_of_a_year"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.year}-{self.month:02}"
