"""How the mail accounts are doing: one line for each, the troubled ones first."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _

from mooring.letters.models import MailAccount
from mooring.reports.asked import Asked
from mooring.reports.report import Column, Report, Row, Way, added_up
from mooring.sync.health import health_of_accounts

MOST: Final = 1_000
_WORST_FIRST: Final = ("bad", "warn", "busy", "idle", "good")


def account_health(asked: Asked) -> Report:
    """Accounts whose settings the reader sees, at most MOST."""
    accounts = list(
        MailAccount.objects.visible_to(asked.reader)
        .filter(removed_at=None)
        .select_related("owner")
        .order_by("address", "pk")[:MOST]
    )
    health = health_of_accounts(accounts, now=asked.now)
    ordered = sorted(accounts, key=lambda account: (_WORST_FIRST.index(health[account.pk].light), account.address))
    columns = [
        Column(_("Account")),
        Column(_("State")),
        Column(_("Archived"), "count"),
        Column(_("Waiting"), "count"),
        Column(_("Failed"), "count"),
        Column(_("Last visit"), "time"),
    ]
    rows = []
    for account in ordered:
        found = health[account.pk]
        numbers = found.numbers
        cells = (account.address, found.summary, numbers.archived, numbers.waiting, numbers.failed, found.last_visit_at)
        rows.append(Row(cells, Way("account", (account.pk,))))
    return Report(columns=columns, rows=rows, totals=added_up(rows, columns, _("Total")))
