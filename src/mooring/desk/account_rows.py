"""What a list of mail accounts says of each: how it is doing, whose it is, and whose default. A fixed number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mooring.letters.models import DefaultAccount, MailAccount, TeamAccess
from mooring.letters.visibility import accounts_written_by
from mooring.sync.health import AccountHealth, health_of_accounts
from mooring.users.models import User


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line. `defaults` are those who write from it unless they choose another."""

    account: MailAccount
    health: AccountHealth
    accesses: Sequence[TeamAccess]
    defaults: Sequence[User]
    may_write: bool
    """The one whose list it is may write from it."""


def rows_of(accounts: Sequence[MailAccount], *, reader: User, now: datetime) -> list[AccountRow]:
    """The accounts as lines of a list of `reader`'s."""
    health = health_of_accounts(accounts, now=now)
    accesses: dict[int, list[TeamAccess]] = {account.pk: [] for account in accounts}
    found = TeamAccess.objects.filter(account__in=accounts).select_related("group")
    for access in found.order_by("group__name", "id"):
        accesses[access.account_id].append(access)
    defaults: dict[int, list[User]] = {account.pk: [] for account in accounts}
    for choice in DefaultAccount.objects.filter(account__in=accounts).select_related("user").order_by("user__name", "user_id"):
        defaults[choice.account_id].append(choice.user)
    writable = set(accounts_written_by(reader).values_list("pk", flat=True))
    return [
        AccountRow(account, health[account.pk], accesses[account.pk], defaults[account.pk], account.pk in writable)
        for account in accounts
    ]
