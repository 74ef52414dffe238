"""The switches of the sales room."""

from __future__ import annotations

from typing import Final, cast

from django.utils.translation import gettext_lazy

from mooring.options.option import Option
from mooring.sales.money import CURRENCIES


def _(text: str) -> str:
    """A lazy translation; whoever shows it takes it for a text."""
    return cast(str, gettext_lazy(text))


SILENT_AFTER_DAYS: Final = Option(
    name="sales.silent_after_days",
    kind="int",
    default=14,
    least=1,
    most=365,
    label=_("An opportunity is silent after so many days"),
    help=_("Without a letter, a call, a meeting or a change. Silent ones are marked in their pipeline."),
)

HOME_CURRENCY: Final = Option(
    name="sales.home_currency",
    kind="choice",
    default="EUR",
    choices=tuple((code, code) for code in CURRENCIES),
    label=_("Home currency"),
    help=_("Budgets are in it, and reports turn other currencies into it by the rates below."),
)

FISCAL_YEAR_START: Final = Option(
    name="sales.fiscal_year_start",
    kind="int",
    default=1,
    least=1,
    most=12,
    label=_("Month in which the fiscal year begins"),
    help=_("1 is January. Quarters and budgets follow it."),
)

OPTIONS: Final = (SILENT_AFTER_DAYS, HOME_CURRENCY, FISCAL_YEAR_START)
