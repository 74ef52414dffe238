"""Places for a sales opportunity in templates of letters, beside those that the letters room knows."""

from __future__ import annotations

from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from mooring.desk.sales_words import money
from mooring.letters.models import MailAccount
from mooring.letters.placeholders import PLACEHOLDERS, Placeholder
from mooring.letters.template_values import values_for
from mooring.sales.template_values import sale_for_address
from mooring.users.models import User

ALL_PLACEHOLDERS: Final[tuple[tuple[object, tuple[Placeholder, ...]], ...]] = (
    *PLACEHOLDERS,
    (
        _("Sales opportunity"),
        (
            Placeholder("opportunity.title", _("What")),
            Placeholder("opportunity.amount", _("Amount")),
            Placeholder("opportunity.close_date", _("Close date")),
            Placeholder("opportunity.stage", _("Stage")),
        ),
    ),
)


def all_values_for(*, writer: User, account: MailAccount | None, address: str) -> dict[str, str]:
    """Values by the names of placeholders, those of the recipient's open opportunity included."""
    values = values_for(writer=writer, account=account, address=address)
    sale = sale_for_address(writer=writer, address=address)
    if sale is None:
        return values
    close_on = date_format(sale.close_on) if sale.close_on else ""
    found = {"title": sale.title, "amount": money(sale.amount, sale.currency), "close_date": close_on, "stage": sale.stage.title}
    return {**values, **{f"opportunity.{name}": value for name, value in found.items() if value}}
