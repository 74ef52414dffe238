"""The switches of the engine."""

from __future__ import annotations

from typing import Final, cast

from django.utils.translation import gettext_lazy

from mooring.options.option import Option


def _(text: str) -> str:
    """Translated when it is shown; the types of Django call that another kind of text."""
    return cast(str, gettext_lazy(text))


VISIT_INTERVAL_MINUTES: Final = Option(
    name="sync.visit_interval_minutes",
    kind="int",
    default=5,
    least=1,
    most=1440,
    label=_("Minutes between two visits of a mail account"),
    help=_("Servers that announce new letters are visited at once besides."),
)
LARGEST_LETTER_MB: Final = Option(
    name="sync.largest_letter_mb",
    kind="int",
    default=50,
    least=1,
    most=500,
    label=_("Largest letter that is kept whole (MB)"),
    help=_("Of larger letters only the header is kept until somebody asks for the whole letter."),
)
WATCHED_ACCOUNTS: Final = Option(
    name="sync.watched_accounts",
    kind="int",
    default=20,
    least=0,
    most=500,
    label=_("Mail accounts that are watched for new letters at once"),
    help=_("Each costs one more connection to its mail server. The others are only visited regularly."),
)

OPTIONS: Final = (VISIT_INTERVAL_MINUTES, LARGEST_LETTER_MB, WATCHED_ACCOUNTS)
