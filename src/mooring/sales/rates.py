"""What currencies are worth of the home currency, from a day on: kept and taken away by administrators."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.sales.models import ExchangeRate
from mooring.sales.money import CURRENCIES
from mooring.users.journal import Actor, record

MOST = Decimal(10**9)


class UnableToKeepRate(Exception):
    """The rate was not kept; the text is fit for the user."""


def keep_rate(*, currency: str, on: date, worth: Decimal | None, by: Actor, now: datetime) -> None:
    """From this day a unit of `currency` is worth so much; None takes the rate of this day away. Raises UnableToKeepRate."""
    if currency not in CURRENCIES:
        raise UnableToKeepRate(_("Choose a currency."))
    if worth is not None and not (worth.is_finite() and 0 < worth < MOST):
        raise UnableToKeepRate(_("A rate is a number above 0."))
    with transaction.atomic():
        present = ExchangeRate.objects.select_for_update().filter(currency=currency, on=on).first()
        if (present and present.worth) == worth:
            return
        changes = {
            on.isoformat(): [f"{present.worth.normalize():f}" if present else "", f"{worth.normalize():f}" if worth else ""]
        }
        if worth is None and present is not None:
            present.delete()
        elif worth is not None:
            ExchangeRate.objects.update_or_create(currency=currency, on=on, defaults={"worth": worth})
        record(by=by, action="changed", kind="rate", record_id=None, name=currency, changes=changes, now=now)
