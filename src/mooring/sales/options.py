"""The switches of the sales room."""

from __future__ import annotations

from typing import Final, cast

from django.utils.translation import gettext_lazy

from mooring.options.option import Option


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

OPTIONS: Final = (SILENT_AFTER_DAYS,)
